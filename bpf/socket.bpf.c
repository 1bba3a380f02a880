// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/*
 * Connections of the watched cgroup: asked for, accepted, established, closed. A connection is attributed to the process
 * that asked for it, by the socket's cookie, and never to whoever happens to run when its state changes (which is often
 * the kernel's own work on a packet). The programs on the cgroup see only its own sockets; the tracepoint sees those of
 * the whole host, and goes on only with what the others have noted.
 */
#include "steer.h"

/* Bit of a socket's flags: the peer's FIN is in. */
#define SOCK_DONE 1

char LICENSE[] SEC("license") = "GPL";

/* Who listens where. Written when a process begins to listen, read when a connection comes in, taken out when it stops
 * listening; of a listener that died without, pushed out by others. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, struct listener);
  __type(value, struct weir_task);
} listeners SEC(".maps");

static __always_inline bool note_connection(u64 cookie, const struct weir_task *task, u64 now, u8 role) {
  struct connection made = {.task = *task, .began_ns = now, .role = role};

  if (bpf_map_update_elem(&connections, &cookie, &made, BPF_ANY) == 0) return true;
  count(WEIR_KIND_SOCKET, MAP_FULL);
  return false;
}

/* A socket begins: whose it is is kept in it, for its packets. */
static __always_inline struct socket_state *begin_socket(struct bpf_sock *sk, const struct weir_task *task, u64 now, u8 role) {
  struct socket_state *state;

  if (!sk) return NULL;
  state = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
  if (!state) return NULL;
  __builtin_memset(state, 0, sizeof(*state));
  state->task = *task;
  state->began_ns = now;
  state->role = role;
  state->last_direction = 0xff;
  return state;
}

/* ---- asked for */

struct asked {
  struct weir_task who;
  u64 cookie;
  u64 netns;
  struct target *to;
  u16 port;
  u8 family;
  u8 why;
  enum fate fate;
  u8 address[16] __attribute__((aligned(8)));
};

static __always_inline void decide_asked(struct bpf_sock_addr *ctx, struct asked *asked) {
  fill_task(&asked->who, (struct task_struct *)bpf_get_current_task());
  asked->cookie = bpf_get_socket_cookie(ctx);
  asked->netns = bpf_get_netns_cookie(ctx);
  asked->port = bpf_ntohs((u16)ctx->user_port);
  asked->fate = decide_fate(asked->who.tgid, ctx->protocol, asked->family, asked->address, asked->port, asked->netns, &asked->to,
                            &asked->why);
  if (asked->fate == IS_BLOCKED)
    tell_blocked(&asked->who, asked->cookie, ctx->protocol, asked->family, asked->address, asked->port, asked->why);
}

static __always_inline void on_connect(struct bpf_sock_addr *ctx, struct asked *asked, bool is_mapped_) {
  u64 now = bpf_ktime_get_ns();
  struct weir_connect *c;

  decide_asked(ctx, asked);
  if (asked->fate == STEERS && !keep_origin(ctx->sk, &asked->who, asked->cookie, asked->family, asked->address, asked->port))
    asked->fate = PASSES;
  /* A socket that was steered once and is connected to somewhere else now. */
  if (asked->fate == PASSES && ctx->sk) bpf_sk_storage_delete(&steered, ctx->sk);
  /* A UDP socket's connect sends nothing (resolvers do it to learn an address of their own): its first packet tells it. */
  begin_socket(ctx->sk, &asked->who, now, WEIR_CLIENT);
  if (ctx->protocol != WEIR_TCP) return;
  if (asked->fate != IS_BLOCKED && !note_connection(asked->cookie, &asked->who, now, WEIR_CLIENT)) return;
  c = reserve(WEIR_KIND_SOCKET, sizeof(*c));
  if (!c) return;
  __builtin_memset(c, 0, sizeof(*c));
  fill_head(&c->head, WEIR_CONNECT, sizeof(*c));
  c->task = asked->who;
  c->cookie = asked->cookie;
  c->cgroup_id = bpf_get_current_cgroup_id();
  c->netns = asked->netns;
  c->uid = (u32)bpf_get_current_uid_gid();
  c->family = asked->family;
  c->protocol = ctx->protocol;
  c->flags = (is_mapped_ ? WEIR_CONNECT_MAPPED : 0) | (is_own(asked->who.tgid) ? WEIR_CONNECT_OWN : 0) |
             (asked->fate == STEERS ? WEIR_CONNECT_STEERED : 0) | (asked->fate == IS_BLOCKED ? WEIR_CONNECT_BLOCKED : 0);
  __builtin_memcpy(c->address, asked->address, 16);
  c->port = asked->port;
  bpf_get_current_comm(c->comm, sizeof(c->comm));
  submit_now(WEIR_KIND_SOCKET, c);
}

