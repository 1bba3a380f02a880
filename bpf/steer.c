// SPDX-License-Identifier: Apache-2.0
/*
 * The loader's half of steering and blocking: commands into maps, and the proxy's question where a connection was going.
 *
 * Whether an address can be reached from another network namespace is tried by a process of its own, made at the start,
 * which keeps the capability to enter one (CAP_SYS_ADMIN) and nothing else of the loader: it is there only with --steer,
 * reads no memory and no file of anybody, and does one thing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "loader.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif
#define PROBE_MS 1000

/* ---- the process that tries */

struct probe {
  uint32_t sequence;
  int32_t error;
  struct weir_do_probe asked;
};

static int prober = -1;
static pid_t prober_pid;

static int connect_within(int fd, const struct weir_do_probe *asked) {
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(asked->port)};
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(asked->port)};
  const struct sockaddr *to = asked->family == 4 ? (struct sockaddr *)&four : (struct sockaddr *)&six;
  struct pollfd ready = {.fd = fd, .events = POLLOUT};
  socklen_t size = sizeof(int);
  int error = 0;

  memcpy(&four.sin_addr, asked->address, 4);
  memcpy(&six.sin6_addr, asked->address, 16);
  if (connect(fd, to, asked->family == 4 ? sizeof(four) : sizeof(six)) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (poll(&ready, 1, PROBE_MS) <= 0) return ETIMEDOUT;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return errno;
  return error;
}

