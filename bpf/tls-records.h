/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Records of a handle: that it was opened and closed, and what went through it, in pieces of 1, 4 and 16 KiB that are filled in
 * place.
 */
#ifndef WEIR_TLS_RECORDS_H
#define WEIR_TLS_RECORDS_H

#include "tls-handles.h"

/* What a record begins with, of one call. */
struct call {
  u64 address;
  u64 from; /* in the process's memory */
  u64 offset;
  u64 cookie;
  u64 attachment;
  u32 sequence;
  u32 number;
  u32 total;
  u32 limit; /* bytes that are copied */
  u32 at;
  u32 generation;
  u64 start_ns;
  u64 now_ns;
  u32 tgid;
  u32 tid;
  u16 flags;
  u16 handle_flags;
  u8 direction;
  u8 library;
  u8 role;
  u8 reserved;
};

static __always_inline void send_open(struct tls_handle *h, u64 address) {
  struct weir_tls_open *r;

  h->is_open = 1;
  r = reserve(WEIR_KIND_TLS, sizeof(*r));
  if (!r) return;
  fill_head(&r->head, WEIR_TLS_OPEN, sizeof(*r));
  fill_current(&r->task);
  fill_handle(&r->handle, address, h);
  r->attachment = h->attachment;
  r->cookie = h->cookie;
  submit(WEIR_KIND_TLS, r);
}

static __always_inline void send_close(struct tls_handle *h, u64 address, u8 why) {
  struct weir_tls_close *r = reserve(WEIR_KIND_TLS, sizeof(*r));

  if (!r) return;
  fill_head(&r->head, WEIR_TLS_CLOSE, sizeof(*r));
  fill_current(&r->task);
  fill_handle(&r->handle, address, h);
  r->bytes_out = h->offset[WEIR_OUT];
  r->bytes_in = h->offset[WEIR_IN];
  r->why = why;
  __builtin_memset(r->reserved, 0, sizeof(r->reserved));
  submit(WEIR_KIND_TLS, r);
}

/* One record of a call, with room for `room` bytes (a constant) of which `length` are used. */
static __always_inline void send_piece(struct call *c, u32 length, const u32 room) {
  struct weir_tls_data *r;
  u32 size = length;

  r = reserve(WEIR_KIND_TLS, sizeof(*r) + room);
  c->sequence++; /* whether or not there is room: the gap tells of the loss */
  if (!r) return;
  /* Clamped where the verifier sees it, and no earlier. */
  asm volatile("" : "+r"(size));
  if (size > room) size = room;
  if (read_user((void *)(r + 1), size, c->from + c->at)) {
    discard(WEIR_KIND_TLS, r, FAULT);
    return;
  }
  r->head.size = sizeof(*r) + length;
  r->head.type = WEIR_TLS_DATA;
  r->head.cpu = bpf_get_smp_processor_id();
  r->head.ktime_ns = c->now_ns;
  r->task.tgid = c->tgid;
  r->task.tid = c->tid;
  r->task.start_ns = c->start_ns;
  r->handle.address = c->address;
  r->handle.generation = c->generation;
  r->handle.library = c->library;
  r->handle.role = c->role;
  r->handle.flags = c->handle_flags;
  r->attachment = c->attachment;
  r->cookie = c->cookie;
  r->offset = c->offset + c->at;
  r->sequence = c->sequence - 1;
  r->call = c->number;
  r->at = c->at;
  r->total = c->total;
  r->length = length;
  r->direction = c->direction;
  r->reserved = 0;
  r->flags = c->flags & WEIR_DATA_PEEK;
  if (c->at + length >= c->limit) {
    r->flags |= WEIR_DATA_LAST;
    if (c->limit < c->total) r->flags |= WEIR_DATA_TRUNCATED;
  }
  submit(WEIR_KIND_TLS, r);
}

static long send_next(u32 index, void *context) {
  struct call *c = context;
  u32 left = c->limit - c->at;

  if (c->at >= c->limit) return 1;
  if (left > 4096) {
    if (left > 16384) left = 16384;
    send_piece(c, left, 16384);
  } else if (left > 1024) {
    send_piece(c, left, 4096);
  } else {
    send_piece(c, left, 1024);
  }
  c->at += left;
  return 0;
}

/* The time, as of the handle's first call in this tick of the kernel: to read the clock costs as much as to reserve a record. */
static __always_inline u64 time_of(struct tls_handle *h) {
  u64 tick = bpf_jiffies64();

  if (h->tick != tick) {
    h->tick = tick;
    h->tick_ns = bpf_ktime_get_ns();
  }
  return h->tick_ns;
}

/* Records of 16 KiB that one call can be, at most: 1 MiB, however far limits are raised. */
#define PIECES 64

/* `taken` bytes went through a handle. */
static __always_inline void capture(struct task_struct *task, struct tls_handle *h, u64 address, u8 direction, u64 from,
                                    u64 taken) {
  struct settings *set = get_settings();
  struct call c;
  u64 limit;

  if (!set || taken == 0) return;
  if (taken > 0x7fffffff) taken = 0x7fffffff;
  c.offset = h->offset[direction & 1];
  c.number = h->call[direction & 1];
  c.flags = 0;
  h->offset[direction & 1] += taken;
  h->call[direction & 1]++;
  limit = set->call_bytes;
  if (h->verdict == WEIR_UNDECIDED) {
    /* What an undecided handle is about is told by its first write; until then its reads are none of anybody's business. */
    if (direction != WEIR_OUT || h->is_peeked) return count(WEIR_KIND_TLS, FILTERED);
    h->is_peeked = 1;
    c.flags = WEIR_DATA_PEEK;
    limit = set->peek_bytes;
  } else if (h->verdict != WEIR_CAPTURE) {
    return count(WEIR_KIND_TLS, FILTERED);
  }
  if (!h->is_open) send_open(h, address);
  if (limit > PIECES * 16384) limit = PIECES * 16384;
  if (limit > taken) limit = taken;
  c.address = address;
  c.from = from;
  c.cookie = h->cookie;
  c.attachment = h->attachment;
  c.sequence = h->sequence[direction & 1];
  c.total = taken;
  c.limit = limit;
  c.at = 0;
  c.generation = h->generation;
  c.handle_flags = h->flags;
  c.direction = direction;
  c.library = h->library;
  c.role = h->role;
  c.reserved = 0;
  c.start_ns = h->start_ns;
  c.now_ns = time_of(h);
  c.tgid = task->tgid;
  c.tid = task->pid;
  if (limit <= 1024) send_piece(&c, limit, 1024);
  else if (limit <= 16384) send_next(0, &c);
  else bpf_loop(PIECES, send_next, &c, 0);
  h->sequence[direction & 1] = c.sequence;
  if (limit < taken) count(WEIR_KIND_TLS, OVERSIZED);
}

#endif
