/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Handles: what a TLS connection is known by, a process and the address of the library's object in it. The maps of them and
 * of what they are decided by, how one is found, made, inherited by a child and told apart from one at the same address.
 */
#ifndef WEIR_TLS_HANDLES_H
#define WEIR_TLS_HANDLES_H

#include <asm/ptrace.h>

#include "record.h"

#include <bpf/bpf_tracing.h>

#include "tls.h"

struct task_struct___exec {
  u64 self_exec_id;
  u64 parent_exec_id;
} __attribute__((preserve_access_index));

/* Handles by process and address. Written here, by the loader through set_verdict, and taken out at free or, for a process
 * that ended, by the loader. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 32768);
  __type(key, struct tls_key);
  __type(value, struct tls_handle);
} tls_handles SEC(".maps");

/* Verdicts by the hash of a name, or of the suffix of names. Written by the loader on command, read here. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 32768);
  __type(key, u64);
  __type(value, u32);
} tls_names SEC(".maps");

/* What is known of a file. Written by the loader before its probes are set, taken out after them. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, u64);
  __type(value, struct tls_attachment);
} tls_attachments SEC(".maps");

/* The only entry: the next generation of a handle. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} tls_generation SEC(".maps");

static __always_inline u64 process_start(void) {
  struct task_struct *task = bpf_get_current_task_btf();

  return task->group_leader->start_boottime;
}

static __always_inline u32 current_tgid(void) {
  return bpf_get_current_pid_tgid() >> 32;
}

/* Not 0 where there is nothing to read. What is in memory, as what was just sent is, is read without the search through all
 * of the kernel's mappings that a hardened kernel makes of each copy that may sleep: under a lock of the whole machine, 0.3
 * to 0.8 us. */
static __always_inline long read_user(void *to, u32 size, u64 from) {
  return bpf_probe_read_user(to, size, (const void *)from) ? bpf_copy_from_user(to, size, (const void *)from) : 0;
}

static __always_inline struct tls_key key_of(u32 tgid, u64 address) {
  struct tls_key key = {.tgid = tgid, .reserved = 0, .address = address};

  return key;
}

static __always_inline u32 next_generation(void) {
  u32 zero = 0;
  u64 *counter = bpf_map_lookup_elem(&tls_generation, &zero);

  return counter ? (u32)__sync_fetch_and_add(counter, 1) + 1 : 0;
}

static __always_inline void fill_handle(struct weir_handle *to, u64 address, const struct tls_handle *h) {
  to->address = address;
  to->generation = h->generation;
  to->library = h->library;
  to->role = h->role;
  to->flags = h->flags;
}

/* A handle of the process that runs `task`, if it is there. */
static __always_inline struct tls_handle *find_handle_of(struct task_struct *task, u64 address) {
  struct tls_key key = key_of(task->tgid, address);
  struct tls_handle *h = bpf_map_lookup_elem(&tls_handles, &key);

  return h && h->start_ns == task->group_leader->start_boottime ? h : NULL;
}

/* A handle of this process, if it is there. */
static __always_inline struct tls_handle *find_handle(u32 tgid, u64 address) {
  struct tls_key key = key_of(tgid, address);
  struct tls_handle *h = bpf_map_lookup_elem(&tls_handles, &key);

  return h && h->start_ns == process_start() ? h : NULL;
}

static __always_inline u32 library_of(u64 attachment) {
  struct tls_attachment *a = bpf_map_lookup_elem(&tls_attachments, &attachment);

  return a ? a->library : 0;
}

/* Entries are made of this and filled in place: the stack has no room for a second one. */
static const struct tls_handle blank = {};

static __always_inline struct tls_handle *make_handle(u32 tgid, u64 address, u64 attachment, u16 flags) {
  struct settings *set = get_settings();
  struct tls_key key = key_of(tgid, address);
  struct tls_handle *h;

  if (!set) return NULL;
  if (bpf_map_update_elem(&tls_handles, &key, &blank, BPF_ANY)) {
    count(WEIR_KIND_TLS, MAP_FULL);
    return NULL;
  }
  h = bpf_map_lookup_elem(&tls_handles, &key);
  if (!h) return NULL;
  h->attachment = attachment;
  h->generation = next_generation();
  h->verdict = set->unnamed;
  h->library = library_of(attachment);
  h->flags = flags;
  h->start_ns = process_start();
  return h;
}

/* A process made by fork, which has run no other program since, has its parent's handles. */
static __always_inline struct tls_handle *inherit_handle(u32 tgid, u64 address, u64 attachment) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct task_struct *leader = task->group_leader;
  struct task_struct___exec *ids = (void *)leader;
  struct tls_key key = key_of(tgid, address), old;
  struct tls_handle *from, *h;

  if (BPF_CORE_READ(ids, self_exec_id) != BPF_CORE_READ(ids, parent_exec_id)) return NULL;
  old = key_of(leader->real_parent->tgid, address);
  from = bpf_map_lookup_elem(&tls_handles, &old);
  if (!from || from->start_ns != leader->real_parent->group_leader->start_boottime) return NULL;
  if (bpf_map_update_elem(&tls_handles, &key, from, BPF_ANY)) {
    count(WEIR_KIND_TLS, MAP_FULL);
    return NULL;
  }
  h = bpf_map_lookup_elem(&tls_handles, &key);
  if (!h) return NULL;
  h->start_ns = leader->start_boottime;
  h->attachment = attachment;
  h->generation = next_generation();
  h->offset[0] = h->offset[1] = 0;
  h->sequence[0] = h->sequence[1] = 0;
  h->call[0] = h->call[1] = 0;
  h->is_open = 0;
  h->is_peeked = 0;
  h->held = 0;
  h->flags |= WEIR_HANDLE_FORKED;
  return h;
}

/* One mapping is read through one attachment, however many there are on its file. */
static __always_inline bool is_owner(struct tls_handle *h, u64 attachment) {
  if (!h->attachment) h->attachment = attachment;
  return h->attachment == attachment;
}

#define FUNCTION(cookie) ((u8)(cookie))
#define ATTACHMENT(cookie) ((cookie) >> 8)

static __always_inline bool is_seen(void) {
  struct settings *set = get_settings();

  return set && is_watched(set);
}

#endif
