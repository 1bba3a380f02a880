// SPDX-License-Identifier: Apache-2.0
/*
 * The load of the sensor's benchmark: one program on the system's libssl, which does little besides its TLS calls.
 *
 *   tls-load sink PORT KEY CERTIFICATE          takes connections on loopback, reads and forgets; says `ready`
 *   tls-load post PORT NAME BYTES COUNT RATE    COUNT requests of BYTES each, one SSL_write a request, RATE a second (0: as
 *                                               fast as it goes). The first is sent at once and says `connected`; the others
 *                                               follow a line on standard input. Says `cpu NS`, the processor time of one of
 *                                               them, then keeps the connection until standard input ends
 *   tls-load idle PORT                          connects without a word and waits until standard input ends
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#define MESSAGES 256
#define NUMBER_DIGITS 12
#define MS 1000000l

static const char *const words[] = {"the",   "report", "of",    "this",  "quarter", "shows", "a",     "small", "rise",   "in",
                                    "costs", "while",  "sales", "stand", "where",   "they",  "stood", "and",   "nobody", "asked"};

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static void say(const char *text) {
  printf("%s\n", text);
  fflush(stdout);
}

static int dial(const char *port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);

  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) fail("connect");
  return fd;
}

/* A thread of the sink. */
static void *forget(void *given) {
  SSL *ssl = given;
  char taken[65536];

  if (SSL_accept(ssl) == 1)
    while (SSL_read(ssl, taken, sizeof(taken)) > 0) {
    }
  close(SSL_get_fd(ssl));
  SSL_free(ssl);
  return NULL;
}

static _Noreturn void sink(const char *port, const char *key, const char *certificate) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

  if (SSL_CTX_use_certificate_file(context, certificate, SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
    fail("certificate");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (bind(listener, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(listener, 4096) != 0) fail("listen");
  say("ready");
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    pthread_t thread;
    SSL *ssl;

    if (fd < 0) fail("accept");
    ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    if (pthread_create(&thread, NULL, forget, ssl) != 0) fail("thread");
    pthread_detach(thread);
  }
}

/* A request of exactly so many bytes, its number at *number. */
static char *make_message(const char *host, size_t bytes, unsigned int seed, size_t *number) {
  static const char start[] = "{\"model\":\"gpt-5\",\"messages\":[{\"role\":\"user\",\"content\":\"request 000000000000:";
  static const char end[] = "\"}]}";
  char head[512];
  char *made = malloc(bytes + 1);
  size_t body = 0, at;

  /* The length of the head depends on the digits of that of the body: the second round has both. */
  for (int i = 0; i < 2; i++) {
    int length = snprintf(head, sizeof(head),
                          "POST /v1/chat/completions HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                          host, body);

    if ((size_t)length + sizeof(start) + sizeof(end) > bytes) fail("too few bytes");
    body = bytes - length;
  }
  at = snprintf(made, bytes + 1, "%s%s", head, start);
  *number = at - 1 - NUMBER_DIGITS;
  while (at < bytes - (sizeof(end) - 1)) {
    const char *word;

    seed = seed * 1664525u + 1013904223u;
    word = words[(seed >> 16) % (sizeof(words) / sizeof(words[0]))];
    made[at++] = ' ';
    while (*word && at < bytes - (sizeof(end) - 1)) made[at++] = *word++;
  }
  memcpy(made + at, end, sizeof(end));
  if (strlen(made) != bytes) fail("message");
  return made;
}

static long long cpu_ns(void) {
  struct timespec t;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void set_number(char *to, long number) {
  for (int i = NUMBER_DIGITS - 1; i >= 0; i--, number /= 10) to[i] = (char)('0' + number % 10);
}

static void wait_until_end(void) {
  char rest[64];

  while (read(0, rest, sizeof(rest)) > 0) {
  }
}

static int post(const char *port, const char *name, size_t bytes, long count, long rate) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL *ssl = SSL_new(context);
  char *messages[MESSAGES], line[64];
  size_t number = 0;
  struct timespec next;
  long long from;
  long credit = 0;

  for (int i = 0; i < MESSAGES; i++) messages[i] = make_message(name, bytes, 7919u * (i + 1), &number);
  SSL_set_fd(ssl, dial(port));
  SSL_set_tlsext_host_name(ssl, name);
  if (SSL_connect(ssl) != 1) fail("SSL_connect");
  if (SSL_write(ssl, messages[0], (int)bytes) != (int)bytes) fail("SSL_write");
  say("connected");
  if (!fgets(line, sizeof(line), stdin)) return 0;
  clock_gettime(CLOCK_MONOTONIC, &next);
  from = cpu_ns();
  for (long i = 1; i <= count; i++) {
    char *message = messages[i % MESSAGES];

    set_number(message + number, i);
    if (SSL_write(ssl, message, (int)bytes) != (int)bytes) fail("SSL_write");
    if (rate == 0) continue;
    /* What a millisecond may bring, then the next one is waited for. */
    for (credit += 1000; credit >= rate; credit -= rate) {
      next.tv_nsec += MS;
      if (next.tv_nsec >= 1000 * MS) {
        next.tv_nsec -= 1000 * MS;
        next.tv_sec++;
      }
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
  }
  printf("cpu %lld\n", (cpu_ns() - from) / (count > 0 ? count : 1));
  fflush(stdout);
  wait_until_end();
  SSL_shutdown(ssl);
  SSL_free(ssl);
  return 0;
}

int main(int argc, char *argv[]) {
  const char *mode = argc > 2 ? argv[1] : "";

  if (strcmp(mode, "sink") == 0 && argc == 5) sink(argv[2], argv[3], argv[4]);
  if (strcmp(mode, "post") == 0 && argc == 7) return post(argv[2], argv[3], strtoul(argv[4], NULL, 10), atol(argv[5]), atol(argv[6]));
  if (strcmp(mode, "idle") == 0 && argc == 3) {
    dial(argv[2]);
    say("connected");
    wait_until_end();
    return 0;
  }
  fprintf(stderr, "usage: see the source\n");
  return 2;
}
