// SPDX-License-Identifier: Apache-2.0
/*
 * Which process has which TLS library mapped. Processes are looked at when the loader starts, when one runs a program and
 * when it connects, by /proc/PID/maps; what they have is the work of tls-files.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tls-files.h"

#define CGROUP2_MAGIC 0x63677270
#define MAX_PROCESSES 65536
#define ROUND_NS 4000000ull /* of looking at processes in one round of the loop */

/* A process that is to be looked at, at a time. */
struct look {
  uint32_t tgid;
  uint64_t at_ns;
};

static struct process *processes[BUCKETS];
static unsigned int process_count;
static struct look *looks;
static size_t look_count, look_capacity;
static struct stat own_mounts;
static char cgroup_prefix[4096];
static bool is_everything_watched;
static bool has_dead; /* a process with handles has ended */
static uint64_t swept_ns, idle_checked_ns;

/* ---- who is known ------------------------------------------------------------------------------------------------ */

static struct process *find_process(uint32_t tgid) {
  for (struct process *p = processes[bucket_of(tgid, 0)]; p; p = p->next)
    if (p->tgid == tgid) return p;
  return NULL;
}

static void leave_files(struct process *p);

/* Ends that were not told, as the ring was full. */
static void remove_dead(void) {
  static uint64_t last_ns;
  uint64_t now = now_ns();

  if (now - last_ns < 10000000000ull) return;
  last_ns = now;
  for (unsigned int i = 0; i < BUCKETS; i++)
    for (struct process **at = &processes[i]; *at;) {
      struct process *p = *at;

      if (kill((pid_t)p->tgid, 0) == 0 || errno != ESRCH) {
        at = &p->next;
        continue;
      }
      *at = p->next;
      leave_files(p);
      process_count--;
      free(p);
    }
}

static struct process *add_process(uint32_t tgid) {
  struct process *p = find_process(tgid);

  if (p) return p;
  if (process_count >= MAX_PROCESSES) remove_dead();
  if (process_count >= MAX_PROCESSES) return NULL;
  p = calloc(1, sizeof(*p));
  if (!p) return NULL;
  p->tgid = tgid;
  p->next = processes[bucket_of(tgid, 0)];
  processes[bucket_of(tgid, 0)] = p;
  process_count++;
  return p;
}

static void leave_files(struct process *p) {
  for (unsigned int i = 0; i < p->file_count; i++)
    if (--p->files[i]->users == 0) p->files[i]->idle_ns = now_ns();
  if (p->file_count) has_dead = true;
  p->file_count = 0;
  memset(p->is_told, 0, sizeof(p->is_told));
}

static void remove_process(uint32_t tgid) {
  for (struct process **at = &processes[bucket_of(tgid, 0)]; *at; at = &(*at)->next) {
    struct process *p = *at;

    if (p->tgid != tgid) continue;
    *at = p->next;
    leave_files(p);
    process_count--;
    free(p);
    return;
  }
}

static void use_file(struct process *p, struct file *f) {
  for (unsigned int i = 0; i < p->file_count; i++)
    if (p->files[i] == f) return;
  if (p->file_count == PER_PROCESS) {
    /* Files that turned out to have no TLS give way. */
    for (unsigned int i = 0; i < p->file_count; i++) {
      if (p->files[i]->state != NOTHING) continue;
      p->files[i]->users--;
      p->files[i] = f;
      p->is_told[i] = false;
      f->users++;
      return;
    }
    return;
  }
  p->is_told[p->file_count] = false;
  p->files[p->file_count++] = f;
  f->users++;
}

static uint64_t start_of(uint32_t tgid) {
  char path[64], text[1024], *at;
  unsigned long long ticks = 0;
  int fd, length;

  snprintf(path, sizeof(path), "/proc/%u/stat", tgid);
  fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  length = (int)read(fd, text, sizeof(text) - 1);
  close(fd);
  if (length <= 0) return 0;
  text[length] = 0;
  at = strrchr(text, ')');
  for (int field = 2; at && field < 22; field++) at = strchr(at + 1, ' ');
  if (at) ticks = strtoull(at, NULL, 10);
  return ticks * (1000000000ull / sysconf(_SC_CLK_TCK));
}

