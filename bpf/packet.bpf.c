// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/*
 * What sockets of the watched cgroup send and get, a little of it: the first bytes of each direction, then what user space
 * asks for, socket by socket. A socket on which there is nothing to do any more costs a look into its own storage. Packets
 * always pass.
 */
#include "dns.h"

char LICENSE[] SEC("license") = "GPL";

#define DNS_PORT 53
#define QUIC_PORT 443
/* Of a QUIC connection: what its first packets (which name the server) come to. */
#define QUIC_FIRST_BYTES 4096
/* A UDP socket that speaks to more than this many in turn is told of no more. */
#define MAX_DESTINATIONS 256
/* A socket over which no handle has sent by its so many packets has none that could be told. */
#define TLS_LOOKS 32
#define MINUTE_NS 60000000000ull

/* What of a packet's headers is needed, read in one piece. */
struct parsed {
  u32 payload_at;
  u32 payload;
  u32 sequence;
  u16 source_port;
  u16 destination_port;
  u8 tcp_flags;
  u8 family;
  u8 source[16] __attribute__((aligned(8)));
  u8 destination[16] __attribute__((aligned(8)));
};

struct ipv4_header {
  u8 version_length;
  u8 service;
  u16 total;
  u16 id;
  u16 fragment;
  u8 ttl;
  u8 protocol;
  u16 checksum;
  u32 source;
  u32 destination;
};

struct ipv6_header {
  u32 version;
  u16 length;
  u8 next;
  u8 hops;
  u32 source[4];
  u32 destination[4];
};

struct transport_header {
  u16 source;
  u16 destination;
  u32 sequence; /* TCP from here on; the length and checksum of UDP */
  u32 acknowledged;
  u8 offset;
  u8 flags;
};

/* True where the packet is whole and of that protocol. */
static __always_inline bool parse(struct __sk_buff *skb, u8 protocol, struct parsed *p) {
  struct transport_header t = {};
  struct ipv6_header six;
  struct ipv4_header four;
  u32 at;
  u8 next;

  if (skb->protocol == bpf_htons(ETH_P_IP)) {
    if (bpf_skb_load_bytes(skb, 0, &four, sizeof(four))) return false;
    if (four.protocol != protocol || (four.fragment & bpf_htons(0x1fff))) return false;
    at = (four.version_length & 15) * 4;
    p->family = 4;
    put_ipv4(p->source, four.source);
    put_ipv4(p->destination, four.destination);
  } else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
    if (bpf_skb_load_bytes(skb, 0, &six, sizeof(six))) return false;
    at = sizeof(six);
    next = six.next;
    if (next == 0) { /* hop by hop: what is longer than 64 KiB has it */
      u8 extension[2];

      if (bpf_skb_load_bytes(skb, at, extension, sizeof(extension))) return false;
      next = extension[0];
      at += (extension[1] + 1) * 8;
    }
    if (next != protocol) return false;
    p->family = put_ipv6(p->source, six.source);
    put_ipv6(p->destination, six.destination);
  } else {
    return false;
  }
  if (protocol == WEIR_UDP) {
    if (bpf_skb_load_bytes(skb, at, &t, 8)) return false;
    at += 8;
  } else {
    if (bpf_skb_load_bytes(skb, at, &t, sizeof(t))) return false;
    at += (t.offset >> 4) * 4;
    p->sequence = bpf_ntohl(t.sequence) + (t.flags & WEIR_TCP_SYN ? 1 : 0);
    p->tcp_flags = t.flags & 31;
  }
  p->source_port = bpf_ntohs(t.source);
  p->destination_port = bpf_ntohs(t.destination);
  if (at > skb->len) return false;
  p->payload_at = at;
  p->payload = skb->len - at;
  return true;
}

/* ---- one record */

struct shot {
  struct socket_state *state;
  u64 cookie;
  u32 wanted; /* bytes */
  u16 flags;
  u8 protocol;
  u8 direction;
  u8 why;
};

