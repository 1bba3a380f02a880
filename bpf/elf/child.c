// SPDX-License-Identifier: Apache-2.0
/*
 * Parsing at arm's length. The child is this program run anew, so nothing that the parent has in memory (plaintext of
 * others, descriptors of maps) is there to be read by whoever takes the parser over. It has no capability, waits for one
 * descriptor, and after it has mapped that file only read, write and exit are left to it (seccomp's strict mode). The next
 * child is started before there is a file for it: a program that has just begun may speak TLS within milliseconds. A file that is cut short meanwhile
 * ends it by SIGBUS, a bug by whatever signal: the parent then refuses the file.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "elf.h"

#define CHILD_ARGUMENT "--elf-child"
#define CHILD_SOCKET 3
#define CHILD_PIPE 4
#define CHILD_SECONDS 15 /* of processor time */

/* The largest file that is looked at. */
#define MAX_FILE (1ull << 31)

static int drop_capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {0};

  return (int)syscall(SYS_capset, &header, data);
}

bool is_elf_child(int argc, char *const argv[]) {
  return argc == 2 && strcmp(argv[1], CHILD_ARGUMENT) == 0;
}

static void answer(const struct elf_result *result) {
  const char *at = (const char *)result;
  size_t left = sizeof(*result);

  while (left > 0) {
    ssize_t written = write(CHILD_PIPE, at, left);

    if (written <= 0)
      break;
    at += written;
    left -= (size_t)written;
  }
  syscall(SYS_exit, 0); /* exit_group is not among what is left */
}

/* The file, from the parent; -1 where that has gone. */
static int take_file(void) {
  union {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
  } control = {0};
  char byte;
  struct iovec text = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &text, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)};
  int file = -1;

  if (recvmsg(CHILD_SOCKET, &message, MSG_CMSG_CLOEXEC) != 1) return -1;
  if (CMSG_FIRSTHDR(&message) && CMSG_FIRSTHDR(&message)->cmsg_type == SCM_RIGHTS)
    memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(file));
  return file;
}

static int give_file(int socket, int file) {
  union {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
  } control = {0};
  char byte = 0;
  struct iovec text = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &text, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)};

  control.head.cmsg_len = CMSG_LEN(sizeof(int));
  control.head.cmsg_level = SOL_SOCKET;
  control.head.cmsg_type = SCM_RIGHTS;
  memcpy(CMSG_DATA(&control.head), &file, sizeof(file));
  return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

int elf_child(void) {
  struct rlimit cpu = {CHILD_SECONDS, CHILD_SECONDS}, none = {0, 0};
  static struct elf_result result;
  struct elf_image image;
  struct stat status;
  void *bytes;
  int file;

  setrlimit(RLIMIT_CPU, &cpu);
  setrlimit(RLIMIT_CORE, &none);
  if (drop_capabilities() != 0) return 1;
  file = take_file();
  if (file < 0 || fstat(file, &status) != 0) return 1;
  close(CHILD_SOCKET);
  if (!S_ISREG(status.st_mode) || status.st_size < 64 || (unsigned long long)status.st_size > MAX_FILE) {
    result.status = ELF_REFUSED;
    strcpy(result.reason, "not a program or library");
    answer(&result);
    return 1;
  }
  /* Shared: into a private mapping the kernel would put the breakpoints of whoever probes the file now. */
  bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, file, 0);
  if (bytes == MAP_FAILED || prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
    return 1;
  image = (struct elf_image){.bytes = bytes, .size = (size_t)status.st_size};
  elf_parse(image, &result);
  answer(&result);
  return 1;
}

