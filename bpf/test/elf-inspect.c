// SPDX-License-Identifier: Apache-2.0
/*
 * Prints, for each file named, one line of JSON with what the sensor would probe in it. For tests, and for a person who
 * wonders why a program is not read. `--fuzz SEED ROUNDS FILE` parses damaged copies of a file in this process (build it
 * with sanitizers) and prints how many it looked at. `--decode FILE` reads lines `address length hex` and prints those
 * whose length the decoder sees otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "elf/child.h"
#include "elf/elf.h"
#include "elf/x86.h"

static const char *const statuses[] = {"", "nothing", "probes", "opaque", "refused"};
static const char *const libraries[] = {"", "openssl", "gnutls", "go", "nss", "boringssl", "rustls", "unknown"};
static const char *const kinds[] = {"", "entry", "call", "ret"};
static uint64_t now_ns(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void print_result(const struct elf_result *result) {
  printf("{\"status\":\"%s\",\"library\":\"%s\",\"reason\":\"%s\",\"go\":%u,\"buildId\":\"", statuses[result->status],
         libraries[result->library < 8 ? result->library : 0], result->reason, result->go_minor);
  for (unsigned int i = 0; i < result->build_id_length; i++)
    printf("%02x", result->build_id[i]);
  printf("\",\"points\":[");
  for (unsigned int i = 0; i < result->point_count; i++) {
    const struct elf_point *point = &result->points[i];

    printf("%s{\"function\":\"%s\",\"kind\":\"%s\",\"offset\":%llu,\"stepped\":%s,\"inside\":%s}", i ? "," : "",
           elf_function_name(point->function), kinds[point->kind], (unsigned long long)point->offset,
           point->is_stepped ? "true" : "false", point->is_inside ? "true" : "false");
  }
  printf("]}\n");
}

static int inspect(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), error;
  struct elf_job job;

  if (file < 0) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return 2;
  }
  error = elf_start(&job, file);
  close(file);
  if (error) {
    fprintf(stderr, "%s: %s\n", path, strerror(-error));
    return 2;
  }
  while (!elf_finish(&job, now_ns())) {
    struct pollfd ready = {.fd = job.pipe, .events = POLLIN};

    poll(&ready, 1, 1000);
  }
  print_result(&job.result);
  return 0;
}

/* xorshift: the same seed gives the same damage everywhere. */
static uint64_t next(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static int fuzz(uint64_t seed, long rounds, const char *path) {
  static const uint64_t nasty[] = {0, 1, 0x7fffffff, 0xffffffff, ~0ull, 1ull << 63, 0xfffffffffffffff0ull};
  uint64_t state = seed * 2654435761u + 88172645463325252ull, statuses_seen[5] = {0};
  FILE *file = fopen(path, "rb");
  struct elf_result result;
  uint8_t *original, *copy;
  struct stat status;
  size_t size;

  if (!file || fstat(fileno(file), &status) != 0)
    return 2;
  size = (size_t)status.st_size;
  original = malloc(size);
  if (!original || fread(original, 1, size, file) != size)
    return 2;
  fclose(file);
  for (long round = 0; round < rounds; round++) {
    size_t length = next(&state) % 4 == 0 ? next(&state) % (size + 1) : size;
    unsigned int damages = 1 + next(&state) % 12;

    copy = malloc(length ? length : 1); /* of the exact size, so that a sanitizer sees one byte too many */
    if (!copy)
      return 2;
    memcpy(copy, original, length);
    for (unsigned int i = 0; i < damages && length > 8; i++) {
      /* Most of the damage goes where the structure is: the first and the last kilobytes. */
      uint64_t where = next(&state) % 3, near = length < 8192 ? length - 8 : 8192;
      size_t at = where == 0   ? next(&state) % (length < 1024 ? length - 8 : 1024)
                  : where == 1 ? length - 8 - next(&state) % near
                               : next(&state) % (length - 8);
      uint64_t value = next(&state) % 2 ? nasty[next(&state) % 7] : next(&state);
      size_t width = 1ull << (next(&state) % 4);

      memcpy(copy + at, &value, width);
    }
    elf_parse((struct elf_image){.bytes = copy, .size = length}, &result);
    if (result.status < ELF_NOTHING || result.status > ELF_REFUSED || result.point_count > ELF_POINTS)
      return 1;
    for (unsigned int i = 0; i < result.point_count; i++)
      if (result.points[i].offset >= length)
        return 1;
    statuses_seen[result.status]++;
    free(copy);
  }
  free(original);
  printf("{\"rounds\":%ld,\"nothing\":%llu,\"probes\":%llu,\"opaque\":%llu,\"refused\":%llu}\n", rounds,
         (unsigned long long)statuses_seen[1], (unsigned long long)statuses_seen[2],
         (unsigned long long)statuses_seen[3], (unsigned long long)statuses_seen[4]);
  return 0;
}

static int decode(const char *path) {
  FILE *file = fopen(path, "r");
  long count = 0, wrong = 0, refused = 0;
  char address[32], hex[64];
  unsigned int length;

  if (!file)
    return 2;
  while (fscanf(file, "%31s %u %63s", address, &length, hex) == 3) {
    uint8_t code[16] = {0};
    struct x86 insn;

    for (unsigned int i = 0; i < length && i < 15; i++) {
      unsigned int byte = 0;

      sscanf(hex + 2 * i, "%2x", &byte);
      code[i] = (uint8_t)byte;
    }
    count++;
    if (!x86_decode(code, length < 15 ? length : 15, &insn)) {
      refused++;
      fprintf(stderr, "refused %s %s\n", address, hex);
    } else if (insn.length != length) {
      wrong++;
      fprintf(stderr, "wrong %s %s: %u\n", address, hex, insn.length);
    }
  }
  fclose(file);
  printf("{\"count\":%ld,\"wrong\":%ld,\"refused\":%ld}\n", count, wrong, refused);
  return 0;
}

int main(int argc, char *argv[]) {
  int code = 0;

  if (is_elf_child(argc, argv))
    return elf_child();
  if (argc == 5 && strcmp(argv[1], "--fuzz") == 0)
    return fuzz(strtoull(argv[2], NULL, 10), strtol(argv[3], NULL, 10), argv[4]);
  if (argc == 3 && strcmp(argv[1], "--decode") == 0)
    return decode(argv[2]);
  if (argc < 2) {
    fprintf(stderr, "usage: elf-inspect FILE...\n");
    return 2;
  }
  for (int i = 1; i < argc; i++) {
    int one = inspect(argv[i]);

    code = one > code ? one : code;
  }
  return code;
}
