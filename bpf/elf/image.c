// SPDX-License-Identifier: Apache-2.0
/* See image.h. */
#include "image.h"

#include <string.h>

/* A symbol table larger than this is cut off: four times that of the largest browser. */
#define MAX_SYMBOLS 4000000u

const uint8_t *elf_at(const struct elf_file *file, uint64_t offset, uint64_t size) {
  if (offset > file->image.size || size > file->image.size - offset)
    return NULL;
  return file->image.bytes + offset;
}

static const Elf64_Phdr *segment_of(const struct elf_file *file, uint64_t address) {
  for (unsigned int i = 0; i < file->segment_count; i++) {
    const Elf64_Phdr *segment = &file->segments[i];

    if (segment->p_type == PT_LOAD && address >= segment->p_vaddr && address - segment->p_vaddr < segment->p_filesz)
      return segment;
  }
  return NULL;
}

uint64_t elf_behind_address(const struct elf_file *file, uint64_t address) {
  const Elf64_Phdr *segment = segment_of(file, address);
  uint64_t behind, offset;

  if (!segment)
    return 0;
  behind = segment->p_filesz - (address - segment->p_vaddr);
  if (__builtin_add_overflow(segment->p_offset, address - segment->p_vaddr, &offset) || offset > file->image.size)
    return 0;
  return behind < file->image.size - offset ? behind : file->image.size - offset;
}

const uint8_t *elf_at_address(const struct elf_file *file, uint64_t address, uint64_t size, uint64_t *offset) {
  const Elf64_Phdr *segment = segment_of(file, address);
  uint64_t at;

  if (!segment || size > elf_behind_address(file, address))
    return NULL;
  at = segment->p_offset + (address - segment->p_vaddr);
  if (offset)
    *offset = at;
  return elf_at(file, at, size);
}

bool elf_is_code(const struct elf_file *file, uint64_t address) {
  const Elf64_Phdr *segment = segment_of(file, address);

  return segment && segment->p_flags & PF_X;
}

const char *elf_open(struct elf_file *file, struct elf_image image) {
  const uint8_t *bytes;
  Elf64_Ehdr header;

  memset(file, 0, sizeof(*file));
  file->image = image;
  bytes = elf_at(file, 0, sizeof(header));
  if (!bytes || memcmp(bytes, ELFMAG, SELFMAG) != 0)
    return "not ELF";
  memcpy(&header, bytes, sizeof(header));
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
    return "not 64-bit";
  if (header.e_machine != EM_X86_64)
    return "machine"; /* arm64 included: its instructions are not decoded here */
  if (header.e_type != ET_DYN && header.e_type != ET_EXEC)
    return "not a program or library";
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0)
    return "malformed";
  for (unsigned int i = 0; i < header.e_phnum && file->segment_count < MAX_SEGMENTS; i++) {
    bytes = elf_at(file, header.e_phoff + (uint64_t)i * sizeof(Elf64_Phdr), sizeof(Elf64_Phdr));
    if (!bytes)
      return "malformed";
    memcpy(&file->segments[file->segment_count++], bytes, sizeof(Elf64_Phdr));
  }
  /* A file may have no sections, or lie about them: then it is read by its segments alone. */
  if (header.e_shentsize != sizeof(Elf64_Shdr))
    return NULL;
  for (unsigned int i = 0; i < header.e_shnum && file->section_count < MAX_SECTIONS; i++) {
    bytes = elf_at(file, header.e_shoff + (uint64_t)i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
    if (!bytes)
      break;
    memcpy(&file->sections[file->section_count++], bytes, sizeof(Elf64_Shdr));
  }
  if (header.e_shstrndx < file->section_count) {
    const Elf64_Shdr *names = &file->sections[header.e_shstrndx];

    if (names->sh_type == SHT_STRTAB && elf_at(file, names->sh_offset, names->sh_size)) {
      file->section_names = names->sh_offset;
      file->section_names_size = names->sh_size;
    }
  }
  return NULL;
}

