// SPDX-License-Identifier: Apache-2.0
/* Commands from standard input: taken apart, checked for their length, and handed to the part that they are for. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "loader.h"

static char buffer[16 * 1024];
static size_t filled;

void reply(uint32_t sequence, int error, const char *text) {
  struct weir_reply frame = {.sequence = sequence, .error = error};

  if (!sequence) return;
  frame.length = strlen(text);
  fill_frame(&frame.head, WEIR_REPLY, sizeof(frame) + frame.length);
  put_frame2(&frame, sizeof(frame), text, frame.length);
}

static int set_limits(struct loader *l, const struct weir_do_limits *c) {
  if (c->command.size != sizeof(*c)) return EINVAL;
  if (c->named > WEIR_IGNORE || c->unnamed > WEIR_IGNORE || c->accepted > 1 || c->answers > 1) return EINVAL;
  l->settings.call_bytes = c->call_bytes;
  l->settings.peek_bytes = c->peek_bytes;
  l->settings.first_bytes = c->first_bytes;
  l->settings.dns_bytes = c->dns_bytes;
  l->settings.named = c->named;
  l->settings.unnamed = c->unnamed;
  l->settings.accepted = c->accepted;
  l->settings.answers = c->answers;
  write_settings(l);
  return 0;
}

static int add_own(struct loader *l, const struct weir_do_own *c) {
  if (c->command.size != sizeof(*c) || c->tgid == 0) return EINVAL;
  return add_own_process(l, c->tgid, c->start_ns);
}

static int obey(struct loader *l, const struct weir_command *c) {
  switch (c->type) {
  case WEIR_DO_LIMITS:
    return set_limits(l, (const struct weir_do_limits *)c);
  case WEIR_DO_OWN:
    return add_own(l, (const struct weir_do_own *)c);
  case WEIR_DO_SOCKET:
    return socket_command(l, (const struct weir_do_socket *)c);
  case WEIR_DO_REPORT:
    return ask_report(l, c->sequence);
  case WEIR_DO_HANDLE:
  case WEIR_DO_NAME:
  case WEIR_DO_SCAN:
    return tls_command(l, c);
  default:
    return steer_command(l, c);
  }
}

int take_commands(struct loader *l) {
  for (;;) {
    ssize_t got = read(STDIN_FILENO, buffer + filled, sizeof(buffer) - filled);
    size_t at = 0;

    if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (got == 0) return 1;
    filled += got;
    while (filled - at >= sizeof(struct weir_command)) {
      static char command[WEIR_MAX_COMMAND] __attribute__((aligned(8)));
      const struct weir_command *c = (const struct weir_command *)command;
      uint32_t size;
      int error;

      memcpy(&size, buffer + at, sizeof(size));
      if (size < sizeof(*c) || size > WEIR_MAX_COMMAND) return -EBADMSG;
      if (filled - at < size) break;
      memcpy(command, buffer + at, size);
      error = obey(l, c);
      if (error >= 0) reply(c->sequence, error, error ? strerror(error) : "");
      at += size;
    }
    memmove(buffer, buffer + at, filled - at);
    filled -= at;
  }
}
