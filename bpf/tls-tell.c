// SPDX-License-Identifier: Apache-2.0
/* What is told of files with TLS in them: each probe that is set, refused or taken away, and which process has which. */
#include <stdio.h>
#include <string.h>

#include "tls-files.h"

void tell_points(const struct file *f, enum weir_attach_state state, const char *reason) {
  static const uint8_t probes[] = {0, WEIR_PROBE_ENTRY, WEIR_PROBE_RETURN, WEIR_PROBE_RET};
  unsigned int count = f->result && f->result->point_count ? f->result->point_count : 1;

  for (unsigned int i = 0; i < count; i++) {
    const struct elf_point *point = f->result && i < f->result->point_count ? &f->result->points[i] : NULL;
    const char *function = point ? elf_function_name(point->function) : "";
    struct weir_attach a = {.attachment = f->attachment, .device = f->device, .inode = f->inode, .pid = f->via, .state = state};
    char text[4096 + 256];
    int length;

    if (point) {
      a.offset = point->offset;
      a.probe = probes[point->kind];
      if (point->kind == ELF_ENTRY && point->is_inside) a.probe = WEIR_PROBE_INSIDE;
      a.is_stepped = point->is_stepped;
    }
    if (f->result) {
      a.library = f->result->library;
      a.build_id_length = f->result->build_id_length;
      memcpy(a.build_id, f->result->build_id, sizeof(a.build_id));
    }
    a.path_length = strnlen(f->path, 4000);
    a.function_length = strlen(function);
    a.reason_length = strlen(reason);
    length = snprintf(text, sizeof(text), "%.*s%s%s", (int)a.path_length, f->path, function, reason);
    fill_frame(&a.head, WEIR_ATTACH, sizeof(a) + length);
    put_frame2(&a, sizeof(a), text, length);
  }
}

void tell_library(const struct process *p, const struct file *f) {
  const char *reason = f->state == PROBED ? "" : f->result && f->result->reason[0] ? f->result->reason : "not-probed";
  struct weir_library a = {.attachment = f->state == PROBED ? f->attachment : 0};
  char text[4096 + 256];
  int length;

  a.task = (struct weir_task){.tgid = p->tgid, .tid = p->tgid, .start_ns = p->start_ns};
  a.library = f->result ? f->result->library : 0;
  a.verdict = f->state == PROBED ? WEIR_LIBRARY_PROBED : f->state == OPAQUE ? WEIR_LIBRARY_OPAQUE : WEIR_LIBRARY_REFUSED;
  a.path_length = strnlen(f->path, 4000);
  a.reason_length = strlen(reason);
  length = snprintf(text, sizeof(text), "%.*s%s", (int)a.path_length, f->path, reason);
  fill_frame(&a.head, WEIR_LIBRARY, sizeof(a) + length);
  put_frame2(&a, sizeof(a), text, length);
}
