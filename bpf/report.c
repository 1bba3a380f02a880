// SPDX-License-Identifier: Apache-2.0
/* The frames by which the loader tells of itself: the first one, and those of each second. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "loader.h"

static const struct weir_layout layouts[] = {
    {WEIR_HELLO, sizeof(struct weir_hello)},
    {WEIR_CLOCK, sizeof(struct weir_clock)},
    {WEIR_LOSS, sizeof(struct weir_loss)},
    {WEIR_ATTACH, sizeof(struct weir_attach)},
    {WEIR_LIBRARY, sizeof(struct weir_library)},
    {WEIR_LOG, sizeof(struct weir_log)},
    {WEIR_REPLY, sizeof(struct weir_reply)},
    {WEIR_ORIGIN, sizeof(struct weir_origin)},
    {WEIR_NETNS, sizeof(struct weir_netns)},
    {WEIR_EXEC, sizeof(struct weir_exec)},
    {WEIR_FORK, sizeof(struct weir_fork)},
    {WEIR_EXIT, sizeof(struct weir_exit)},
    {WEIR_CONNECT, sizeof(struct weir_connect)},
    {WEIR_ACCEPT, sizeof(struct weir_accept)},
    {WEIR_STATE, sizeof(struct weir_state)},
    {WEIR_PACKET, sizeof(struct weir_packet)},
    {WEIR_TLS_OPEN, sizeof(struct weir_tls_open)},
    {WEIR_TLS_NAME, sizeof(struct weir_tls_name)},
    {WEIR_TLS_DATA, sizeof(struct weir_tls_data)},
    {WEIR_TLS_DONE, sizeof(struct weir_tls_done)},
    {WEIR_TLS_CLOSE, sizeof(struct weir_tls_close)},
    {WEIR_TLS_SOCKET, sizeof(struct weir_tls_socket)},
    {WEIR_STEERED, sizeof(struct weir_steer)},
    {WEIR_BLOCKED, sizeof(struct weir_steer)},
};

void put_hello(struct loader *l) {
  struct weir_hello hello = {.magic = WEIR_MAGIC, .abi = WEIR_ABI};
  char rest[sizeof(layouts) + sizeof(l->parts)];
  size_t parts = l->part_count * sizeof(l->parts[0]);
  struct utsname name;

  hello.layouts = sizeof(layouts) / sizeof(layouts[0]);
  hello.parts = l->part_count;
  hello.cpus = libbpf_num_possible_cpus();
  hello.ring_bytes = l->ring_bytes;
  hello.capabilities = effective_capabilities();
  hello.cgroup = l->settings.cgroup;
  hello.pid = getpid();
  hello.flags = l->is_steering ? WEIR_HELLO_STEER : 0;
  if (uname(&name) == 0) strncpy(hello.kernel, name.release, sizeof(hello.kernel) - 1);
  memcpy(rest, layouts, sizeof(layouts));
  memcpy(rest + sizeof(layouts), l->parts, parts);
  fill_frame(&hello.head, WEIR_HELLO, sizeof(hello) + sizeof(layouts) + parts);
  put_frame2(&hello, sizeof(hello), rest, sizeof(layouts) + parts);
}

void put_netns(uint64_t netns) {
  struct weir_netns frame = {.netns = netns};

  fill_frame(&frame.head, WEIR_NETNS, sizeof(frame));
  put_frame(&frame, sizeof(frame));
}

static uint64_t read_clock(clockid_t id) {
  struct timespec t;

  clock_gettime(id, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void put_clock(void) {
  struct weir_clock frame = {};

  fill_frame(&frame.head, WEIR_CLOCK, sizeof(frame));
  frame.wall_ns = read_clock(CLOCK_REALTIME);
  frame.boot_ns = read_clock(CLOCK_BOOTTIME);
  put_frame(&frame, sizeof(frame));
}

void put_loss(struct loader *l, bool is_asked) {
  static uint64_t last;
  struct weir_loss frame = {};
  int fd = map_fd(l, "counters");
  int cpus = libbpf_num_possible_cpus();
  struct weir_counts *counts;
  uint64_t seen = 0;

  if (fd < 0 || cpus <= 0) return;
  counts = calloc((size_t)WEIR_KINDS * cpus, sizeof(*counts));
  if (!counts) return;
  for (uint32_t kind = 0; kind < WEIR_KINDS; kind++) {
    struct weir_counts *of_kind = counts + frame.count;
    int used = 0;

    if (bpf_map_lookup_elem(fd, &kind, of_kind) < 0) continue;
    for (int cpu = 0; cpu < cpus; cpu++) {
      if (of_kind[cpu].seen == 0) continue;
      seen += of_kind[cpu].seen;
      of_kind[used] = of_kind[cpu];
      of_kind[used].kind = kind;
      of_kind[used].cpu = cpu;
      used++;
    }
    frame.count += used;
  }
  if (is_asked || seen != last) {
    last = seen;
    fill_frame(&frame.head, WEIR_LOSS, sizeof(frame) + frame.count * sizeof(*counts));
    put_frame2(&frame, sizeof(frame), counts, frame.count * sizeof(*counts));
  }
  free(counts);
}
