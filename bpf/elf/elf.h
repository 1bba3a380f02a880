/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program or library file says about where its TLS functions are and where a probe of each goes. The file is
 * somebody else's: it is read by a child that has no capability, no descriptor but the file and a pipe, two system
 * calls, and a bound of time, and that answers by one struct of fixed size.
 */
#ifndef WEIR_ELF_H
#define WEIR_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "functions.h"

#define ELF_POINTS 96
#define ELF_BUILD_ID 20
#define ELF_REASON 64

enum elf_status {
  ELF_NOTHING = 1, /* no TLS in it that is known */
  ELF_PROBES = 2,
  ELF_OPAQUE = 3,  /* TLS that cannot be read: reason is a word of the coverage */
  ELF_REFUSED = 4, /* not a file to look at, or one that lies: reason says which */
};

/* How a point is probed. */
enum elf_point_kind {
  ELF_ENTRY = 1, /* a uprobe; the arguments are in their registers */
  ELF_CALL = 2,  /* the same, and the stack pointer still points at the return address, so a uretprobe may go here */
  ELF_RET = 3,   /* a RET instruction */
};

struct elf_point {
  uint64_t offset; /* in the file */
  uint8_t function; /* enum tls_function: what it is to the probe, so `ex` for what SSL_write has in common with SSL_write_ex */
  uint8_t kind;
  uint8_t is_stepped; /* the kernel single-steps the instruction */
  uint8_t is_inside;  /* not the first instruction of the named function */
  uint8_t reserved[4];
};

struct elf_result {
  uint32_t status;
  uint8_t library; /* enum weir_library_kind */
  uint8_t build_id_length;
  uint16_t point_count;
  uint16_t go_minor; /* of 1.x */
  uint16_t go_config; /* offset of the pointer to Config in Conn; 0 where the layout is not known */
  uint32_t reserved;
  uint8_t build_id[ELF_BUILD_ID];
  char reason[ELF_REASON];
  struct elf_point points[ELF_POINTS];
};

/* A view of a whole file. */
struct elf_image {
  const uint8_t *bytes;
  size_t size;
};

/* The parser proper: no system call, no allocation, no trust in a byte of the file. Always fills the result. */
void elf_parse(struct elf_image image, struct elf_result *result);

/* The name of a function by its number; empty for a number that is none. */
const char *elf_function_name(uint8_t function);

/* A parse under way in its child. */
struct elf_job {
  pid_t pid;
  int pipe; /* readable when it has answered or died; -1 where none is under way */
  uint64_t started_ns;
  size_t got;
  bool is_lost; /* no answer came: the child was too slow, or died */
  struct elf_result result;
};

#define ELF_TIMEOUT_NS 20000000000ull

/* Starts the child that elf_start() will give its file to, if none waits: to be called when there is time. 0 or -errno. */
int elf_prepare(void);
/* Starts the child on an open file, which stays the caller's. 0 or -errno. */
int elf_start(struct elf_job *job, int file);
/*
 * Looks whether the answer is there. 1: it is in job->result; 0: not yet; after ELF_TIMEOUT_NS the child is killed and
 * the answer is ELF_REFUSED, as it is of a child that died. The child is reaped before 1 is returned.
 */
int elf_finish(struct elf_job *job, uint64_t now_ns);

#endif
