// SPDX-License-Identifier: Apache-2.0
/*
 * A client of OpenSSL for kernel tests: what real programs do seldom, one mode each. Connects to 127.0.0.1:PORT.
 *
 *   tls-client sizes PORT NAME SEED BYTES...      one SSL_write of each size
 *   tls-client sizes-ex PORT NAME SEED BYTES...   the same by SSL_write_ex
 *   tls-client slow PORT NAME SEED BYTES COUNT    non-blocking writes of BYTES, tried again until they are taken
 *   tls-client twice PORT NAME NAME2 SEED BYTES   one SSL object for two connections in turn
 *   tls-client fork PORT NAME SEED BYTES          the parent shakes hands and writes, its child goes on
 *   tls-client strict PORT NAME SEED BYTES        under a seccomp filter that knows read and write only
 *   tls-client loop PORT NAME SEED BYTES COUNT    COUNT writes; says the processor time of a call in nanoseconds
 *   tls-client wait PORT NAME SEED BYTES          writes once, again after each line of input
 *
 * What is written is SEED's sequence of bytes, over all writes of a connection.
 */
#include <errno.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

static uint32_t state;

static void seed(const char *text) {
  state = (uint32_t)strtoul(text, NULL, 10) * 2654435761u + 1;
}

static void fill(unsigned char *to, size_t size) {
  for (size_t i = 0; i < size; i++) {
    state = state * 1664525u + 1013904223u;
    to[i] = (unsigned char)(state >> 24);
  }
}

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static int dial(const char *port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);

  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) fail("connect");
  return fd;
}

static void begin(SSL *ssl, const char *port, const char *name) {
  SSL_set_fd(ssl, dial(port));
  SSL_set_tlsext_host_name(ssl, name);
  if (SSL_connect(ssl) != 1) fail("SSL_connect");
}

static void write_all(SSL *ssl, size_t bytes, int is_ex) {
  unsigned char *data = malloc(bytes + 1);
  size_t written = 0;

  fill(data, bytes);
  if (is_ex ? SSL_write_ex(ssl, data, bytes, &written) != 1 && bytes > 0 : SSL_write(ssl, data, (int)bytes) != (int)bytes && bytes > 0)
    fail("SSL_write");
  free(data);
}

static void write_slowly(SSL *ssl, size_t bytes, int count) {
  unsigned char *data = malloc(bytes);
  long retries = 0;

  fcntl(SSL_get_fd(ssl), F_SETFL, O_NONBLOCK);
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
  for (int i = 0; i < count; i++) {
    size_t at = 0;

    fill(data, bytes);
    while (at < bytes) {
      int taken = SSL_write(ssl, data + at, (int)(bytes - at));

      if (taken > 0) {
        at += (size_t)taken;
        continue;
      }
      if (SSL_get_error(ssl, taken) != SSL_ERROR_WANT_WRITE) fail("SSL_write");
      retries++;
      struct pollfd ready = {.fd = SSL_get_fd(ssl), .events = POLLOUT};
      poll(&ready, 1, 20); /* sooner than it can be: so that there are many retries */
    }
  }
  fcntl(SSL_get_fd(ssl), F_SETFL, 0); /* to read until its end */
  printf("retries %ld\n", retries);
  free(data);
}

/* What the other side still sends is read: a socket that is closed with something unread takes back what was written. */
static void end(SSL *ssl) {
  char rest[4096];

  SSL_shutdown(ssl);
  shutdown(SSL_get_fd(ssl), SHUT_WR);
  while (read(SSL_get_fd(ssl), rest, sizeof(rest)) > 0) {
  }
  close(SSL_get_fd(ssl));
}

static void become_strict(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 5, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_brk, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpid, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) fail("seccomp");
}

static void say(const char *text) {
  if (write(1, text, strlen(text)) < 0) exit(1);
}

int main(int argc, char *argv[]) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  const char *mode = argc > 5 ? argv[1] : "";
  SSL *ssl = SSL_new(context);

  if (strcmp(mode, "sizes") == 0 || strcmp(mode, "sizes-ex") == 0) {
    seed(argv[4]);
    begin(ssl, argv[2], argv[3]);
    for (int i = 5; i < argc; i++) write_all(ssl, strtoul(argv[i], NULL, 10), mode[5] != 0);
  } else if (strcmp(mode, "slow") == 0 && argc > 6) {
    seed(argv[4]);
    begin(ssl, argv[2], argv[3]);
    write_slowly(ssl, strtoul(argv[5], NULL, 10), atoi(argv[6]));
  } else if (strcmp(mode, "twice") == 0 && argc > 6) {
    for (int i = 0; i < 2; i++) {
      seed(argv[5]);
      begin(ssl, argv[2], argv[3 + i]);
      write_all(ssl, strtoul(argv[6], NULL, 10), 0);
      if (i == 1) break;
      end(ssl);
      if (!SSL_clear(ssl)) fail("SSL_clear");
    }
  } else if (strcmp(mode, "fork") == 0) {
    seed(argv[4]);
    begin(ssl, argv[2], argv[3]);
    write_all(ssl, strtoul(argv[5], NULL, 10), 0);
    pid_t child = fork();
    if (child == 0) {
      write_all(ssl, strtoul(argv[5], NULL, 10), 0);
      end(ssl);
      SSL_free(ssl);
      _exit(0);
    }
    printf("child %d\n", (int)child);
    int status;
    waitpid(child, &status, 0);
    return status != 0;
  } else if (strcmp(mode, "strict") == 0) {
    seed(argv[4]);
    begin(ssl, argv[2], argv[3]);
    write_all(ssl, 10, 0); /* what it allocates at the first write is there then */
    become_strict();
    write_all(ssl, strtoul(argv[5], NULL, 10), 0);
    say("survived\n");
    SSL_shutdown(ssl);
    _exit(0);
  } else if (strcmp(mode, "loop") == 0 && argc > 6) {
    size_t bytes = strtoul(argv[5], NULL, 10);
    long count = atol(argv[6]);
    unsigned char *data = malloc(bytes);
    struct timespec from, to;

    seed(argv[4]);
    fill(data, bytes);
    begin(ssl, argv[2], argv[3]);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (long i = 0; i < count; i++)
      if (SSL_write(ssl, data, (int)bytes) != (int)bytes) fail("SSL_write");
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    printf("ns %ld\n", ((to.tv_sec - from.tv_sec) * 1000000000l + to.tv_nsec - from.tv_nsec) / count);
  } else if (strcmp(mode, "wait") == 0) {
    char line[64];

    seed(argv[4]);
    begin(ssl, argv[2], argv[3]);
    write_all(ssl, strtoul(argv[5], NULL, 10), 0);
    say("written\n");
    while (fgets(line, sizeof(line), stdin)) {
      write_all(ssl, strtoul(argv[5], NULL, 10), 0);
      say("written\n");
    }
  } else {
    fprintf(stderr, "usage: see the source\n");
    return 2;
  }
  end(ssl);
  SSL_free(ssl);
  return 0;
}