/* `room` is a constant: the payload that a record of this size has room for. */
static __always_inline void take_sized(struct __sk_buff *skb, const struct parsed *p, const struct shot *shot, const u32 room) {
  struct weir_packet *r = reserve(WEIR_KIND_PACKET, sizeof(*r) + room);
  u32 length = shot->wanted;

  if (!r) return;
  __builtin_memset(r, 0, sizeof(*r));
  if (length > room) length = room;
  /* The verifier wants to see a bound that the compiler cannot take away. */
  asm volatile("" : "+r"(length));
  if (length == 0 || length > room) goto fault;
  if (bpf_skb_load_bytes(skb, p->payload_at, (u8 *)r + sizeof(*r), length)) goto fault;
  fill_head(&r->head, WEIR_PACKET, sizeof(*r) + length);
  r->task = shot->state->task;
  r->cookie = shot->cookie;
  r->sequence = p->sequence;
  r->total = p->payload;
  r->length = length;
  r->family = p->family;
  r->protocol = shot->protocol;
  r->role = shot->state->role;
  r->direction = shot->direction;
  r->why = shot->why;
  r->tcp_flags = p->tcp_flags;
  r->flags = shot->flags | (length < p->payload ? WEIR_PACKET_TRUNCATED : 0);
  if (shot->direction == WEIR_OUT) {
    r->local_port = p->source_port;
    r->remote_port = p->destination_port;
    __builtin_memcpy(r->local, p->source, 16);
    __builtin_memcpy(r->remote, p->destination, 16);
  } else {
    r->local_port = p->destination_port;
    r->remote_port = p->source_port;
    __builtin_memcpy(r->local, p->destination, 16);
    __builtin_memcpy(r->remote, p->source, 16);
  }
  submit(WEIR_KIND_PACKET, r);
  return;

fault:
  discard(WEIR_KIND_PACKET, r, FAULT);
}

static __noinline int take(struct __sk_buff *skb, const struct parsed *p, const struct shot *shot) {
  if (shot->wanted <= 1024) take_sized(skb, p, shot, 1024);
  else if (shot->wanted <= 4096) take_sized(skb, p, shot, 4096);
  else take_sized(skb, p, shot, 16384);
  return 0;
}

/* ---- how much of this packet */

/* What user space has said since the last packet, if anything. */
static __always_inline void hear_verdict(struct socket_state *state, u64 cookie) {
  struct verdict *said = bpf_map_lookup_elem(&verdicts, &cookie);

  if (!said) return;
  if (said->verdict == state->now.verdict && said->bytes == state->now.bytes && said->messages == state->now.messages &&
      said->directions == state->now.directions)
    return;
  state->now = *said;
  state->minute = 0;
  state->messages_left = 0;
  state->left_out = state->left_in = 0;
  state->last_direction = 0xff;
  if (said->verdict == WEIR_FOLLOW) state->left_out = state->left_in = said->bytes;
  if (said->verdict == WEIR_IGNORE) bpf_map_delete_elem(&verdicts, &cookie);
}

/* A new exchange on a sampled socket: may it be copied? */
static __always_inline void begin_message(struct socket_state *state) {
  u64 minute = bpf_ktime_get_ns() / MINUTE_NS + 1;

  if (state->minute != minute) {
    state->minute = minute;
    state->messages_left = state->now.messages;
  }
  state->left_out = state->left_in = 0;
  if (state->messages_left == 0) return;
  state->messages_left--;
  state->left_out = state->left_in = state->now.bytes;
}

static __always_inline bool is_asking(const struct socket_state *state, u8 direction) {
  return direction == (state->role == WEIR_SERVER ? WEIR_IN : WEIR_OUT);
}

static __always_inline u32 decide(const struct settings *set, struct socket_state *state, struct shot *shot, u32 payload) {
  bool is_turn = state->last_direction != shot->direction;
  u32 wanted;

  state->last_direction = shot->direction;
  if (is_turn) shot->flags |= WEIR_PACKET_MESSAGE;
  switch (state->now.verdict) {
  case WEIR_UNDECIDED:
    if (state->role == WEIR_SERVER && !(set->accepted & 1)) return 0;
    if (!state->is_begun) state->left_out = state->left_in = set->first_bytes;
    shot->why = WEIR_WHY_FIRST;
    break;
  case WEIR_SAMPLE:
    /* The verdict may come between a message and its answer: minute is 0 until one has begun. */
    if ((is_turn && is_asking(state, shot->direction)) || state->minute == 0) begin_message(state);
    shot->why = WEIR_WHY_SAMPLE;
    break;
  case WEIR_FOLLOW:
    shot->why = WEIR_WHY_FOLLOW;
    break;
  default:
    return 0;
  }
  wanted = shot->direction == WEIR_OUT ? state->left_out : state->left_in;
  if (wanted > payload) wanted = payload;
  if (wanted > 16384) wanted = 16384;
  if (shot->direction == WEIR_OUT) state->left_out -= wanted;
  else state->left_in -= wanted;
  if (state->now.verdict != WEIR_UNDECIDED && !(state->now.directions & 1 << shot->direction)) return 0;
  return wanted;
}

