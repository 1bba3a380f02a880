// SPDX-License-Identifier: Apache-2.0
/* See x86.h. The opcode maps are those of the Intel manual (volume 2, appendix A) in 64-bit mode. */
#include "x86.h"

#include <string.h>

/* What follows an opcode. */
enum {
  X = 0,       /* no such opcode in 64-bit mode, or not one to be sure of */
  N = 1,       /* nothing */
  M = 2,       /* ModRM */
  B = 4,       /* imm8 */
  Z = 8,       /* imm32, imm16 with prefix 66 */
  W = 16,      /* imm16 */
  R = 32,      /* rel32, never rel16: with prefix 66 processors disagree */
  MB = M | B,
  MZ = M | Z,
};

static const uint8_t one_byte[256] = {
    /* 00 */ M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X,
    /* 10 */ M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X,
    /* 20 */ M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X,
    /* 30 */ M, M, M, M, B, Z, X, X, M, M, M, M, B, Z, X, X,
    /* 40 */ X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X,
    /* 50 */ N, N, N, N, N, N, N, N, N, N, N, N, N, N, N, N,
    /* 60 */ X, X, X, M, X, X, X, X, Z, MZ, B, MB, N, N, N, N,
    /* 70 */ B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    /* 80 */ MB, MZ, X, MB, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 90 */ N, N, N, N, N, N, N, N, N, N, X, N, N, N, N, N,
    /* a0 */ X, X, X, X, N, N, N, N, B, Z, N, N, N, N, N, N, /* a0-a3 and b8-bf are taken apart below */
    /* b0 */ B, B, B, B, B, B, B, B, Z, Z, Z, Z, Z, Z, Z, Z,
    /* c0 */ MB, MB, W, N, X, X, MB, MZ, W | B, N, W, N, N, B, X, N,
    /* d0 */ M, M, M, M, X, X, X, N, M, M, M, M, M, M, M, M,
    /* e0 */ B, B, B, B, B, B, B, B, R, R, X, B, N, N, N, N,
    /* f0 */ X, N, X, X, N, N, M, M, N, N, N, N, N, N, M, M,
};

static const uint8_t two_byte[256] = {
    /* 00 */ M, M, M, M, X, N, N, N, N, N, X, N, X, M, N, MB,
    /* 10 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 20 */ M, M, M, M, X, X, X, X, M, M, M, M, M, M, M, M,
    /* 30 */ N, N, N, N, N, N, X, N, X, X, X, X, X, X, X, X,
    /* 40 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 50 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 60 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* 70 */ MB, MB, MB, MB, M, M, M, N, X, X, X, X, M, M, M, M,
    /* 80 */ R, R, R, R, R, R, R, R, R, R, R, R, R, R, R, R,
    /* 90 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* a0 */ N, N, N, M, MB, M, X, X, N, N, N, M, MB, M, M, M,
    /* b0 */ M, M, M, M, M, M, M, M, M, M, MB, M, M, M, M, M,
    /* c0 */ M, M, MB, M, MB, MB, MB, M, N, N, N, N, N, N, N, N,
    /* d0 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* e0 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
    /* f0 */ M, M, M, M, M, M, M, M, M, M, M, M, M, M, M, M,
};

struct cursor {
  const uint8_t *code;
  size_t size; /* at most 15, the longest instruction there is */
  size_t at;
  bool is_short;
};

static uint8_t take(struct cursor *c) {
  if (c->at >= c->size) {
    c->is_short = true;
    return 0;
  }
  return c->code[c->at++];
}

static int64_t take_signed(struct cursor *c, int bytes) {
  uint64_t value = 0;

  for (int i = 0; i < bytes; i++)
    value |= (uint64_t)take(c) << (8 * i);
  if (bytes < 8 && value >> (8 * bytes - 1) & 1)
    value |= ~0ull << (8 * bytes);
  return (int64_t)value;
}

static void take_modrm(struct cursor *c, struct x86 *insn) {
  uint8_t mod, rm;

  insn->has_modrm = true;
  insn->modrm = take(c);
  mod = insn->modrm >> 6;
  rm = insn->modrm & 7;
  if (mod == 3)
    return;
  if (rm == 4) {
    uint8_t sib = take(c);

    if (mod == 0 && (sib & 7) == 5)
      take_signed(c, 4);
  }
  if (mod == 1)
    take_signed(c, 1);
  else if (mod == 2 || (mod == 0 && rm == 5))
    take_signed(c, 4);
}

