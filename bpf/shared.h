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
  __u8 answers;
  __u8 reserved[7];
};

/* What was noted of a connection when it began: the value of the map `connections`. */
struct connection {
  struct weir_task task;
  __u64 began_ns;
  __u8 role;
  __u8 reserved[7];
};

/* What user space wants of a socket: the value of the map `verdicts`. */
struct verdict {
  __u8 verdict;
  __u8 directions;
  __u8 reserved[2];
  __u32 bytes;
  __u32 messages;
};

/* What a socket carries with it: the value of the map `sockets`. */
struct socket_state {
  struct weir_task task;
  __u64 began_ns;
  __u64 bytes_sent; /* of UDP; TCP counts for itself */
  __u64 bytes_received;
  __u64 minute;       /* that `messages_left` is of */
  struct verdict now; /* that the numbers below are of */
  __u32 messages_left;
  __u32 left_out; /* bytes that may still be copied: of the first ones, of this message, or in all */
  __u32 left_in;
  __u8 role;
  __u8 last_direction;
  __u8 tls_looks; /* times that it was looked for a handle that sends over it */
  __u8 is_begun;
  __u16 destinations; /* of a UDP socket, told so far */
  __u16 remote_port;  /* the last one told */
  __u16 local_port;
  __u8 family; /* of remote */
  __u8 reserved[5];
  __u8 local[16];
  __u8 remote[16];
};

/* Who listens: key and value of the map `listeners`. */
struct listener {
  __u64 netns;
  __u16 port;
  __u16 reserved[3];
};

/* What is known of an address or network: key and value of the map `addresses`. `bits` counts family too. */
struct address_key {
  __u32 bits;
  __u8 family;
  __u8 address[16];
} __attribute__((packed));

struct address_value {
  __u64 expires_ns;
  __u32 flags;
  __u16 port;
  __u16 reserved;
};

/* A name as it stands in a DNS message (lengths before labels, a 0 at the end), in lower case and backwards, so that what
 * names end in is what keys begin with: key of the map `steer_names`. A name alone has one more 0 than its suffix. */
#define STEER_NAME_BYTES 68
struct name_key {
  __u32 bits;
  __u8 name[STEER_NAME_BYTES];
};

/* Whose connections go where: key and value of the map `targets`. */
struct target_key {
  __u64 cgroup_id;
  __u64 netns;
};

struct target {
  __u32 flags;
  __u16 port4;
  __u16 port6;
  __u32 address4;
  __u32 address6[4];
};

/* Where a steered connection was going: kept in its socket (`steered`), and by its own address and port (`origins`). */
struct origin {
  struct weir_task task;
  __u64 cookie;
  __u8 family;
  __u8 reserved;
  __u16 port;
  __u8 address[16];
  __u32 reserved2;
};

struct origin_key {
  __u8 family;
  __u8 reserved;
  __u16 port;
  __u8 address[16]; /* at 4: written by words */
};

/* A thread inside a call of a TLS library: the value of the map `in_call`. */
struct in_call {
  struct weir_handle handle;
  __u64 cookie; /* of the socket that bytes left through meanwhile; 0: none yet. Written where packets leave */
};

#endif