/* The string at an offset of a table, NULL where it does not end inside. */
static const char *string_at(const uint8_t *table, uint64_t size, uint64_t at) {
  if (!table || at >= size || !memchr(table + at, 0, size - at))
    return NULL;
  return (const char *)table + at;
}

const Elf64_Shdr *elf_section(const struct elf_file *file, const char *name) {
  const uint8_t *names = file->image.bytes + file->section_names;

  for (unsigned int i = 0; i < file->section_count; i++) {
    const char *own = string_at(names, file->section_names_size, file->sections[i].sh_name);

    if (own && strcmp(own, name) == 0)
      return &file->sections[i];
  }
  return NULL;
}

/* False: the visitor has had enough. */
static bool visit_table(const uint8_t *symbols, uint64_t count, const uint8_t *strings, uint64_t strings_size,
                        elf_symbol_visitor *visit, void *context) {
  if (!symbols || !strings)
    return true;
  if (count > MAX_SYMBOLS)
    count = MAX_SYMBOLS;
  for (uint64_t i = 0; i < count; i++) {
    Elf64_Sym symbol;
    const char *name;

    memcpy(&symbol, symbols + i * sizeof(symbol), sizeof(symbol));
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0)
      continue;
    /* Names that are wanted begin with S, g or P: the rest of a table of a million is not looked at. */
    if (symbol.st_name >= strings_size || (strings[symbol.st_name] != 'S' && strings[symbol.st_name] != 'g' &&
                                           strings[symbol.st_name] != 'P'))
      continue;
    name = string_at(strings, strings_size - symbol.st_name > 256 ? symbol.st_name + 256 : strings_size, symbol.st_name);
    if (name && !visit(context, name, symbol.st_value, symbol.st_size))
      return false;
  }
  return true;
}

/* Dynamic symbols of a file without sections: how many there are is said by the hash table alone. */
static uint64_t count_by_hash(const struct elf_file *file, uint64_t hash, uint64_t gnu_hash) {
  const uint8_t *at;
  uint32_t words[4];

  at = hash ? elf_at_address(file, hash, 8, NULL) : NULL;
  if (at) {
    memcpy(words, at, 8);
    return words[1];
  }
  at = gnu_hash ? elf_at_address(file, gnu_hash, 16, NULL) : NULL;
  if (at) {
    uint64_t buckets, chains, last = 0;

    memcpy(words, at, 16); /* buckets, first symbol, size of the filter */
    buckets = gnu_hash + 16 + (uint64_t)words[2] * 8;
    chains = buckets + (uint64_t)words[0] * 4;
    if (words[0] > MAX_SYMBOLS)
      return 0;
    for (uint32_t i = 0; i < words[0]; i++) {
      uint32_t bucket;

      at = elf_at_address(file, buckets + (uint64_t)i * 4, 4, NULL);
      if (!at)
        return 0;
      memcpy(&bucket, at, 4);
      if (bucket > last)
        last = bucket;
    }
    for (uint64_t steps = 0; last >= words[1] && steps < MAX_SYMBOLS; steps++, last++) {
      uint32_t chain;

      at = elf_at_address(file, chains + (last - words[1]) * 4, 4, NULL);
      if (!at)
        return 0;
      memcpy(&chain, at, 4);
      if (chain & 1)
        return last + 1;
    }
  }
  return 0;
}

