// SPDX-License-Identifier: Apache-2.0
/* See go.h. The formats are those of debug/buildinfo and debug/gosym in Go's own library. */
#include "go.h"

#include <string.h>

#define BUILD_INFO "\xff Go buildinf:"
#define BUILD_INFO_SIZE 14
#define MAX_FUNCTIONS 2000000u

/* The header of the table, Go 1.18 and later; the magic of 1.20 differs, the layout does not. */
struct table_header {
  uint32_t magic;
  uint8_t zeros[2];
  uint8_t quantum;
  uint8_t pointer_size;
  uint64_t functions;
  uint64_t files;
  uint64_t text;
  uint64_t names; /* offsets from the header on */
  uint64_t units;
  uint64_t file_table;
  uint64_t counters;
  uint64_t function_table;
};

static int parse_version(const uint8_t *text, uint64_t length) {
  int minor = 0;
  uint64_t at = 4;

  if (length < 5 || length > 64 || memcmp(text, "go1.", 4) != 0)
    return -1;
  for (; at < length && at < 7 && text[at] >= '0' && text[at] <= '9'; at++)
    minor = minor * 10 + (text[at] - '0');
  return minor > 0 ? minor : -1;
}

static int version_at(const struct elf_file *file, uint64_t offset) {
  const uint8_t *head = elf_at(file, offset, 33);
  uint64_t length = 0;
  unsigned int shift = 0, used = 0;

  if (!head || !(head[15] & 2))
    return -1; /* by pointers: before 1.18 */
  for (;;) {
    const uint8_t *byte = elf_at(file, offset + 32 + used, 1);

    if (!byte || used == 3)
      return -1;
    length |= (uint64_t)(*byte & 0x7f) << shift;
    shift += 7;
    used++;
    if (!(*byte & 0x80))
      break;
  }
  head = elf_at(file, offset + 32 + used, length);
  return head ? parse_version(head, length) : -1;
}

int go_version(const struct elf_file *file) {
  const Elf64_Shdr *section = elf_section(file, ".go.buildinfo");

  if (section) {
    const uint8_t *head = elf_at(file, section->sh_offset, 32);

    if (head && memcmp(head, BUILD_INFO, BUILD_INFO_SIZE) == 0)
      return version_at(file, section->sh_offset);
  }
  /* Without sections it stands near the start of the first segment that is written to, on 16 bytes. */
  for (unsigned int i = 0; i < file->segment_count; i++) {
    const Elf64_Phdr *segment = &file->segments[i];
    uint64_t size = segment->p_filesz < 65536 ? segment->p_filesz : 65536;

    if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_W))
      continue;
    for (uint64_t at = 0; at + 32 <= size; at += 16) {
      const uint8_t *head = elf_at(file, segment->p_offset + at, 32);

      if (!head)
        break;
      if (memcmp(head, BUILD_INFO, BUILD_INFO_SIZE) == 0)
        return version_at(file, segment->p_offset + at);
    }
    break;
  }
  return 0;
}

static bool is_header(const uint8_t *bytes) {
  uint32_t magic;

  memcpy(&magic, bytes, 4);
  return (magic == 0xfffffff0 || magic == 0xfffffff1) && bytes[4] == 0 && bytes[5] == 0 && bytes[6] == 1 && bytes[7] == 8;
}

/* The table has a section of its own; without sections it begins some page of a segment that is not written to. */
static bool find_table(const struct elf_file *file, uint64_t *offset, uint64_t *address, uint64_t *size) {
  const Elf64_Shdr *section = elf_section(file, ".gopclntab");

  if (!section)
    section = elf_section(file, ".data.rel.ro.gopclntab");
  if (section) {
    *offset = section->sh_offset;
    *address = section->sh_addr;
    *size = section->sh_size;
    return elf_at(file, *offset, *size) && *size >= sizeof(struct table_header) &&
           is_header(file->image.bytes + *offset);
  }
  for (unsigned int i = 0; i < file->segment_count; i++) {
    const Elf64_Phdr *segment = &file->segments[i];
    const uint8_t *start;

    if (segment->p_type != PT_LOAD)
      continue;
    start = elf_at(file, segment->p_offset, segment->p_filesz);
    for (uint64_t at = 0; start && at + sizeof(struct table_header) <= segment->p_filesz; at += 32) {
      if (!is_header(start + at))
        continue;
      *offset = segment->p_offset + at;
      *address = segment->p_vaddr + at;
      *size = segment->p_filesz - at;
      return true;
    }
  }
  return false;
}

/* In a position-independent program the field for the start of the code is filled at start-up: the relocation has it. */
static uint64_t relocated(const struct elf_file *file, uint64_t address) {
  const Elf64_Shdr *section = elf_section(file, ".rela.dyn");

  if (!section)
    section = elf_section(file, ".rela");
  for (uint64_t at = 0; section && at + sizeof(Elf64_Rela) <= section->sh_size; at += sizeof(Elf64_Rela)) {
    const uint8_t *bytes = elf_at(file, section->sh_offset + at, sizeof(Elf64_Rela));
    Elf64_Rela entry;

    if (!bytes)
      break;
    memcpy(&entry, bytes, sizeof(entry));
    if (entry.r_offset == address && ELF64_R_TYPE(entry.r_info) == R_X86_64_RELATIVE)
      return (uint64_t)entry.r_addend;
  }
  return 0;
}

bool go_functions(const struct elf_file *file, go_function_visitor *visit, void *context) {
  uint64_t offset, address, size;
  struct table_header header;
  const uint8_t *table;

  if (!find_table(file, &offset, &address, &size))
    return false;
  table = elf_at(file, offset, size);
  if (!table || size < sizeof(header))
    return false;
  memcpy(&header, table, sizeof(header));
  if (!elf_is_code(file, header.text))
    header.text = relocated(file, address + offsetof(struct table_header, text));
  if (!header.text) {
    const Elf64_Shdr *text = elf_section(file, ".text");

    header.text = text ? text->sh_addr : 0;
  }
  if (!elf_is_code(file, header.text) || header.functions > MAX_FUNCTIONS || header.function_table > size ||
      header.names > size)
    return false;
  for (uint64_t i = 0; i < header.functions; i++) {
    uint64_t entry = header.function_table + i * 8, record, name;
    uint32_t words[3], fields[2];

    if (entry + 12 > size)
      return true;
    memcpy(words, table + entry, 12); /* where it begins, where its record is, where the next begins */
    record = header.function_table + words[1];
    if (record + 8 > size || words[2] <= words[0])
      continue;
    memcpy(fields, table + record, 8); /* where it begins, its name */
    name = header.names + fields[1];
    if (name >= size || fields[0] != words[0])
      continue;
    /* Only crypto/tls is asked for: nine names in ten are put aside by their first letters. */
    if (size - name < 12 || memcmp(table + name, "crypto/tls.(", 12) != 0)
      continue;
    if (!memchr(table + name, 0, size - name > 256 ? 256 : size - name))
      continue;
    if (!visit(context, (const char *)table + name, header.text + words[0], words[2] - words[0]))
      return true;
  }
  return true;
}
