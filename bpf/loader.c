// SPDX-License-Identifier: Apache-2.0
/*
 * The privileged half of the sensor: attaches programs to the kernel, hands on what they report, does what it is told
 * (README.md). It decides nothing and parses nothing that an observed process wrote; it keeps no state that outlives
 * it: every attachment is a bpf_link on a descriptor of its own, which the kernel takes away with the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/capability.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "elf/child.h"
#include "loader.h"

/* Nothing wakes it for a record (record.h), so it looks this often. */
#define LOOK_MS 5
#define SECOND_NS 1000000000ull
#define CGROUP2_MAGIC 0x63677270
/* Inode number of the initial cgroup namespace: only there the depth of a path is that of the cgroup. */
#define INITIAL_CGROUP_NS 0xEFFFFFFBu
#define MAX_DESCRIPTORS 32

static struct loader loader;
static volatile sig_atomic_t is_told_to_end;

static void on_term(int signal) {
  (void)signal;
  is_told_to_end = 1;
}

static void usage(void) {
  fprintf(stderr, "usage: weir-sensor --cgroup DIR [--ring BYTES] [--steer] [--no-tls] [--verbose]\n"
                  "Started by Weir: commands on standard input, frames on standard output (bpf/events.h).\n");
  exit(2);
}

static void read_arguments(struct loader *l, int count, char **arguments) {
  static const struct option options[] = {
      {"cgroup", required_argument, NULL, 'c'}, {"ring", required_argument, NULL, 'r'},
      {"steer", no_argument, NULL, 's'},        {"no-tls", no_argument, NULL, 'n'},
      {"verbose", no_argument, NULL, 'v'},
      {NULL, 0, NULL, 0},
  };
  unsigned long bytes;
  char *end;
  int option;

  l->ring_bytes = 8 * 1024 * 1024;
  l->is_tls = true;
  while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
    switch (option) {
    case 'c':
      if (strlen(optarg) >= sizeof(l->cgroup_path)) usage();
      strcpy(l->cgroup_path, optarg);
      break;
    case 'r':
      bytes = strtoul(optarg, &end, 10);
      /* A power of two, of whole pages, is what the kernel takes. */
      if (*end || bytes < 64 * 1024 || bytes > 1u << 30 || (bytes & (bytes - 1))) usage();
      l->ring_bytes = bytes;
      break;
    case 's':
      l->is_steering = true;
      break;
    case 'n':
      l->is_tls = false;
      break;
    case 'v':
      is_verbose = true;
      break;
    default:
      usage();
    }
  }
  if (optind != count || !l->cgroup_path[0]) usage();
}

/* Says in the first frame that nothing can be done, and why; the reader is waited for. */
static void refuse_all(struct loader *l, int error, const char *reason) {
  for (int id = WEIR_PART_EXEC; id <= WEIR_PART_STEER; id++) note_part(l, id, WEIR_PART_REFUSED, error, "%s", reason);
  put_hello(l);
  while (has_output()) {
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    if (flush_output() < 0 || poll(&out, 1, 10000) <= 0) break;
  }
  exit(3);
}

static void check_host(struct loader *l) {
  uint64_t have = effective_capabilities();
  uint64_t bpf = 1ull << 39 | 1ull << 38 | 1ull << CAP_NET_ADMIN;

  if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
    refuse_all(l, ENOTSUP, "the kernel has no BTF (/sys/kernel/btf/vmlinux): Linux 5.8 with CONFIG_DEBUG_INFO_BTF is needed");
  if ((have & bpf) != bpf && !(have & 1ull << CAP_SYS_ADMIN))
    refuse_all(l, EPERM, "no privilege: root, or CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH");
}

static int depth_of(const char *path) {
  struct stat namespace;
  struct statfs fs;
  char up[sizeof(loader.cgroup_path) + 4];
  int depth = 0;

  if (stat("/proc/self/ns/cgroup", &namespace) < 0 || namespace.st_ino != INITIAL_CGROUP_NS) return -1;
  /* Up to where the file system begins. */
  snprintf(up, sizeof(up), "%s", path);
  for (;;) {
    char *slash = strrchr(up, '/');

    if (!slash || slash == up) return depth;
    *slash = 0;
    if (statfs(up, &fs) < 0 || fs.f_type != CGROUP2_MAGIC) return depth;
    depth++;
  }
}

static void open_cgroup(struct loader *l) {
  char path[sizeof(l->cgroup_path)];
  struct statfs fs;
  struct stat s;

  l->settings = (struct settings){
      .level = -1, .call_bytes = 256 * 1024, .peek_bytes = 1024, .first_bytes = 4096, .dns_bytes = 4096, .accepted = 1, .answers = 1};
  if (!realpath(l->cgroup_path, path)) refuse_all(l, errno, "the cgroup cannot be found");
  strcpy(l->cgroup_path, path);
  l->cgroup_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (l->cgroup_fd < 0 || fstatfs(l->cgroup_fd, &fs) < 0 || fstat(l->cgroup_fd, &s) < 0)
    refuse_all(l, errno, "the cgroup cannot be opened");
  if (fs.f_type != CGROUP2_MAGIC) refuse_all(l, EINVAL, "this is no folder of cgroup v2");
  l->settings.cgroup = s.st_ino;
  l->settings.level = depth_of(path);
}

