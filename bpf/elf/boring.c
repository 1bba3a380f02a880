// SPDX-License-Identifier: Apache-2.0
/*
 * See boring.h. BoringSSL reports an error with file and line, so a function without a name is recognised by the lines that
 * it would report: SSL_write by four of them (QUIC, not set up, handshake failed, bad length), SSL_read by the first
 * (QUIC), with what it calls inlined, SSL_set_tlsext_host_name and SSL_new by their own reasons. Those lines, and the
 * addresses, are those of one build: another has to be looked at and added here, and is opaque until then.
 */
#include "boring.h"

#include <string.h>

static const struct boring_build builds[] = {
    {
        /* bun 1.4.5, linux-x64 */
        {0xb5, 0x18, 0x8e, 0x4f, 0x53, 0xb5, 0x3f, 0x3a, 0x34, 0x66, 0x14, 0xbd, 0x78, 0xba, 0x53, 0xf2, 0xff, 0x23, 0x44, 0x02},
        {
            {TLS_SSL_WRITE, 0x2607c30, 0x180, {953, 958, 973, 979},
             {0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x41, 0x56, 0x41, 0x55, 0x41, 0x54, 0x53, 0x48, 0x83, 0xec}},
            {TLS_SSL_READ, 0x2586500, 0x40, {931},
             {0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x41, 0x56, 0x53, 0x50, 0x48, 0x83, 0xbf, 0x98, 0x00, 0x00}},
            {TLS_SSL_NAME, 0x256bae0, 0x90, {2386},
             {0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x41, 0x56, 0x41, 0x54, 0x53, 0x49, 0x89, 0xf6, 0x48, 0x89}},
            {TLS_SSL_NEW, 0x2568ee0, 0x210, {484},
             {0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x41, 0x56, 0x41, 0x55, 0x41, 0x54, 0x53, 0x48, 0x83, 0xec}},
        },
    },
    {
        /* bun 1.4.4, linux-x64 */
        {0x58, 0x8d, 0x73, 0x07, 0xf3, 0x33, 0x29, 0x3c, 0x72, 0x8b, 0x74, 0xdf, 0x19, 0xb7, 0x32, 0x3c, 0x20, 0x73, 0x68, 0x99},
        {
            {TLS_SSL_WRITE, 0x28fd5c0, 0x180, {955, 960, 975, 981},
             {0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x41, 0x56, 0x41, 0x55, 0x41, 0x54, 0x53, 0x48, 0x83, 0xec}},
            {TLS_SSL_READ, 0x28673b0, 0x40, {933},
             {0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x41, 0x56, 0x53, 0x50, 0x48, 0x83, 0xbf, 0x98, 0x00, 0x00}},
            {TLS_SSL_NAME, 0x284b680, 0x90, {2324},
             {0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x41, 0x56, 0x41, 0x54, 0x53, 0x49, 0x89, 0xf6, 0x48, 0x89}},
            {TLS_SSL_NEW, 0x2848490, 0x210, {488},
             {0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x41, 0x56, 0x41, 0x55, 0x41, 0x54, 0x53, 0x48, 0x83, 0xec}},
        },
    },
};

static const char source_name[] = "ssl/ssl_lib.cc";

/* The address of the string that ends in the source file's name; 0 where it is not there. */
static uint64_t address_of_name(const struct elf_file *file) {
  const uint8_t *found = elf_find(file, source_name, sizeof(source_name)); /* with its NUL */
  uint64_t offset;

  if (!found) return 0;
  while (found > file->image.bytes && found[-1] != 0) found--;
  offset = (uint64_t)(found - file->image.bytes);
  for (unsigned int i = 0; i < file->segment_count; i++) {
    const Elf64_Phdr *segment = &file->segments[i];

    if (segment->p_type == PT_LOAD && offset >= segment->p_offset && offset - segment->p_offset < segment->p_filesz)
      return segment->p_vaddr + (offset - segment->p_offset);
  }
  return 0;
}

/* `mov $name,%ecx`, and `mov $line,%r8d` close behind it. */
static bool raises(const uint8_t *code, uint64_t size, uint32_t name, uint32_t line) {
  for (uint64_t at = 0; at + 5 <= size; at++) {
    if (code[at] != 0xb9 || memcmp(code + at + 1, &name, 4) != 0) continue;
    for (uint64_t next = at + 5; next < at + 40 && next + 6 <= size; next++)
      if (code[next] == 0x41 && code[next + 1] == 0xb8 && memcmp(code + next + 2, &line, 4) == 0) return true;
  }
  return false;
}

static bool is_there(const struct elf_file *file, const struct boring_function *f, uint32_t name) {
  const uint8_t *code = elf_is_code(file, f->address) ? elf_at_address(file, f->address, f->span, NULL) : NULL;

  if (!code || memcmp(code, f->begins, sizeof(f->begins)) != 0) return false;
  for (unsigned int i = 0; i < 4 && f->lines[i]; i++)
    if (!raises(code, f->span, name, f->lines[i])) return false;
  return true;
}

const struct boring_build *boring_find(const struct elf_file *file, const struct elf_result *result) {
  for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++) {
    uint64_t name;

    if (result->build_id_length != ELF_BUILD_ID || memcmp(result->build_id, builds[i].build_id, ELF_BUILD_ID) != 0)
      continue;
    name = address_of_name(file);
    if (!name || name > UINT32_MAX) return NULL;
    for (unsigned int j = 0; j < BORING_FUNCTIONS; j++)
      if (!is_there(file, &builds[i].functions[j], (uint32_t)name)) return NULL;
    return &builds[i];
  }
  return NULL;
}