/* In the child, before it is this program anew: only calls that are safe behind fork. */
static void become_child(int socket, int pipe) {
  char *const argv[] = {"weir-elf", CHILD_ARGUMENT, NULL}, *const environment[] = {NULL};
  /* Out of the way of 3 and 4 first, whatever they are now. */
  int high_socket = fcntl(socket, F_DUPFD, 10), high_pipe = fcntl(pipe, F_DUPFD, 10), null = open("/dev/null", O_RDWR);
  int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

  if (high_socket < 0 || high_pipe < 0 || null < 0 || program < 0)
    _exit(1);
  program = fcntl(program, F_DUPFD_CLOEXEC, 20);
  for (int i = 0; i < 3; i++)
    dup2(null, i);
  dup2(high_socket, CHILD_SOCKET);
  dup2(high_pipe, CHILD_PIPE);
  if (program > 5)
    syscall(SYS_close_range, 5, program - 1, 0);
  syscall(SYS_close_range, program + 1, ~0u, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  /* Without new privileges, a program run by root gets back none of the capabilities that are given up here. */
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || drop_capabilities() != 0)
    _exit(1);
  syscall(SYS_execveat, program, "", argv, environment, AT_EMPTY_PATH);
  _exit(1);
}

/* The child that waits for the next file. */
static struct {
  pid_t pid;
  int pipe;
  int socket;
} spare = {.pid = 0};

int elf_prepare(void) {
  int ends[2], sockets[2], error = 0;
  pid_t pid;

  if (spare.pid) return 0;
  if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
    error = -errno;
    close(ends[0]);
    close(ends[1]);
    return error;
  }
  pid = fork();
  if (pid == 0) become_child(sockets[1], ends[1]);
  if (pid < 0) error = -errno;
  close(ends[1]);
  close(sockets[1]);
  if (pid < 0) {
    close(ends[0]);
    close(sockets[0]);
    return error;
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  spare.pid = pid;
  spare.pipe = ends[0];
  spare.socket = sockets[0];
  return 0;
}

int elf_start(struct elf_job *job, int file) {
  struct timespec now;
  int error;

  job->pipe = -1;
  job->got = 0;
  error = elf_prepare();
  if (error) return error;
  job->pid = spare.pid;
  job->pipe = spare.pipe;
  error = give_file(spare.socket, file);
  close(spare.socket);
  spare.pid = 0;
  clock_gettime(CLOCK_MONOTONIC, &now);
  job->started_ns = (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
  /* One that has died meanwhile has closed its pipe, which elf_finish() sees. */
  return error == -EPIPE || error == -ECONNRESET ? 0 : error;
}

static bool is_believable(const struct elf_result *result) {
  if (result->status < ELF_NOTHING || result->status > ELF_REFUSED || result->point_count > ELF_POINTS ||
      result->build_id_length > ELF_BUILD_ID || result->reason[ELF_REASON - 1] != 0)
    return false;
  for (unsigned int i = 0; i < result->point_count; i++)
    if (result->points[i].function == TLS_NONE || result->points[i].function >= TLS_FUNCTIONS ||
        result->points[i].kind < ELF_ENTRY || result->points[i].kind > ELF_RET)
      return false;
  return true;
}

int elf_finish(struct elf_job *job, uint64_t now_ns) {
  bool is_over = false;

  for (;;) {
    char *to = (char *)&job->result + job->got;
    size_t room = sizeof(job->result) - job->got;
    ssize_t got = room > 0 ? read(job->pipe, to, room) : 0;

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0 && errno == EAGAIN)
      break;
    if (got <= 0) {
      is_over = true;
      break;
    }
    job->got += (size_t)got;
  }
  if (!is_over && now_ns - job->started_ns < ELF_TIMEOUT_NS)
    return 0;
  kill(job->pid, SIGKILL);
  while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR) {
  }
  close(job->pipe);
  job->pipe = -1;
  job->is_lost = job->got != sizeof(job->result);
  if (job->is_lost || !is_believable(&job->result)) {
    memset(&job->result, 0, sizeof(job->result));
    job->result.status = ELF_REFUSED;
    strcpy(job->result.reason, is_over ? "the parser did not answer" : "the parser took too long");
  }
  return 1;
}