/* Opcodes behind VEX and EVEX: all have ModRM (but vzeroupper), few an immediate. */
static bool decode_vector(struct cursor *c, struct x86 *insn, uint8_t map, bool is_evex) {
  bool has_byte;

  insn->is_vector = true;
  insn->map = map;
  insn->opcode = take(c);
  if (map == 0 || map == 4 || map > 6 || (map > 3 && !is_evex))
    return false;
  if (map == 1 && insn->opcode == 0x77 && !is_evex)
    return !c->is_short;
  has_byte = map == 3 || (map == 1 && ((insn->opcode >= 0x70 && insn->opcode <= 0x73) || insn->opcode == 0xc2 ||
                                       (insn->opcode >= 0xc4 && insn->opcode <= 0xc6)));
  take_modrm(c, insn);
  if (has_byte)
    insn->immediate = take_signed(c, 1);
  return !c->is_short;
}

bool x86_decode(const uint8_t *code, size_t size, struct x86 *insn) {
  struct cursor c = {.code = code, .size = size > 15 ? 15 : size};
  bool has_32bit_address = false, has_lock = false;
  uint8_t byte, kind;

  memset(insn, 0, sizeof(*insn));
  for (;;) {
    byte = take(&c);
    if (byte == 0x66)
      insn->has_16bit = true;
    else if (byte == 0xf2 || byte == 0xf3)
      insn->has_rep = true;
    else if (byte == 0x67)
      has_32bit_address = true;
    else if (byte == 0xf0)
      has_lock = true;
    else if (byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e || byte == 0x64 || byte == 0x65)
      insn->has_segment = true;
    else
      break;
    if (c.is_short)
      return false;
  }
  if ((byte & 0xf0) == 0x40) {
    insn->rex = byte;
    byte = take(&c);
  }
  if (byte == 0xc5 || byte == 0xc4 || byte == 0x62) {
    uint8_t map = 1;

    if (insn->rex || insn->has_16bit || insn->has_rep || has_lock)
      return false;
    if (byte == 0xc5) {
      take(&c);
    } else if (byte == 0xc4) {
      map = take(&c) & 0x1f;
      take(&c);
    } else {
      map = take(&c) & 0x07;
      take(&c);
      take(&c);
    }
    if (!decode_vector(&c, insn, map, byte == 0x62))
      return false;
    insn->length = (uint8_t)c.at;
    return true;
  }
  insn->opcode = byte;
  kind = one_byte[byte];
  if (byte == 0x0f) {
    insn->map = 1;
    insn->opcode = take(&c);
    kind = two_byte[insn->opcode];
    if (insn->opcode == 0x38 || insn->opcode == 0x3a) {
      insn->map = insn->opcode == 0x38 ? 2 : 3;
      kind = insn->opcode == 0x38 ? M : MB;
      insn->opcode = take(&c);
    }
  } else if (byte >= 0xa0 && byte <= 0xa3) {
    take_signed(&c, has_32bit_address ? 4 : 8);
    kind = N;
  } else if (byte >= 0xb8 && byte <= 0xbf && insn->rex & 8) {
    insn->immediate = take_signed(&c, 8);
    kind = N;
  }
  if (kind == X || c.is_short)
    return false;
  if (kind & M)
    take_modrm(&c, insn);
  if (insn->map == 0 && byte == 0x8f && (insn->modrm >> 3 & 7) != 0)
    return false; /* XOP of another vendor */
  if (insn->map == 0 && (byte == 0xf6 || byte == 0xf7) && (insn->modrm >> 3 & 7) < 2)
    kind |= byte == 0xf6 ? B : Z;
  if (kind & W)
    insn->immediate = take_signed(&c, 2);
  if (kind & B)
    insn->immediate = take_signed(&c, 1);
  if (kind & Z)
    insn->immediate = take_signed(&c, insn->has_16bit && !(insn->rex & 8) ? 2 : 4);
  if (kind & R) {
    if (insn->has_16bit)
      return false;
    insn->immediate = take_signed(&c, 4);
  }
  if (c.is_short)
    return false;
  insn->length = (uint8_t)c.at;
  return true;
}

static bool is_plain(const struct x86 *insn) {
  return !insn->is_vector && insn->map == 0;
}

bool x86_is_call(const struct x86 *insn) {
  return is_plain(insn) && insn->opcode == 0xe8;
}

bool x86_is_jump(const struct x86 *insn) {
  return is_plain(insn) && (insn->opcode == 0xe9 || insn->opcode == 0xeb);
}

bool x86_is_conditional(const struct x86 *insn) {
  if (insn->is_vector)
    return false;
  return (insn->map == 0 && (insn->opcode & 0xf0) == 0x70) || (insn->map == 1 && (insn->opcode & 0xf0) == 0x80);
}

bool x86_is_return(const struct x86 *insn) {
  return is_plain(insn) && (insn->opcode == 0xc3 || insn->opcode == 0xc2);
}