/* Whether a process is in the watched cgroup, by its path, which is that of the loader's own cgroup namespace. */
static bool is_watched_process(uint32_t tgid) {
  char path[64], line[4200];
  bool is_watched = false;
  FILE *file;

  if (is_everything_watched) return true;
  snprintf(path, sizeof(path), "/proc/%u/cgroup", tgid);
  file = fopen(path, "re");
  while (file && fgets(line, sizeof(line), file)) {
    size_t length = strlen(cgroup_prefix);

    if (strncmp(line, "0::", 3) != 0) continue;
    line[strcspn(line, "\n")] = 0;
    is_watched = strncmp(line + 3, cgroup_prefix, length) == 0 && (line[3 + length] == 0 || line[3 + length] == '/');
  }
  if (file) fclose(file);
  return is_watched;
}

static bool is_in_own_mounts(uint32_t tgid) {
  char path[64];
  struct stat s;

  snprintf(path, sizeof(path), "/proc/%u/ns/mnt", tgid);
  return stat(path, &s) == 0 && s.st_dev == own_mounts.st_dev && s.st_ino == own_mounts.st_ino;
}

/* One mapping of code. */
static void look_at_mapping(struct process *p, char *path, bool is_host, bool is_urgent) {
  char full[4096 + 64];
  struct file *f;
  struct stat s, own;
  size_t length = strlen(path);

  /* A file that was replaced under the process: it can no more be opened, but for the program itself. */
  if (length > 10 && strcmp(path + length - 10, " (deleted)") == 0) {
    snprintf(full, sizeof(full), "/proc/%u/exe", p->tgid);
    path[length - 10] = 0;
    {
      char target[4096];
      ssize_t got = readlink(full, target, sizeof(target) - 1);

      if (got <= 10) return;
      target[got] = 0;
      if (strcmp(target + got - 10, " (deleted)") != 0) return;
      target[got - 10] = 0;
      if (strcmp(target, path) != 0) return;
    }
    if (stat(full, &s) < 0 || !S_ISREG(s.st_mode)) return;
    f = find_file(&s);
    if (!f) f = add_file(&s, "", p->tgid, false, is_urgent);
  } else {
    snprintf(full, sizeof(full), "/proc/%u/root%s", p->tgid, path);
    if (stat(full, &s) < 0 || !S_ISREG(s.st_mode)) return;
    f = find_file(&s);
    if (!f) {
      /* The host's own file, seen from another mount namespace: by its own path it holds no mount but the host's. */
      bool is_same = is_host || (stat(path, &own) == 0 && own.st_dev == s.st_dev && own.st_ino == s.st_ino);

      f = add_file(&s, path, is_same ? 0 : p->tgid, is_same, is_urgent);
    }
  }
  if (f && f->state != NOTHING) use_file(p, f);
  if (f && !f->is_host && f->state == QUEUED && f->users == 1) f->via = p->tgid;
}

void drop_users(const struct file *f) {
  for (unsigned int i = 0; i < BUCKETS; i++)
    for (struct process *p = processes[i]; p; p = p->next)
      for (unsigned int j = 0; j < p->file_count; j++) {
        if (p->files[j] != f) continue;
        p->file_count--;
        p->files[j] = p->files[p->file_count];
        p->is_told[j] = p->is_told[p->file_count];
        j--;
      }
}

static bool is_of_tls(const struct file *f) {
  return f->state == PROBED || f->state == OPAQUE || f->state == REFUSED;
}

/* Says what has become known since. */
static void tell_process(struct loader *l, struct process *p) {
  bool has_import = false;

  for (unsigned int i = 0; i < p->file_count; i++) has_import = has_import || p->files[i]->has_import;
  for (unsigned int i = 0; i < p->file_count; i++) {
    struct file *f = p->files[i];

    if (f->state == HELD && has_import) attach_held(l, f);
    if (p->is_told[i] || !is_of_tls(f)) continue;
    p->is_told[i] = true;
    tell_library(p, f);
  }
}

void tell_users(struct loader *l, const struct file *f) {
  for (unsigned int i = 0; i < BUCKETS; i++)
    for (struct process *p = processes[i]; p; p = p->next)
      for (unsigned int j = 0; j < p->file_count; j++)
        if (p->files[j] == f) {
          tell_process(l, p);
          break;
        }
}

