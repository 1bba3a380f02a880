/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and processes as the loader knows them for the sake of TLS: what tls-files.c (a file, its probes), tls-processes.c
 * (who has it mapped) and tls-tell.c (what is told of both) know of each other.
 */
#ifndef WEIR_TLS_FILES_H
#define WEIR_TLS_FILES_H

#include <sys/stat.h>

#include "tls-attach.h"

#define PER_PROCESS 8 /* TLS files of one process */
#define BUCKETS 4096

enum file_state {
  QUEUED,  /* to be parsed */
  PARSING,
  NOTHING, /* no TLS in it */
  HELD,    /* libnspr4, which reads files too: probed once a process has NSS's TLS beside it */
  PROBED,
  OPAQUE,
  REFUSED,
};

struct file {
  uint64_t device;
  uint64_t inode;
  uint64_t changed_ns;
  enum file_state state;
  bool is_host; /* of the loader's own mount namespace */
  bool has_import; /* NSS's TLS */
  unsigned int users;
  uint32_t via; /* the process through which it is opened */
  uint64_t attachment;
  uint64_t idle_ns; /* since when without users */
  unsigned int tries; /* to read it that came to nothing */
  uint64_t used; /* order of use, of files that may be forgotten */
  char *path;
  struct elf_result *result; /* of HELD, PROBED, OPAQUE and REFUSED */
  struct tls_links *links;
  struct file *next;       /* in the bucket */
  struct file *next_queued;
};

struct process {
  uint32_t tgid;
  uint64_t start_ns; /* 0 where it is not known */
  uint64_t looked_ns;
  unsigned int looks; /* since it began the program that it runs */
  unsigned int file_count;
  struct file *files[PER_PROCESS];
  bool is_told[PER_PROCESS];
  struct process *next;
};

static inline unsigned int bucket_of(uint64_t a, uint64_t b) {
  return (unsigned int)((a * 31 + b) * 0x9e3779b97f4a7c15ull >> 52) & (BUCKETS - 1);
}

/* tls-files.c */

/* The file of this device, inode and time of change, if it is known. */
struct file *find_file(const struct stat *s);
/* Opened through the root of the process `via` (0: the loader's own), and parsed when it is its turn. NULL without room. */
struct file *add_file(const struct stat *s, const char *path, uint32_t via, bool is_host, bool is_urgent);
/* A held file is probed after all: it has become known that it carries TLS. */
void attach_held(struct loader *l, struct file *f);
void take_system_libraries(void);
void start_jobs(void);
void end_jobs(struct loader *l);
unsigned int job_descriptors(struct pollfd *to, unsigned int max);
void stop_jobs(void);
/* Probes of files that no process has any more. */
void take_away_idle(struct loader *l);

/* tls-processes.c */

/* Says what has become known of a file to each process that has it. */
void tell_users(struct loader *l, const struct file *f);
/* The file is about to be forgotten. */
void drop_users(const struct file *f);

/* tls-tell.c */

void tell_points(const struct file *f, enum weir_attach_state state, const char *reason);
void tell_library(const struct process *p, const struct file *f);

#endif
