/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Calls of C libraries from their entry to their return: where one is noted meanwhile, whether its return is of any interest,
 * and how many bytes it took.
 */
#ifndef WEIR_TLS_CALLS_H
#define WEIR_TLS_CALLS_H

#include "tls-names.h"

#define FRAMES 4

struct frame {
  u64 top; /* where the return address lies; 0: free */
  u64 handle;
  u64 buffer;
  u64 length;
  u64 done; /* where the function writes how many bytes it took */
  u64 cookie;
  u32 generation;
  u32 is_linking; /* the thread stands in in_call */
};

struct frames {
  u32 used; /* bit mask: mostly none is, and the others need not be looked at */
  u32 next;
  struct frame at[FRAMES];
};

/* Calls that a thread is inside of, one library's under another's (TLS within TLS). Gone with the thread. */
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct frames);
} tls_frames SEC(".maps");

static __always_inline bool is_write(u8 function) {
  return function == TLS_SSL_WRITE || function == TLS_SSL_WRITE_EX || function == TLS_GNUTLS_SEND ||
         function == TLS_PR_WRITE;
}

/* Its handle is what it returns. */
static __always_inline bool makes_handle(u8 function) {
  return function == TLS_SSL_NEW || function == TLS_GNUTLS_INIT || function == TLS_NSS_IMPORT;
}

static __always_inline bool carries_data(u8 function) {
  return is_write(function) || function == TLS_SSL_READ || function == TLS_SSL_READ_EX || function == TLS_GNUTLS_RECV ||
         function == TLS_PR_READ;
}

/* What a client reads, where answers are not asked for. Whose role is not known yet shows by its reads whether it is a client. */
static __always_inline bool is_unwanted_answer(struct tls_handle *h) {
  struct settings *set = get_settings();

  if (h->role != WEIR_CLIENT || !set || (set->answers & 1)) return false;
  count(WEIR_KIND_TLS, FILTERED);
  return true;
}

/* A few calls of a handle are long enough to see where its bytes go; a library that writes into memory never shows it. */
#define TRIES 12

static __always_inline void note_call(struct frame *f, struct tls_handle *h, u64 address) {
  struct in_call value = {};
  u64 id;

  if (h->cookie || h->tries >= TRIES) return;
  id = bpf_get_current_pid_tgid();
  h->tries++;
  fill_handle(&value.handle, address, h);
  if (bpf_map_update_elem(&in_call, &id, &value, BPF_ANY) == 0) f->is_linking = 1;
}

static __always_inline void end_call(struct frame *f, struct tls_handle *h) {
  struct in_call *value;
  u64 id;

  if (!f->is_linking) return;
  id = bpf_get_current_pid_tgid();
  value = bpf_map_lookup_elem(&in_call, &id);
  if (!value) return;
  if (h && value->cookie) h->cookie = value->cookie;
  bpf_map_delete_elem(&in_call, &id);
}

/* Takes the frame of a call that comes back. What it says stays: nothing but this thread's next call writes there. */
static __always_inline struct frame *take_frame(struct frames *all, u64 top, u64 cookie) {
  for (int i = 0; i < FRAMES; i++) {
    struct frame *f = &all->at[i];

    if (f->top != top) continue;
    if (cookie && f->cookie != cookie) return NULL;
    f->top = 0;
    all->used &= ~(1u << i);
    return f;
  }
  return NULL;
}

/* Where a call is noted that `top` is the return address of; NULL where it is the library's own. */
static __always_inline struct frame *give_frame(struct frames *all, u64 top, u64 address, u8 function) {
  int free = -1;

  if (!all->used) {
    all->used = 1;
    return &all->at[0];
  }
  /* The library's own call of another of its functions (SSL_write_ex of SSL_write, in some) brings the same bytes. */
  for (int i = 0; i < FRAMES; i++) {
    struct frame *each = &all->at[i];

    if (each->top == top) return each;
    if (!each->top) {
      if (free < 0) free = i;
    } else if (each->handle == address && each->top > top && each->top - top < 4096 && carries_data(FUNCTION(each->cookie)) &&
               carries_data(function)) {
      return NULL;
    }
  }
  if (free < 0) free = all->next++; /* the oldest: one that never came back */
  free &= FRAMES - 1;
  all->used |= 1u << free;
  return &all->at[free];
}