/* A socket belongs to the namespace that it was made in, so the process is back in its own before it connects. */
static int try_from(const struct weir_do_probe *asked, int home) {
  char path[64];
  int there, fd, error;

  snprintf(path, sizeof(path), "/proc/%u/ns/net", asked->tgid);
  there = open(path, O_RDONLY | O_CLOEXEC);
  if (there < 0) return errno;
  if (setns(there, CLONE_NEWNET) < 0) {
    error = errno;
    close(there);
    return error;
  }
  close(there);
  fd = socket(asked->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  error = errno;
  if (setns(home, CLONE_NEWNET) < 0) _exit(1);
  if (fd < 0) return error;
  error = connect_within(fd, asked);
  close(fd);
  return error;
}

static void probe_for_ever(int link) {
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  struct probe probe;

  prctl(PR_SET_NAME, "weir-probe");
  if (home < 0 || keep_capabilities(1ull << CAP_SYS_ADMIN | 1ull << CAP_SYS_PTRACE) < 0) _exit(1);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  while (read(link, &probe, sizeof(probe)) == sizeof(probe)) {
    probe.error = try_from(&probe.asked, home);
    if (write(link, &probe, sizeof(probe)) != sizeof(probe)) break;
  }
  _exit(0);
}

void prepare_steering(struct loader *l) {
  int ends[2];

  if (!l->is_steering || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return;
  prober_pid = fork();
  if (prober_pid == 0) {
    close(ends[0]);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    probe_for_ever(ends[1]);
  }
  close(ends[1]);
  if (prober_pid > 0) prober = ends[0];
  else close(ends[0]);
}

int prober_descriptor(void) {
  return prober;
}

void take_probes(void) {
  struct probe probe;
  ssize_t got = recv(prober, &probe, sizeof(probe), MSG_DONTWAIT);

  if (got == sizeof(probe)) return reply(probe.sequence, probe.error, probe.error ? strerror(probe.error) : "");
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  log_line(WEIR_LOG_ERROR, "the process that tries from other network namespaces has ended");
  close(prober);
  prober = -1;
}

static int ask_probe(const struct weir_do_probe *c) {
  struct probe probe = {.sequence = c->command.sequence};

  if (c->command.size != sizeof(*c) || (c->family != 4 && c->family != 6) || !c->port || !c->tgid) return EINVAL;
  if (prober < 0) return ENOSYS;
  probe.asked = *c;
  return send(prober, &probe, sizeof(probe), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(probe) ? -1 : EBUSY;
}

/* ---- commands */

uint64_t own_netns(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);

  if (fd < 0) return 0;
  if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0) cookie = 0;
  close(fd);
  return cookie;
}

void start_steering(struct loader *l) {
  static const struct {
    const char *program;
    enum weir_part_id part;
  } programs[] = {{"on_syn", WEIR_PART_STEER}, {"on_peername4", WEIR_PART_PEERNAME4}, {"on_peername6", WEIR_PART_PEERNAME6}};
  char reason[WEIR_REASON];
  int error = l->is_steering ? load_object(l, "steer", reason, sizeof(reason)) : 0;

  add_own_process(l, getpid(), 0);
  if (prober_pid > 0) add_own_process(l, prober_pid, 0);
  for (unsigned int i = 0; i < 3; i++) {
    if (!l->is_steering) note_part(l, programs[i].part, WEIR_PART_OFF, 0, "not asked for");
    else if (error) note_part(l, programs[i].part, WEIR_PART_REFUSED, -error, "%s", reason);
    else attach_program(l, programs[i].program, programs[i].part);
  }
}

static void begin_steering(struct loader *l) {
  if (l->settings.is_steering) return;
  l->settings.is_steering = 1;
  write_settings(l);
}

static int set_address(struct loader *l, const struct weir_do_address *c) {
  struct address_key key = {.bits = 8 + c->prefix, .family = c->family};
  struct address_value value = {.expires_ns = c->expires_ns, .flags = c->flags, .port = c->port};
  int fd = map_fd(l, "addresses");

  if (c->command.size != sizeof(*c) || (c->family != 4 && c->family != 6)) return EINVAL;
  if (c->prefix > (c->family == 4 ? 32 : 128) || c->flags > (WEIR_ADDRESS_STEER | WEIR_ADDRESS_BLOCK)) return EINVAL;
  memcpy(key.address, c->address, c->family == 4 ? 4 : 16);
  if (!c->flags) return bpf_map_delete_elem(fd, &key) < 0 && errno != ENOENT ? errno : 0;
  if (bpf_map_update_elem(fd, &key, &value, BPF_ANY) < 0) return errno;
  begin_steering(l);
  return 0;
}

/* The name as it stands in a DNS message, backwards: from its end on, each label and then its length. */
static int set_name(struct loader *l, const struct weir_do_steer_name *c) {
  struct name_key key = {};
  int fd = map_fd(l, "steer_names");
  bool is_suffix = c->name[0] == '.';
  uint32_t flags = c->flags;
  unsigned int used = 1, label = 0;

  if (c->command.size != sizeof(*c) || c->length == 0 || c->length > 63 || (is_suffix && c->length == 1)) return EINVAL;
  if (c->flags > WEIR_ADDRESS_STEER) return EINVAL;
  for (int i = c->length - 1; i >= (is_suffix ? 1 : 0); i--) {
    if (c->name[i] != '.') {
      key.name[used++] = c->name[i];
      if (++label > 62) return EINVAL;
      if (i > (is_suffix ? 1 : 0)) continue;
    }
    if (!label) return EINVAL;
    key.name[used++] = label;
    label = 0;
  }
  /* A whole name ends here; what it may be the end of goes on with a letter. */
  key.bits = (is_suffix ? used : used + 1) * 8;
  begin_steering(l);
  if (!flags) return bpf_map_delete_elem(fd, &key) < 0 && errno != ENOENT ? errno : 0;
  return bpf_map_update_elem(fd, &key, &flags, BPF_ANY) < 0 ? errno : 0;
}

static int set_target(struct loader *l, const struct weir_do_steer *c) {
  struct target_key key = {.cgroup_id = c->cgroup_id, .netns = c->netns ? c->netns : own_netns()};
  struct target target = {.flags = c->flags, .port4 = c->port4, .port6 = c->port6};
  int fd = map_fd(l, "targets");

  if (c->command.size != sizeof(*c)) return EINVAL;
  if (!key.netns) return ENOTSUP;
  if (c->command.type == WEIR_DO_UNSTEER) return bpf_map_delete_elem(fd, &key) < 0 && errno != ENOENT ? errno : 0;
  if (!c->port4 && !c->port6) return EINVAL;
  memcpy(&target.address4, c->address4, 4);
  memcpy(target.address6, c->address6, 16);
  return bpf_map_update_elem(fd, &key, &target, BPF_ANY) < 0 ? errno : 0;
}

static int renew_lease(struct loader *l, const struct weir_do_lease *c) {
  uint64_t until = c->ms ? now_ns() + c->ms * 1000000ull : 0;
  uint32_t zero = 0;

  if (c->command.size != sizeof(*c) || c->ms > 60000) return EINVAL;
  return bpf_map_update_elem(map_fd(l, "lease"), &zero, &until, BPF_ANY) < 0 ? errno : 0;
}

static int tell_origin(struct loader *l, const struct weir_do_origin *c) {
  struct weir_origin frame = {.sequence = c->command.sequence, .error = ENOENT};
  struct origin_key key = {.family = c->family, .port = c->port};
  struct origin found;
  int fd = map_fd(l, "origins");

  if (c->command.size != sizeof(*c) || (c->family != 4 && c->family != 6)) return EINVAL;
  memcpy(key.address, c->address, c->family == 4 ? 4 : 16);
  if (bpf_map_lookup_elem(fd, &key, &found) == 0) {
    bpf_map_delete_elem(fd, &key);
    frame.error = 0;
    frame.task = found.task;
    frame.cookie = found.cookie;
    frame.family = found.family;
    frame.port = found.port;
    memcpy(frame.original, found.address, 16);
  }
  fill_frame(&frame.head, WEIR_ORIGIN, sizeof(frame));
  put_frame(&frame, sizeof(frame));
  return -1;
}

int steer_command(struct loader *l, const struct weir_command *c) {
  if (!l->is_steering || map_fd(l, "addresses") < 0 || map_fd(l, "origins") < 0) return ENOSYS;
  switch (c->type) {
  case WEIR_DO_ADDRESS:
    return set_address(l, (const struct weir_do_address *)c);
  case WEIR_DO_STEER:
  case WEIR_DO_UNSTEER:
    return set_target(l, (const struct weir_do_steer *)c);
  case WEIR_DO_LEASE:
    return renew_lease(l, (const struct weir_do_lease *)c);
  case WEIR_DO_ORIGIN:
    return tell_origin(l, (const struct weir_do_origin *)c);
  case WEIR_DO_STEER_NAME:
    return set_name(l, (const struct weir_do_steer_name *)c);
  case WEIR_DO_PROBE:
    return ask_probe((const struct weir_do_probe *)c);
  default:
    return ENOSYS;
  }
}
