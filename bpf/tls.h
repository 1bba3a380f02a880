/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the programs of tls.bpf.c and tls-attach.c know of each other: keys and values of their maps. */
#ifndef WEIR_TLS_H
#define WEIR_TLS_H

#include <linux/types.h>

#include "elf/functions.h"

#define TLS_COOKIE(attachment, function) ((__u64)(attachment) << 8 | (function))

struct tls_key {
  __u32 tgid;
  __u32 reserved;
  __u64 address;
};

struct tls_handle {
  __u64 start_ns;   /* of the process: an entry of an earlier one with the same number is not this one's */
  __u64 attachment; /* that this handle is read through: others on the same file stay silent. 0: the first to come */
  __u64 cookie;     /* of the socket; 0: not known */
  __u64 offset[2];
  __u64 tick; /* of the kernel, and the time of the first call in it */
  __u64 tick_ns;
  __u64 name; /* hash of the server's name; 0: none */
  __u32 sequence[2];
  __u32 call[2];
  __u32 generation;
  __u32 held; /* GnuTLS: bytes that it took although it said to try again */
  __u8 verdict;
  __u8 library;
  __u8 role;
  __u8 is_open;   /* WEIR_TLS_OPEN was sent */
  __u8 is_peeked; /* the first bytes of an undecided handle were sent */
  __u8 tries;     /* calls that looked for the socket */
  __u16 flags;    /* WEIR_HANDLE_... */
};

struct tls_attachment {
  __u32 library;
  __u32 go_config; /* offset of the pointer to Config in Go's Conn; 0: not known */
};

/* Names are known by a hash over their bytes from the last to the first, so that one walk meets every suffix. */
#define TLS_NAME_PRIME 0x100000001b3ull
static inline __attribute__((always_inline)) __u64 tls_hash_step(__u64 hash, __u8 byte) {
  if (byte >= 'A' && byte <= 'Z') byte |= 0x20;
  return (hash ^ byte) * TLS_NAME_PRIME;
}

#endif
