// SPDX-License-Identifier: Apache-2.0
/*
 * From a file to points to probe.
 *
 * Single-stepping costs ten to twenty times what emulation does, so a probe goes on the first instruction of the
 * prologue that the kernel emulates, as long as everything before it is known to leave alone the registers that hold the
 * arguments. A probe that also waits for the return has to stand where the stack pointer points at the return
 * address. Where the public function has no such place (`sub` of the stack pointer first), the function may be a shell
 * around an inner one that takes the very same arguments, as SSL_write_ex is around OpenSSL's own; then the inner one
 * is probed, for both. In doubt the first instruction is taken, single-stepped, which is always right.
 */
#include <string.h>

#include "events.h"
#include "boring.h"
#include "go.h"
#include "image.h"
#include "x86.h"

#define PROLOGUE 128 /* bytes looked at */

#define ARGS1 X86_BIT(RDI)
#define ARGS2 (ARGS1 | X86_BIT(RSI))
#define ARGS3 (ARGS2 | X86_BIT(RDX))
#define ARGS4 (ARGS3 | X86_BIT(RCX))
#define GO_ARGS (X86_BIT(RAX) | X86_BIT(RBX) | X86_BIT(RCX) | X86_BIT(RDI) | X86_BIT(14))

struct wanted {
  const char *name;
  uint8_t function;
  uint8_t library;
  uint8_t kind;
  uint32_t arguments;
};

static const struct wanted by_symbol[] = {
    {"SSL_new", TLS_SSL_NEW, WEIR_OPENSSL, ELF_CALL, ARGS1},
    {"SSL_write", TLS_SSL_WRITE, WEIR_OPENSSL, ELF_CALL, ARGS3},
    {"SSL_read", TLS_SSL_READ, WEIR_OPENSSL, ELF_CALL, ARGS3},
    {"SSL_write_ex", TLS_SSL_WRITE_EX, WEIR_OPENSSL, ELF_CALL, ARGS4},
    {"SSL_read_ex", TLS_SSL_READ_EX, WEIR_OPENSSL, ELF_CALL, ARGS4},
    {"SSL_do_handshake", TLS_SSL_HANDSHAKE, WEIR_OPENSSL, ELF_CALL, ARGS1},
    {"SSL_connect", TLS_SSL_CONNECT, WEIR_OPENSSL, ELF_CALL, ARGS1},
    {"SSL_accept", TLS_SSL_ACCEPT, WEIR_OPENSSL, ELF_CALL, ARGS1},
    {"SSL_set_connect_state", TLS_SSL_SET_CONNECT, WEIR_OPENSSL, ELF_ENTRY, ARGS1},
    {"SSL_set_accept_state", TLS_SSL_SET_ACCEPT, WEIR_OPENSSL, ELF_ENTRY, ARGS1},
    {"SSL_free", TLS_SSL_FREE, WEIR_OPENSSL, ELF_ENTRY, ARGS1},
    {"SSL_clear", TLS_SSL_CLEAR, WEIR_OPENSSL, ELF_ENTRY, ARGS1},
    {"SSL_ctrl", TLS_SSL_CTRL, WEIR_OPENSSL, ELF_ENTRY, ARGS4},
    {"SSL_set_tlsext_host_name", TLS_SSL_NAME, WEIR_BORINGSSL, ELF_ENTRY, ARGS2},
    {"gnutls_record_send", TLS_GNUTLS_SEND, WEIR_GNUTLS, ELF_CALL, ARGS3},
    {"gnutls_record_send2", TLS_GNUTLS_SEND, WEIR_GNUTLS, ELF_CALL, ARGS3},
    {"gnutls_record_recv", TLS_GNUTLS_RECV, WEIR_GNUTLS, ELF_CALL, ARGS3},
    {"gnutls_init", TLS_GNUTLS_INIT, WEIR_GNUTLS, ELF_CALL, ARGS2},
    {"gnutls_handshake", TLS_GNUTLS_HANDSHAKE, WEIR_GNUTLS, ELF_CALL, ARGS1},
    {"gnutls_server_name_set", TLS_GNUTLS_NAME, WEIR_GNUTLS, ELF_ENTRY, ARGS4},
    {"gnutls_deinit", TLS_GNUTLS_DEINIT, WEIR_GNUTLS, ELF_ENTRY, ARGS1},
    {"PR_Write", TLS_PR_WRITE, WEIR_NSS, ELF_CALL, ARGS3},
    {"PR_Send", TLS_PR_WRITE, WEIR_NSS, ELF_CALL, ARGS3},
    {"PR_Read", TLS_PR_READ, WEIR_NSS, ELF_CALL, ARGS3},
    {"PR_Recv", TLS_PR_READ, WEIR_NSS, ELF_CALL, ARGS3},
    {"PR_Close", TLS_PR_CLOSE, WEIR_NSS, ELF_ENTRY, ARGS1},
    {"SSL_ImportFD", TLS_NSS_IMPORT, WEIR_NSS, ELF_CALL, ARGS2},
    {"SSL_SetURL", TLS_NSS_NAME, WEIR_NSS, ELF_ENTRY, ARGS2},
    {"SSL_ResetHandshake", TLS_NSS_ROLE, WEIR_NSS, ELF_ENTRY, ARGS2},
};
#define BY_SYMBOL (sizeof(by_symbol) / sizeof(by_symbol[0]))

