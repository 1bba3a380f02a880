// SPDX-License-Identifier: Apache-2.0
/*
 * A client of NSS for kernel tests: nss-client PORT NAME TEXT waits for a line of input, writes TEXT by PR_Write over TLS and
 * reads until the end by PR_Read.
 * It declares the few functions that it uses, as programs need NSS's headers and Debian's base has none.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct PRFileDesc PRFileDesc;
typedef union {
  struct {
    uint16_t family;
    uint16_t port;
    uint32_t ip;
    char pad[8];
  } inet;
  char room[112];
} PRNetAddr;

int NSS_NoDB_Init(const char *folder);
PRFileDesc *PR_OpenTCPSocket(int family);
int PR_Connect(PRFileDesc *fd, const PRNetAddr *address, uint32_t timeout);
int PR_Write(PRFileDesc *fd, const void *buffer, int amount);
int PR_Read(PRFileDesc *fd, void *buffer, int amount);
int PR_Shutdown(PRFileDesc *fd, int how);
int PR_Close(PRFileDesc *fd);
int PR_GetError(void);
PRFileDesc *SSL_ImportFD(PRFileDesc *model, PRFileDesc *fd);
int SSL_SetURL(PRFileDesc *fd, const char *name);
int SSL_AuthCertificateHook(PRFileDesc *fd, int (*hook)(void *, PRFileDesc *, int, int), void *context);
int SSL_ResetHandshake(PRFileDesc *fd, int is_server);
int SSL_ForceHandshake(PRFileDesc *fd);

static int accept_any(void *context, PRFileDesc *fd, int check, int is_server) {
  (void)context;
  (void)fd;
  (void)check;
  (void)is_server;
  return 0;
}

int main(int argc, char *argv[]) {
  PRNetAddr to = {.inet = {.family = 2, .ip = htonl(INADDR_LOOPBACK)}};
  PRFileDesc *fd;
  char answer[4096];
  int got;

  if (argc != 4 || NSS_NoDB_Init(NULL) != 0 || !fgets(answer, sizeof(answer), stdin)) return 2;
  fd = PR_OpenTCPSocket(2);
  to.inet.port = htons((uint16_t)atoi(argv[1]));
  if (!fd || PR_Connect(fd, &to, UINT32_MAX) != 0) return 3;
  fd = SSL_ImportFD(NULL, fd);
  if (!fd || SSL_SetURL(fd, argv[2]) != 0 || SSL_AuthCertificateHook(fd, accept_any, NULL) != 0 ||
      SSL_ResetHandshake(fd, 0) != 0 || SSL_ForceHandshake(fd) != 0) {
    fprintf(stderr, "handshake: %d\n", PR_GetError());
    return 4;
  }
  if (PR_Write(fd, argv[3], (int)strlen(argv[3])) != (int)strlen(argv[3])) return 5;
  while ((got = PR_Read(fd, answer, sizeof(answer))) > 0) fwrite(answer, 1, (size_t)got, stdout);
  PR_Close(fd);
  return 0;
}
