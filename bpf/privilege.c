// SPDX-License-Identifier: Apache-2.0
/*
 * Privileges: what the loader keeps once everything of the kernel's is attached, and that it goes when its parent goes.
 * It keeps CAP_BPF and CAP_PERFMON (maps, later probes), CAP_NET_ADMIN (cgroup programs), CAP_SYS_PTRACE and
 * CAP_DAC_READ_SEARCH (the executables of other processes, containers' too).
 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loader.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

#define BIT(n) (1ull << (n))

uint64_t effective_capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {};

  if (syscall(SYS_capget, &header, data) < 0) return 0;
  return data[0].effective | (uint64_t)data[1].effective << 32;
}

int keep_capabilities(uint64_t kept) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {};

  kept &= effective_capabilities();
  /* A later exec gets no more than this either, whatever the file. */
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -errno;
  for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
    if (!(kept & BIT(capability))) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  data[0].effective = data[0].permitted = (uint32_t)kept;
  data[1].effective = data[1].permitted = kept >> 32;
  if (syscall(SYS_capset, &header, data) < 0) return -errno;
  return 0;
}

int drop_privileges(bool must_keep_admin) {
  uint64_t kept = BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_NET_ADMIN) | BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH);

  return keep_capabilities(must_keep_admin ? kept | BIT(CAP_SYS_ADMIN) : kept);
}

int die_with_parent(void) {
  static pid_t parent;

  if (!parent) parent = getppid();
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) return -1;
  /* It may have gone before the kernel knew that we mind. */
  return getppid() == parent ? 0 : -1;
}
