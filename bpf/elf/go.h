/* SPDX-License-Identifier: Apache-2.0 */
/* What a Go program says of itself in every build, `-s -w` included: its version, and where its functions are. */
#ifndef WEIR_ELF_GO_H
#define WEIR_ELF_GO_H

#include "image.h"

/* Go 1.x of which x lies in here has been tested (test/kernel/); others are refused. */
#define GO_FIRST 19
#define GO_LAST 27

/* The minor version of the Go that built the file; 0 where it is not Go, -1 where it is and the version cannot be read
 * (before 1.18, or a development build). */
int go_version(const struct elf_file *file);

/* Calls for each function of the table of line numbers, until false. */
typedef bool go_function_visitor(void *context, const char *name, uint64_t address, uint64_t size);
/* False where there is no table that can be read. */
bool go_functions(const struct elf_file *file, go_function_visitor *visit, void *context);

#endif