/* At entry. Not 0: its return is of no interest. */
static __always_inline int enter(struct pt_regs *ctx) {
  u64 cookie = bpf_get_attach_cookie(ctx), attachment = ATTACHMENT(cookie);
  u64 address = PT_REGS_PARM1(ctx), top = PT_REGS_SP(ctx);
  u8 function = FUNCTION(cookie);
  struct task_struct *task;
  struct tls_handle *h = NULL;
  struct frames *all;
  struct frame *f;
  u32 tgid;

  if (!address && !makes_handle(function)) return 1;
  task = bpf_get_current_task_btf();
  tgid = task->tgid;
  if (!makes_handle(function)) {
    h = find_handle_of(task, address);
    /* Before all else: it is what most calls end at. Only a process that is watched has handles. */
    if (h && h->verdict == WEIR_IGNORE && h->attachment) {
      if (h->attachment == attachment) count(WEIR_KIND_TLS, FILTERED);
      return 1;
    }
  }
  /* A process is Weir's own from its start on, or becomes it before it speaks, and seldom changes its cgroup: with a handle
   * already, from time to time is often enough. */
  if ((!h || !(h->call[0] & 15)) && (!is_seen() || is_own(tgid))) return 1;
  if (!makes_handle(function)) {
    if (!h) {
      /* A descriptor of NSPR is a file as well: only those that were given a TLS layer are looked at. */
      if (function == TLS_PR_WRITE || function == TLS_PR_READ) {
        h = inherit_handle(tgid, address, 0);
        if (!h) return 1;
      } else if (carries_data(function)) {
        h = inherit_handle(tgid, address, attachment);
        if (!h) h = make_handle(tgid, address, attachment, WEIR_HANDLE_LATE);
      } else {
        h = make_handle(tgid, address, attachment, 0);
      }
    }
    if (!h || !is_owner(h, attachment)) return 1;
    if (carries_data(function) && !is_write(function) && is_unwanted_answer(h)) return 1;
    if (function == TLS_SSL_CONNECT) h->role = WEIR_CLIENT;
    if (function == TLS_SSL_ACCEPT) h->role = WEIR_SERVER;
    if (!carries_data(function) && (h->cookie || h->tries >= TRIES)) return 1;
  }
  all = bpf_task_storage_get(&tls_frames, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (!all) {
    count(WEIR_KIND_TLS, MAP_FULL);
    return 1;
  }
  f = give_frame(all, top, address, function);
  if (!f) return 1;
  f->top = top;
  f->handle = address;
  f->buffer = PT_REGS_PARM2(ctx);
  f->length = PT_REGS_PARM3(ctx);
  f->done = PT_REGS_PARM4(ctx);
  f->cookie = cookie;
  f->generation = h ? h->generation : 0;
  f->is_linking = 0;
  if (h) note_call(f, h, address);
  return 0;
}

#define GNUTLS_AGAIN (-28)
#define GNUTLS_INTERRUPTED (-52)

/* GnuTLS keeps a record that it could not send, says to try again, and sends it then: the bytes went through the first time. */
static __always_inline u64 gnutls_sent(struct tls_handle *h, struct frame *f, s64 result) {
  u64 taken;

  if (result == GNUTLS_AGAIN || result == GNUTLS_INTERRUPTED) {
    if (h->held || !f->buffer) return 0;
    taken = f->length > 16384 ? 16384 : f->length;
    h->held = taken;
    return taken;
  }
  if (result <= 0) return 0;
  taken = h->held;
  h->held = 0;
  if (!taken) return result;
  if (result <= (s64)taken || !f->buffer) return 0;
  f->buffer += taken;
  return result - taken;
}

/* At the return. `cookie` is 0 where only an entry that was taken up comes again. */
static __always_inline int leave(struct pt_regs *ctx, u64 cookie) {
  struct task_struct *task = bpf_get_current_task_btf();
  u64 top = PT_REGS_SP(ctx) - 8, address, taken = 0;
  s64 result = PT_REGS_RC(ctx);
  struct tls_handle *h;
  struct frames *all;
  struct frame *f;
  u32 tgid = task->tgid;
  u8 function;

  all = bpf_task_storage_get(&tls_frames, task, 0, 0);
  if (!all) return 0;
  f = take_frame(all, top, cookie);
  if (!f) return 0;
  cookie = f->cookie;
  address = f->handle;
  function = FUNCTION(cookie);
  if (makes_handle(function)) {
    if (function == TLS_SSL_NEW) {
      if (result) begin_handle(tgid, result, ATTACHMENT(cookie));
    } else if (function == TLS_GNUTLS_INIT) {
      u64 session = 0;

      if ((s32)result != 0 || read_user(&session, sizeof(session), address) || !session) return 0;
      begin_handle(tgid, session, ATTACHMENT(cookie));
      h = find_handle(tgid, session);
      if (h) h->role = f->buffer & 1 ? WEIR_SERVER : f->buffer & 2 ? WEIR_CLIENT : WEIR_ROLE_UNKNOWN;
    } else if (result) {
      h = make_handle(tgid, result, 0, 0);
      if (h) h->library = WEIR_NSS;
    }
    return 0;
  }
  h = find_handle_of(task, address);
  if (h && h->generation != f->generation) h = NULL;
  end_call(f, h);
  if (!h) return 0;
  switch (function) {
  case TLS_SSL_WRITE:
  case TLS_SSL_READ:
  case TLS_PR_WRITE:
  case TLS_PR_READ:
    taken = (s32)result > 0 ? (u32)result : 0;
    break;
  case TLS_SSL_WRITE_EX:
  case TLS_SSL_READ_EX:
    if ((s32)result <= 0 || !f->done) break;
    if (read_user(&taken, sizeof(taken), f->done)) {
      count(WEIR_KIND_TLS, FAULT);
      return 0;
    }
    break;
  case TLS_GNUTLS_SEND:
    taken = gnutls_sent(h, f, result);
    break;
  case TLS_GNUTLS_RECV:
    taken = result > 0 ? result : 0;
    break;
  default: /* a handshake */
    if (!h->is_open && h->verdict != WEIR_IGNORE) send_open(h, address);
    return 0;
  }
  if (taken) capture(task, h, address, is_write(function) ? WEIR_OUT : WEIR_IN, f->buffer, taken);
  return 0;
}

#endif
