/* SPDX-License-Identifier: Apache-2.0 */
/* BoringSSL inside of programs without symbols, where the very build is known. */
#ifndef WEIR_ELF_BORING_H
#define WEIR_ELF_BORING_H

#include "image.h"

struct boring_function {
  uint8_t function; /* enum tls_function */
  uint64_t address;
  uint64_t span;      /* bytes in which its error messages are raised */
  uint32_t lines[4];  /* of ssl_lib.cc, where it raises them; 0: no more */
  uint8_t begins[16]; /* its first bytes */
};

#define BORING_FUNCTIONS 4

struct boring_build {
  uint8_t build_id[ELF_BUILD_ID];
  struct boring_function functions[BORING_FUNCTIONS];
};

/*
 * The functions of a known build, checked in the file itself: each begins with its bytes, and refers to the name of its
 * source file together with each of its line numbers. NULL where the build is not known or anything differs.
 */
const struct boring_build *boring_find(const struct elf_file *file, const struct elf_result *result);

#endif
