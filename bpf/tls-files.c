// SPDX-License-Identifier: Apache-2.0
/*
 * Files that may have TLS in them: each is opened in the root of a process that has it, parsed by a child (elf/child.c), once,
 * and probed. Nothing here waits: what takes time is a descriptor that the loop looks at.
 *
 * A file's probes are taken away when no process has it any more: at once if it is gone from its folder or came from
 * another mount namespace (probes hold its mount), else they stay for the next process, up to a number of files.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tls-files.h"

#define MAX_FILES 8192 /* known, most of them without TLS */
#define MAX_IDLE 256   /* probed, without a process */
#define JOBS 2         /* parsed at a time */

static struct file *files[BUCKETS];
static unsigned int file_count;
static uint64_t use_counter, next_attachment = 1;
static struct file *queue_first, *queue_last;
static struct {
  struct elf_job job;
  struct file *file;
  int fd;
} jobs[JOBS];

/* ---- which are known --------------------------------------------------------------------------------------------- */

static uint64_t changed_at(const struct stat *s) {
  return s->st_ctim.tv_sec * 1000000000ull + s->st_ctim.tv_nsec;
}

struct file *find_file(const struct stat *s) {
  for (struct file *f = files[bucket_of(s->st_dev, s->st_ino)]; f; f = f->next)
    if (f->device == s->st_dev && f->inode == s->st_ino && f->changed_ns == changed_at(s)) {
      f->used = ++use_counter;
      return f;
    }
  return NULL;
}

static void free_file(struct file *f) {
  for (struct file **at = &files[bucket_of(f->device, f->inode)]; *at; at = &(*at)->next)
    if (*at == f) {
      *at = f->next;
      break;
    }
  file_count--;
  free(f->path);
  free(f->result);
  free(f->links);
  free(f);
}

/* Room for another: of those that have no TLS, the longest unused quarter goes. */
static void make_room(void) {
  uint64_t limit = use_counter > MAX_FILES * 3 / 4 ? use_counter - MAX_FILES * 3 / 4 : 0;

  for (unsigned int i = 0; i < BUCKETS; i++)
    for (struct file *f = files[i], *next; f; f = next) {
      next = f->next;
      if (f->state == NOTHING && f->users == 0 && f->used <= limit) free_file(f);
    }
}

static void enqueue(struct file *f, bool is_urgent) {
  f->state = QUEUED;
  f->next_queued = NULL;
  if (!queue_first) {
    queue_first = queue_last = f;
  } else if (is_urgent) {
    f->next_queued = queue_first;
    queue_first = f;
  } else {
    queue_last->next_queued = f;
    queue_last = f;
  }
}

struct file *add_file(const struct stat *s, const char *path, uint32_t via, bool is_host, bool is_urgent) {
  struct file *f;

  if (file_count >= MAX_FILES) make_room();
  if (file_count >= MAX_FILES * 2) return NULL;
  f = calloc(1, sizeof(*f));
  if (!f) return NULL;
  f->path = strdup(path);
  if (!f->path) {
    free(f);
    return NULL;
  }
  f->device = s->st_dev;
  f->inode = s->st_ino;
  f->changed_ns = changed_at(s);
  f->via = via;
  f->is_host = is_host;
  f->used = ++use_counter;
  f->next = files[bucket_of(f->device, f->inode)];
  files[bucket_of(f->device, f->inode)] = f;
  file_count++;
  enqueue(f, is_urgent);
  return f;
}

/* Opens a file as a process sees it: symbolic links are followed within its root and nowhere else. */
static int open_in(uint32_t tgid, const char *path) {
  struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
  char root[64];
  int folder, fd;

  if (tgid) snprintf(root, sizeof(root), "/proc/%u/root", tgid);
  folder = open(tgid ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return -errno;
  fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
  if (fd < 0) fd = -errno;
  close(folder);
  return fd;
}

static void forget_file(struct file *f) {
  drop_users(f);
  free_file(f);
}

/* Libraries that nearly every program has its TLS from, before the first program comes. */
void take_system_libraries(void) {
  static const char *const patterns[] = {
      "/usr/lib/x86_64-linux-gnu/libssl.so*", "/usr/lib/x86_64-linux-gnu/libgnutls.so*", "/usr/lib64/libssl.so*",
      "/usr/lib64/libgnutls.so*",             "/usr/lib/libssl.so*",                     "/usr/lib/libgnutls.so*",
      "/usr/local/lib/libssl.so*",            "/lib/libssl.so*"};
  glob_t found;

  for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
    if (glob(patterns[i], GLOB_NOSORT, NULL, &found) != 0) continue;
    for (size_t j = 0; j < found.gl_pathc; j++) {
      char path[PATH_MAX];
      struct stat s;

      if (!realpath(found.gl_pathv[j], path) || stat(path, &s) < 0 || !S_ISREG(s.st_mode)) continue;
      if (!find_file(&s)) add_file(&s, path, 0, true, false);
    }
    globfree(&found);
  }
}

/* ---- probes -------------------------------------------------------------------------------------------------------- */

static int open_file(const struct file *f) {
  char path[64];

  if (f->path[0]) return open_in(f->via, f->path);
  snprintf(path, sizeof(path), "/proc/%u/exe", f->via);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  return fd < 0 ? -errno : fd;
}

