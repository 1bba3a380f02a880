// SPDX-License-Identifier: Apache-2.0
/*
 * A client of GnuTLS for kernel tests: gnutls-client again-same|again-null PORT NAME BYTES COUNT writes to a socket that does not wait,
 * and tries again with the same data, or with none, as GnuTLS lets one. It declares the few functions that it uses.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct session *gnutls_session_t;
int gnutls_certificate_allocate_credentials(void **credentials);
int gnutls_init(gnutls_session_t *session, unsigned int flags);
int gnutls_server_name_set(gnutls_session_t session, int type, const void *name, size_t length);
int gnutls_set_default_priority(gnutls_session_t session);
int gnutls_credentials_set(gnutls_session_t session, int type, void *credentials);
void gnutls_transport_set_int2(gnutls_session_t session, int in, int out);
int gnutls_handshake(gnutls_session_t session);
ssize_t gnutls_record_send(gnutls_session_t session, const void *data, size_t size);
int gnutls_bye(gnutls_session_t session, int how);
void gnutls_deinit(gnutls_session_t session);

#define AGAIN (-28)
#define INTERRUPTED (-52)

int main(int argc, char *argv[]) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int is_null, fd = socket(AF_INET, SOCK_STREAM, 0), result, count;
  gnutls_session_t session;
  unsigned char *data;
  long retries = 0;
  uint32_t state = 7;
  void *credentials;
  char rest[4096];
  size_t bytes;

  if (argc != 6) return 2;
  is_null = strcmp(argv[1], "again-null") == 0;
  to.sin_port = htons((uint16_t)atoi(argv[2]));
  bytes = strtoul(argv[4], NULL, 10);
  count = atoi(argv[5]);
  if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) return 3;
  gnutls_certificate_allocate_credentials(&credentials);
  gnutls_init(&session, 2);
  gnutls_server_name_set(session, 1, argv[3], strlen(argv[3]));
  gnutls_set_default_priority(session);
  gnutls_credentials_set(session, 1, credentials);
  gnutls_transport_set_int2(session, fd, fd);
  do result = gnutls_handshake(session);
  while (result == AGAIN || result == INTERRUPTED);
  if (result < 0) return 4;
  fcntl(fd, F_SETFL, O_NONBLOCK);
  data = malloc(bytes);
  for (int i = 0; i < count; i++) {
    size_t at = 0;

    for (size_t j = 0; j < bytes; j++) {
      state = state * 1664525u + 1013904223u;
      data[j] = (unsigned char)(state >> 24);
    }
    while (at < bytes) {
      ssize_t taken = gnutls_record_send(session, data + at, bytes - at);

      while (taken == AGAIN || taken == INTERRUPTED) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};

        retries++;
        poll(&ready, 1, 20);
        taken = is_null ? gnutls_record_send(session, NULL, 0) : gnutls_record_send(session, data + at, bytes - at);
      }
      if (taken < 0) return 5;
      at += (size_t)taken;
    }
  }
  fcntl(fd, F_SETFL, 0);
  gnutls_bye(session, 1);
  shutdown(fd, SHUT_WR);
  while (read(fd, rest, sizeof(rest)) > 0) {
  }
  gnutls_deinit(session);
  printf("retries %ld\n", retries);
  return 0;
}
