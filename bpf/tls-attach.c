// SPDX-License-Identifier: Apache-2.0
/* Probes on TLS libraries. */
#include <errno.h>

#include "loader.h"

void start_tls(struct loader *l) {
  char reason[WEIR_REASON];
  int error = load_object(l, "tls", reason, sizeof(reason));

  if (error) note_part(l, WEIR_PART_TLS, WEIR_PART_REFUSED, -error, "%s", reason);
}

void begin_tls(struct loader *l) {
  (void)l;
}

int tls_command(struct loader *l, const struct weir_command *command) {
  (void)l;
  (void)command;
  return ENOSYS;
}

void tls_record(struct loader *l, const struct weir_head *head) {
  (void)l;
  (void)head;
}

unsigned int tls_descriptors(struct loader *l, struct pollfd *to, unsigned int max) {
  (void)l;
  (void)to;
  (void)max;
  return 0;
}

void tls_round(struct loader *l, const struct pollfd *ready, unsigned int count) {
  (void)l;
  (void)ready;
  (void)count;
}

void stop_tls(struct loader *l) {
  (void)l;
}
