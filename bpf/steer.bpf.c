// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/*
 * The rest of steering, behind the connect: before the SYN of a steered connection leaves, it is noted under its own
 * address and port where it was going (so that the proxy, which sees those, can ask), and the program that asks for its
 * peer is told the one that it knows.
 */
#include "steer.h"

char LICENSE[] SEC("license") = "GPL";

SEC("sockops")
int on_syn(struct bpf_sock_ops *ctx) {
  struct origin_key key = {};
  struct origin *origin;
  struct weir_steer *s;
  u32 local6[4];

  if (ctx->op != BPF_SOCK_OPS_TCP_CONNECT_CB || !ctx->sk) return 1;
  origin = bpf_sk_storage_get(&steered, ctx->sk, NULL, 0);
  if (!origin) return 1;
  key.port = ctx->local_port;
  if (ctx->family == AF_INET6) {
    local6[0] = ctx->local_ip6[0];
    local6[1] = ctx->local_ip6[1];
    local6[2] = ctx->local_ip6[2];
    local6[3] = ctx->local_ip6[3];
    key.family = put_ipv6(key.address, local6);
  } else {
    key.family = put_ipv4(key.address, ctx->local_ip4);
  }
  if (bpf_map_update_elem(&origins, &key, origin, BPF_ANY)) {
    count(WEIR_KIND_SOCKET, MAP_FULL);
    return 1;
  }
  s = reserve(WEIR_KIND_SOCKET, sizeof(*s));
  if (!s) return 1;
  __builtin_memset(s, 0, sizeof(*s));
  fill_head(&s->head, WEIR_STEERED, sizeof(*s));
  s->task = origin->task;
  s->cookie = origin->cookie;
  s->family = origin->family;
  s->protocol = WEIR_TCP;
  s->local_family = key.family;
  s->port = origin->port;
  s->local_port = key.port;
  __builtin_memcpy(s->original, origin->address, 16);
  __builtin_memcpy(s->local, key.address, 16);
  submit(WEIR_KIND_SOCKET, s);
  return 1;
}

SEC("cgroup/getpeername4")
int on_peername4(struct bpf_sock_addr *ctx) {
  struct origin *origin;

  if (!ctx->sk) return 1;
  origin = bpf_sk_storage_get(&steered, ctx->sk, NULL, 0);
  if (!origin || origin->family != 4) return 1;
  ctx->user_ip4 = *(u32 *)origin->address;
  ctx->user_port = bpf_htons(origin->port);
  return 1;
}

SEC("cgroup/getpeername6")
int on_peername6(struct bpf_sock_addr *ctx) {
  struct origin *origin;
  u32 *words;

  if (!ctx->sk) return 1;
  origin = bpf_sk_storage_get(&steered, ctx->sk, NULL, 0);
  if (!origin) return 1;
  words = (u32 *)origin->address;
  if (origin->family == 4) {
    ctx->user_ip6[0] = 0;
    ctx->user_ip6[1] = 0;
    ctx->user_ip6[2] = bpf_htonl(0xffff);
    ctx->user_ip6[3] = words[0];
  } else {
    ctx->user_ip6[0] = words[0];
    ctx->user_ip6[1] = words[1];
    ctx->user_ip6[2] = words[2];
    ctx->user_ip6[3] = words[3];
  }
  ctx->user_port = bpf_htons(origin->port);
  return 1;
}