static void start_processes(struct loader *l) {
  static const enum weir_part_id parts[] = {WEIR_PART_EXEC, WEIR_PART_FORK, WEIR_PART_EXIT};
  char reason[WEIR_REASON];
  int error = load_object(l, "process", reason, sizeof(reason));

  if (error) {
    for (int i = 0; i < 3; i++) note_part(l, parts[i], WEIR_PART_REFUSED, -error, "%s", reason);
    return;
  }
  write_settings(l);
  attach_program(l, "on_exec", WEIR_PART_EXEC);
  attach_program(l, "on_fork", WEIR_PART_FORK);
  attach_program(l, "on_exit", WEIR_PART_EXIT);
}

/* A record of the kernel's, on its way out. Not 0 ends the round: there is no room for another. */
static int on_record(void *context, void *record, size_t size) {
  const struct weir_head *head = record;
  struct loader *l = context;

  if (size < sizeof(*head) || head->size > size || head->size < sizeof(*head)) {
    log_line(WEIR_LOG_ERROR, "a record of %zu bytes says that it has %u", size, size < 4 ? 0 : head->size);
    return 0;
  }
  tls_record(l, head);
  put_frame(record, head->size);
  return has_room() ? 0 : -ENOBUFS;
}

int ask_report(struct loader *l, uint32_t sequence) {
  if (l->report_count == sizeof(l->reports) / sizeof(l->reports[0])) return EBUSY;
  l->reports[l->report_count++] = sequence;
  return -1;
}

static void answer_reports(struct loader *l) {
  if (!l->report_count) return;
  put_clock();
  put_loss(l, true);
  for (unsigned int i = 0; i < l->report_count; i++) reply(l->reports[i], 0, "");
  l->report_count = 0;
}

/* True where the ring may have more. */
static bool take_records(struct loader *l) {
  int got = has_room() ? ring_buffer__consume(l->ring) : -ENOBUFS;

  if (got >= 0) answer_reports(l);
  return got == -ENOBUFS;
}

static int run(struct loader *l) {
  uint64_t next = now_ns() + SECOND_NS;
  int error = 0;

  put_clock();
  while (!is_told_to_end && !error) {
    struct pollfd ready[MAX_DESCRIPTORS] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = -1, .events = POLLOUT}};
    unsigned int count;

    if (has_output()) ready[1].fd = STDOUT_FILENO;
    ready[2] = (struct pollfd){.fd = prober_descriptor(), .events = POLLIN};
    count = 3 + tls_descriptors(l, ready + 3, MAX_DESCRIPTORS - 3);
    if (poll(ready, count, LOOK_MS) < 0 && errno != EINTR) return errno;
    if (ready[0].revents) {
      error = take_commands(l);
      if (error > 0) break; /* the end of input */
    }
    if (ready[2].revents) take_probes();
    tls_round(l, ready + 3, count - 3);
    for (int rounds = 0; rounds < 64; rounds++) {
      bool is_more = take_records(l);
      int gone = flush_output();

      if (gone < 0) return -gone;
      if (!is_more || !has_room()) break;
    }
    if (now_ns() >= next) {
      next = now_ns() + SECOND_NS;
      put_clock();
      put_loss(l, false);
    }
  }
  /* What is there is still handed on, as far as somebody takes it. */
  take_records(l);
  flush_output();
  return error < 0 ? -error : 0;
}

int main(int count, char **arguments) {
  struct loader *l = &loader;
  int error, flags;

  if (is_elf_child(count, arguments)) return elf_child();
  read_arguments(l, count, arguments);
  if (die_with_parent() < 0) return 1;
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, SIG_IGN); /* of a terminal, meant for the parent, which then ends our input */
  signal(SIGTERM, on_term);
  flags = fcntl(STDIN_FILENO, F_GETFL);
  if (start_output() < 0 || flags < 0 || fcntl(STDIN_FILENO, F_SETFL, flags | O_NONBLOCK) < 0) return 1;
  umask(077);
  /* Before anything is open that the process which it makes should not have. */
  prepare_steering(l);
  open_cgroup(l);
  check_host(l);
  start_processes(l);
  start_sockets(l);
  start_steering(l);
  if (l->is_tls) start_tls(l);
  else note_part(l, WEIR_PART_TLS, WEIR_PART_OFF, 0, "not asked for");
  if (!l->object_count) refuse_all(l, l->parts[0].error, l->parts[0].reason);
  l->ring = ring_buffer__new(map_fd(l, "ring"), on_record, l, NULL);
  if (!l->ring) refuse_all(l, errno, "the ring cannot be mapped");
  error = drop_privileges(l->must_keep_admin);
  if (error) refuse_all(l, -error, "privileges cannot be given up");
  if (die_with_parent() < 0) return 1;
  malloc_trim(0);
  put_hello(l);
  if (l->is_steering) put_netns(own_netns());
  if (l->is_tls) begin_tls(l);
  error = run(l);
  stop_tls(l);
  if (error && error != EPIPE) fprintf(stderr, "weir-sensor: %s\n", strerror(error));
  return error ? 1 : 0;
}
