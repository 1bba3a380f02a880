/* SPDX-License-Identifier: Apache-2.0 */
/* ELF as bytes that may lie: every access is checked against the size of the file. */
#ifndef WEIR_ELF_IMAGE_H
#define WEIR_ELF_IMAGE_H

#include <elf.h>

#include "elf.h"

#define MAX_SEGMENTS 64
#define MAX_SECTIONS 512

struct elf_file {
  struct elf_image image;
  Elf64_Phdr segments[MAX_SEGMENTS];
  unsigned int segment_count;
  Elf64_Shdr sections[MAX_SECTIONS];
  unsigned int section_count;
  size_t section_names; /* offset and size of their string table */
  size_t section_names_size;
};

/* NULL, or why the file is not looked at. */
const char *elf_open(struct elf_file *file, struct elf_image image);

/* A pointer to size bytes at an offset of the file, NULL where they are not all there. */
const uint8_t *elf_at(const struct elf_file *file, uint64_t offset, uint64_t size);
/* The same by address. `offset` (may be NULL) gets the place in the file. */
const uint8_t *elf_at_address(const struct elf_file *file, uint64_t address, uint64_t size, uint64_t *offset);
/* How many bytes of the file are behind an address in its segment; 0 where it is in none. */
uint64_t elf_behind_address(const struct elf_file *file, uint64_t address);
bool elf_is_code(const struct elf_file *file, uint64_t address);
const Elf64_Shdr *elf_section(const struct elf_file *file, const char *name);

/* Calls for each function symbol that is defined in the file, until false. */
typedef bool elf_symbol_visitor(void *context, const char *name, uint64_t address, uint64_t size);
void elf_symbols(const struct elf_file *file, elf_symbol_visitor *visit, void *context);

void elf_build_id(const struct elf_file *file, struct elf_result *result);

/* Where bytes stand in what is loaded of the file and not written to; NULL where they do not. */
const uint8_t *elf_find(const struct elf_file *file, const void *bytes, size_t size);

#endif