static void look_at(struct loader *l, uint32_t tgid, bool is_urgent) {
  char path[64], *line = NULL;
  uint64_t last_inode = 0;
  struct process *p;
  size_t size = 0;
  bool is_host;
  FILE *maps;

  snprintf(path, sizeof(path), "/proc/%u/maps", tgid);
  maps = fopen(path, "re");
  if (!maps) return;
  p = add_process(tgid);
  if (!p) {
    fclose(maps);
    return;
  }
  if (!p->start_ns) p->start_ns = start_of(tgid);
  p->looked_ns = now_ns();
  p->looks++;
  is_host = is_in_own_mounts(tgid);
  while (getline(&line, &size, maps) > 0) {
    unsigned long long inode;
    char rights[8];
    int at = 0;

    line[strcspn(line, "\n")] = 0;
    if (sscanf(line, "%*s %7s %*s %*s %llu %n", rights, &inode, &at) < 2 || rights[2] != 'x' || inode == 0 ||
        inode == last_inode || line[at] != '/' || strlen(line + at) > 4000)
      continue;
    last_inode = inode;
    look_at_mapping(p, line + at, is_host, is_urgent);
  }
  free(line);
  fclose(maps);
  tell_process(l, p);
}

/* ---- what is to be looked at ------------------------------------------------------------------------------------- */

static void plan_look(uint32_t tgid, uint64_t at_ns) {
  if (look_count == look_capacity) {
    size_t wanted = look_capacity ? look_capacity * 2 : 256;
    struct look *more = wanted > 262144 ? NULL : realloc(looks, wanted * sizeof(*looks));

    if (!more) return;
    looks = more;
    look_capacity = wanted;
  }
  looks[look_count++] = (struct look){.tgid = tgid, .at_ns = at_ns};
}

static void take_looks(struct loader *l) {
  uint64_t now = now_ns(), end = now + ROUND_NS;
  size_t kept = 0, i = 0;

  for (; i < look_count && now < end; i++) {
    if (looks[i].at_ns > now) {
      looks[kept++] = looks[i];
      continue;
    }
    look_at(l, looks[i].tgid, false);
    now = now_ns();
  }
  memmove(looks + kept, looks + i, (look_count - i) * sizeof(*looks));
  look_count = kept + look_count - i;
}

/* Libraries of programs come some milliseconds after the program. */
static const unsigned int later_ms[] = {15, 60, 300};
#define MANY_LOOKS 400

static void on_exec(struct loader *l, const struct weir_exec *e) {
  struct process *p = find_process(e->task.tgid);
  uint64_t now = now_ns();

  if (p) leave_files(p);
  else p = add_process(e->task.tgid);
  if (!p) return;
  p->start_ns = e->task.start_ns;
  p->looks = 0;
  look_at(l, e->task.tgid, true);
  if (look_count > MANY_LOOKS) return; /* a host that starts hundreds a second: its connects will tell */
  for (size_t i = 0; i < sizeof(later_ms) / sizeof(later_ms[0]); i++)
    plan_look(e->task.tgid, now + later_ms[i] * 1000000ull);
}

/* A child has what its parent has, until it runs another program. */
static void on_fork(const struct weir_fork *f) {
  struct process *parent = find_process(f->task.tgid), *child;

  if (!parent || !parent->file_count) return;
  child = add_process(f->child.tgid);
  if (!child) return;
  leave_files(child);
  child->start_ns = f->child.start_ns;
  child->looks = 1;
  for (unsigned int i = 0; i < parent->file_count; i++) {
    use_file(child, parent->files[i]);
    child->is_told[i] = parent->is_told[i];
  }
}

static void on_connect(struct loader *l, const struct weir_connect *c) {
  struct process *p = find_process(c->task.tgid);
  uint64_t now = now_ns(), wait;

  /* Another process with the number of one whose end was not told: /proc has its start in ticks of 10 ms. */
  if (p && p->start_ns / 10000000 != c->task.start_ns / 10000000) {
    leave_files(p);
    p->start_ns = c->task.start_ns;
    p->looks = 0;
  }
  wait = !p || p->looks < 8 ? 0 : 10000000000ull;
  if (p && now - p->looked_ns < wait) return;
  look_at(l, c->task.tgid, true);
}

