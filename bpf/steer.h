/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What happens to a connection that is asked for: it goes its way, goes to the proxy, or is refused. Decided where it is
 * asked for (socket.bpf.c), by what user space has put into the maps; without --steer nobody has put anything.
 */
#ifndef WEIR_STEER_H
#define WEIR_STEER_H

#include "record.h"

/* Addresses that are destinations of interest. Written and taken out by the loader on command; an entry past its time
 * counts for nothing. */
struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 32768);
  __type(key, struct address_key);
  __type(value, struct address_value);
} addresses SEC(".maps");

/* Names whose addresses are steered, backwards. Written and taken out by the loader on command, read at DNS answers. */
struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 8192);
  __type(key, struct name_key);
  __type(value, u32);
} steer_names SEC(".maps");

/* Whose connections are steered, and where to. Written and taken out by the loader on command. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, struct target_key);
  __type(value, struct target);
} targets SEC(".maps");

/* Until when the proxy is there (CLOCK_MONOTONIC, ns). Written by the loader on command. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} lease SEC(".maps");

/* Where the connection of a socket was going. Written at connect, read when it leaves and when the program asks for its
 * peer; goes with the socket. */
struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct origin);
} steered SEC(".maps");

/* The same by the connection's own address and port. Written before its SYN leaves, taken out by the loader when the proxy
 * has asked; one that nobody asks for is pushed out by others. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, struct origin_key);
  __type(value, struct origin);
} origins SEC(".maps");

#define QUIC 443

enum fate {
  PASSES = 0,
  STEERS = 1,
  IS_BLOCKED = 2,
};

/* That of the process, else of the innermost cgroup that it is in and that has one. */
static __always_inline struct target *find_target(u32 tgid, u64 netns) {
  struct target_key key = {.netns = netns, .cgroup_id = WEIR_STEER_PROCESS | tgid};
  struct target *best = bpf_map_lookup_elem(&targets, &key);

  if (best) return best;
  key.cgroup_id = 0;
  best = bpf_map_lookup_elem(&targets, &key);

  for (int level = 0; level < MAX_LEVEL; level++) {
    struct target *found;

    key.cgroup_id = bpf_get_current_ancestor_cgroup_id(level);
    if (!key.cgroup_id) break;
    found = bpf_map_lookup_elem(&targets, &key);
    if (found) best = found;
  }
  return best;
}

static __always_inline bool is_leased(void) {
  u32 zero = 0;
  u64 *until = bpf_map_lookup_elem(&lease, &zero);

  return until && bpf_ktime_get_ns() < *until;
}

/* `why` is set where it is blocked, `to` where it is steered. */
static __always_inline enum fate decide_fate(u32 tgid, u8 protocol, u8 family, const u8 *address, u16 port, u64 netns,
                                             struct target **to, u8 *why) {
  struct settings *set = get_settings();
  struct address_key key = {.family = family, .bits = 8 + (family == 4 ? 32 : 128)};
  struct address_value *known;
  struct target *target;

  if (!set || !set->is_steering || is_own(tgid)) return PASSES;
  if (protocol == WEIR_UDP && port != QUIC) return PASSES;
  __builtin_memcpy(key.address, address, 16);
  known = bpf_map_lookup_elem(&addresses, &key);
  if (!known || (known->port && known->port != port)) return PASSES;
  if (known->expires_ns && bpf_ktime_get_ns() >= known->expires_ns) return PASSES;
  if (known->flags & WEIR_ADDRESS_BLOCK) {
    *why = WEIR_BLOCK_POLICY;
    return IS_BLOCKED;
  }
  if (!(known->flags & WEIR_ADDRESS_STEER)) return PASSES;
  target = find_target(tgid, netns);
  if (!target || (!target->port4 && (family == 4 || !target->port6))) return PASSES;
  if (!is_leased()) {
    *why = WEIR_BLOCK_LEASE;
    return target->flags & WEIR_STEER_FALLBACK_CLOSED ? IS_BLOCKED : PASSES;
  }
  if (protocol == WEIR_UDP) {
    *why = WEIR_BLOCK_QUIC;
    return IS_BLOCKED;
  }
  *to = target;
  return STEERS;
}

static __always_inline void tell_blocked(const struct weir_task *who, u64 cookie, u8 protocol, u8 family, const u8 *address,
                                         u16 port, u8 why) {
  struct weir_steer *s = reserve(WEIR_KIND_SOCKET, sizeof(*s));

  if (!s) return;
  __builtin_memset(s, 0, sizeof(*s));
  fill_head(&s->head, WEIR_BLOCKED, sizeof(*s));
  s->task = *who;
  s->cookie = cookie;
  s->family = family;
  s->protocol = protocol;
  s->why = why;
  s->port = port;
  __builtin_memcpy(s->original, address, 16);
  submit(WEIR_KIND_SOCKET, s);
}

/* Notes where the socket was going. False where that cannot be noted: then it has to go there. */
static __always_inline bool keep_origin(struct bpf_sock *sk, const struct weir_task *who, u64 cookie, u8 family, const u8 *address,
                                        u16 port) {
  struct origin *origin;

  if (!sk) return false;
  origin = bpf_sk_storage_get(&steered, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
  if (!origin) return false;
  __builtin_memset(origin, 0, sizeof(*origin));
  origin->task = *who;
  origin->cookie = cookie;
  origin->family = family;
  origin->port = port;
  __builtin_memcpy(origin->address, address, 16);
  return true;
}

#endif
