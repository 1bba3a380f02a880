/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the loader know of each other. One thread runs all of it, around the loop in loader.c; nothing may
 * wait for anything but there.
 */
#ifndef WEIR_LOADER_H
#define WEIR_LOADER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"
#include "shared.h"

struct bpf_object;
struct ring_buffer;

#define MAX_PARTS 24
#define MAX_OBJECTS 8

/* A program that the kernel would not load; the others of its object are loaded without it. */
struct refusal {
  char program[32];
  char reason[WEIR_REASON];
};

struct loader {
  int cgroup_fd;
  char cgroup_path[4096];
  uint32_t ring_bytes;
  bool is_steering; /* --steer */
  bool is_tls;      /* not --no-tls */
  bool is_ending;
  bool must_keep_admin; /* a part needs CAP_SYS_ADMIN after the start (perf_event uprobes) */
  struct weir_part parts[MAX_PARTS];
  unsigned int part_count;
  struct bpf_object *objects[MAX_OBJECTS];
  unsigned int object_count;
  struct refusal refusals[16];
  unsigned int refusal_count;
  struct ring_buffer *ring;
  struct settings settings; /* as they stand in the map */
  uint32_t reports[16];     /* sequences of reports that are asked for */
  unsigned int report_count;
};

/* ---- objects.c: programs and maps */

/* What libbpf and the verifier say goes to standard error too. */
extern bool is_verbose;

/*
 * Loads the programs of one object (the name of its file, without .bpf.c), with the maps of those loaded before. 0, or
 * -errno with the reason in `reason`. Programs that the kernel refuses are left out (find_refusal()).
 */
int load_object(struct loader *l, const char *name, char *reason, size_t size);
/* The same, with a word on the object before it is loaded. */
typedef void prepare_object(struct bpf_object *object);
int load_object_as(struct loader *l, const char *name, prepare_object *prepare, char *reason, size_t size);
/* Takes away the object that was loaded last, with nothing attached. */
void unload_object(struct loader *l, const char *name);
/* Attaches a loaded program, to the watched cgroup where it is one for cgroups, and notes how that went. */
void attach_program(struct loader *l, const char *program, enum weir_part_id part);
const char *find_refusal(const struct loader *l, const char *program);
struct bpf_object *find_object(struct loader *l, const char *name);
/* The descriptor of a map, -1 where no object that is loaded has it. */
int map_fd(const struct loader *l, const char *name);
int program_fd(const struct loader *l, const char *name);
void write_settings(struct loader *l);
/* Notes a process as one of Weir's own. */
int add_own_process(struct loader *l, uint32_t tgid, uint64_t start_ns);

/* ---- parts.c: what the first frame says of each part */

/* Notes the state of a part; a later note of the same part replaces it. `error` is an errno. */
void note_part(struct loader *l, enum weir_part_id id, enum weir_part_state state, int error, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
const struct weir_part *find_part(const struct loader *l, enum weir_part_id id);

/* ---- output.c: frames to standard output */

int start_output(void);
/* Room for more records: below it, the ring is left alone. */
bool has_room(void);
bool has_output(void);
/* Writes what the pipe takes. 0, or -errno when the reader is gone. */
int flush_output(void);
/* Puts a whole frame at the end. Never fails: what must not be lost is kept, and records are only taken while there is room. */
void put_frame(const void *frame, size_t size);
/* The same, of a frame that lies in two pieces; its head says the size of both. */
void put_frame2(const void *fixed, size_t fixed_size, const void *rest, size_t rest_size);
/* Fills the head of a frame of the loader. */
void fill_frame(struct weir_head *head, uint16_t type, size_t size);
uint64_t now_ns(void);
void log_line(enum weir_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- input.c: commands from standard input */

/* Takes what is there. 0; 1 at the end of input; -errno when what came cannot be commands. */
int take_commands(struct loader *l);
void reply(uint32_t sequence, int error, const char *text);
/* In loader.c: a report when the ring is empty. Negative: the answer comes later. */
int ask_report(struct loader *l, uint32_t sequence);

/* ---- report.c: the frames of each second */

void put_hello(struct loader *l);
void put_netns(uint64_t netns);
void put_clock(void);
void put_loss(struct loader *l, bool is_asked);

/* ---- privilege.c */

uint64_t effective_capabilities(void);
/* Keeps these capabilities alone. 0 or -errno. */
int keep_capabilities(uint64_t kept);
/* Gives up all but what goes on being needed, for good. 0 or -errno. */
int drop_privileges(bool must_keep_admin);
/* Ends this process with its parent. 0, or -1 where that is gone already. */
int die_with_parent(void);

/* ---- sockets.c: connections and packets */

void start_sockets(struct loader *l);
int socket_command(struct loader *l, const struct weir_do_socket *command);

/* ---- steer.c: steering and blocking */

/* With --steer: makes the process that tries from other network namespaces. */
void prepare_steering(struct loader *l);
void start_steering(struct loader *l);
/* 0 or an errno; negative where the answer comes by itself. */
int steer_command(struct loader *l, const struct weir_command *command);
/* Of the network namespace of this process; 0 where the kernel does not say it. */
uint64_t own_netns(void);
/* Of the process that tries; -1 without one. */
int prober_descriptor(void);
void take_probes(void);

/* ---- tls-attach.c: probes on TLS libraries. Each hook is called from the loop, and none may block. */

/* Before privileges are dropped: loads tls.bpf.o, finds out by which means probes can be set, notes WEIR_PART_TLS. Reads
 * no file of another process yet. */
void start_tls(struct loader *l);
/* After privileges are dropped and the first frame is out: the first scan. */
void begin_tls(struct loader *l);
/* A command: 0, or an errno; ENOSYS for one that is not of TLS. `command` is whole (command->size bytes). */
int tls_command(struct loader *l, const struct weir_command *command);
/* Each record of the kernel, as it is handed on: EXEC, CONNECT and EXIT are what it wants. */
void tls_record(struct loader *l, const struct weir_head *head);
/* Adds descriptors that it waits for; returns how many. At most `max`. */
unsigned int tls_descriptors(struct loader *l, struct pollfd *to, unsigned int max);
/* Called in each round of the loop (every few ms) with what tls_descriptors() added. */
void tls_round(struct loader *l, const struct pollfd *ready, unsigned int count);
void stop_tls(struct loader *l);

#endif