static const struct wanted by_go_name[] = {
    /* Behind Write's own checks and handshake: what arrives here with the type for data is on its way. */
    {"crypto/tls.(*Conn).writeRecordLocked", TLS_GO_WRITE, WEIR_GO, ELF_ENTRY, GO_ARGS},
    {"crypto/tls.(*Conn).Read", TLS_GO_READ, WEIR_GO, ELF_ENTRY, GO_ARGS},
    {"crypto/tls.(*Conn).clientHandshake", TLS_GO_CLIENT, WEIR_GO, ELF_ENTRY, GO_ARGS},
    {"crypto/tls.(*Conn).serverHandshake", TLS_GO_SERVER, WEIR_GO, ELF_ENTRY, GO_ARGS},
    {"crypto/tls.(*Conn).Close", TLS_GO_CLOSE, WEIR_GO, ELF_ENTRY, GO_ARGS},
};
#define BY_GO_NAME (sizeof(by_go_name) / sizeof(by_go_name[0]))

struct search {
  const struct elf_file *file;
  struct elf_result *result;
  uint64_t at[BY_SYMBOL];
  uint64_t size[BY_SYMBOL];
};

static void refuse(struct elf_result *result, enum elf_status status, const char *reason) {
  result->status = status;
  strncpy(result->reason, reason, sizeof(result->reason) - 1);
}

static void add_point(struct search *s, uint64_t offset, uint8_t function, uint8_t kind, bool is_stepped, bool is_inside) {
  struct elf_result *result = s->result;

  /* PR_Write and PR_Send, SSL_write and SSL_write_ex may be one function. */
  for (unsigned int i = 0; i < result->point_count; i++)
    if (result->points[i].offset == offset)
      return;
  if (result->point_count >= ELF_POINTS)
    return;
  result->points[result->point_count++] = (struct elf_point){
      .offset = offset,
      .function = function,
      .kind = kind,
      .is_stepped = is_stepped,
      .is_inside = is_inside,
  };
}

/* The first emulated instruction of the prologue; 0 where none is sure. With `is_call` only where the stack pointer has
 * not been moved. */
static uint64_t cheap_point(const struct elf_file *file, uint64_t address, uint64_t size, uint32_t arguments, bool is_call,
                            struct x86 *insn) {
  uint64_t limit = size > 0 && size < PROLOGUE ? size : PROLOGUE, at = 0, behind = elf_behind_address(file, address);
  const uint8_t *code;

  if (limit > behind)
    limit = behind;
  code = elf_at_address(file, address, limit, NULL);
  while (code && at < limit) {
    uint32_t written;
    int64_t lowered;

    if (!x86_decode(code + at, limit - at, insn))
      return 0;
    if (x86_is_emulated(insn))
      return address + at;
    if (!x86_effects(insn, &written, &lowered) || written & arguments || (is_call && lowered != 0))
      return 0;
    at += insn->length;
  }
  return 0;
}

/*
 * Where the first call of the straight line from `address` on goes, with all of `arguments` untouched until then; 0 where
 * that is not sure. Conditional jumps are passed, as they leave the line and come to no call of this one.
 */
static uint64_t first_call(const struct elf_file *file, uint64_t address, uint64_t size, uint32_t arguments) {
  uint64_t limit = size > 0 && size < PROLOGUE ? size : PROLOGUE, at = 0, behind = elf_behind_address(file, address);
  const uint8_t *code;

  if (limit > behind)
    limit = behind;
  code = elf_at_address(file, address, limit, NULL);
  while (code && at < limit) {
    struct x86 insn;
    uint32_t written;
    int64_t lowered;

    if (!x86_decode(code + at, limit - at, &insn))
      return 0;
    at += insn.length;
    if (x86_is_call(&insn)) {
      uint64_t target = address + at + (uint64_t)insn.immediate;

      return elf_is_code(file, target) ? target : 0;
    }
    if (x86_is_conditional(&insn))
      continue;
    if (!x86_effects(&insn, &written, &lowered) || written & arguments)
      return 0;
  }
  return 0;
}