SEC("cgroup/connect4")
int on_connect4(struct bpf_sock_addr *ctx) {
  struct asked asked = {.family = 4};

  put_ipv4(asked.address, ctx->user_ip4);
  on_connect(ctx, &asked, false);
  if (asked.fate == STEERS && asked.to) {
    ctx->user_ip4 = asked.to->address4;
    ctx->user_port = bpf_htons(asked.to->port4);
  }
  return asked.fate != IS_BLOCKED;
}

static __always_inline void read_asked6(struct bpf_sock_addr *ctx, struct asked *asked) {
  u32 address[4] = {ctx->user_ip6[0], ctx->user_ip6[1], ctx->user_ip6[2], ctx->user_ip6[3]};

  asked->family = put_ipv6(asked->address, address);
}

SEC("cgroup/connect6")
int on_connect6(struct bpf_sock_addr *ctx) {
  struct asked asked = {};

  read_asked6(ctx, &asked);
  on_connect(ctx, &asked, asked.family == 4);
  if (asked.fate == STEERS && asked.to) {
    struct target *to = asked.to;

    if (asked.family == 6 && to->port6) {
      ctx->user_ip6[0] = to->address6[0];
      ctx->user_ip6[1] = to->address6[1];
      ctx->user_ip6[2] = to->address6[2];
      ctx->user_ip6[3] = to->address6[3];
      ctx->user_port = bpf_htons(to->port6);
    } else {
      /* An IPv6 socket reaches an IPv4 listener by its mapped address. */
      ctx->user_ip6[0] = 0;
      ctx->user_ip6[1] = 0;
      ctx->user_ip6[2] = bpf_htonl(0xffff);
      ctx->user_ip6[3] = to->address4;
      ctx->user_port = bpf_htons(to->port4);
    }
  }
  return asked.fate != IS_BLOCKED;
}

/* ---- datagrams without connect: whose they are, and whether they may leave */

static __always_inline int on_sendmsg(struct bpf_sock_addr *ctx, struct asked *asked) {
  decide_asked(ctx, asked);
  if (asked->fate == IS_BLOCKED) return 0;
  if (ctx->sk && !bpf_sk_storage_get(&sockets, ctx->sk, NULL, 0))
    begin_socket(ctx->sk, &asked->who, bpf_ktime_get_ns(), WEIR_CLIENT);
  return 1;
}

SEC("cgroup/sendmsg4")
int on_sendmsg4(struct bpf_sock_addr *ctx) {
  struct asked asked = {.family = 4};

  put_ipv4(asked.address, ctx->user_ip4);
  return on_sendmsg(ctx, &asked);
}

SEC("cgroup/sendmsg6")
int on_sendmsg6(struct bpf_sock_addr *ctx) {
  struct asked asked = {};

  read_asked6(ctx, &asked);
  return on_sendmsg(ctx, &asked);
}

/* ---- accepted */

SEC("sockops")
int on_sockops(struct bpf_sock_ops *ctx) {
  u32 remote6[4], local6[4];
  struct listener where = {};
  struct weir_task who = {};
  struct weir_task *found;
  struct weir_accept *a;
  u64 cookie, now;

  if (ctx->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB) return 1;
  now = bpf_ktime_get_ns();
  cookie = bpf_get_socket_cookie(ctx);
  where.netns = bpf_get_netns_cookie(ctx);
  where.port = ctx->local_port;
  found = bpf_map_lookup_elem(&listeners, &where);
  if (found) who = *found;
  begin_socket(ctx->sk, &who, now, WEIR_SERVER);
  if (!note_connection(cookie, &who, now, WEIR_SERVER)) return 1;
  a = reserve(WEIR_KIND_SOCKET, sizeof(*a));
  if (!a) return 1;
  __builtin_memset(a, 0, sizeof(*a));
  fill_head(&a->head, WEIR_ACCEPT, sizeof(*a));
  a->task = who;
  a->cookie = cookie;
  a->netns = where.netns;
  a->protocol = WEIR_TCP;
  a->local_port = ctx->local_port;
  a->remote_port = bpf_ntohl(ctx->remote_port);
  if (ctx->family == AF_INET6) {
    local6[0] = ctx->local_ip6[0];
    local6[1] = ctx->local_ip6[1];
    local6[2] = ctx->local_ip6[2];
    local6[3] = ctx->local_ip6[3];
    remote6[0] = ctx->remote_ip6[0];
    remote6[1] = ctx->remote_ip6[1];
    remote6[2] = ctx->remote_ip6[2];
    remote6[3] = ctx->remote_ip6[3];
    put_ipv6(a->local, local6);
    a->family = put_ipv6(a->remote, remote6);
  } else {
    put_ipv4(a->local, ctx->local_ip4);
    a->family = put_ipv4(a->remote, ctx->remote_ip4);
  }
  submit(WEIR_KIND_SOCKET, a);
  return 1;
}

/* ---- established, closed, listening */

