/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * DNS answers, read before the program has them: the addresses of a name that is steered are steered from the first
 * connection on. What is read is a plain answer to one question over UDP, as resolvers give it; everything else waits for
 * user space, which reads all answers and has the last word.
 */
#ifndef WEIR_DNS_H
#define WEIR_DNS_H

#include "steer.h"

#define DNS_HEADER 12
#define MAX_LABELS 12
#define MAX_ANSWERS 16
#define TYPE_A 1
#define TYPE_AAAA 28
/* Programs keep an answer longer than it says. */
#define LEAST_SECONDS 300
#define MOST_SECONDS 86400
#define SECOND 1000000000ull

struct dns_header {
  u16 id;
  u16 flags;
  u16 questions;
  u16 answers;
  u16 others[2];
};

/* What stands before the data of a record whose name is a pointer. */
struct dns_record {
  u16 name;
  u16 type;
  u16 class;
  u16 ttl_high;
  u16 ttl_low;
  u16 length;
};

/* Bytes of the name that stands at the beginning of `wire`, its end counted; 0 where it is none or too long. */
static __always_inline u32 name_length(const u8 *wire) {
  u32 at = 0;

  for (int i = 0; i < MAX_LABELS; i++) {
    u8 label;

    if (at >= 64) return 0;
    label = wire[at & 63];
    if (label == 0) return at + 1;
    if (label > 63) return 0;
    at += label + 1;
  }
  return 0;
}

static __always_inline bool is_public4(u32 address) {
  u32 a = bpf_ntohl(address);
  u8 first = a >> 24;

  if (first == 0 || first == 10 || first == 127 || first >= 224) return false;
  if (a >> 20 == 0xac1 || a >> 16 == 0xc0a8 || a >> 16 == 0xa9fe) return false;
  return a >> 22 != 0x191; /* 100.64.0.0/10 */
}

static __always_inline void steer_address(u8 family, const u8 *address, u32 seconds) {
  struct address_value value = {.flags = WEIR_ADDRESS_STEER, .port = 443};
  struct address_key key = {.family = family, .bits = 8 + (family == 4 ? 32 : 128)};
  struct address_value *known;

  __builtin_memcpy(key.address, address, 16);
  known = bpf_map_lookup_elem(&addresses, &key);
  if (known) value.flags |= known->flags;
  if (seconds < LEAST_SECONDS) seconds = LEAST_SECONDS;
  if (seconds > MOST_SECONDS) seconds = MOST_SECONDS;
  value.expires_ns = bpf_ktime_get_ns() + seconds * SECOND;
  bpf_map_update_elem(&addresses, &key, &value, BPF_ANY);
}

/* True where the name at the beginning of `wire` is one that is steered. */
static __always_inline bool is_steered_name(const u8 *wire, u32 length) {
  struct name_key key = {.bits = STEER_NAME_BYTES * 8};
  u32 *flags;

  for (u32 i = 0; i < 64; i++) {
    u8 byte;

    if (i >= length) break;
    byte = wire[(length - 1 - i) & 63];
    /* Lengths of labels are below 64, letters above. */
    key.name[i] = byte >= 'A' && byte <= 'Z' ? byte | 32 : byte;
  }
  flags = bpf_map_lookup_elem(&steer_names, &key);
  return flags && *flags & WEIR_ADDRESS_STEER;
}

/* `at`: where the DNS message begins in the packet. */
static __noinline int read_answer(struct __sk_buff *skb, u32 at, u32 size) {
  struct dns_header head;
  struct dns_record record;
  u8 wire[64];
  u8 address[16] __attribute__((aligned(8)));
  u32 length, end = at + size, part = size - DNS_HEADER;

  if (size <= DNS_HEADER || bpf_skb_load_bytes(skb, at, &head, sizeof(head))) return 0;
  if (part > sizeof(wire)) part = sizeof(wire);
  /* The verifier wants to see a bound that the compiler cannot take away. */
  asm volatile("" : "+r"(part));
  if (part == 0 || part > sizeof(wire)) return 0;
  __builtin_memset(wire, 0, sizeof(wire));
  if (bpf_skb_load_bytes(skb, at + DNS_HEADER, wire, part)) return 0;
  /* An answer, without an error, to one question. */
  if ((bpf_ntohs(head.flags) & 0xf80f) != 0x8000 || head.questions != bpf_htons(1)) return 0;
  length = name_length(wire);
  if (!length || !is_steered_name(wire, length)) return 0;
  at += DNS_HEADER + length + 4;
  for (int i = 0; i < MAX_ANSWERS; i++) {
    u32 bytes, ttl;

    if (i >= bpf_ntohs(head.answers) || at + sizeof(record) > end) break;
    if (bpf_skb_load_bytes(skb, at, &record, sizeof(record))) break;
    if ((record.name & bpf_htons(0xc000)) != bpf_htons(0xc000)) break;
    at += sizeof(record);
    bytes = bpf_ntohs(record.length);
    ttl = (u32)bpf_ntohs(record.ttl_high) << 16 | bpf_ntohs(record.ttl_low);
    __builtin_memset(address, 0, sizeof(address));
    if (record.type == bpf_htons(TYPE_A) && bytes == 4) {
      if (bpf_skb_load_bytes(skb, at, address, 4)) break;
      if (is_public4(*(u32 *)address)) steer_address(4, address, ttl);
    } else if (record.type == bpf_htons(TYPE_AAAA) && bytes == 16) {
      if (bpf_skb_load_bytes(skb, at, address, 16)) break;
      if ((address[0] & 0xe0) == 0x20) steer_address(6, address, ttl);
    }
    at += bytes;
  }
  return 0;
}

#endif