static bool file_offset(const struct elf_file *file, uint64_t address, uint64_t *offset) {
  return elf_is_code(file, address) && elf_at_address(file, address, 1, offset) != NULL;
}

static void place(struct search *s, const struct wanted *w, uint64_t address, uint64_t size) {
  struct x86 insn;
  uint64_t at = cheap_point(s->file, address, size, w->arguments, w->kind == ELF_CALL, &insn), offset;
  bool is_stepped = at == 0;

  if (is_stepped)
    at = address;
  if (file_offset(s->file, at, &offset))
    add_point(s, offset, w->function, w->kind, is_stepped, at != address);
}

static unsigned int index_of(uint8_t function) {
  unsigned int i = 0;

  while (i < BY_SYMBOL - 1 && by_symbol[i].function != function)
    i++;
  return i;
}

/*
 * SSL_write and SSL_write_ex, or SSL_read and SSL_read_ex, where neither has a cheap place but both hand their call to
 * one and the same inner function. That one has the signature of the `ex` form, as that passes its arguments on as they
 * came.
 */
static bool place_inner(struct search *s, uint8_t plain, uint8_t ex) {
  unsigned int p = index_of(plain), e = index_of(ex);
  struct x86 insn;
  uint64_t inner, at, offset;

  if (!s->at[p] || !s->at[e] ||
      (cheap_point(s->file, s->at[p], s->size[p], ARGS3, true, &insn) &&
       cheap_point(s->file, s->at[e], s->size[e], ARGS4, true, &insn)))
    return false;
  inner = first_call(s->file, s->at[e], s->size[e], ARGS4);
  if (!inner || first_call(s->file, s->at[p], s->size[p], ARGS3) != inner)
    return false;
  at = cheap_point(s->file, inner, 0, ARGS4, true, &insn);
  if (!at || !file_offset(s->file, at, &offset))
    return false;
  add_point(s, offset, ex, ELF_CALL, false, true);
  s->at[p] = 0;
  s->at[e] = 0;
  return true;
}

static bool take_symbol(void *context, const char *name, uint64_t address, uint64_t size) {
  struct search *s = context;

  for (unsigned int i = 0; i < BY_SYMBOL; i++) {
    if (s->at[i] || strcmp(by_symbol[i].name, name) != 0)
      continue;
    if (elf_is_code(s->file, address)) {
      s->at[i] = address;
      s->size[i] = size;
    }
    break;
  }
  return true;
}

static bool has(const struct search *s, uint8_t function) {
  return s->at[index_of(function)] != 0;
}

/* What library the symbols are of. A program that merely defines one function of that name is none. */
static uint8_t library_of(const struct search *s) {
  if (has(s, TLS_SSL_WRITE) && has(s, TLS_SSL_READ) && has(s, TLS_SSL_FREE))
    return has(s, TLS_SSL_NAME) ? WEIR_BORINGSSL : WEIR_OPENSSL;
  if (has(s, TLS_GNUTLS_SEND) && has(s, TLS_GNUTLS_RECV) && has(s, TLS_GNUTLS_DEINIT))
    return WEIR_GNUTLS;
  if (has(s, TLS_NSS_IMPORT) || (has(s, TLS_PR_WRITE) && has(s, TLS_PR_READ) && has(s, TLS_PR_CLOSE)))
    return WEIR_NSS;
  return 0;
}

static bool belongs(uint8_t owner, uint8_t library) {
  if (library == WEIR_BORINGSSL)
    return owner == WEIR_OPENSSL || owner == WEIR_BORINGSSL;
  return owner == library;
}

static bool take_go(void *context, const char *name, uint64_t address, uint64_t size) {
  struct search *s = context;
  const struct wanted *w = NULL;
  const uint8_t *code;
  struct x86 insn;
  uint64_t at, offset;

  for (unsigned int i = 0; i < BY_GO_NAME; i++)
    if (strcmp(by_go_name[i].name, name) == 0)
      w = &by_go_name[i];
  if (!w)
    return true;
  /* The branch to the code that makes the stack larger: taken, the function begins once more, and the probe can tell. */
  at = cheap_point(s->file, address, size, w->arguments, true, &insn);
  if (!at || !x86_is_conditional(&insn) || (insn.opcode & 0x0f) != 6 || !file_offset(s->file, at, &offset))
    return true;
  add_point(s, offset, w->function, ELF_ENTRY, false, true);
  if (w->function != TLS_GO_READ)
    return true;
  if (size > elf_behind_address(s->file, address))
    return true;
  code = elf_at_address(s->file, address, size, NULL);
  for (uint64_t i = 0; code && i < size; i += insn.length) {
    if (!x86_decode(code + i, size - i, &insn)) {
      s->result->point_count = 0; /* a RET that is missed would leave a call open */
      return false;
    }
    if (x86_is_return(&insn) && file_offset(s->file, address + i, &offset))
      add_point(s, offset, w->function, ELF_RET, true, true);
  }
  return true;
}

