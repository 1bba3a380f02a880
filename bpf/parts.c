// SPDX-License-Identifier: Apache-2.0
/* What could be attached and what not, and why: the loader's first frame says it of every part. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "loader.h"

static const char *const names[] = {
    [WEIR_PART_EXEC] = "exec",           [WEIR_PART_FORK] = "fork",           [WEIR_PART_EXIT] = "exit",
    [WEIR_PART_CONNECT4] = "connect4",   [WEIR_PART_CONNECT6] = "connect6",   [WEIR_PART_SENDMSG4] = "sendmsg4",
    [WEIR_PART_SENDMSG6] = "sendmsg6",   [WEIR_PART_STATE] = "state",         [WEIR_PART_RELEASE] = "release",
    [WEIR_PART_SOCKOPS] = "sockops",     [WEIR_PART_EGRESS] = "egress",       [WEIR_PART_INGRESS] = "ingress",
    [WEIR_PART_PEERNAME4] = "peername4", [WEIR_PART_PEERNAME6] = "peername6", [WEIR_PART_TLS] = "tls",
    [WEIR_PART_STEER] = "steer",
};

const struct weir_part *find_part(const struct loader *l, enum weir_part_id id) {
  for (unsigned int i = 0; i < l->part_count; i++)
    if (l->parts[i].id == id) return &l->parts[i];
  return NULL;
}

void note_part(struct loader *l, enum weir_part_id id, enum weir_part_state state, int error, const char *format, ...) {
  struct weir_part *part = (struct weir_part *)find_part(l, id);
  va_list arguments;

  if (!part) {
    if (l->part_count == MAX_PARTS) return;
    part = &l->parts[l->part_count++];
  }
  memset(part, 0, sizeof(*part));
  part->id = id;
  part->state = state;
  part->error = error;
  snprintf(part->name, sizeof(part->name), "%s", names[id]);
  va_start(arguments, format);
  vsnprintf(part->reason, sizeof(part->reason), format, arguments);
  va_end(arguments);
}
