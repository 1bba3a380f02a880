/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The few kernel types that the programs read, each with the few fields that they read. The loader relocates every
 * access to where the running kernel has the field (CO-RE), so that a build needs neither a kernel nor bpftool. What
 * user space and kernel share comes from the system's own headers.
 */
#ifndef WEIR_KERNEL_H
#define WEIR_KERNEL_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <stdbool.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
  int counter;
} atomic_t;

typedef struct {
  s64 counter;
} atomic64_t;

typedef struct {
  u32 val;
} kuid_t;

struct kernfs_node {
  u64 id;
};

struct cgroup {
  int level;
  struct kernfs_node *kn;
};

struct css_set {
  struct cgroup *dfl_cgrp;
};

struct super_block {
  u32 s_dev;
};

struct inode {
  unsigned long i_ino;
  struct super_block *i_sb;
};

struct file {
  struct inode *f_inode;
};

struct mm_struct {
  unsigned long arg_start;
  unsigned long arg_end;
  struct file *exe_file;
};

struct signal_struct {
  atomic_t live;
  int group_exit_code;
};

struct cred {
  kuid_t uid;
};

struct task_struct {
  int pid;
  int tgid;
  int exit_code;
  u64 start_boottime;
  struct task_struct *group_leader;
  struct task_struct *real_parent;
  struct mm_struct *mm;
  struct signal_struct *signal;
  const struct cred *real_cred;
  struct css_set *cgroups;
};

struct linux_binprm {
  const char *filename;
};

struct in6_addr {
  union {
    u8 u6_addr8[16];
  } in6_u;
};

struct net;

typedef struct {
  struct net *net;
} possible_net_t;

struct net {
  u64 net_cookie;
};

typedef struct {
  int owned;
} socket_lock_t;

struct sock_common {
  u32 skc_daddr;
  u32 skc_rcv_saddr;
  u16 skc_dport; /* network order */
  u16 skc_num;   /* host order */
  u16 skc_family;
  volatile unsigned char skc_state;
  unsigned long skc_flags;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
  atomic64_t skc_cookie;
};

struct sock {
  struct sock_common __sk_common;
  socket_lock_t sk_lock;
  u16 sk_protocol;
  int sk_err;
};

struct tcp_sock {
  u64 bytes_sent;
  u64 bytes_retrans;
  u64 bytes_received;
};

#pragma clang attribute pop

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#include "events.h"

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define AF_INET 2
#define AF_INET6 10

#endif
