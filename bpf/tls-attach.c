// SPDX-License-Identifier: Apache-2.0
/*
 * Probes on TLS libraries: by which means this kernel sets them, on which files, and what the loader is told to do with
 * handles and names. Which processes have which files is in tls-files.c.
 *
 * By preference: one uprobe_multi session a file (6.13: a filtered call does not come again at its return), uprobe_multi
 * (6.6), perf_event uprobes (they need CAP_SYS_ADMIN for as long as new files appear). None is pinned.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tls-attach.h"

/* Newer than the headers that this is built with. */
#define TRACE_UPROBE_MULTI 48
#define TRACE_UPROBE_SESSION 57
#define UPROBE_MULTI_RETURN 1

/* union bpf_attr of BPF_LINK_CREATE, as far as uprobe_multi uses it. */
struct multi_attr {
  uint32_t program;
  uint32_t target;
  uint32_t type;
  uint32_t flags;
  uint64_t path;
  uint64_t offsets;
  uint64_t reference_counters;
  uint64_t cookies;
  uint32_t count;
  uint32_t multi_flags;
  uint32_t pid;
  uint32_t padding[5];
};

/*
 * Setting a probe waits for a grace period of RCU: 10 to 30 ms, in which a program that has just begun may have said all
 * that it has to say. Expedited, it is less than one. The switch is the whole kernel's, so it is on for the moment that
 * the probes of one file take, and only where nobody has it on for good. -1 where there is none to be had.
 */
static int expedite_fd = -1;

static bool expedite(void) {
  char now = 0;

  if (expedite_fd < 0 || pread(expedite_fd, &now, 1, 0) != 1 || now != '0') return false;
  return pwrite(expedite_fd, "1", 1, 0) == 1;
}

static void end_expedite(void) {
  if (pwrite(expedite_fd, "0", 1, 0) != 1) log_line(WEIR_LOG_WARN, "/sys/kernel/rcu_expedited stays on: %s", strerror(errno));
}

static enum { NO_MEANS, BY_PERF, BY_MULTI, BY_SESSION } means;
static uint64_t seed;
static int names_fd = -1, attachments_fd = -1;

static int create_multi(int program, enum bpf_attach_type type, const char *path, const uint64_t *offsets,
                        const uint64_t *cookies, uint32_t count, uint32_t flags) {
  struct multi_attr attr = {
      .program = program,
      .type = type,
      .path = (uintptr_t)path,
      .offsets = (uintptr_t)offsets,
      .cookies = (uintptr_t)cookies,
      .count = count,
      .multi_flags = flags,
  };
  int fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

  return fd < 0 ? -errno : fd;
}

/* ---- what the kernel can --------------------------------------------------------------------------------------- */

static void choose_types(struct bpf_object *object) {
  static const char *const programs[] = {"tls_control", "tls_enter", "tls_leave", "go_enter", "go_leave"};
  struct bpf_program *session = bpf_object__find_program_by_name(object, "tls_session");
  struct bpf_map *rodata = bpf_object__find_map_by_name(object, ".rodata.seed");
  size_t size = 0;
  void *initial = rodata ? (void *)bpf_map__initial_value(rodata, &size) : NULL;

  if (initial && size == sizeof(seed)) memcpy(initial, &seed, sizeof(seed));
  for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
    struct bpf_program *program = bpf_object__find_program_by_name(object, programs[i]);

    if (program && means >= BY_MULTI) bpf_program__set_expected_attach_type(program, TRACE_UPROBE_MULTI);
  }
  if (!session) return;
  bpf_program__set_autoload(session, means == BY_SESSION);
  if (means == BY_SESSION) bpf_program__set_expected_attach_type(session, TRACE_UPROBE_SESSION);
}

/* Somewhere to set a probe on for a try. Nothing calls it meanwhile. */
__attribute__((noinline, used)) static int trial(int value) {
  __asm__ volatile("");
  return value + 1;
}