static bool is_same_file(const struct file *f, int fd) {
  struct stat s;

  return fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && s.st_dev == f->device && s.st_ino == f->inode;
}

static void attach_file(struct loader *l, struct file *f, int fd) {
  int error;

  f->links = calloc(1, sizeof(*f->links));
  f->attachment = next_attachment++;
  error = f->links ? tls_attach(l, f->attachment, fd, f->result, f->links) : -ENOMEM;
  if (error) {
    f->state = REFUSED;
    snprintf(f->result->reason, sizeof(f->result->reason), "%s", "not-probed");
    tell_points(f, WEIR_ATTACH_REFUSED, strerror(-error));
    f->attachment = 0;
    return;
  }
  f->state = PROBED;
  tell_points(f, WEIR_ATTACHED, "");
}

void attach_held(struct loader *l, struct file *f) {
  int fd = open_file(f);

  if (fd < 0) return;
  if (is_same_file(f, fd)) attach_file(l, f, fd);
  close(fd);
}

static bool has_function(const struct elf_result *result, uint8_t function) {
  for (unsigned int i = 0; i < result->point_count; i++)
    if (result->points[i].function == function) return true;
  return false;
}

static void take_result(struct loader *l, struct file *f, const struct elf_result *result, int fd) {
  if (result->status == ELF_NOTHING || (result->status == ELF_REFUSED && !result->library)) {
    f->state = NOTHING;
    return;
  }
  f->result = malloc(sizeof(*f->result));
  if (!f->result) {
    f->state = NOTHING;
    return;
  }
  *f->result = *result;
  if (result->status == ELF_OPAQUE || result->status == ELF_REFUSED) {
    f->state = result->status == ELF_OPAQUE ? OPAQUE : REFUSED;
    return;
  }
  f->has_import = has_function(result, TLS_NSS_IMPORT);
  if (result->library == WEIR_NSS && !f->has_import) {
    f->state = HELD;
    return;
  }
  attach_file(l, f, fd);
}

void start_jobs(void) {
  for (unsigned int i = 0; i < JOBS; i++) {
    struct file *f = queue_first;
    int fd;

    if (jobs[i].file) continue;
    if (!f) return;
    queue_first = f->next_queued;
    if (!queue_first) queue_last = NULL;
    fd = open_file(f);
    if (fd < 0 || !is_same_file(f, fd) || elf_start(&jobs[i].job, fd) != 0) {
      /* The process is gone, or the file is another: whoever has it next brings it again. */
      if (fd >= 0) close(fd);
      forget_file(f);
      i--;
      continue;
    }
    f->state = PARSING;
    jobs[i].file = f;
    jobs[i].fd = fd;
  }
}

/* What a file brings its reader to an end by is not tried for ever. */
#define TRIES 3

void end_jobs(struct loader *l) {
  for (unsigned int i = 0; i < JOBS; i++) {
    struct file *f = jobs[i].file;

    if (!f || !elf_finish(&jobs[i].job, now_ns())) continue;
    jobs[i].file = NULL;
    /* On a host that is busy a large file may take longer than there is: that says nothing of the file. */
    if (jobs[i].job.is_lost && ++f->tries < TRIES) {
      log_line(WEIR_LOG_WARN, "%s is looked at again: %s", f->path, jobs[i].job.result.reason);
      close(jobs[i].fd);
      enqueue(f, false);
      continue;
    }
    take_result(l, f, &jobs[i].job.result, jobs[i].fd);
    close(jobs[i].fd);
    if (f->users == 0) f->idle_ns = now_ns();
    tell_users(l, f);
  }
}

static void detach_file(struct loader *l, struct file *f) {
  if (f->state == PROBED) {
    tls_let_go(l, f->attachment);
    tls_detach(f->attachment, f->links);
    tell_points(f, WEIR_DETACHED, "");
  }
  forget_file(f);
}

static bool is_gone(const struct file *f) {
  struct stat s;

  return !f->is_host || stat(f->path, &s) < 0 || (uint64_t)s.st_dev != f->device || s.st_ino != f->inode;
}

void take_away_idle(struct loader *l) {
  struct file *oldest = NULL;
  unsigned int idle = 0;
  uint64_t now = now_ns();

  for (unsigned int i = 0; i < BUCKETS; i++)
    for (struct file *f = files[i], *next; f; f = next) {
      next = f->next;
      if (f->users || (f->state != PROBED && f->state != OPAQUE && f->state != HELD && f->state != REFUSED)) continue;
      if (now - f->idle_ns > 2000000000ull && is_gone(f)) {
        detach_file(l, f);
        continue;
      }
      idle++;
      if (!oldest || f->idle_ns < oldest->idle_ns) oldest = f;
    }
  if (idle > MAX_IDLE && oldest) detach_file(l, oldest);
}

unsigned int job_descriptors(struct pollfd *to, unsigned int max) {
  unsigned int count = 0;

  for (unsigned int i = 0; i < JOBS && count < max; i++)
    if (jobs[i].file) to[count++] = (struct pollfd){.fd = jobs[i].job.pipe, .events = POLLIN};
  return count;
}

void stop_jobs(void) {
  for (unsigned int i = 0; i < JOBS; i++)
    if (jobs[i].file) kill(jobs[i].job.pid, SIGKILL);
}
