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

/* Connections that are open, by socket cookie. Written when one is asked for or comes in, and when the first packet of an
 * older one is seen; read and taken out when its state changes. When it is full, a connection is not told (map_full). */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 65536);
  __type(key, u64);
  __type(value, struct connection);
} connections SEC(".maps");

/* What each socket carries with it. Written at connect, accept and by packets; goes with the socket. */
struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct socket_state);
} sockets SEC(".maps");

/* Verdicts on sockets, by cookie. Written by the loader on command, read by packets, taken out when one was final or the
 * connection ends; of sockets that are gone already, pushed out by others. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, u64);
  __type(value, struct verdict);
} verdicts SEC(".maps");

#endif
