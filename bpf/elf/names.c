// SPDX-License-Identifier: Apache-2.0
/* What the functions of functions.h are called in their libraries. */
#include "elf.h"

static const char *const names[TLS_FUNCTIONS] = {
    "", "SSL_write", "SSL_read", "SSL_write_ex", "SSL_read_ex", "SSL_do_handshake", "SSL_connect", "SSL_accept",
    "SSL_set_connect_state", "SSL_set_accept_state", "SSL_free", "SSL_clear", "SSL_ctrl", "SSL_set_tlsext_host_name",
    "gnutls_record_send", "gnutls_record_recv", "gnutls_init", "gnutls_handshake", "gnutls_server_name_set",
    "gnutls_deinit", "PR_Write", "PR_Read", "SSL_ImportFD", "SSL_SetURL", "SSL_ResetHandshake", "PR_Close",
    "writeRecordLocked", "Read", "clientHandshake", "serverHandshake", "Close", "SSL_new"};

const char *elf_function_name(uint8_t function) {
  return function < TLS_FUNCTIONS ? names[function] : "";
}
