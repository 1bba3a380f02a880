// SPDX-License-Identifier: Apache-2.0
/* The loader's half of connections and packets: attaches their programs, and hands verdicts on sockets to them. */
#include <errno.h>

#include <bpf/bpf.h>

#include "loader.h"

struct attachment {
  const char *program;
  enum weir_part_id part;
};

static void start_object(struct loader *l, const char *name, const struct attachment *programs, unsigned int count) {
  char reason[WEIR_REASON];
  int error = load_object(l, name, reason, sizeof(reason));

  for (unsigned int i = 0; i < count; i++) {
    if (error) note_part(l, programs[i].part, WEIR_PART_REFUSED, -error, "%s", reason);
    else attach_program(l, programs[i].program, programs[i].part);
  }
}

void start_sockets(struct loader *l) {
  static const struct attachment sockets[] = {
      {"on_connect4", WEIR_PART_CONNECT4}, {"on_connect6", WEIR_PART_CONNECT6}, {"on_sendmsg4", WEIR_PART_SENDMSG4},
      {"on_sendmsg6", WEIR_PART_SENDMSG6}, {"on_state", WEIR_PART_STATE},       {"on_release", WEIR_PART_RELEASE},
      {"on_sockops", WEIR_PART_SOCKOPS},
  };
  static const struct attachment packets[] = {{"on_egress", WEIR_PART_EGRESS}, {"on_ingress", WEIR_PART_INGRESS}};

  start_object(l, "socket", sockets, sizeof(sockets) / sizeof(sockets[0]));
  start_object(l, "packet", packets, sizeof(packets) / sizeof(packets[0]));
}

int socket_command(struct loader *l, const struct weir_do_socket *c) {
  struct verdict verdict = {
      .verdict = c->verdict, .directions = c->directions, .bytes = c->bytes, .messages = c->messages};
  int fd = map_fd(l, "verdicts");

  if (c->command.size != sizeof(*c) || c->cookie == 0) return EINVAL;
  if (c->verdict > WEIR_FOLLOW || c->verdict == WEIR_CAPTURE || c->directions > 3) return EINVAL;
  if (fd < 0) return ENOSYS;
  return bpf_map_update_elem(fd, &c->cookie, &verdict, BPF_ANY) < 0 ? errno : 0;
}
