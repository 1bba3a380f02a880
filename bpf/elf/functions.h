/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The functions of TLS libraries that probes know, as the parser, the loader and the kernel programs number them among
 * themselves. A probe's cookie is attachment << 8 | function.
 */
#ifndef WEIR_ELF_FUNCTIONS_H
#define WEIR_ELF_FUNCTIONS_H

enum tls_function {
  TLS_NONE = 0,
  /* OpenSSL, BoringSSL, LibreSSL: (SSL *, buffer, int) -> int */
  TLS_SSL_WRITE = 1,
  TLS_SSL_READ = 2,
  /* (SSL *, buffer, size_t, size_t *done) -> 1 */
  TLS_SSL_WRITE_EX = 3,
  TLS_SSL_READ_EX = 4,
  /* (SSL *) */
  TLS_SSL_HANDSHAKE = 5,
  TLS_SSL_CONNECT = 6,
  TLS_SSL_ACCEPT = 7,
  TLS_SSL_SET_CONNECT = 8,
  TLS_SSL_SET_ACCEPT = 9,
  TLS_SSL_FREE = 10,
  TLS_SSL_CLEAR = 11,
  /* (SSL *, 55, 0, name) */
  TLS_SSL_CTRL = 12,
  /* (SSL *, name) */
  TLS_SSL_NAME = 13,
  /* (session, buffer, size_t) -> ssize_t */
  TLS_GNUTLS_SEND = 14,
  TLS_GNUTLS_RECV = 15,
  /* (session *, flags) -> int, (session), (session, 1, name, length), (session) */
  TLS_GNUTLS_INIT = 16,
  TLS_GNUTLS_HANDSHAKE = 17,
  TLS_GNUTLS_NAME = 18,
  TLS_GNUTLS_DEINIT = 19,
  /* (PRFileDesc *, buffer, int) -> int */
  TLS_PR_WRITE = 20,
  TLS_PR_READ = 21,
  /* (PRFileDesc *model, PRFileDesc *) -> PRFileDesc *, (PRFileDesc *, name), (PRFileDesc *, int server), (PRFileDesc *) */
  TLS_NSS_IMPORT = 22,
  TLS_NSS_NAME = 23,
  TLS_NSS_ROLE = 24,
  TLS_PR_CLOSE = 25,
  /* Go, in its register ABI: (*Conn, type, buffer), (*Conn, buffer), (*Conn, ...), (*Conn, ...), (*Conn) */
  TLS_GO_WRITE = 26,
  TLS_GO_READ = 27,
  TLS_GO_CLIENT = 28,
  TLS_GO_SERVER = 29,
  TLS_GO_CLOSE = 30,
  /* (SSL_CTX *) -> SSL * */
  TLS_SSL_NEW = 31,
  TLS_FUNCTIONS = 32,
};

#endif