/* Where `trial` lies in this program's own file. */
static uint64_t offset_of_trial(void) {
  FILE *maps = fopen("/proc/self/maps", "re");
  uintptr_t address = (uintptr_t)&trial;
  uint64_t found = 0;
  char line[512];

  while (maps && fgets(line, sizeof(line), maps)) {
    unsigned long from, to, offset;

    if (sscanf(line, "%lx-%lx %*s %lx", &from, &to, &offset) == 3 && address >= from && address < to)
      found = address - from + offset;
  }
  if (maps) fclose(maps);
  return found;
}

static int try_multi(struct loader *l, const char *program, enum bpf_attach_type type) {
  uint64_t offset = offset_of_trial(), cookie = 0;
  int fd = create_multi(program_fd(l, program), type, "/proc/self/exe", &offset, &cookie, 1, 0);

  if (fd >= 0) close(fd);
  return fd < 0 ? fd : 0;
}

#if defined(__x86_64__)
#define URETPROBE 335 /* the system call that a probed function returns through, Linux 6.11 */

/* How a child ends that makes that call: by SIGILL where the kernel has it, or by an exit code that says whether the
 * filter, or the lack of the call, answered. */
static int end_of_call(bool is_filtered) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, URETPROBE, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
  int status;
  pid_t pid = fork();

  if (pid == 0) {
    signal(SIGILL, SIG_DFL);
    prctl(PR_SET_DUMPABLE, 0);
    if (is_filtered && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0))
      _exit(1);
    syscall(URETPROBE);
    _exit(errno == EXDEV ? 2 : 3);
  }
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/*
 * From 6.11 until this was mended (6.14, and stable kernels since), a process under a seccomp filter that does not know
 * the call through which uretprobes return is ended by it. No probe at all is better than that.
 */
static bool would_uretprobe_kill(void) {
  return end_of_call(false) == -SIGILL && end_of_call(true) == 2;
}
#else
static bool would_uretprobe_kill(void) {
  return false;
}
#endif

static const char *const descriptions[] = {"", "perf_event uprobes", "uprobe_multi", "uprobe_multi sessions"};

void start_tls(struct loader *l) {
  const char *wish = getenv("WEIR_SENSOR_UPROBES"); /* for tests of the ways that older kernels have */
  char reason[WEIR_REASON] = "";
  int error = -ENOTSUP;
  int first = wish && strcmp(wish, "perf") == 0 ? BY_PERF : wish && strcmp(wish, "multi") == 0 ? BY_MULTI : BY_SESSION;

  if (would_uretprobe_kill()) {
    note_part(l, WEIR_PART_TLS, WEIR_PART_REFUSED, ENOTSUP,
              "on this kernel a probe at a function's return ends programs under seccomp (Linux 6.11 to 6.13)");
    return;
  }
  if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) seed = now_ns();
  for (means = first; means >= BY_PERF; means--) {
    const char *refusal;

    error = load_object_as(l, "tls", choose_types, reason, sizeof(reason));
    if (error) continue;
    refusal = find_refusal(l, means == BY_SESSION ? "tls_session" : "tls_enter");
    if (!refusal) refusal = find_refusal(l, means == BY_SESSION ? "tls_control" : "tls_leave");
    if (refusal) {
      error = -EINVAL;
      snprintf(reason, sizeof(reason), "%s", refusal);
      unload_object(l, "tls");
      continue;
    }
    if (means == BY_PERF) break;
    error = try_multi(l, means == BY_SESSION ? "tls_session" : "tls_control",
                      means == BY_SESSION ? TRACE_UPROBE_SESSION : TRACE_UPROBE_MULTI);
    if (!error) break;
    snprintf(reason, sizeof(reason), "%s: %s", descriptions[means], strerror(-error));
    unload_object(l, "tls");
  }
  if (error) {
    means = NO_MEANS;
    note_part(l, WEIR_PART_TLS, WEIR_PART_REFUSED, -error, "%s", reason);
    return;
  }
  /* Between a program's start and its first words lie a few milliseconds, on a busy host too. */
  setpriority(PRIO_PROCESS, 0, -10);
  expedite_fd = open("/sys/kernel/rcu_expedited", O_RDWR | O_CLOEXEC);
  names_fd = map_fd(l, "tls_names");
  attachments_fd = map_fd(l, "tls_attachments");
  if (means == BY_PERF) l->must_keep_admin = true;
  note_part(l, WEIR_PART_TLS, WEIR_PART_ON, 0, "%s", descriptions[means]);
  ((struct weir_part *)find_part(l, WEIR_PART_TLS))->rung = means == BY_PERF ? WEIR_RUNG_PERF : WEIR_RUNG_MULTI;
}