static bool has_function(const struct elf_result *result, uint8_t function) {
  for (unsigned int i = 0; i < result->point_count; i++)
    if (result->points[i].function == function)
      return true;
  return false;
}

static void parse_go(struct search *s, int minor) {
  struct elf_result *result = s->result;

  result->library = WEIR_GO;
  if (minor > 0)
    result->go_minor = (uint16_t)minor;
  if (minor < GO_FIRST || minor > GO_LAST) {
    /* One that has no crypto/tls in it is of no interest, whatever its version. */
    if (elf_find(s->file, "crypto/tls.(*Conn).Write", 24))
      refuse(result, ELF_OPAQUE, "go-version");
    else
      result->status = ELF_NOTHING;
    return;
  }
  /* conn, isClient, handshakeFn, the state and lock of the handshake, its error, vers: then config. 1.21 put a pointer for
   * QUIC before the state. */
  result->go_config = minor >= 21 ? 80 : 72;
  if (!go_functions(s->file, take_go, s)) {
    refuse(result, ELF_OPAQUE, "go-table");
    return;
  }
  if (result->point_count == 0 && !elf_find(s->file, "crypto/tls.(*Conn).Write", 24)) {
    result->status = ELF_NOTHING;
    return;
  }
  if (!has_function(result, TLS_GO_WRITE) || !has_function(result, TLS_GO_READ)) {
    result->point_count = 0;
    refuse(result, ELF_OPAQUE, "go-prologue");
    return;
  }
  result->status = ELF_PROBES;
}

static void parse_boring(struct search *s, const struct boring_build *build) {
  s->result->library = WEIR_BORINGSSL;
  for (unsigned int i = 0; i < BORING_FUNCTIONS; i++) {
    const struct boring_function *f = &build->functions[i];
    struct wanted w = {.function = f->function,
                       .kind = f->function == TLS_SSL_NAME ? ELF_ENTRY : ELF_CALL,
                       .arguments = f->function == TLS_SSL_NEW ? ARGS1 : f->function == TLS_SSL_NAME ? ARGS2 : ARGS3};

    place(s, &w, f->address, f->span);
  }
  s->result->status = ELF_PROBES;
}

static void parse_symbols(struct search *s) {
  struct elf_result *result = s->result;

  elf_symbols(s->file, take_symbol, s);
  result->library = library_of(s);
  if (!result->library) {
    const struct boring_build *build = boring_find(s->file, result);

    /* What is left is TLS that was linked in and stripped: it is known by what its source files are called. */
    if (build) {
      parse_boring(s, build);
    } else if (elf_find(s->file, "/rustls-0.", 10)) {
      result->library = WEIR_RUSTLS;
      refuse(result, ELF_OPAQUE, "rustls");
    } else if (elf_find(s->file, "ssl_lib.c", 9)) {
      result->library = WEIR_TLS_UNKNOWN;
      refuse(result, ELF_OPAQUE, "tls-unknown");
    } else {
      result->status = ELF_NOTHING;
    }
    return;
  }
  place_inner(s, TLS_SSL_WRITE, TLS_SSL_WRITE_EX);
  place_inner(s, TLS_SSL_READ, TLS_SSL_READ_EX);
  for (unsigned int i = 0; i < BY_SYMBOL; i++)
    if (s->at[i] && belongs(by_symbol[i].library, result->library))
      place(s, &by_symbol[i], s->at[i], s->size[i]);
  result->status = ELF_PROBES;
}

void elf_parse(struct elf_image image, struct elf_result *result) {
  static struct elf_file file; /* too large for a stack of unknown size; one parse at a time */
  struct search search = {.file = &file, .result = result};
  const char *reason;
  int minor;

  memset(result, 0, sizeof(*result));
  reason = elf_open(&file, image);
  if (reason) {
    refuse(result, ELF_REFUSED, reason);
    return;
  }
  elf_build_id(&file, result);
  minor = go_version(&file);
  if (minor != 0)
    parse_go(&search, minor);
  if (minor == 0 || (result->status == ELF_NOTHING && result->library == WEIR_GO))
    parse_symbols(&search); /* of Go too: cgo may bring OpenSSL */
}
