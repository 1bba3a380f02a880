/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Programs of Go, in its register ABI (x86-64): a write is copied where it enters the record layer, a read at its return.
 */
#ifndef WEIR_TLS_GO_H
#define WEIR_TLS_GO_H

#include "tls-calls.h"

struct go_key {
  u32 tgid;
  u32 depth; /* of the stack pointer below the top of the goroutine's stack, which moves with the stack */
  u64 goroutine;
};

struct go_read {
  u64 conn;
  u64 buffer; /* with is_on_stack: its distance from the top of the stack */
  u64 length;
  u64 is_on_stack;
};

/* Reads that goroutines are inside of. One that never returns is pushed out by others. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, struct go_key);
  __type(value, struct go_read);
} tls_go_reads SEC(".maps");


#define GO_APPLICATION_DATA 23

/* The branch to the code that makes the stack larger (jbe) will be taken, and the function begins once more after it. */
static __always_inline bool will_begin_again(struct pt_regs *ctx) {
  return ctx->eflags & (1 | 0x40);
}

/* The goroutine and the top of its stack, which stay when the stack moves. */
static __always_inline bool read_goroutine(struct pt_regs *ctx, struct go_key *key, u64 *top) {
  if (read_user(top, sizeof(*top), ctx->r14 + 8)) return false;
  key->tgid = current_tgid();
  key->depth = *top - ctx->rsp;
  key->goroutine = ctx->r14;
  return true;
}

/* Offset of ServerName in crypto/tls.Config and of isClient in Conn, the same in all versions that have the register ABI. */
#define GO_SERVER_NAME 128
#define GO_IS_CLIENT 16

/* Role and name stand in the connection: it need not have been seen from its handshake on. */
static __always_inline void go_describe(struct tls_handle *h, u64 conn, u64 attachment) {
  struct tls_attachment *a = bpf_map_lookup_elem(&tls_attachments, &attachment);
  u64 config = 0, text[2] = {};
  struct name n = {};
  u8 is_client = 0;

  if (read_user(&is_client, sizeof(is_client), conn + GO_IS_CLIENT)) return;
  h->role = is_client ? WEIR_CLIENT : WEIR_SERVER;
  if (!is_client || !a || !a->go_config) return;
  if (read_user(&config, sizeof(config), conn + a->go_config) || !config) return;
  if (read_user(text, sizeof(text), config + GO_SERVER_NAME)) return;
  if (read_counted(&n, text[0], text[1])) set_name(current_tgid(), conn, attachment, &n);
}

static __always_inline struct tls_handle *go_handle(u64 conn, u64 attachment) {
  u32 tgid = current_tgid();
  struct tls_handle *h = find_handle(tgid, conn);

  if (!h) {
    if (is_own(tgid)) return NULL;
    h = make_handle(tgid, conn, attachment, WEIR_HANDLE_LATE);
    if (h) go_describe(h, conn, attachment);
  }
  if (!h || !is_owner(h, attachment)) return NULL;
  if (h->verdict == WEIR_IGNORE) {
    count(WEIR_KIND_TLS, FILTERED);
    return NULL;
  }
  return is_own(tgid) ? NULL : h;
}

static __always_inline void go_begin(u64 conn, u64 attachment) {
  u32 tgid = current_tgid();
  struct tls_handle *h;

  if (is_own(tgid)) return;
  h = renew(tgid, conn, attachment, WEIR_CLOSE_CLEARED);
  if (h) go_describe(h, conn, attachment);
}

SEC("uprobe.s")
int go_enter(struct pt_regs *ctx) {
  u64 cookie = bpf_get_attach_cookie(ctx), attachment = ATTACHMENT(cookie), conn = ctx->rax, top;
  struct go_read read = {};
  struct tls_handle *h;
  struct go_key key;

  if (will_begin_again(ctx) || !conn || !is_seen()) return 0;
  switch (FUNCTION(cookie)) {
  case TLS_GO_WRITE:
    if ((u8)ctx->rbx != GO_APPLICATION_DATA) return 0;
    h = go_handle(conn, attachment);
    if (h) capture(bpf_get_current_task_btf(), h, conn, WEIR_OUT, ctx->rcx, ctx->rdi);
    return 0;
  case TLS_GO_READ:
    h = go_handle(conn, attachment);
    if (!h || is_unwanted_answer(h) || !read_goroutine(ctx, &key, &top)) return 0;
    read.conn = conn;
    read.buffer = ctx->rbx;
    read.length = ctx->rcx;
    if (read.buffer < top && top - read.buffer < 1ull << 30) {
      u64 low;

      if (read_user(&low, sizeof(low), ctx->r14)) return 0;
      if (read.buffer >= low) {
        read.buffer = top - read.buffer;
        read.is_on_stack = 1;
      }
    }
    bpf_map_update_elem(&tls_go_reads, &key, &read, BPF_ANY);
    return 0;
  case TLS_GO_CLIENT:
  case TLS_GO_SERVER:
    go_begin(conn, attachment);
    return 0;
  case TLS_GO_CLOSE:
    end_handle(current_tgid(), conn, attachment, WEIR_CLOSE_FREED);
    return 0;
  }
  return 0;
}

SEC("uprobe.s")
int go_leave(struct pt_regs *ctx) {
  u64 cookie = bpf_get_attach_cookie(ctx), attachment = ATTACHMENT(cookie), top, taken = ctx->rax;
  struct tls_handle *h;
  struct go_read *read;
  struct go_key key;

  if (!is_seen() || !read_goroutine(ctx, &key, &top)) return 0;
  read = bpf_map_lookup_elem(&tls_go_reads, &key);
  if (!read) return 0;
  h = find_handle(key.tgid, read->conn);
  if (h && is_owner(h, attachment) && (s64)taken > 0 && taken <= read->length)
    capture(bpf_get_current_task_btf(), h, read->conn, WEIR_IN, read->is_on_stack ? top - read->buffer : read->buffer, taken);
  bpf_map_delete_elem(&tls_go_reads, &key);
  return 0;
}

#endif
