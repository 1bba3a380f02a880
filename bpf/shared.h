/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Layouts that the programs and the loader share among themselves. They go with one build and are no contract: nothing
 * outside of bpf/ may rely on them.
 */
#ifndef WEIR_SHARED_H
#define WEIR_SHARED_H

#include "events.h"

/* The only entry of the map `settings`. */
struct settings {
  __u64 cgroup; /* the watched one */
  __s32 level;  /* its depth; -1: not known yet, found by the first program that meets a task in it */
  __u32 call_bytes;
  __u32 peek_bytes;
  __u32 first_bytes;
  __u32 dns_bytes;
  __u8 named;
  __u8 unnamed;
  __u8 accepted;
  __u8 is_steering; /* there is somebody whom or something that steering or blocking is for */
};

/* A thread inside a call of a TLS library: the value of the map `in_call`. */
struct in_call {
  struct weir_handle handle;
};

#endif
