/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What every program does alike: is this process watched, whose is it, and a record reserved, counted and sent.
 *
 * Payload goes straight into the reserved record and never through scratch memory: programs on user-space probes may be
 * preempted by one another on the same CPU. For the same reason counters are added to atomically.
 */
#ifndef WEIR_RECORD_H
#define WEIR_RECORD_H

#include "maps.h"

/* What can become of something that was to be a record. */
enum outcome {
  SUBMITTED,
  RING_FULL,
  OVERSIZED,
  MAP_FULL,
  FAULT,
  FILTERED,
};

static __always_inline void count(u32 kind, enum outcome outcome) {
  struct weir_counts *counts = bpf_map_lookup_elem(&counters, &kind);

  if (!counts) return;
  __sync_fetch_and_add(&counts->seen, 1);
  switch (outcome) {
  case SUBMITTED:
    __sync_fetch_and_add(&counts->submitted, 1);
    break;
  case RING_FULL:
    __sync_fetch_and_add(&counts->ring_full, 1);
    break;
  case OVERSIZED:
    __sync_fetch_and_add(&counts->oversized, 1);
    break;
  case MAP_FULL:
    __sync_fetch_and_add(&counts->map_full, 1);
    break;
  case FAULT:
    __sync_fetch_and_add(&counts->fault, 1);
    break;
  case FILTERED:
    __sync_fetch_and_add(&counts->filtered, 1);
    break;
  }
}

static __always_inline struct settings *get_settings(void) {
  u32 zero = 0;

  return bpf_map_lookup_elem(&settings, &zero);
}

#define MAX_LEVEL 24

/* Is the running process in the watched cgroup? The depth of that one is not known to a loader in a cgroup namespace:
 * then the first process that is met in it tells. */
static __always_inline bool is_watched(struct settings *set) {
  s32 level = set->level;

  if (level == 0) return true; /* the root: nothing is outside */
  if (level > 0) return bpf_get_current_ancestor_cgroup_id(level) == set->cgroup;
  for (s32 i = 0; i < MAX_LEVEL; i++) {
    u64 id = bpf_get_current_ancestor_cgroup_id(i);

    if (id == 0) return false;
    if (id == set->cgroup) {
      set->level = i;
      return true;
    }
  }
  return false;
}

/* A process as records name it. */
static __always_inline void fill_task(struct weir_task *to, struct task_struct *task) {
  to->tgid = BPF_CORE_READ(task, tgid);
  to->tid = BPF_CORE_READ(task, pid);
  to->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
}

static __always_inline void fill_current(struct weir_task *to) {
  u64 id = bpf_get_current_pid_tgid();
  struct task_struct *task = (struct task_struct *)bpf_get_current_task();

  to->tgid = id >> 32;
  to->tid = (u32)id;
  to->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
}

static __always_inline bool is_own(u32 tgid) {
  return bpf_map_lookup_elem(&own, &tgid) != NULL;
}

/* The number of a device as stat(2) has it. */
static __always_inline u64 device_of(struct inode *inode) {
  u32 device = BPF_CORE_READ(inode, i_sb, s_dev);
  u32 minor = device & 0xfffff;

  return (minor & 0xff) | (device >> 20 << 8) | ((minor & ~0xffu) << 12);
}

/* An address as records have it: IPv4-mapped IPv6 as IPv4. Returns the family, 4 or 6. */
static __always_inline u8 put_ipv4(u8 *to, u32 address) {
  u32 *words = (u32 *)to;

  words[0] = address;
  words[1] = words[2] = words[3] = 0;
  return 4;
}

static __always_inline bool is_mapped(const u32 *address) {
  return address[0] == 0 && address[1] == 0 && address[2] == bpf_htonl(0xffff);
}

static __always_inline u8 put_ipv6(u8 *to, const u32 *address) {
  u32 *words = (u32 *)to;

  if (is_mapped(address)) return put_ipv4(to, address[3]);
  words[0] = address[0];
  words[1] = address[1];
  words[2] = address[2];
  words[3] = address[3];
  return 6;
}

static __always_inline void fill_head(struct weir_head *head, u16 type, u32 size) {
  head->size = size;
  head->type = type;
  head->cpu = bpf_get_smp_processor_id();
  head->ktime_ns = bpf_ktime_get_ns();
}

/* Room for a record of `bytes`, a constant. Without room it is counted, and NULL. */
static __always_inline void *reserve(u32 kind, u64 bytes) {
  void *record = bpf_ringbuf_reserve(&ring, bytes, 0);

  if (!record) count(kind, RING_FULL);
  return record;
}

/* The loader looks every few ms: waking it for each record costs five times as much as the record. */
static __always_inline void submit(u32 kind, void *record) {
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
  count(kind, SUBMITTED);
}

/* The same of one that cannot wait those few: a program that has just begun may speak TLS before them. */
static __always_inline void submit_now(u32 kind, void *record) {
  bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
  count(kind, SUBMITTED);
}

static __always_inline void discard(u32 kind, void *record, enum outcome why) {
  bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
  count(kind, why);
}

#endif
