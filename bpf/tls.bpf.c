// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/*
 * Plaintext of TLS libraries, at the functions that programs call. Where the probes go is decided by tls-attach.c; each has a
 * cookie that says which file it is on and which function it stands for.
 *
 * A C library's call is remembered at entry and copied when it comes back, by its own word on how many bytes it took: its
 * caller waits for it and may not touch the buffer, so the bytes are still those, and one that has to be tried again,
 * or took a part, adds nothing twice. A Go program's write is copied where it enters the record layer; its stack may
 * move meanwhile, but what is written never lies on it.
 *
 * The programs that copy may sleep: a page that is not there is fetched, not given up. Nothing that differs from call to
 * call lies in memory that another program on the CPU could use meanwhile.
 */
#include "tls-calls.h"

char LICENSE[] SEC("license") = "GPL";

/* Functions that set something and carry no data. */
SEC("uprobe.s")
int tls_control(struct pt_regs *ctx) {
  u64 cookie = bpf_get_attach_cookie(ctx), attachment = ATTACHMENT(cookie);
  u64 address = PT_REGS_PARM1(ctx);
  u32 tgid = current_tgid();
  struct name n = {};

  if (!address || !is_seen() || is_own(tgid)) return 0;
  switch (FUNCTION(cookie)) {
  case TLS_SSL_SET_CONNECT:
  case TLS_SSL_SET_ACCEPT: {
    struct tls_handle *h = renew(tgid, address, attachment, WEIR_CLOSE_CLEARED);

    if (h) h->role = FUNCTION(cookie) == TLS_SSL_SET_CONNECT ? WEIR_CLIENT : WEIR_SERVER;
    return 0;
  }
  case TLS_SSL_FREE:
  case TLS_GNUTLS_DEINIT:
  case TLS_PR_CLOSE:
    end_handle(tgid, address, attachment, WEIR_CLOSE_FREED);
    return 0;
  case TLS_SSL_CLEAR: {
    struct tls_handle *h = find_handle(tgid, address);

    /* A handshake begins with it, by the library itself: only one behind data ends a connection. */
    if (h && (h->call[0] || h->call[1])) end_handle(tgid, address, attachment, WEIR_CLOSE_CLEARED);
    return 0;
  }
  case TLS_NSS_ROLE: {
    struct tls_handle *h = find_handle(tgid, address);

    if (h) h->role = PT_REGS_PARM2(ctx) & 0xffffffff ? WEIR_SERVER : WEIR_CLIENT;
    return 0;
  }
  case TLS_SSL_CTRL:
    /* SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name; without a name it takes back the one it had. */
    if ((u32)PT_REGS_PARM2(ctx) != 55 || PT_REGS_PARM3(ctx) != 0) return 0;
    if (!read_string(&n, PT_REGS_PARM4(ctx))) return 0;
    break;
  case TLS_SSL_NAME:
  case TLS_NSS_NAME:
    if (!read_string(&n, PT_REGS_PARM2(ctx))) return 0;
    break;
  case TLS_GNUTLS_NAME:
    if ((u32)PT_REGS_PARM2(ctx) != 1) return 0;
    if (!read_counted(&n, PT_REGS_PARM3(ctx), PT_REGS_PARM4(ctx))) return 0;
    break;
  default:
    return 0;
  }
  if (FUNCTION(cookie) == TLS_NSS_NAME) {
    /* The handle belongs to whoever carries its data, which is another file. */
    struct tls_handle *h = find_handle(tgid, address);

    if (!h) return 0;
    attachment = h->attachment;
  }
  set_name(tgid, address, attachment, &n);
  return 0;
}

SEC("uprobe.s")
int tls_enter(struct pt_regs *ctx) {
  enter(ctx);
  return 0;
}

SEC("uretprobe.s")
int tls_leave(struct pt_regs *ctx) {
  return leave(ctx, bpf_get_attach_cookie(ctx));
}

/* Both in one, where the kernel asks at entry whether it shall come again at the return (6.13). */
extern bool bpf_session_is_return(void) __ksym __weak;

SEC("uprobe.s")
int tls_session(struct pt_regs *ctx) {
  if (bpf_session_is_return()) return leave(ctx, 0);
  return enter(ctx);
}

#if defined(__TARGET_ARCH_x86)
#include "tls-go.h"
#endif

/* ---- run by the loader ------------------------------------------------------------------------------------------- */

/* Sets the verdict on a handle: process, address, generation, verdict. Only here, as a value that is written from
 * outside would undo what programs have counted meanwhile. */
SEC("raw_tp")
int set_verdict(struct bpf_raw_tracepoint_args *ctx) {
  struct tls_key key = {.tgid = ctx->args[0], .reserved = 0, .address = ctx->args[1]};
  struct tls_handle *h = bpf_map_lookup_elem(&tls_handles, &key);

  if (!h) return 1;
  if (h->generation != (u32)ctx->args[2]) return 2;
  h->verdict = ctx->args[3];
  return 0;
}

/* Lets go of an attachment that is about to be taken away: another on the same file goes on with its handles. */
SEC("raw_tp")
int let_go(struct bpf_raw_tracepoint_args *ctx) {
  struct tls_key key = {.tgid = ctx->args[0], .reserved = 0, .address = ctx->args[1]};
  struct tls_handle *h = bpf_map_lookup_elem(&tls_handles, &key);

  if (h && h->attachment == ctx->args[2]) h->attachment = 0;
  return 0;
}