/* ---- the handle that a packet's thread is inside of */

/* The thread that holds the socket's lock is the one that sends: a packet that leaves while nobody holds it was sent by
 * the kernel, on the back of whatever thread runs here. */
static __always_inline void tell_tls(struct bpf_sock *sk, struct socket_state *state, u64 cookie) {
  struct task_struct *task = (struct task_struct *)bpf_get_current_task();
  struct sock *kernel_sk = (struct sock *)bpf_skc_to_tcp_sock(sk);
  struct weir_tls_socket *t;
  struct in_call *inside;
  u64 id;

  state->tls_looks++;
  if (!kernel_sk || BPF_CORE_READ(kernel_sk, sk_lock.owned) != 1) return;
  id = (u64)BPF_CORE_READ(task, tgid) << 32 | (u32)BPF_CORE_READ(task, pid);
  inside = bpf_map_lookup_elem(&in_call, &id);
  if (!inside) return;
  t = reserve(WEIR_KIND_SOCKET, sizeof(*t));
  if (!t) return;
  fill_head(&t->head, WEIR_TLS_SOCKET, sizeof(*t));
  fill_task(&t->task, task);
  t->handle = inside->handle;
  t->cookie = cookie;
  submit(WEIR_KIND_SOCKET, t);
  inside->cookie = cookie; /* for the handle's own records */
  state->tls_looks = TLS_LOOKS;
}

/* ---- a socket that is older than the programs */

static __always_inline struct socket_state *find_state(struct bpf_sock *sk, u64 cookie) {
  struct socket_state *state = bpf_sk_storage_get(&sockets, sk, NULL, 0);
  struct connection late = {};

  if (state) return state;
  state = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
  if (!state) return NULL;
  state->last_direction = 0xff;
  if (sk->protocol == WEIR_TCP) bpf_map_update_elem(&connections, &cookie, &late, BPF_NOEXIST);
  return state;
}

/* ---- TCP */

static __always_inline void on_tcp(struct __sk_buff *skb, struct bpf_sock *sk, u8 direction) {
  struct shot shot = {.protocol = WEIR_TCP, .direction = direction};
  struct settings *set = get_settings();
  struct parsed p = {};
  bool is_dns;

  if (!set || sk->state == WEIR_STATE_LISTEN) return;
  shot.state = bpf_sk_storage_get(&sockets, sk, NULL, 0);
  if (shot.state && shot.state->now.verdict == WEIR_IGNORE && (direction == WEIR_IN || shot.state->tls_looks >= TLS_LOOKS)) return;
  if (!parse(skb, WEIR_TCP, &p) || p.payload == 0) return;
  shot.cookie = bpf_get_socket_cookie(skb);
  if (!shot.state) shot.state = find_state(sk, shot.cookie);
  if (!shot.state) return;
  if (direction == WEIR_OUT && shot.state->tls_looks < TLS_LOOKS) tell_tls(sk, shot.state, shot.cookie);
  if (shot.state->now.verdict == WEIR_IGNORE) return;
  hear_verdict(shot.state, shot.cookie);
  is_dns = p.source_port == DNS_PORT || p.destination_port == DNS_PORT;
  shot.wanted = decide(set, shot.state, &shot, p.payload);
  shot.state->is_begun = 1;
  if (is_dns && shot.state->now.verdict == WEIR_UNDECIDED) {
    shot.why = WEIR_WHY_DNS;
    shot.wanted = p.payload < set->dns_bytes ? p.payload : set->dns_bytes;
  }
  if (shot.wanted) take(skb, &p, &shot);
}