void tls_record(struct loader *l, const struct weir_head *head) {
  if (!is_tls_on()) return;
  switch (head->type) {
  case WEIR_EXEC:
    on_exec(l, (const struct weir_exec *)head);
    break;
  case WEIR_FORK:
    on_fork((const struct weir_fork *)head);
    break;
  case WEIR_EXIT:
    remove_process(((const struct weir_exit *)head)->task.tgid);
    break;
  case WEIR_CONNECT:
    on_connect(l, (const struct weir_connect *)head);
    break;
  default:
    return;
  }
  start_jobs();
}

int tls_scan(struct loader *l, uint32_t tgid) {
  DIR *folder;
  struct dirent *entry;

  if (tgid) {
    look_at(l, tgid, true);
    start_jobs();
    return 0;
  }
  folder = opendir("/proc");
  if (!folder) return errno;
  while ((entry = readdir(folder)) != NULL) {
    uint32_t number = strtoul(entry->d_name, NULL, 10);

    if (number && is_watched_process(number)) plan_look(number, 0);
  }
  closedir(folder);
  return 0;
}

/* The path of the watched cgroup below its mount, as /proc/PID/cgroup has it. */
static void find_cgroup_prefix(struct loader *l) {
  size_t length = strlen(l->cgroup_path);
  char path[sizeof(l->cgroup_path)];
  struct statfs fs;

  snprintf(path, sizeof(path), "%s", l->cgroup_path);
  for (;;) {
    char *slash = strrchr(path, '/');

    if (!slash || slash == path) break;
    *slash = 0;
    if (statfs(path, &fs) < 0 || fs.f_type != CGROUP2_MAGIC) break;
    length = strlen(path);
  }
  snprintf(cgroup_prefix, sizeof(cgroup_prefix), "%s", l->cgroup_path + length);
  is_everything_watched = cgroup_prefix[0] == 0;
}

void begin_tls(struct loader *l) {
  if (!is_tls_on()) return;
  stat("/proc/self/ns/mnt", &own_mounts);
  find_cgroup_prefix(l);
  take_system_libraries();
  start_jobs();
  tls_scan(l, 0);
}

/* ---- the loop ------------------------------------------------------------------------------------------------------ */

unsigned int tls_descriptors(struct loader *l, struct pollfd *to, unsigned int max) {
  unsigned int count = 0;

  if (!is_tls_on()) return 0;
  /* An exec or connect wakes the loop: a program may speak TLS a millisecond later. */
  if (count < max) to[count++] = (struct pollfd){.fd = ring_buffer__epoll_fd(l->ring), .events = POLLIN};
  return count + job_descriptors(to + count, max - count);
}

/* Handles of processes that ended. They are harmless (each knows its process's start), and take room. */
static void sweep_handles(struct loader *l) {
  int fd = map_fd(l, "tls_handles");
  struct tls_key key, next;
  bool has_key = false;

  while (bpf_map_get_next_key(fd, has_key ? &key : NULL, &next) == 0) {
    if (has_key && kill((pid_t)key.tgid, 0) < 0 && errno == ESRCH) bpf_map_delete_elem(fd, &key);
    key = next;
    has_key = true;
  }
  if (has_key && kill((pid_t)key.tgid, 0) < 0 && errno == ESRCH) bpf_map_delete_elem(fd, &key);
}

void tls_round(struct loader *l, const struct pollfd *ready, unsigned int count) {
  uint64_t now = now_ns();

  (void)ready;
  (void)count;
  if (!is_tls_on()) return;
  end_jobs(l);
  take_looks(l);
  start_jobs();
  elf_prepare(); /* for the next file */
  if (has_dead && now - swept_ns > 1000000000ull) {
    has_dead = false;
    swept_ns = now;
    sweep_handles(l);
  }
  if (now - idle_checked_ns > 1000000000ull) {
    idle_checked_ns = now;
    take_away_idle(l);
  }
}

void stop_tls(struct loader *l) {
  (void)l;
  stop_jobs();
}
