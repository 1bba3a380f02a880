/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Names that handles are given, the verdicts on them, and what a name, a new use and an end do to a handle.
 */
#ifndef WEIR_TLS_NAMES_H
#define WEIR_TLS_NAMES_H

#include "tls-records.h"

/* Start of the hash of names, chosen at each start so that nobody can make names that collide. Set by the loader. */
const volatile u64 name_seed SEC(".rodata.seed") = 1;

struct name {
  char text[WEIR_NAME];
  u64 hash;
  u32 length;
  u32 verdict;
};

static long hash_next(u32 index, void *context) {
  struct name *n = context;
  u32 at = n->length - 1 - index, *verdict;
  u8 byte;

  if (index >= n->length || at >= WEIR_NAME) return 1;
  byte = n->text[at & (WEIR_NAME - 1)];
  n->hash = tls_hash_step(n->hash, byte);
  if (byte != '.' && at != 0) return 0;
  verdict = bpf_map_lookup_elem(&tls_names, &n->hash);
  if (verdict) n->verdict = *verdict; /* a longer one than before */
  return 0;
}

/* A string of the process, up to NUL or 255 bytes. The reader of strings does not fetch pages that are not there, so
 * they are fetched first: the first, and where the string goes on, the second. */
static __always_inline bool read_string(struct name *n, u64 from) {
  long got;
  u8 byte;

  if (!from) return false;
  if (read_user(&byte, 1, from)) goto fault;
  got = bpf_probe_read_user_str(n->text, sizeof(n->text), (const void *)from);
  if (got < 0) {
    if (read_user(&byte, 1, (from & ~4095ull) + 4096)) goto fault;
    got = bpf_probe_read_user_str(n->text, sizeof(n->text), (const void *)from);
  }
  if (got < 0) goto fault;
  n->length = got > 0 ? got - 1 : 0;
  return n->length > 0;

fault:
  count(WEIR_KIND_TLS, FAULT);
  return false;
}

/* One of a known length. */
static __always_inline bool read_counted(struct name *n, u64 from, u64 length) {
  u32 size = length;

  if (!from || length == 0 || length > WEIR_NAME - 1) return false;
  asm volatile("" : "+r"(size));
  if (size > WEIR_NAME - 1) return false;
  if (read_user(n->text, size, from)) {
    count(WEIR_KIND_TLS, FAULT);
    return false;
  }
  n->length = size;
  return true;
}

static __always_inline void send_name(struct tls_handle *h, u64 address, const struct name *n) {
  struct weir_tls_name *r = reserve(WEIR_KIND_TLS, sizeof(*r));

  if (!r) return;
  fill_head(&r->head, WEIR_TLS_NAME, sizeof(*r));
  fill_current(&r->task);
  fill_handle(&r->handle, address, h);
  r->length = n->length;
  r->verdict = n->verdict;
  __builtin_memset(r->reserved, 0, sizeof(r->reserved));
  __builtin_memcpy(r->name, n->text, sizeof(r->name));
  submit(WEIR_KIND_TLS, r);
}

/* The handle that a call begins a connection with: a used one begins anew, as another. */
static __always_inline struct tls_handle *renew(u32 tgid, u64 address, u64 attachment, u8 why) {
  struct tls_handle *h = find_handle(tgid, address);

  if (h) {
    if (!is_owner(h, attachment)) return NULL;
    if (!h->call[0] && !h->call[1] && !h->is_open) return h;
    send_close(h, address, why);
  }
  return make_handle(tgid, address, attachment, 0);
}

/* A new object: if one was at its address, its end was not seen. */
static __always_inline void begin_handle(u32 tgid, u64 address, u64 attachment) {
  struct tls_handle *h = find_handle(tgid, address);

  if (h && !is_owner(h, attachment)) return;
  if (h && (h->is_open || h->name)) send_close(h, address, WEIR_CLOSE_FREED);
  make_handle(tgid, address, attachment, 0);
}

static __always_inline void end_handle(u32 tgid, u64 address, u64 attachment, u8 why) {
  struct tls_key key = key_of(tgid, address);
  struct tls_handle *h = find_handle(tgid, address);

  if (!h || (h->attachment && h->attachment != attachment && h->library != WEIR_NSS)) return;
  if (h->is_open || h->name) send_close(h, address, why);
  bpf_map_delete_elem(&tls_handles, &key);
}

static __always_inline void set_name(u32 tgid, u64 address, u64 attachment, struct name *n) {
  struct settings *set = get_settings();
  struct tls_handle *h;

  if (!set) return;
  n->hash = name_seed;
  n->verdict = WEIR_UNDECIDED;
  if (n->length > 1 && n->text[(n->length - 1) & (WEIR_NAME - 1)] == '.') n->length--; /* of the root: says nothing */
  bpf_loop(WEIR_NAME, hash_next, n, 0);
  if (n->verdict == WEIR_UNDECIDED) n->verdict = set->named;
  h = find_handle(tgid, address);
  if (h) {
    if (!is_owner(h, attachment)) return;
    if (h->name == n->hash) return;
    if (h->call[0] || h->call[1] || h->is_open) {
      send_close(h, address, WEIR_CLOSE_RENAMED);
      h = NULL;
    }
  }
  if (!h) h = make_handle(tgid, address, attachment, 0);
  if (!h) return;
  h->name = n->hash;
  h->role = WEIR_CLIENT;
  h->verdict = n->verdict;
  send_name(h, address, n);
}

#endif
