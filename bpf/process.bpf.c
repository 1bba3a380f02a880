// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/*
 * Processes of the watched cgroup: exec, fork, exit. On raw tracepoints, which need neither tracefs nor CAP_SYS_ADMIN.
 */
#include "record.h"

char LICENSE[] SEC("license") = "GPL";

/* The arguments, as they lie in the new process's memory. */
static __always_inline u32 copy_args(char *to, struct mm_struct *mm) {
  unsigned long from = BPF_CORE_READ(mm, arg_start);
  unsigned long end = BPF_CORE_READ(mm, arg_end);
  u64 length = end - from;

  if (end <= from) return 0;
  if (length > WEIR_ARGS) length = WEIR_ARGS;
  /* The verifier wants to see a bound that the compiler cannot take away. */
  asm volatile("" : "+r"(length));
  if (length > WEIR_ARGS) return 0;
  return bpf_probe_read_user(to, length, (const void *)from) ? 0 : length;
}

SEC("raw_tp/sched_process_exec")
int on_exec(struct bpf_raw_tracepoint_args *ctx) {
  struct task_struct *task = (struct task_struct *)ctx->args[0];
  struct linux_binprm *bprm = (struct linux_binprm *)ctx->args[2];
  struct settings *set = get_settings();
  struct task_struct *parent;
  struct weir_exec *e;
  struct inode *inode;
  struct mm_struct *mm;
  long length;

  if (!set || !is_watched(set)) return 0;
  e = reserve(WEIR_KIND_PROCESS, sizeof(*e));
  if (!e) return 0;
  fill_head(&e->head, WEIR_EXEC, sizeof(*e));
  fill_task(&e->task, task);
  parent = BPF_CORE_READ(task, real_parent);
  e->parent = BPF_CORE_READ(parent, tgid);
  e->parent_start_ns = BPF_CORE_READ(parent, group_leader, start_boottime);
  e->cgroup_id = bpf_get_current_cgroup_id();
  e->uid = (u32)bpf_get_current_uid_gid();
  mm = BPF_CORE_READ(task, mm);
  inode = BPF_CORE_READ(mm, exe_file, f_inode);
  e->exe_device = device_of(inode);
  e->exe_inode = BPF_CORE_READ(inode, i_ino);
  __builtin_memset(e->comm, 0, sizeof(e->comm));
  bpf_get_current_comm(e->comm, sizeof(e->comm));
  __builtin_memset(e->exe, 0, sizeof(e->exe));
  length = bpf_probe_read_kernel_str(e->exe, sizeof(e->exe), BPF_CORE_READ(bprm, filename));
  e->exe_length = length > 0 ? length - 1 : 0;
  __builtin_memset(e->args, 0, sizeof(e->args));
  e->args_length = copy_args(e->args, mm);
  submit_now(WEIR_KIND_PROCESS, e);
  return 0;
}

/* The new process of one of Weir's own is one too. */
static __always_inline void pass_on_own(u32 parent, struct weir_task *child) {
  if (is_own(parent)) bpf_map_update_elem(&own, &child->tgid, &child->start_ns, BPF_ANY);
}

SEC("raw_tp/sched_process_fork")
int on_fork(struct bpf_raw_tracepoint_args *ctx) {
  struct task_struct *child = (struct task_struct *)ctx->args[1];
  struct settings *set = get_settings();
  struct weir_task made;
  struct weir_fork *f;

  if (!set) return 0;
  fill_task(&made, child);
  if (made.tgid != made.tid) return 0; /* a thread */
  pass_on_own(bpf_get_current_pid_tgid() >> 32, &made);
  if (!is_watched(set)) return 0;
  f = reserve(WEIR_KIND_PROCESS, sizeof(*f));
  if (!f) return 0;
  fill_head(&f->head, WEIR_FORK, sizeof(*f));
  fill_current(&f->task);
  f->child = made;
  submit(WEIR_KIND_PROCESS, f);
  return 0;
}

SEC("raw_tp/sched_process_exit")
int on_exit(struct bpf_raw_tracepoint_args *ctx) {
  struct task_struct *task = (struct task_struct *)ctx->args[0];
  struct settings *set = get_settings();
  u32 tgid = bpf_get_current_pid_tgid() >> 32;
  struct weir_exit *e;
  int code;

  if (!set || BPF_CORE_READ(task, signal, live.counter) != 0) return 0;
  bpf_map_delete_elem(&own, &tgid);
  if (!is_watched(set)) return 0;
  e = reserve(WEIR_KIND_PROCESS, sizeof(*e));
  if (!e) return 0;
  fill_head(&e->head, WEIR_EXIT, sizeof(*e));
  fill_task(&e->task, task);
  e->task.tid = e->task.tgid;
  code = BPF_CORE_READ(task, signal, group_exit_code);
  e->code = code ? code : BPF_CORE_READ(task, exit_code);
  e->reserved = 0;
  submit(WEIR_KIND_PROCESS, e);
  return 0;
}