bool x86_is_emulated(const struct x86 *insn) {
  if (insn->is_vector || insn->has_16bit || insn->has_segment)
    return false;
  if (x86_is_conditional(insn) || x86_is_jump(insn) || x86_is_call(insn))
    return !insn->has_rep; /* `bnd jmp` and hints: left alone */
  if (insn->map != 0 || insn->has_rep)
    return false;
  if (insn->opcode == 0x90)
    return insn->length == 1;
  return insn->opcode >= 0x50 && insn->opcode <= 0x57 && insn->length == (insn->rex ? 2 : 1) &&
         (!insn->rex || insn->rex == 0x41);
}

static uint32_t modrm_register(const struct x86 *insn) {
  return (insn->modrm >> 3 & 7) | (insn->rex & 4 ? 8 : 0);
}

static uint32_t modrm_target(const struct x86 *insn) {
  return (insn->modrm & 7) | (insn->rex & 1 ? 8 : 0);
}

static bool is_register_form(const struct x86 *insn) {
  return insn->modrm >> 6 == 3;
}

static bool two_byte_effects(const struct x86 *insn, uint32_t *written) {
  switch (insn->opcode) {
  case 0x1e: /* endbr64 and other hints */
  case 0x1f: /* nop */
    return true;
  case 0xb6: case 0xb7: case 0xbe: case 0xbf: /* movzx, movsx */
    *written = X86_BIT(modrm_register(insn));
    return true;
  case 0x10: case 0x11: case 0x12: case 0x13: case 0x14: case 0x16: case 0x17: case 0x28: case 0x29: case 0x54:
  case 0x57: case 0x6c: case 0x6e: case 0x6f: case 0x7f: case 0xd6: case 0xef: /* to vector registers or memory */
    return true;
  default:
    return false;
  }
}

bool x86_effects(const struct x86 *insn, uint32_t *written, int64_t *lowered) {
  uint8_t group = insn->modrm >> 3 & 7;

  *written = 0;
  *lowered = 0;
  if (insn->is_vector)
    return false;
  if (insn->map == 1)
    return two_byte_effects(insn, written);
  if (insn->map != 0)
    return false;
  switch (insn->opcode) {
  case 0x90:
    return !(insn->rex & 1);
  case 0x50: case 0x51: case 0x52: case 0x53: case 0x54: case 0x55: case 0x56: case 0x57:
    *lowered = 8;
    return !insn->has_16bit;
  case 0x01: case 0x09: case 0x21: case 0x29: case 0x31: case 0x88: case 0x89: /* op r/m, r */
    if (is_register_form(insn))
      *written = X86_BIT(modrm_target(insn));
    break;
  case 0x03: case 0x0b: case 0x23: case 0x2b: case 0x33: case 0x8a: case 0x8b: case 0x8d: case 0x63: /* op r, r/m */
    *written = X86_BIT(modrm_register(insn));
    /* movslq of a register into itself keeps what the caller put into its lower half */
    if (insn->opcode == 0x63 && is_register_form(insn) && modrm_register(insn) == modrm_target(insn))
      *written = 0;
    break;
  case 0x84: case 0x85: case 0x38: case 0x39: case 0x3a: case 0x3b: case 0x3c: case 0x3d: case 0xa8: case 0xa9:
    return true; /* test, cmp */
  case 0x80: case 0x81: case 0x83:
    if (group == 7)
      return true; /* cmp */
    if (group == 5 && is_register_form(insn) && modrm_target(insn) == RSP && insn->rex == 0x48 && insn->immediate > 0) {
      *lowered = insn->immediate;
      return true;
    }
    if (is_register_form(insn))
      *written = X86_BIT(modrm_target(insn));
    break;
  case 0xf6: case 0xf7:
    return group < 2; /* test */
  case 0xc6: case 0xc7:
    if (group != 0)
      return false;
    if (is_register_form(insn))
      *written = X86_BIT(modrm_target(insn));
    break;
  case 0xb0: case 0xb1: case 0xb2: case 0xb3: case 0xb4: case 0xb5: case 0xb6: case 0xb7: case 0xb8: case 0xb9:
  case 0xba: case 0xbb: case 0xbc: case 0xbd: case 0xbe: case 0xbf:
    *written = X86_BIT((insn->opcode & 7) | (insn->rex & 1 ? 8 : 0));
    break;
  default:
    return false;
  }
  /* Byte registers ah to bh share numbers with rsp to rdi: of those without REX the owner is not told apart. */
  if ((insn->opcode == 0x88 || insn->opcode == 0x8a || (insn->opcode & 0xf8) == 0xb0) && !insn->rex && *written)
    *written |= *written >> 4 | *written << 4;
  return !(*written & X86_BIT(RSP));
}
