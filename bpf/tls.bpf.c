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
#include <asm/ptrace.h>

#include "record.h"

#include <bpf/bpf_tracing.h>

#include "tls.h"

char LICENSE[] SEC("license") = "GPL";

struct task_struct___exec {
  u64 self_exec_id;
  u64 parent_exec_id;
} __attribute__((preserve_access_index));

/* Start of the hash of names, chosen at each start so that nobody can make names that collide. Set by the loader. */
const volatile u64 name_seed SEC(".rodata.seed") = 1;

/* Handles by process and address. Written here, by the loader through set_verdict, and taken out at free or, for a process
 * that ended, by the loader. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 32768);
  __type(key, struct tls_key);
  __type(value, struct tls_handle);
} tls_handles SEC(".maps");

/* Verdicts by the hash of a name, or of the suffix of names. Written by the loader on command, read here. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 32768);
  __type(key, u64);
  __type(value, u32);
} tls_names SEC(".maps");

/* What is known of a file. Written by the loader before its probes are set, taken out after them. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, u64);
  __type(value, struct tls_attachment);
} tls_attachments SEC(".maps");

/* The only entry: the next generation of a handle. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} tls_generation SEC(".maps");

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

/* What a record begins with, of one call. */
struct call {
  u64 address;
  u64 from; /* in the process's memory */
  u64 offset;
  u64 cookie;
  u64 attachment;
  u32 sequence;
  u32 number;
  u32 total;
  u32 limit; /* bytes that are copied */
  u32 at;
  u32 generation;
  u64 start_ns;
  u64 now_ns;
  u32 tgid;
  u32 tid;
  u16 flags;
  u16 handle_flags;
  u8 direction;
  u8 library;
  u8 role;
  u8 reserved;
};

static __always_inline u64 process_start(void) {
  struct task_struct *task = bpf_get_current_task_btf();

  return task->group_leader->start_boottime;
}

static __always_inline u32 current_tgid(void) {
  return bpf_get_current_pid_tgid() >> 32;
}

/* Not 0 where there is nothing to read. What is in memory, as what was just sent is, is read without the search through all
 * of the kernel's mappings that a hardened kernel makes of each copy that may sleep: under a lock of the whole machine, 0.3
 * to 0.8 us. */
static __always_inline long read_user(void *to, u32 size, u64 from) {
  return bpf_probe_read_user(to, size, (const void *)from) ? bpf_copy_from_user(to, size, (const void *)from) : 0;
}

static __always_inline struct tls_key key_of(u32 tgid, u64 address) {
  struct tls_key key = {.tgid = tgid, .reserved = 0, .address = address};

  return key;
}

static __always_inline u32 next_generation(void) {
  u32 zero = 0;
  u64 *counter = bpf_map_lookup_elem(&tls_generation, &zero);

  return counter ? (u32)__sync_fetch_and_add(counter, 1) + 1 : 0;
}

static __always_inline void fill_handle(struct weir_handle *to, u64 address, const struct tls_handle *h) {
  to->address = address;
  to->generation = h->generation;
  to->library = h->library;
  to->role = h->role;
  to->flags = h->flags;
}

/* A handle of the process that runs `task`, if it is there. */
static __always_inline struct tls_handle *find_handle_of(struct task_struct *task, u64 address) {
  struct tls_key key = key_of(task->tgid, address);
  struct tls_handle *h = bpf_map_lookup_elem(&tls_handles, &key);

  return h && h->start_ns == task->group_leader->start_boottime ? h : NULL;
}

/* A handle of this process, if it is there. */
static __always_inline struct tls_handle *find_handle(u32 tgid, u64 address) {
  struct tls_key key = key_of(tgid, address);
  struct tls_handle *h = bpf_map_lookup_elem(&tls_handles, &key);

  return h && h->start_ns == process_start() ? h : NULL;
}

static __always_inline u32 library_of(u64 attachment) {
  struct tls_attachment *a = bpf_map_lookup_elem(&tls_attachments, &attachment);

  return a ? a->library : 0;
}

/* Entries are made of this and filled in place: the stack has no room for a second one. */
static const struct tls_handle blank = {};

static __always_inline struct tls_handle *make_handle(u32 tgid, u64 address, u64 attachment, u16 flags) {
  struct settings *set = get_settings();
  struct tls_key key = key_of(tgid, address);
  struct tls_handle *h;

  if (!set) return NULL;
  if (bpf_map_update_elem(&tls_handles, &key, &blank, BPF_ANY)) {
    count(WEIR_KIND_TLS, MAP_FULL);
    return NULL;
  }
  h = bpf_map_lookup_elem(&tls_handles, &key);
  if (!h) return NULL;
  h->attachment = attachment;
  h->generation = next_generation();
  h->verdict = set->unnamed;
  h->library = library_of(attachment);
  h->flags = flags;
  h->start_ns = process_start();
  return h;
}

