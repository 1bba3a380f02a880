/* SPDX-License-Identifier: Apache-2.0 */
/* What tls-attach.c (probes on a file) and tls-files.c (which process has which file) know of each other. */
#ifndef WEIR_TLS_ATTACH_H
#define WEIR_TLS_ATTACH_H

#include "elf/elf.h"
#include "loader.h"
#include "tls.h"

/* One link a group of points and direction; perf_event has one a point and direction. */
#define TLS_LINKS (2 * ELF_POINTS)

struct tls_links {
  unsigned int count;
  int fds[TLS_LINKS];
};

bool is_tls_on(void);
/* Sets every probe of a file, which is open and stays the caller's, or none: 0 or -errno. */
int tls_attach(struct loader *l, uint64_t attachment, int file, const struct elf_result *result, struct tls_links *links);
void tls_detach(uint64_t attachment, struct tls_links *links);
/* Handles that are read through an attachment may be read through another from now on. */
void tls_let_go(struct loader *l, uint64_t attachment);
/* Looks at a process anew; 0: at every one that is watched. 0 or an errno. */
int tls_scan(struct loader *l, uint32_t tgid);

#endif
