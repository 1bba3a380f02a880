/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where one x86-64 instruction ends, and the little that is needed to place a probe: whether the kernel emulates it,
 * what it does to the stack pointer and which general registers it writes. It decodes lengths of everything that
 * compilers emit and knows effects of the few dozen forms that function prologues are made of; of all else it says so.
 */
#ifndef WEIR_ELF_X86_H
#define WEIR_ELF_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum x86_register { RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7, R8 = 8 };
#define X86_BIT(r) (1u << (r))

struct x86 {
  uint8_t length;
  bool has_modrm;
  bool is_vector; /* VEX or EVEX */
  uint8_t map;    /* 0 one-byte, 1 0F, 2 0F38, 3 0F3A */
  uint8_t opcode;
  uint8_t modrm;
  uint8_t rex;
  bool has_16bit; /* prefix 66 */
  bool has_rep;   /* prefix F2 or F3 */
  bool has_segment;
  int64_t immediate; /* sign-extended; of branches the displacement */
};

/* False where the bytes are no instruction that this knows for certain, or go beyond size. */
bool x86_decode(const uint8_t *code, size_t size, struct x86 *insn);

/* Whether the kernel carries it out itself at a probe (arch/x86/kernel/uprobes.c) instead of single-stepping it: jmp,
 * jcc, call, the one-byte nop, push of a register. */
bool x86_is_emulated(const struct x86 *insn);

/* Registers that it writes (bit mask) and bytes by which it lowers the stack pointer. False: not known, or it leaves
 * the straight line. */
bool x86_effects(const struct x86 *insn, uint32_t *written, int64_t *lowered);

bool x86_is_call(const struct x86 *insn);         /* call rel32 */
bool x86_is_jump(const struct x86 *insn);         /* jmp rel8 or rel32 */
bool x86_is_conditional(const struct x86 *insn);  /* jcc */
bool x86_is_return(const struct x86 *insn);       /* near ret */

#endif