/* A process made by fork, which has run no other program since, has its parent's handles. */
static __always_inline struct tls_handle *inherit_handle(u32 tgid, u64 address, u64 attachment) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct task_struct *leader = task->group_leader;
  struct task_struct___exec *ids = (void *)leader;
  struct tls_key key = key_of(tgid, address), old;
  struct tls_handle *from, *h;

  if (BPF_CORE_READ(ids, self_exec_id) != BPF_CORE_READ(ids, parent_exec_id)) return NULL;
  old = key_of(leader->real_parent->tgid, address);
  from = bpf_map_lookup_elem(&tls_handles, &old);
  if (!from || from->start_ns != leader->real_parent->group_leader->start_boottime) return NULL;
  if (bpf_map_update_elem(&tls_handles, &key, from, BPF_ANY)) {
    count(WEIR_KIND_TLS, MAP_FULL);
    return NULL;
  }
  h = bpf_map_lookup_elem(&tls_handles, &key);
  if (!h) return NULL;
  h->start_ns = leader->start_boottime;
  h->attachment = attachment;
  h->generation = next_generation();
  h->offset[0] = h->offset[1] = 0;
  h->sequence[0] = h->sequence[1] = 0;
  h->call[0] = h->call[1] = 0;
  h->is_open = 0;
  h->is_peeked = 0;
  h->held = 0;
  h->flags |= WEIR_HANDLE_FORKED;
  return h;
}

/* One mapping is read through one attachment, however many there are on its file. */
static __always_inline bool is_owner(struct tls_handle *h, u64 attachment) {
  if (!h->attachment) h->attachment = attachment;
  return h->attachment == attachment;
}

/* ---- records --------------------------------------------------------------------------------------------------- */

static __always_inline void send_open(struct tls_handle *h, u64 address) {
  struct weir_tls_open *r;

  h->is_open = 1;
  r = reserve(WEIR_KIND_TLS, sizeof(*r));
  if (!r) return;
  fill_head(&r->head, WEIR_TLS_OPEN, sizeof(*r));
  fill_current(&r->task);
  fill_handle(&r->handle, address, h);
  r->attachment = h->attachment;
  r->cookie = h->cookie;
  submit(WEIR_KIND_TLS, r);
}

static __always_inline void send_close(struct tls_handle *h, u64 address, u8 why) {
  struct weir_tls_close *r = reserve(WEIR_KIND_TLS, sizeof(*r));

  if (!r) return;
  fill_head(&r->head, WEIR_TLS_CLOSE, sizeof(*r));
  fill_current(&r->task);
  fill_handle(&r->handle, address, h);
  r->bytes_out = h->offset[WEIR_OUT];
  r->bytes_in = h->offset[WEIR_IN];
  r->why = why;
  __builtin_memset(r->reserved, 0, sizeof(r->reserved));
  submit(WEIR_KIND_TLS, r);
}

/* One record of a call, with room for `room` bytes (a constant) of which `length` are used. */
static __always_inline void send_piece(struct call *c, u32 length, const u32 room) {
  struct weir_tls_data *r;
  u32 size = length;

  r = reserve(WEIR_KIND_TLS, sizeof(*r) + room);
  c->sequence++; /* whether or not there is room: the gap tells of the loss */
  if (!r) return;
  /* Clamped where the verifier sees it, and no earlier. */
  asm volatile("" : "+r"(size));
  if (size > room) size = room;
  if (read_user((void *)(r + 1), size, c->from + c->at)) {
    discard(WEIR_KIND_TLS, r, FAULT);
    return;
  }
  r->head.size = sizeof(*r) + length;
  r->head.type = WEIR_TLS_DATA;
  r->head.cpu = bpf_get_smp_processor_id();
  r->head.ktime_ns = c->now_ns;
  r->task.tgid = c->tgid;
  r->task.tid = c->tid;
  r->task.start_ns = c->start_ns;
  r->handle.address = c->address;
  r->handle.generation = c->generation;
  r->handle.library = c->library;
  r->handle.role = c->role;
  r->handle.flags = c->handle_flags;
  r->attachment = c->attachment;
  r->cookie = c->cookie;
  r->offset = c->offset + c->at;
  r->sequence = c->sequence - 1;
  r->call = c->number;
  r->at = c->at;
  r->total = c->total;
  r->length = length;
  r->direction = c->direction;
  r->reserved = 0;
  r->flags = c->flags & WEIR_DATA_PEEK;
  if (c->at + length >= c->limit) {
    r->flags |= WEIR_DATA_LAST;
    if (c->limit < c->total) r->flags |= WEIR_DATA_TRUNCATED;
  }
  submit(WEIR_KIND_TLS, r);
}