static __always_inline void fill_addresses(struct weir_state *s, struct sock *sk) {
  u32 local6[4], remote6[4];

  s->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
  s->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
  if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
    BPF_CORE_READ_INTO(&local6, sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
    BPF_CORE_READ_INTO(&remote6, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
    s->family = put_ipv6(s->remote, remote6);
    put_ipv6(s->local, local6);
    return;
  }
  s->family = put_ipv4(s->remote, BPF_CORE_READ(sk, __sk_common.skc_daddr));
  put_ipv4(s->local, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
}

static __always_inline void tell_state(struct sock *sk, const struct connection *noted, u64 cookie, u8 old, u8 new) {
  struct tcp_sock *tcp = (struct tcp_sock *)sk;
  struct weir_state *s = reserve(WEIR_KIND_SOCKET, sizeof(*s));

  if (!s) return;
  __builtin_memset(s, 0, sizeof(*s));
  fill_head(&s->head, WEIR_STATE, sizeof(*s));
  s->task = noted->task;
  s->cookie = cookie;
  s->protocol = WEIR_TCP;
  s->role = noted->role;
  s->old_state = old;
  s->new_state = new;
  fill_addresses(s, sk);
  if (new != WEIR_STATE_LISTEN) {
    s->bytes_sent = BPF_CORE_READ(tcp, bytes_sent) - BPF_CORE_READ(tcp, bytes_retrans);
    /* The kernel counts the peer's FIN as a byte. */
    s->bytes_received = BPF_CORE_READ(tcp, bytes_received) - (BPF_CORE_READ(sk, __sk_common.skc_flags) >> SOCK_DONE & 1);
    s->error = BPF_CORE_READ(sk, sk_err);
  }
  if (noted->began_ns) s->duration_ns = s->head.ktime_ns - noted->began_ns;
  submit(WEIR_KIND_SOCKET, s);
}

/* Runs as the process that calls listen() or closes. */
static __always_inline void on_listen(struct sock *sk, u8 old, u8 new) {
  struct listener where = {.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie),
                           .port = BPF_CORE_READ(sk, __sk_common.skc_num)};
  struct settings *set = get_settings();
  struct connection noted = {.role = WEIR_SERVER};

  if (old == WEIR_STATE_LISTEN) {
    bpf_map_delete_elem(&listeners, &where);
    return;
  }
  if (!set || !is_watched(set)) return;
  fill_current(&noted.task);
  bpf_map_update_elem(&listeners, &where, &noted.task, BPF_ANY);
  tell_state(sk, &noted, BPF_CORE_READ(sk, __sk_common.skc_cookie.counter), old, new);
}

SEC("raw_tp/inet_sock_set_state")
int on_state(struct bpf_raw_tracepoint_args *ctx) {
  struct sock *sk = (struct sock *)ctx->args[0];
  int old = ctx->args[1], new = ctx->args[2];
  struct connection noted;
  struct connection *found;
  u64 cookie;

  if (BPF_CORE_READ(sk, sk_protocol) != WEIR_TCP) return 0;
  if (new == WEIR_STATE_LISTEN || (old == WEIR_STATE_LISTEN && new == WEIR_STATE_CLOSED)) {
    on_listen(sk, old, new);
    return 0;
  }
  if (new != WEIR_STATE_ESTABLISHED && new != WEIR_STATE_CLOSED) return 0;
  cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
  if (!cookie) return 0;
  found = bpf_map_lookup_elem(&connections, &cookie);
  if (!found) return 0;
  noted = *found;
  if (new == WEIR_STATE_CLOSED) {
    bpf_map_delete_elem(&connections, &cookie);
    bpf_map_delete_elem(&verdicts, &cookie);
  } else if (noted.role == WEIR_SERVER) {
    return 0; /* ACCEPT has told it */
  }
  tell_state(sk, &noted, cookie, old, new);
  return 0;
}

/* ---- the end of a UDP socket */

SEC("cgroup/sock_release")
int on_release(struct bpf_sock *sk) {
  struct socket_state *state;
  struct weir_state *s;
  u64 cookie;

  if (sk->protocol != WEIR_UDP) return 1;
  state = bpf_sk_storage_get(&sockets, sk, NULL, 0);
  if (!state || !state->is_begun) return 1;
  cookie = bpf_get_socket_cookie(sk);
  bpf_map_delete_elem(&verdicts, &cookie);
  s = reserve(WEIR_KIND_SOCKET, sizeof(*s));
  if (!s) return 1;
  __builtin_memset(s, 0, sizeof(*s));
  fill_head(&s->head, WEIR_STATE, sizeof(*s));
  s->task = state->task;
  s->cookie = cookie;
  s->bytes_sent = state->bytes_sent;
  s->bytes_received = state->bytes_received;
  s->duration_ns = s->head.ktime_ns - state->began_ns;
  s->protocol = WEIR_UDP;
  s->role = state->role;
  s->old_state = WEIR_STATE_ESTABLISHED;
  s->new_state = WEIR_STATE_CLOSED;
  s->local_port = state->local_port;
  s->remote_port = state->remote_port;
  __builtin_memcpy(s->local, state->local, 16);
  __builtin_memcpy(s->remote, state->remote, 16);
  s->family = state->family;
  submit(WEIR_KIND_SOCKET, s);
  return 1;
}