bool is_tls_on(void) {
  return means != NO_MEANS;
}

/* ---- probes on one file ------------------------------------------------------------------------------------------ */

/* Programs, and the points that each is for. */
enum group { CONTROL, CALLS, GO_ENTRIES, GO_RETURNS, GROUPS };

static enum group group_of(const struct elf_point *point) {
  if (point->kind == ELF_RET) return GO_RETURNS;
  if (point->function >= TLS_GO_WRITE) return GO_ENTRIES;
  return point->kind == ELF_CALL ? CALLS : CONTROL;
}

static int keep_link(struct tls_links *links, int fd) {
  if (fd < 0) return fd;
  if (links->count == TLS_LINKS) {
    close(fd);
    return -E2BIG;
  }
  links->fds[links->count++] = fd;
  return 0;
}

static int attach_multi(struct loader *l, struct tls_links *links, const char *path, enum group group,
                        const uint64_t *offsets, const uint64_t *cookies, uint32_t count) {
  static const char *const programs[GROUPS] = {"tls_control", "tls_enter", "go_enter", "go_leave"};
  int error;

  if (group == CALLS && means == BY_SESSION)
    return keep_link(links, create_multi(program_fd(l, "tls_session"), TRACE_UPROBE_SESSION, path, offsets, cookies, count, 0));
  /* The return first: an entry whose return is not probed would be held for nothing. */
  if (group == CALLS) {
    error = keep_link(links, create_multi(program_fd(l, "tls_leave"), TRACE_UPROBE_MULTI, path, offsets, cookies, count,
                                          UPROBE_MULTI_RETURN));
    if (error) return error;
  }
  return keep_link(links, create_multi(program_fd(l, programs[group]), TRACE_UPROBE_MULTI, path, offsets, cookies, count, 0));
}

/* The number of the kernel's event source for probes in programs. */
static uint32_t uprobe_type(void) {
  FILE *file = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
  unsigned int type = 0;

  if (file) {
    if (fscanf(file, "%u", &type) != 1) type = 0;
    fclose(file);
  }
  return type;
}

static int open_event(const char *path, uint64_t offset, bool is_return) {
  struct perf_event_attr attr = {.size = sizeof(attr), .type = uprobe_type(), .config = is_return};

  if (!attr.type) return -ENOTSUP;
  attr.config1 = (uintptr_t)path;
  attr.config2 = offset;
  /* Of every process, and despite the one CPU named, on all: the program hangs on the probe, not on the counter. */
  int fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

  return fd < 0 ? -errno : fd;
}

static int attach_perf(struct loader *l, struct tls_links *links, const char *path, enum group group, uint64_t offset,
                       uint64_t cookie) {
  static const char *const programs[GROUPS] = {"tls_control", "tls_enter", "go_enter", "go_leave"};

  for (int is_return = group == CALLS; is_return >= 0; is_return--) {
    LIBBPF_OPTS(bpf_link_create_opts, options, .perf_event.bpf_cookie = cookie);
    int event = open_event(path, offset, is_return), fd, error;

    if (event < 0) return event;
    fd = bpf_link_create(program_fd(l, is_return ? "tls_leave" : programs[group]), event, BPF_PERF_EVENT, &options);
    error = keep_link(links, fd);
    if (!error && ioctl(event, PERF_EVENT_IOC_ENABLE, 0) < 0) error = -errno;
    close(event); /* the link holds it */
    if (error) return error;
  }
  return 0;
}

void tls_detach(uint64_t attachment, struct tls_links *links) {
  while (links->count > 0) close(links->fds[--links->count]);
  if (attachments_fd >= 0) bpf_map_delete_elem(attachments_fd, &attachment);
}

