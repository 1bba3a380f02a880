/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program run again as the child that parses: it gets the file through the socket on descriptor 3 and has the pipe on 4. main() of every
 * program that calls elf_start() hands over to elf_child() before anything else when is_elf_child() says so.
 */
#ifndef WEIR_ELF_CHILD_H
#define WEIR_ELF_CHILD_H

#include <stdbool.h>

bool is_elf_child(int argc, char *const argv[]);
/* Returns an exit code; does not return once the answer is written. */
int elf_child(void);

#endif