static long send_next(u32 index, void *context) {
  struct call *c = context;
  u32 left = c->limit - c->at;

  if (c->at >= c->limit) return 1;
  if (left > 4096) {
    if (left > 16384) left = 16384;
    send_piece(c, left, 16384);
  } else if (left > 1024) {
    send_piece(c, left, 4096);
  } else {
    send_piece(c, left, 1024);
  }
  c->at += left;
  return 0;
}

/* The time, as of the handle's first call in this tick of the kernel: to read the clock costs as much as to reserve a record. */
static __always_inline u64 time_of(struct tls_handle *h) {
  u64 tick = bpf_jiffies64();

  if (h->tick != tick) {
    h->tick = tick;
    h->tick_ns = bpf_ktime_get_ns();
  }
  return h->tick_ns;
}

/* Records of 16 KiB that one call can be, at most: 1 MiB, however far limits are raised. */
#define PIECES 64

/* `taken` bytes went through a handle. */
static __always_inline void capture(struct task_struct *task, struct tls_handle *h, u64 address, u8 direction, u64 from,
                                    u64 taken) {
  struct settings *set = get_settings();
  struct call c;
  u64 limit;

  if (!set || taken == 0) return;
  if (taken > 0x7fffffff) taken = 0x7fffffff;
  c.offset = h->offset[direction & 1];
  c.number = h->call[direction & 1];
  c.flags = 0;
  h->offset[direction & 1] += taken;
  h->call[direction & 1]++;
  limit = set->call_bytes;
  if (h->verdict == WEIR_UNDECIDED) {
    /* What an undecided handle is about is told by its first write; until then its reads are none of anybody's business. */
    if (direction != WEIR_OUT || h->is_peeked) return count(WEIR_KIND_TLS, FILTERED);
    h->is_peeked = 1;
    c.flags = WEIR_DATA_PEEK;
    limit = set->peek_bytes;
  } else if (h->verdict != WEIR_CAPTURE) {
    return count(WEIR_KIND_TLS, FILTERED);
  }
  if (!h->is_open) send_open(h, address);
  if (limit > PIECES * 16384) limit = PIECES * 16384;
  if (limit > taken) limit = taken;
  c.address = address;
  c.from = from;
  c.cookie = h->cookie;
  c.attachment = h->attachment;
  c.sequence = h->sequence[direction & 1];
  c.total = taken;
  c.limit = limit;
  c.at = 0;
  c.generation = h->generation;
  c.handle_flags = h->flags;
  c.direction = direction;
  c.library = h->library;
  c.role = h->role;
  c.reserved = 0;
  c.start_ns = h->start_ns;
  c.now_ns = time_of(h);
  c.tgid = task->tgid;
  c.tid = task->pid;
  if (limit <= 1024) send_piece(&c, limit, 1024);
  else if (limit <= 16384) send_next(0, &c);
  else bpf_loop(PIECES, send_next, &c, 0);
  h->sequence[direction & 1] = c.sequence;
  if (limit < taken) count(WEIR_KIND_TLS, OVERSIZED);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

struct name {
  char text[WEIR_NAME];
  u64 hash;
  u32 length;
  u32 verdict;
};

static long hash_next(u32 index, void *context) {
  struct name *n = context;
  u32 at = n->length - 1 - index, *verdict;
  u8 byte;

  if (index >= n->length || at >= WEIR_NAME) return 1;
  byte = n->text[at & (WEIR_NAME - 1)];
  n->hash = tls_hash_step(n->hash, byte);
  if (byte != '.' && at != 0) return 0;
  verdict = bpf_map_lookup_elem(&tls_names, &n->hash);
  if (verdict) n->verdict = *verdict; /* a longer one than before */
  return 0;
}

/* A string of the process, up to NUL or 255 bytes. The reader of strings does not fetch pages that are not there, so
 * they are fetched first: the first, and where the string goes on, the second. */
static __always_inline bool read_string(struct name *n, u64 from) {
  long got;
  u8 byte;

  if (!from) return false;
  if (read_user(&byte, 1, from)) goto fault;
  got = bpf_probe_read_user_str(n->text, sizeof(n->text), (const void *)from);
  if (got < 0) {
    if (read_user(&byte, 1, (from & ~4095ull) + 4096)) goto fault;
    got = bpf_probe_read_user_str(n->text, sizeof(n->text), (const void *)from);
  }
  if (got < 0) goto fault;
  n->length = got > 0 ? got - 1 : 0;
  return n->length > 0;

fault:
  count(WEIR_KIND_TLS, FAULT);
  return false;
}

/* One of a known length. */
static __always_inline bool read_counted(struct name *n, u64 from, u64 length) {
  u32 size = length;

  if (!from || length == 0 || length > WEIR_NAME - 1) return false;
  asm volatile("" : "+r"(size));
  if (size > WEIR_NAME - 1) return false;
  if (read_user(n->text, size, from)) {
    count(WEIR_KIND_TLS, FAULT);
    return false;
  }
  n->length = size;
  return true;
}

static __always_inline void send_name(struct tls_handle *h, u64 address, const struct name *n) {
  struct weir_tls_name *r = reserve(WEIR_KIND_TLS, sizeof(*r));

  if (!r) return;
  fill_head(&r->head, WEIR_TLS_NAME, sizeof(*r));
  fill_current(&r->task);
  fill_handle(&r->handle, address, h);
  r->length = n->length;
  r->verdict = n->verdict;
  __builtin_memset(r->reserved, 0, sizeof(r->reserved));
  __builtin_memcpy(r->name, n->text, sizeof(r->name));
  submit(WEIR_KIND_TLS, r);
}

/* ---- what calls do to a handle ----------------------------------------------------------------------------------- */

/* The handle that a call begins a connection with: a used one begins anew, as another. */
static __always_inline struct tls_handle *renew(u32 tgid, u64 address, u64 attachment, u8 why) {
  struct tls_handle *h = find_handle(tgid, address);

  if (h) {
    if (!is_owner(h, attachment)) return NULL;
    if (!h->call[0] && !h->call[1] && !h->is_open) return h;
    send_close(h, address, why);
  }
  return make_handle(tgid, address, attachment, 0);
}

/* A new object: if one was at its address, its end was not seen. */
static __always_inline void begin_handle(u32 tgid, u64 address, u64 attachment) {
  struct tls_handle *h = find_handle(tgid, address);

  if (h && !is_owner(h, attachment)) return;
  if (h && (h->is_open || h->name)) send_close(h, address, WEIR_CLOSE_FREED);
  make_handle(tgid, address, attachment, 0);
}

static __always_inline void end_handle(u32 tgid, u64 address, u64 attachment, u8 why) {
  struct tls_key key = key_of(tgid, address);
  struct tls_handle *h = find_handle(tgid, address);

  if (!h || (h->attachment && h->attachment != attachment && h->library != WEIR_NSS)) return;
  if (h->is_open || h->name) send_close(h, address, why);
  bpf_map_delete_elem(&tls_handles, &key);
}

static __always_inline void set_name(u32 tgid, u64 address, u64 attachment, struct name *n) {
  struct settings *set = get_settings();
  struct tls_handle *h;

  if (!set) return;
  n->hash = name_seed;
  n->verdict = WEIR_UNDECIDED;
  if (n->length > 1 && n->text[(n->length - 1) & (WEIR_NAME - 1)] == '.') n->length--; /* of the root: says nothing */
  bpf_loop(WEIR_NAME, hash_next, n, 0);
  if (n->verdict == WEIR_UNDECIDED) n->verdict = set->named;
  h = find_handle(tgid, address);
  if (h) {
    if (!is_owner(h, attachment)) return;
    if (h->name == n->hash) return;
    if (h->call[0] || h->call[1] || h->is_open) {
      send_close(h, address, WEIR_CLOSE_RENAMED);
      h = NULL;
    }
  }
  if (!h) h = make_handle(tgid, address, attachment, 0);
  if (!h) return;
  h->name = n->hash;
  h->role = WEIR_CLIENT;
  h->verdict = n->verdict;
  send_name(h, address, n);
}

/* ---- C libraries ------------------------------------------------------------------------------------------------- */

#define FUNCTION(cookie) ((u8)(cookie))
#define ATTACHMENT(cookie) ((cookie) >> 8)

static __always_inline bool is_seen(void) {
  struct settings *set = get_settings();

  return set && is_watched(set);
}

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

/* ---- Go, in its register ABI ------------------------------------------------------------------------------------- */

#if defined(__TARGET_ARCH_x86)

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
