// SPDX-License-Identifier: Apache-2.0
/*
 * Frames to standard output, which is not waited for: what it does not take at once is kept. Records are taken out of
 * the ring only while there is room here, so a reader that sleeps fills the pipe, this buffer and the ring, in that order,
 * and the ring counts what it loses. Frames of the loader itself are few and always find room.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "loader.h"

/* Records are taken while less than this is kept. */
#define ENOUGH (256 * 1024)
/* What the loader's own frames can come to beside that before the reader is taken for dead. */
#define MOST (16 * 1024 * 1024)

static char *buffer;
static size_t capacity, begin, end;

int start_output(void) {
  int flags = fcntl(STDOUT_FILENO, F_GETFL);
  int bytes = 1024 * 1024;

  if (flags < 0 || fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  /* As much as the kernel lets it hold: a socket (Node's pipes are), or a pipe. */
  if (setsockopt(STDOUT_FILENO, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) < 0)
    fcntl(STDOUT_FILENO, F_SETPIPE_SZ, bytes);
  capacity = ENOUGH + 2 * WEIR_MAX_FRAME;
  buffer = malloc(capacity);
  return buffer ? 0 : -ENOMEM;
}

bool has_room(void) {
  return end - begin < ENOUGH;
}

bool has_output(void) {
  return end > begin;
}

int flush_output(void) {
  while (end > begin) {
    ssize_t written = write(STDOUT_FILENO, buffer + begin, end - begin);

    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return 0;
      return -errno;
    }
    begin += written;
  }
  begin = end = 0;
  return 0;
}

static char *make_room(size_t size) {
  if (end + size > capacity && begin > 0) {
    memmove(buffer, buffer + begin, end - begin);
    end -= begin;
    begin = 0;
  }
  if (end + size > capacity) {
    size_t wanted = capacity * 2 > end + size ? capacity * 2 : end + size;
    char *bigger = wanted > MOST ? NULL : realloc(buffer, wanted);

    if (!bigger) {
      fprintf(stderr, "weir-sensor: nobody reads, and %zu bytes wait; ending\n", end - begin);
      exit(4);
    }
    buffer = bigger;
    capacity = wanted;
  }
  return buffer + end;
}

void put_frame2(const void *fixed, size_t fixed_size, const void *rest, size_t rest_size) {
  char *to = make_room(fixed_size + rest_size);

  memcpy(to, fixed, fixed_size);
  if (rest_size) memcpy(to + fixed_size, rest, rest_size);
  end += fixed_size + rest_size;
}

void put_frame(const void *frame, size_t size) {
  put_frame2(frame, size, NULL, 0);
}

uint64_t now_ns(void) {
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void fill_frame(struct weir_head *head, uint16_t type, size_t size) {
  head->size = size;
  head->type = type;
  head->cpu = 0xffff;
  head->ktime_ns = now_ns();
}

void log_line(enum weir_log_level level, const char *format, ...) {
  struct weir_log frame = {.level = level};
  char text[1024];
  va_list arguments;
  int length;

  va_start(arguments, format);
  length = vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  if (length < 0) return;
  if (length >= (int)sizeof(text)) length = sizeof(text) - 1;
  frame.length = length;
  fill_frame(&frame.head, WEIR_LOG, sizeof(frame) + length);
  put_frame2(&frame, sizeof(frame), text, length);
}