/* ---- UDP */

static __always_inline bool is_told(const struct socket_state *state, const struct parsed *p) {
  const u64 *a = (const u64 *)state->remote, *b = (const u64 *)p->destination;

  return state->destinations && state->remote_port == p->destination_port && a[0] == b[0] && a[1] == b[1];
}

/* The first datagram to somebody is what a connect is for TCP. */
static __always_inline void tell_destination(struct __sk_buff *skb, const struct shot *shot, const struct parsed *p) {
  struct socket_state *state = shot->state;
  struct weir_connect *c;

  if (is_told(state, p) || state->destinations >= MAX_DESTINATIONS) return;
  c = reserve(WEIR_KIND_SOCKET, sizeof(*c));
  if (!c) return;
  __builtin_memset(c, 0, sizeof(*c));
  fill_head(&c->head, WEIR_CONNECT, sizeof(*c));
  c->task = state->task;
  c->cookie = shot->cookie;
  c->cgroup_id = bpf_skb_cgroup_id(skb);
  c->uid = bpf_get_socket_uid(skb);
  c->family = p->family;
  c->protocol = WEIR_UDP;
  c->flags = (state->destinations ? WEIR_CONNECT_SENDMSG : 0) | (is_own(state->task.tgid) ? WEIR_CONNECT_OWN : 0);
  __builtin_memcpy(c->address, p->destination, 16);
  c->port = p->destination_port;
  submit(WEIR_KIND_SOCKET, c);
  __builtin_memcpy(state->local, p->source, 16);
  __builtin_memcpy(state->remote, p->destination, 16);
  state->local_port = p->source_port;
  state->remote_port = p->destination_port;
  state->family = p->family;
  state->destinations++;
}

static __always_inline void on_udp(struct __sk_buff *skb, struct bpf_sock *sk, u8 direction) {
  struct shot shot = {.protocol = WEIR_UDP, .direction = direction};
  struct settings *set = get_settings();
  struct parsed p = {};
  struct socket_state *state;

  if (!set || !parse(skb, WEIR_UDP, &p)) return;
  shot.cookie = bpf_get_socket_cookie(skb);
  shot.state = state = find_state(sk, shot.cookie);
  if (!state) return;
  if (!state->is_begun) {
    state->is_begun = 1;
    if (direction == WEIR_IN) state->role = WEIR_SERVER;
    if (!state->began_ns) state->began_ns = bpf_ktime_get_ns();
    state->left_out = QUIC_FIRST_BYTES;
  }
  __sync_fetch_and_add(direction == WEIR_OUT ? &state->bytes_sent : &state->bytes_received, p.payload);
  /* Who is spoken to first answers to whoever asks: those are no destinations. */
  if (direction == WEIR_OUT && state->role != WEIR_SERVER) tell_destination(skb, &shot, &p);
  if (p.payload == 0) return;
  if (p.source_port == DNS_PORT || p.destination_port == DNS_PORT) {
    shot.why = WEIR_WHY_DNS;
    shot.wanted = p.payload < set->dns_bytes ? p.payload : set->dns_bytes;
    if (set->is_steering && direction == WEIR_IN && p.source_port == DNS_PORT) read_answer(skb, p.payload_at, p.payload);
  } else if (direction == WEIR_OUT && p.destination_port == QUIC_PORT && state->left_out) {
    shot.why = WEIR_WHY_FIRST;
    shot.wanted = p.payload < state->left_out ? p.payload : state->left_out;
    state->left_out -= shot.wanted;
  }
  if (shot.wanted) take(skb, &p, &shot);
}

static __always_inline int on_packet(struct __sk_buff *skb, u8 direction) {
  struct bpf_sock *sk = skb->sk;

  if (!sk) return 1;
  sk = bpf_sk_fullsock(sk);
  if (!sk) return 1;
  if (sk->protocol == WEIR_TCP) on_tcp(skb, sk, direction);
  else if (sk->protocol == WEIR_UDP) on_udp(skb, sk, direction);
  return 1;
}

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *skb) {
  return on_packet(skb, WEIR_OUT);
}

SEC("cgroup_skb/ingress")
int on_ingress(struct __sk_buff *skb) {
  return on_packet(skb, WEIR_IN);
}