int tls_attach(struct loader *l, uint64_t attachment, int file, const struct elf_result *result, struct tls_links *links) {
  struct tls_attachment value = {.library = result->library, .go_config = result->go_config};
  uint64_t offsets[GROUPS][ELF_POINTS], cookies[GROUPS][ELF_POINTS];
  uint32_t counts[GROUPS] = {0};
  bool is_expedited;
  char path[64];
  int error = 0;

  links->count = 0;
  if (bpf_map_update_elem(attachments_fd, &attachment, &value, BPF_ANY) < 0) return -errno;
  /* By the descriptor that was parsed: whatever its path names by now. */
  snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
  for (unsigned int i = 0; i < result->point_count; i++) {
    const struct elf_point *point = &result->points[i];
    enum group group = group_of(point);

    offsets[group][counts[group]] = point->offset;
    cookies[group][counts[group]++] = TLS_COOKIE(attachment, point->function);
  }
  is_expedited = expedite();
  /* What tells of names and ends before what carries data, and returns before entries. */
  for (int group = GROUPS - 1; group >= 0 && !error; group--) {
    if (!counts[group]) continue;
    if (means >= BY_MULTI) {
      error = attach_multi(l, links, path, group, offsets[group], cookies[group], counts[group]);
      continue;
    }
    for (uint32_t i = 0; i < counts[group] && !error; i++)
      error = attach_perf(l, links, path, group, offsets[group][i], cookies[group][i]);
  }
  if (is_expedited) end_expedite();
  if (error) tls_detach(attachment, links);
  return error;
}

void tls_let_go(struct loader *l, uint64_t attachment) {
  int handles = map_fd(l, "tls_handles"), program = program_fd(l, "let_go");
  struct tls_key key, next;
  bool has_key = false;

  while (bpf_map_get_next_key(handles, has_key ? &key : NULL, &next) == 0) {
    uint64_t arguments[3] = {next.tgid, next.address, attachment};
    LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = arguments, .ctx_size_in = sizeof(arguments));
    struct tls_handle value;

    if (bpf_map_lookup_elem(handles, &next, &value) == 0 && value.attachment == attachment)
      bpf_prog_test_run_opts(program, &run);
    key = next;
    has_key = true;
  }
}

/* ---- commands ---------------------------------------------------------------------------------------------------- */

static int set_handle(struct loader *l, const struct weir_do_handle *c) {
  uint64_t arguments[4] = {c->tgid, c->address, c->generation, c->verdict};
  LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = arguments, .ctx_size_in = sizeof(arguments));

  if (c->command.size != sizeof(*c) || c->verdict > WEIR_IGNORE) return EINVAL;
  if (bpf_prog_test_run_opts(program_fd(l, "set_verdict"), &run) < 0) return errno;
  return run.retval == 0 ? 0 : run.retval == 1 ? ENOENT : ESTALE;
}

static int set_name(const struct weir_do_name *c) {
  uint32_t verdict = c->verdict;
  uint64_t hash = seed;

  if (c->command.size != sizeof(*c) || c->length == 0 || c->length > 63 || c->verdict > WEIR_IGNORE) return EINVAL;
  for (int i = c->length - 1; i >= 0; i--) hash = tls_hash_step(hash, (uint8_t)c->name[i]);
  if (verdict == WEIR_UNDECIDED) return bpf_map_delete_elem(names_fd, &hash) < 0 && errno != ENOENT ? errno : 0;
  return bpf_map_update_elem(names_fd, &hash, &verdict, BPF_ANY) < 0 ? errno : 0;
}

int tls_command(struct loader *l, const struct weir_command *command) {
  if (means == NO_MEANS) return ENOSYS;
  switch (command->type) {
  case WEIR_DO_HANDLE:
    return set_handle(l, (const struct weir_do_handle *)command);
  case WEIR_DO_NAME:
    return set_name((const struct weir_do_name *)command);
  case WEIR_DO_SCAN:
    if (command->size != sizeof(struct weir_do_scan)) return EINVAL;
    return tls_scan(l, ((const struct weir_do_scan *)command)->tgid);
  default:
    return ENOSYS;
  }
}
