/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The maps that programs of more than one object use. Each object defines them; the loader makes those of the first and
 * lends them to the others, by name, so the definitions have to be these.
 */
#ifndef WEIR_MAPS_H
#define WEIR_MAPS_H

#include "kernel.h"
#include "shared.h"

/* Every record. Written by all programs, read by the loader. Its size is set by the loader. */
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8 * 1024 * 1024);
} ring SEC(".maps");

/* Counters by kind (enum weir_kind). Written by all programs, read by the loader; they only grow. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, WEIR_KINDS);
  __type(key, u32);
  __type(value, struct weir_counts);
} counters SEC(".maps");

/* What is watched, and limits. Written by the loader (`level` by programs too), read by all programs. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct settings);
} settings SEC(".maps");

/* Processes of Weir's own, and their start. Written by the loader on command and by fork, read wherever something is
 * done to a process, taken out at exit. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, u32);
  __type(value, u64);
} own SEC(".maps");

/* Which TLS handle a thread is inside of, by pid_tgid. Written at entry of a TLS call and taken out when it returns
 * (tls.bpf.c), read when a packet leaves. An entry that a thread left behind by dying is pushed out by others. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, u64);
  __type(value, struct in_call);
} in_call SEC(".maps");

#endif