static void visit_dynamic(const struct elf_file *file, elf_symbol_visitor *visit, void *context) {
  uint64_t symbols = 0, strings = 0, strings_size = 0, hash = 0, gnu_hash = 0, count;

  for (unsigned int i = 0; i < file->segment_count; i++) {
    const Elf64_Phdr *segment = &file->segments[i];

    if (segment->p_type != PT_DYNAMIC)
      continue;
    for (uint64_t at = 0; at < segment->p_filesz && at < 65536; at += sizeof(Elf64_Dyn)) {
      const uint8_t *bytes = elf_at(file, segment->p_offset + at, sizeof(Elf64_Dyn));
      Elf64_Dyn entry;

      if (!bytes)
        return;
      memcpy(&entry, bytes, sizeof(entry));
      if (entry.d_tag == DT_NULL)
        break;
      if (entry.d_tag == DT_SYMTAB)
        symbols = entry.d_un.d_ptr;
      else if (entry.d_tag == DT_STRTAB)
        strings = entry.d_un.d_ptr;
      else if (entry.d_tag == DT_STRSZ)
        strings_size = entry.d_un.d_val;
      else if (entry.d_tag == DT_HASH)
        hash = entry.d_un.d_ptr;
      else if (entry.d_tag == DT_GNU_HASH)
        gnu_hash = entry.d_un.d_ptr;
    }
  }
  if (!symbols || !strings)
    return;
  count = count_by_hash(file, hash, gnu_hash);
  if (count > MAX_SYMBOLS)
    return;
  visit_table(elf_at_address(file, symbols, count * sizeof(Elf64_Sym), NULL), count,
              elf_at_address(file, strings, strings_size, NULL), strings_size, visit, context);
}

void elf_symbols(const struct elf_file *file, elf_symbol_visitor *visit, void *context) {
  bool has_dynamic = false;

  for (unsigned int i = 0; i < file->section_count; i++) {
    const Elf64_Shdr *table = &file->sections[i], *strings;

    if ((table->sh_type != SHT_SYMTAB && table->sh_type != SHT_DYNSYM) || table->sh_link >= file->section_count)
      continue;
    strings = &file->sections[table->sh_link];
    if (!elf_at(file, table->sh_offset, table->sh_size) || !elf_at(file, strings->sh_offset, strings->sh_size))
      continue;
    has_dynamic = has_dynamic || table->sh_type == SHT_DYNSYM;
    if (!visit_table(elf_at(file, table->sh_offset, table->sh_size), table->sh_size / sizeof(Elf64_Sym),
                     elf_at(file, strings->sh_offset, strings->sh_size), strings->sh_size, visit, context))
      return;
  }
  if (!has_dynamic)
    visit_dynamic(file, visit, context);
}

void elf_build_id(const struct elf_file *file, struct elf_result *result) {
  for (unsigned int i = 0; i < file->segment_count; i++) {
    const Elf64_Phdr *segment = &file->segments[i];
    uint64_t at = 0;

    if (segment->p_type != PT_NOTE)
      continue;
    while (at < segment->p_filesz && at < 65536) {
      const uint8_t *bytes = elf_at(file, segment->p_offset + at, sizeof(Elf64_Nhdr));
      uint64_t name, description;
      Elf64_Nhdr note;

      if (!bytes)
        break;
      memcpy(&note, bytes, sizeof(note));
      name = ((uint64_t)note.n_namesz + 3) & ~3ull;
      description = ((uint64_t)note.n_descsz + 3) & ~3ull;
      bytes = elf_at(file, segment->p_offset + at + sizeof(note), name + description);
      if (!bytes)
        break;
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(bytes, "GNU", 4) == 0 && note.n_descsz > 0 &&
          note.n_descsz <= ELF_BUILD_ID) {
        memcpy(result->build_id, bytes + name, note.n_descsz);
        result->build_id_length = (uint8_t)note.n_descsz;
        return;
      }
      at += sizeof(note) + name + description;
    }
  }
}

const uint8_t *elf_find(const struct elf_file *file, const void *bytes, size_t size) {
  for (unsigned int i = 0; i < file->segment_count; i++) {
    const Elf64_Phdr *segment = &file->segments[i];
    const uint8_t *start, *found;

    if (segment->p_type != PT_LOAD || segment->p_flags & PF_W)
      continue;
    start = elf_at(file, segment->p_offset, segment->p_filesz);
    found = start ? memmem(start, segment->p_filesz, bytes, size) : NULL;
    if (found)
      return found;
  }
  return NULL;
}
