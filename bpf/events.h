/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one wire contract of the sensor: what the kernel programs put into the ring, what the loader writes to its
 * standard output, and what it takes on its standard input. sensor/frames.ts decodes the same layouts; its test reads
 * the WEIR_AT and WEIR_SIZE lines of this file, so those stay one to a line and plain numbers.
 *
 * Rules. Numbers are in the byte order of the host (both ends run on it), ports too; addresses are in network order, an
 * IPv4 address in the first four of sixteen bytes with family 4 (an IPv4-mapped IPv6 address is sent as IPv4). A frame
 * begins with struct weir_head, whose size counts the whole frame, head included, and is the only length prefix. Fixed
 * part first, then bytes whose number a field of it says. Text is bytes as the observed process has them: UTF-8 is not
 * promised. Strings in fixed arrays end at the first NUL or at the end of the array. Fields named reserved are 0.
 * A reader skips types that it does not know, and bytes behind the fixed part that it knows.
 *
 * WEIR_ABI goes up when the meaning or place of anything that stands here changes; loader and reader of different
 * numbers refuse each other. New types, and new values of flags, do not change it.
 */
#ifndef WEIR_EVENTS_H
#define WEIR_EVENTS_H

#include <linux/types.h>

#define WEIR_ABI 1
#define WEIR_MAGIC 0x52494557 /* "WEIR" */

/* The largest frame: head and fixed part of a record with 16 KiB of payload, rounded up. Commands are at most 4 KiB. */
#define WEIR_MAX_FRAME 20480
#define WEIR_MAX_COMMAND 4096
#define WEIR_COMM 16
#define WEIR_EXE 256
#define WEIR_ARGS 512
#define WEIR_NAME 256
#define WEIR_REASON 128

#define WEIR_AT(type, field, at)                                                                                       \
  _Static_assert(__builtin_offsetof(struct type, field) == (at), #type "." #field);
#define WEIR_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type);

/* ---- types of frames -------------------------------------------------------------------------------------------- */

enum weir_type {
  /* of the loader */
  WEIR_HELLO = 1,  /* the first frame, once */
  WEIR_CLOCK = 2,  /* each second */
  WEIR_LOSS = 3,   /* each second where a number has changed, and on WEIR_DO_REPORT */
  WEIR_ATTACH = 4, /* a probe was set, taken away or refused */
  WEIR_LIBRARY = 5, /* which TLS library a process has mapped, and what is done about it */
  WEIR_LOG = 6,    /* something that a person should read */
  WEIR_REPLY = 7,  /* the answer to a command that asks for one */
  WEIR_ORIGIN = 8, /* the answer to WEIR_DO_ORIGIN */
  WEIR_NETNS = 9,  /* behind the first frame, with --steer */
  /* of processes */
  WEIR_EXEC = 16,
  WEIR_FORK = 17,
  WEIR_EXIT = 18,
  /* of sockets */
  WEIR_CONNECT = 32,
  WEIR_ACCEPT = 33,
  WEIR_STATE = 34,
  WEIR_PACKET = 35,
  /* of TLS libraries */
  WEIR_TLS_OPEN = 48,
  WEIR_TLS_NAME = 49,
  WEIR_TLS_DATA = 50,
  WEIR_TLS_DONE = 51,
  WEIR_TLS_CLOSE = 52,
  WEIR_TLS_SOCKET = 53,
  /* of steering and blocking */
  WEIR_STEERED = 64,
  WEIR_BLOCKED = 65,
};

/* ---- what every record begins with ------------------------------------------------------------------------------ */

struct weir_head {
  __u32 size; /* of the whole frame */
  __u16 type;
  __u16 cpu;      /* that it was made on; 0xffff for a frame of the loader */
  /* CLOCK_MONOTONIC; WEIR_CLOCK relates it to the time of day. Of WEIR_TLS_DATA that of the handle's first call in the same tick
   * of the kernel: up to 10 ms early. */
  __u64 ktime_ns;
};
WEIR_AT(weir_head, size, 0)
WEIR_AT(weir_head, type, 4)
WEIR_AT(weir_head, cpu, 6)
WEIR_AT(weir_head, ktime_ns, 8)
WEIR_SIZE(weir_head, 16)

/* A process, told from a later one with the same number by its start. Numbers are those of the initial pid namespace. */
struct weir_task {
  __u32 tgid; /* the process; 0 where it is not known */
  __u32 tid;  /* the thread that did it */
  __u64 start_ns; /* start of the process, CLOCK_BOOTTIME: field 22 of /proc/PID/stat is this, in ticks, cut off */
};
WEIR_AT(weir_task, tgid, 0)
WEIR_AT(weir_task, tid, 4)
WEIR_AT(weir_task, start_ns, 8)
WEIR_SIZE(weir_task, 16)

/* ---- frames of the loader ---------------------------------------------------------------------------------------- */

/* What the sensor could attach. Each stands in the first frame, whatever its state. */
enum weir_part_id {
  WEIR_PART_EXEC = 1,
  WEIR_PART_FORK = 2,
  WEIR_PART_EXIT = 3,
  WEIR_PART_CONNECT4 = 4,
  WEIR_PART_CONNECT6 = 5,
  WEIR_PART_SENDMSG4 = 6, /* UDP without connect */
  WEIR_PART_SENDMSG6 = 7,
  WEIR_PART_STATE = 8, /* bytes and duration */
  WEIR_PART_RELEASE = 9, /* the end of a UDP socket */
  WEIR_PART_SOCKOPS = 10, /* accepted connections, local ports */
  WEIR_PART_EGRESS = 11,
  WEIR_PART_INGRESS = 12,
  WEIR_PART_PEERNAME4 = 13,
  WEIR_PART_PEERNAME6 = 14,
  WEIR_PART_STEER = 16, /* where steered connections come from (sockops) */
  WEIR_PART_TLS = 15, /* that probes on TLS libraries can be set at all, and by which means */
};

enum weir_part_state {
  WEIR_PART_OFF = 0, /* not asked for */
  WEIR_PART_ON = 1,
  WEIR_PART_REFUSED = 2, /* asked for, and the reason says why not */
};

/* How probes on TLS libraries are set. */
enum weir_rung {
  WEIR_RUNG_NONE = 0,
  WEIR_RUNG_PERF = 1,  /* perf_event uprobes: needs CAP_SYS_ADMIN, which the loader then keeps */
  WEIR_RUNG_MULTI = 2, /* uprobe_multi, Linux 6.6 */
};

struct weir_part {
  __u16 id;
  __u8 state;
  __u8 rung; /* of WEIR_PART_TLS */
  __s32 error; /* errno of the refusal, else 0 */
  char name[24];
  char reason[WEIR_REASON];
};
WEIR_AT(weir_part, id, 0)
WEIR_AT(weir_part, state, 2)
WEIR_AT(weir_part, rung, 3)
WEIR_AT(weir_part, error, 4)
WEIR_AT(weir_part, name, 8)
WEIR_AT(weir_part, reason, 32)
WEIR_SIZE(weir_part, 160)

/* The size of the fixed part of each type that this loader knows: a reader refuses one that is smaller than its own. */
struct weir_layout {
  __u16 type;
  __u16 size;
};
WEIR_AT(weir_layout, type, 0)
WEIR_AT(weir_layout, size, 2)
WEIR_SIZE(weir_layout, 4)

/* Followed by layouts x struct weir_layout, then parts x struct weir_part. Where the sensor cannot work at all it is
 * sent too, with every part refused, and the loader ends with code 3. */
struct weir_hello {
  struct weir_head head;
  __u32 magic;
  __u16 abi;
  __u16 layouts;
  __u16 parts;
  __u16 cpus;
  __u32 ring_bytes;
  __u64 capabilities; /* CapEff that the loader keeps */
  __u64 cgroup;       /* the watched one, as cgroup_id in records */
  __u32 pid;          /* of the loader */
  __u32 flags;        /* WEIR_HELLO_... */
  char kernel[64];    /* release, as uname -r */
};
#define WEIR_HELLO_STEER 1 /* steering and blocking are attached (and do nothing until commands say so) */
WEIR_AT(weir_hello, head, 0)
WEIR_AT(weir_hello, magic, 16)
WEIR_AT(weir_hello, abi, 20)
WEIR_AT(weir_hello, layouts, 22)
WEIR_AT(weir_hello, parts, 24)
WEIR_AT(weir_hello, cpus, 26)
WEIR_AT(weir_hello, ring_bytes, 28)
WEIR_AT(weir_hello, capabilities, 32)
WEIR_AT(weir_hello, cgroup, 40)
WEIR_AT(weir_hello, pid, 48)
WEIR_AT(weir_hello, flags, 52)
WEIR_AT(weir_hello, kernel, 56)
WEIR_SIZE(weir_hello, 120)

/* The three clocks read together; head.ktime_ns is the first. */
struct weir_clock {
  struct weir_head head;
  __u64 wall_ns; /* CLOCK_REALTIME */
  __u64 boot_ns; /* CLOCK_BOOTTIME */
};
WEIR_AT(weir_clock, head, 0)
WEIR_AT(weir_clock, wall_ns, 16)
WEIR_AT(weir_clock, boot_ns, 24)
WEIR_SIZE(weir_clock, 32)

/* What counters are of. */
enum weir_kind {
  WEIR_KIND_PROCESS = 0,
  WEIR_KIND_SOCKET = 1,
  WEIR_KIND_PACKET = 2,
  WEIR_KIND_TLS = 3,
  WEIR_KINDS = 4,
};

/*
 * Since the loader began, one for each kind and CPU that has counted anything. The unit is a record: something that was
 * to become a record (a chunk of a TLS call, a packet with payload), each counted in seen and in exactly one of the
 * others. A call that is filtered counts once. A reader that falls behind makes the pipe full, then the ring, so that
 * all that it loses stands in ring_full.
 */
struct weir_counts {
  __u16 kind;
  __u16 cpu;
  __u32 reserved;
  __u64 seen;
  __u64 submitted;
  __u64 ring_full;
  __u64 oversized; /* the part of a call beyond the limit, once a call */
  __u64 map_full;
  __u64 fault; /* memory that could not be read */
  __u64 filtered;
};
WEIR_AT(weir_counts, kind, 0)
WEIR_AT(weir_counts, cpu, 2)
WEIR_AT(weir_counts, seen, 8)
WEIR_AT(weir_counts, submitted, 16)
WEIR_AT(weir_counts, ring_full, 24)
WEIR_AT(weir_counts, oversized, 32)
WEIR_AT(weir_counts, map_full, 40)
WEIR_AT(weir_counts, fault, 48)
WEIR_AT(weir_counts, filtered, 56)
WEIR_SIZE(weir_counts, 64)

/* Followed by count x struct weir_counts. */
struct weir_loss {
  struct weir_head head;
  __u32 count;
  __u32 reserved;
};
WEIR_AT(weir_loss, head, 0)
WEIR_AT(weir_loss, count, 16)
WEIR_SIZE(weir_loss, 24)

enum weir_library_kind {
  WEIR_OPENSSL = 1, /* libssl, and OpenSSL inside a program */
  WEIR_GNUTLS = 2,
  WEIR_GO = 3,
  WEIR_NSS = 4,
  WEIR_BORINGSSL = 5,
  WEIR_RUSTLS = 6,
  WEIR_TLS_UNKNOWN = 7, /* a program that speaks TLS by code that is not known */
};

enum weir_attach_state {
  WEIR_ATTACHED = 1,
  WEIR_DETACHED = 2,
  WEIR_ATTACH_REFUSED = 3,
};

enum weir_probe {
  WEIR_PROBE_ENTRY = 1,  /* the first instruction */
  WEIR_PROBE_INSIDE = 2, /* a later one of the prologue */
  WEIR_PROBE_RETURN = 3, /* uretprobe */
  WEIR_PROBE_RET = 4,    /* on each RET instruction (Go) */
};

/* One probe of one file. Followed by path_length bytes of path, function_length of the function's name, then
 * reason_length of reason (of a refusal; empty else). */
struct weir_attach {
  struct weir_head head;
  __u64 attachment; /* names the file: every probe of one file has the same, and TLS records carry it */
  __u64 device;
  __u64 inode;
  __u64 offset; /* of the probed instruction in the file */
  __u32 pid;    /* the process through which the file was found */
  __u8 state;
  __u8 library;
  __u8 probe;
  __u8 is_stepped; /* 1: the kernel single-steps the instruction (10 to 20 times as slow as an emulated one) */
  __u8 build_id_length;
  __u8 build_id[20];
  __u8 reserved[5];
  __u16 path_length;
  __u16 function_length;
  __u16 reason_length;
};
WEIR_AT(weir_attach, head, 0)
WEIR_AT(weir_attach, attachment, 16)
WEIR_AT(weir_attach, device, 24)
WEIR_AT(weir_attach, inode, 32)
WEIR_AT(weir_attach, offset, 40)
WEIR_AT(weir_attach, pid, 48)
WEIR_AT(weir_attach, state, 52)
WEIR_AT(weir_attach, library, 53)
WEIR_AT(weir_attach, probe, 54)
WEIR_AT(weir_attach, is_stepped, 55)
WEIR_AT(weir_attach, build_id_length, 56)
WEIR_AT(weir_attach, build_id, 57)
WEIR_AT(weir_attach, path_length, 82)
WEIR_AT(weir_attach, function_length, 84)
WEIR_AT(weir_attach, reason_length, 86)
WEIR_SIZE(weir_attach, 88)

enum weir_verdict_on_library {
  WEIR_LIBRARY_PROBED = 1,
  WEIR_LIBRARY_OPAQUE = 2, /* recognised, cannot be read: rustls, an unknown build; the reason says which */
  WEIR_LIBRARY_REFUSED = 3, /* could be read, but probes cannot be set here */
};

/* A process and a TLS library that it has mapped; sent again when either changes. Followed by path_length bytes of path,
 * then reason_length bytes: a word of the coverage (`rustls`, `tls-unknown`, `go-version` ...), or empty. */
struct weir_library {
  struct weir_head head;
  struct weir_task task; /* tid is tgid */
  __u64 attachment; /* 0 where there is none */
  __u8 library;
  __u8 verdict;
  __u8 reserved[2];
  __u16 path_length;
  __u16 reason_length;
};
WEIR_AT(weir_library, head, 0)
WEIR_AT(weir_library, task, 16)
WEIR_AT(weir_library, attachment, 32)
WEIR_AT(weir_library, library, 40)
WEIR_AT(weir_library, verdict, 41)
WEIR_AT(weir_library, path_length, 44)
WEIR_AT(weir_library, reason_length, 46)
WEIR_SIZE(weir_library, 48)

enum weir_log_level {
  WEIR_LOG_INFO = 1,
  WEIR_LOG_WARN = 2,
  WEIR_LOG_ERROR = 3,
};

/* Followed by length bytes of text. */
struct weir_log {
  struct weir_head head;
  __u16 level;
  __u16 length;
  __u32 reserved;
};
WEIR_AT(weir_log, head, 0)
WEIR_AT(weir_log, level, 16)
WEIR_AT(weir_log, length, 18)
WEIR_SIZE(weir_log, 24)

/* Followed by length bytes of text that explain error. */
struct weir_reply {
  struct weir_head head;
  __u32 sequence; /* of the command */
  __s32 error;    /* 0, or an errno */
  __u32 length;
  __u32 reserved;
};
WEIR_AT(weir_reply, head, 0)
WEIR_AT(weir_reply, sequence, 16)
WEIR_AT(weir_reply, error, 20)
WEIR_AT(weir_reply, length, 24)
WEIR_SIZE(weir_reply, 32)

/* Which network namespace the loader is in, as records name it (0 where the kernel does not say it). */
struct weir_netns {
  struct weir_head head;
  __u64 netns;
};
WEIR_AT(weir_netns, head, 0)
WEIR_AT(weir_netns, netns, 16)
WEIR_SIZE(weir_netns, 24)

/* ---- processes --------------------------------------------------------------------------------------------------- */

struct weir_exec {
  struct weir_head head;
  struct weir_task task;
  __u64 parent_start_ns;
  __u64 cgroup_id; /* cgroup v2: the inode number of its folder */
  __u32 parent;    /* tgid */
  __u32 uid;
  __u64 exe_device; /* of the file that is run, which may be the interpreter of the one named */
  __u64 exe_inode;
  __u32 exe_length;  /* bytes of exe that count */
  __u32 args_length; /* bytes of args that count; the arguments may go on where it is WEIR_ARGS */
  char comm[WEIR_COMM];
  char exe[WEIR_EXE];   /* as it was given to execve: may be relative, and the script of an interpreter */
  char args[WEIR_ARGS]; /* arguments, each ended by NUL */
};
WEIR_AT(weir_exec, head, 0)
WEIR_AT(weir_exec, task, 16)
WEIR_AT(weir_exec, parent_start_ns, 32)
WEIR_AT(weir_exec, cgroup_id, 40)
WEIR_AT(weir_exec, parent, 48)
WEIR_AT(weir_exec, uid, 52)
WEIR_AT(weir_exec, exe_device, 56)
WEIR_AT(weir_exec, exe_inode, 64)
WEIR_AT(weir_exec, exe_length, 72)
WEIR_AT(weir_exec, args_length, 76)
WEIR_AT(weir_exec, comm, 80)
WEIR_AT(weir_exec, exe, 96)
WEIR_AT(weir_exec, args, 352)
WEIR_SIZE(weir_exec, 864)

/* A new process (not: thread). */
struct weir_fork {
  struct weir_head head;
  struct weir_task task; /* the parent */
  struct weir_task child;
};
WEIR_AT(weir_fork, head, 0)
WEIR_AT(weir_fork, task, 16)
WEIR_AT(weir_fork, child, 32)
WEIR_SIZE(weir_fork, 48)

/* The last thread of a process ended. */
struct weir_exit {
  struct weir_head head;
  struct weir_task task;
  __u32 code; /* as wait(2) has it */
  __u32 reserved;
};
WEIR_AT(weir_exit, head, 0)
WEIR_AT(weir_exit, task, 16)
WEIR_AT(weir_exit, code, 32)
WEIR_SIZE(weir_exit, 40)

/* ---- sockets ----------------------------------------------------------------------------------------------------- */

enum weir_protocol {
  WEIR_TCP = 6,
  WEIR_UDP = 17,
};

enum weir_role {
  WEIR_ROLE_UNKNOWN = 0,
  WEIR_CLIENT = 1,
  WEIR_SERVER = 2,
};

/* Of what the process sends (out) and gets (in), whatever its role. */
enum weir_direction {
  WEIR_OUT = 0,
  WEIR_IN = 1,
};

#define WEIR_CONNECT_MAPPED 1  /* asked for as IPv4-mapped IPv6 */
#define WEIR_CONNECT_SENDMSG 2 /* a further destination of a UDP socket */
#define WEIR_CONNECT_OWN 4     /* by a process of Weir's own (WEIR_DO_OWN), or a child of one */
#define WEIR_CONNECT_STEERED 8 /* goes to the proxy; address and port are the original ones */
#define WEIR_CONNECT_BLOCKED 16 /* was refused */

/* A process asked for a connection, or sent its first datagram to somebody (comm and netns are empty then). All later
 * records of the socket have the same cookie, whoever's work they are; one that connects again begins again. */
struct weir_connect {
  struct weir_head head;
  struct weir_task task;
  __u64 cookie;
  __u64 cgroup_id;
  __u64 netns; /* cookie of the network namespace; 0 where the kernel does not say it */
  __u32 uid;
  __u8 family; /* 4 or 6 */
  __u8 protocol;
  __u16 flags;
  __u8 address[16];
  __u16 port;
  __u8 reserved[6];
  char comm[WEIR_COMM];
};
WEIR_AT(weir_connect, head, 0)
WEIR_AT(weir_connect, task, 16)
WEIR_AT(weir_connect, cookie, 32)
WEIR_AT(weir_connect, cgroup_id, 40)
WEIR_AT(weir_connect, netns, 48)
WEIR_AT(weir_connect, uid, 56)
WEIR_AT(weir_connect, family, 60)
WEIR_AT(weir_connect, protocol, 61)
WEIR_AT(weir_connect, flags, 62)
WEIR_AT(weir_connect, address, 64)
WEIR_AT(weir_connect, port, 80)
WEIR_AT(weir_connect, comm, 88)
WEIR_SIZE(weir_connect, 104)

/* A connection came in at a listener of the watched cgroup. The process is the one that listens (which may hand the
 * connection to another); all 0 where it listened before the sensor began and is not known. */
struct weir_accept {
  struct weir_head head;
  struct weir_task task;
  __u64 cookie;
  __u64 netns;
  __u8 family;
  __u8 protocol;
  __u16 local_port;
  __u16 remote_port;
  __u16 reserved;
  __u8 local[16];
  __u8 remote[16];
};
WEIR_AT(weir_accept, head, 0)
WEIR_AT(weir_accept, task, 16)
WEIR_AT(weir_accept, cookie, 32)
WEIR_AT(weir_accept, netns, 40)
WEIR_AT(weir_accept, family, 48)
WEIR_AT(weir_accept, protocol, 49)
WEIR_AT(weir_accept, local_port, 50)
WEIR_AT(weir_accept, remote_port, 52)
WEIR_AT(weir_accept, local, 56)
WEIR_AT(weir_accept, remote, 72)
WEIR_SIZE(weir_accept, 88)

/* States of a socket: those of TCP, as the kernel numbers them (1 established, 2 SYN sent, 3 SYN received, 7 closed,
 * 10 listening). */
#define WEIR_STATE_ESTABLISHED 1
#define WEIR_STATE_SYN_SENT 2
#define WEIR_STATE_CLOSED 7
#define WEIR_STATE_LISTEN 10

/* Sent when a connection is established, when it is closed (which is the last record of a cookie), and when a process
 * begins to listen. A UDP socket is only closed. */
struct weir_state {
  struct weir_head head;
  struct weir_task task; /* that connected or listens, as recorded then */
  __u64 cookie;
  __u64 bytes_sent;     /* payload, retransmissions taken off */
  __u64 bytes_received; /* payload */
  __u64 duration_ns;    /* since the connect; 0 where it was not seen */
  __u8 family;
  __u8 protocol;
  __u8 role;
  __u8 old_state;
  __u8 new_state;
  __u8 reserved[3];
  __u16 local_port;
  __u16 remote_port; /* as the kernel has it: the proxy's, of a steered connection */
  __u32 error;       /* errno of a connection that ended badly, else 0 */
  __u8 local[16];
  __u8 remote[16];
};
WEIR_AT(weir_state, head, 0)
WEIR_AT(weir_state, task, 16)
WEIR_AT(weir_state, cookie, 32)
WEIR_AT(weir_state, bytes_sent, 40)
WEIR_AT(weir_state, bytes_received, 48)
WEIR_AT(weir_state, duration_ns, 56)
WEIR_AT(weir_state, family, 64)
WEIR_AT(weir_state, protocol, 65)
WEIR_AT(weir_state, role, 66)
WEIR_AT(weir_state, old_state, 67)
WEIR_AT(weir_state, new_state, 68)
WEIR_AT(weir_state, local_port, 72)
WEIR_AT(weir_state, remote_port, 74)
WEIR_AT(weir_state, error, 76)
WEIR_AT(weir_state, local, 80)
WEIR_AT(weir_state, remote, 96)
WEIR_SIZE(weir_state, 112)

/* Why a packet was copied. */
enum weir_packet_why {
  WEIR_WHY_FIRST = 1,  /* the first bytes of a direction, before a verdict */
  WEIR_WHY_SAMPLE = 2, /* by the verdict WEIR_SAMPLE: the first bytes of a message */
  WEIR_WHY_FOLLOW = 3, /* by the verdict WEIR_FOLLOW */
  WEIR_WHY_DNS = 4,    /* from or to port 53 */
};

#define WEIR_PACKET_TRUNCATED 1 /* length is less than total */
#define WEIR_PACKET_MESSAGE 2   /* the first of its direction since the other one spoke */

#define WEIR_TCP_FIN 1
#define WEIR_TCP_SYN 2
#define WEIR_TCP_RST 4
#define WEIR_TCP_PSH 8
#define WEIR_TCP_ACK 16

/*
 * Payload as it passes between socket and network, before the receiver has put it in order: retransmissions and
 * reordering are told by the sequence. What leaves is seen before the network card has cut it up, so one may be up to
 * 64 KiB. Followed by length bytes of payload.
 */
struct weir_packet {
  struct weir_head head;
  struct weir_task task; /* that connected or listens; tgid 0 where the socket is older than the sensor */
  __u64 cookie;
  __u32 sequence; /* of TCP: number of the first byte of payload; 0 for UDP */
  __u32 total;    /* payload of the packet */
  __u32 length;   /* payload in this record */
  __u8 family;
  __u8 protocol;
  __u8 role;
  __u8 direction;
  __u8 why;
  __u8 tcp_flags;
  __u16 flags;
  __u16 local_port;
  __u16 remote_port;
  __u8 local[16];
  __u8 remote[16];
};
WEIR_AT(weir_packet, head, 0)
WEIR_AT(weir_packet, task, 16)
WEIR_AT(weir_packet, cookie, 32)
WEIR_AT(weir_packet, sequence, 40)
WEIR_AT(weir_packet, total, 44)
WEIR_AT(weir_packet, length, 48)
WEIR_AT(weir_packet, family, 52)
WEIR_AT(weir_packet, protocol, 53)
WEIR_AT(weir_packet, role, 54)
WEIR_AT(weir_packet, direction, 55)
WEIR_AT(weir_packet, why, 56)
WEIR_AT(weir_packet, tcp_flags, 57)
WEIR_AT(weir_packet, flags, 58)
WEIR_AT(weir_packet, local_port, 60)
WEIR_AT(weir_packet, remote_port, 62)
WEIR_AT(weir_packet, local, 64)
WEIR_AT(weir_packet, remote, 80)
WEIR_SIZE(weir_packet, 96)

/* ---- TLS libraries ----------------------------------------------------------------------------------------------- */

/*
 * A handle is (tgid, address of the library's object). The same address is used again for other connections: each time
 * generation goes up, by one for the process, and offsets and sequences begin at 0.
 */
struct weir_handle {
  __u64 address;
  __u32 generation;
  __u8 library;
  __u8 role;
  __u16 flags; /* WEIR_HANDLE_... */
};
#define WEIR_HANDLE_LATE 1   /* it was there before the probes: offsets count from the first call seen */
#define WEIR_HANDLE_FORKED 2 /* came from the parent process by fork */
WEIR_AT(weir_handle, address, 0)
WEIR_AT(weir_handle, generation, 8)
WEIR_AT(weir_handle, library, 12)
WEIR_AT(weir_handle, role, 13)
WEIR_AT(weir_handle, flags, 14)
WEIR_SIZE(weir_handle, 16)

/* The first call of a handle. */
struct weir_tls_open {
  struct weir_head head;
  struct weir_task task;
  struct weir_handle handle;
  __u64 attachment;
  __u64 cookie; /* of the socket, where it is known; 0 else */
};
WEIR_AT(weir_tls_open, head, 0)
WEIR_AT(weir_tls_open, task, 16)
WEIR_AT(weir_tls_open, handle, 32)
WEIR_AT(weir_tls_open, attachment, 48)
WEIR_AT(weir_tls_open, cookie, 56)
WEIR_SIZE(weir_tls_open, 64)

/* The process named the server that it wants (SSL_set_tlsext_host_name, gnutls_server_name_set, Go's ServerName). */
struct weir_tls_name {
  struct weir_head head;
  struct weir_task task;
  struct weir_handle handle;
  __u32 length; /* of name */
  __u8 verdict; /* what the map of names says of it: enum weir_verdict */
  __u8 reserved[3];
  char name[WEIR_NAME];
};
WEIR_AT(weir_tls_name, head, 0)
WEIR_AT(weir_tls_name, task, 16)
WEIR_AT(weir_tls_name, handle, 32)
WEIR_AT(weir_tls_name, length, 48)
WEIR_AT(weir_tls_name, verdict, 52)
WEIR_AT(weir_tls_name, name, 56)
WEIR_SIZE(weir_tls_name, 312)

#define WEIR_DATA_LAST 1      /* the last record of its call */
#define WEIR_DATA_TRUNCATED 2 /* the call had more bytes than were captured; on its last record */
#define WEIR_DATA_PENDING 4   /* counts only when WEIR_TLS_DONE of the same call says how many bytes were taken */
#define WEIR_DATA_PEEK 8      /* the handle is undecided: only its first bytes are captured until a verdict */

/*
 * A piece of plaintext: of one call, one to sixteen records of at most 16 KiB. The end of the last record of a call
 * (offset + length, and what was not captured) is where the next call of the direction begins. Followed by length bytes.
 */
struct weir_tls_data {
  struct weir_head head;
  struct weir_task task;
  struct weir_handle handle;
  __u64 attachment;
  __u64 cookie; /* of the socket, where it is known; 0 else */
  __u64 offset; /* of the first byte in the direction's stream */
  __u32 sequence; /* of records, by handle and direction, without a gap: one that is missing was lost */
  __u32 call;     /* number of the call, by handle and direction */
  __u32 at;       /* offset of the first byte in the call */
  __u32 total;    /* bytes of the call: of a write that is PENDING what was asked for, else what was taken or read */
  __u32 length;   /* payload in this record */
  __u8 direction;
  __u8 reserved;
  __u16 flags;
};
WEIR_AT(weir_tls_data, head, 0)
WEIR_AT(weir_tls_data, task, 16)
WEIR_AT(weir_tls_data, handle, 32)
WEIR_AT(weir_tls_data, attachment, 48)
WEIR_AT(weir_tls_data, cookie, 56)
WEIR_AT(weir_tls_data, offset, 64)
WEIR_AT(weir_tls_data, sequence, 72)
WEIR_AT(weir_tls_data, call, 76)
WEIR_AT(weir_tls_data, at, 80)
WEIR_AT(weir_tls_data, total, 84)
WEIR_AT(weir_tls_data, length, 88)
WEIR_AT(weir_tls_data, direction, 92)
WEIR_AT(weir_tls_data, flags, 94)
WEIR_SIZE(weir_tls_data, 96)

/* A call whose data was sent as PENDING came back. The bytes of it beyond taken were not written; a retry brings them
 * again, at the same offset. */
struct weir_tls_done {
  struct weir_head head;
  struct weir_task task;
  struct weir_handle handle;
  __u64 offset; /* of the direction's stream, after the call */
  __u32 call;
  __u32 taken; /* 0 for a failed one or one to be tried again */
  __u8 direction;
  __u8 reserved[7];
};
WEIR_AT(weir_tls_done, head, 0)
WEIR_AT(weir_tls_done, task, 16)
WEIR_AT(weir_tls_done, handle, 32)
WEIR_AT(weir_tls_done, offset, 48)
WEIR_AT(weir_tls_done, call, 56)
WEIR_AT(weir_tls_done, taken, 60)
WEIR_AT(weir_tls_done, direction, 64)
WEIR_SIZE(weir_tls_done, 72)

enum weir_close_why {
  WEIR_CLOSE_FREED = 1,
  WEIR_CLOSE_CLEARED = 2, /* SSL_clear: the object goes on to be used */
  WEIR_CLOSE_RENAMED = 3, /* another server name: another connection */
};

/* A handle ended. The end of the process ends all of its handles, without a record of each. */
struct weir_tls_close {
  struct weir_head head;
  struct weir_task task;
  struct weir_handle handle;
  __u64 bytes_out; /* of all calls, captured or not */
  __u64 bytes_in;
  __u8 why;
  __u8 reserved[7];
};
WEIR_AT(weir_tls_close, head, 0)
WEIR_AT(weir_tls_close, task, 16)
WEIR_AT(weir_tls_close, handle, 32)
WEIR_AT(weir_tls_close, bytes_out, 48)
WEIR_AT(weir_tls_close, bytes_in, 56)
WEIR_AT(weir_tls_close, why, 64)
WEIR_SIZE(weir_tls_close, 72)

/* Bytes of a socket left while its thread was inside a call of the handle: they belong together. A library that writes
 * into memory, from where another call sends it (node), has none. */
struct weir_tls_socket {
  struct weir_head head;
  struct weir_task task;
  struct weir_handle handle;
  __u64 cookie;
};
WEIR_AT(weir_tls_socket, head, 0)
WEIR_AT(weir_tls_socket, task, 16)
WEIR_AT(weir_tls_socket, handle, 32)
WEIR_AT(weir_tls_socket, cookie, 48)
WEIR_SIZE(weir_tls_socket, 56)

/* ---- steering and blocking --------------------------------------------------------------------------------------- */

/* WEIR_STEERED: a connection that goes to the proxy instead has its local port. WEIR_BLOCKED: one was refused. The same
 * fixed part; local is all 0 in WEIR_BLOCKED. */
struct weir_steer {
  struct weir_head head;
  struct weir_task task;
  __u64 cookie;
  __u8 family; /* of original */
  __u8 protocol;
  __u8 local_family;
  __u8 why; /* enum weir_block_why */
  __u16 port;
  __u16 local_port;
  __u8 original[16];
  __u8 local[16];
};
enum weir_block_why {
  WEIR_BLOCK_POLICY = 1, /* sensor.block */
  WEIR_BLOCK_LEASE = 2,  /* would have been steered, the proxy is away and onError is closed */
  WEIR_BLOCK_QUIC = 3,   /* UDP to where TCP is steered: the client is to fall back to that */
};
WEIR_AT(weir_steer, head, 0)
WEIR_AT(weir_steer, task, 16)
WEIR_AT(weir_steer, cookie, 32)
WEIR_AT(weir_steer, family, 40)
WEIR_AT(weir_steer, protocol, 41)
WEIR_AT(weir_steer, local_family, 42)
WEIR_AT(weir_steer, why, 43)
WEIR_AT(weir_steer, port, 44)
WEIR_AT(weir_steer, local_port, 46)
WEIR_AT(weir_steer, original, 48)
WEIR_AT(weir_steer, local, 64)
WEIR_SIZE(weir_steer, 80)

/* The answer to WEIR_DO_ORIGIN: where the connection from that address and port was going, and whose it is. */
struct weir_origin {
  struct weir_head head;
  struct weir_task task;
  __u32 sequence; /* of the command */
  __s32 error;    /* 0, or ENOENT: no steered connection has that address and port */
  __u64 cookie;
  __u8 family;
  __u8 reserved;
  __u16 port;
  __u32 reserved2;
  __u8 original[16];
};
WEIR_AT(weir_origin, head, 0)
WEIR_AT(weir_origin, task, 16)
WEIR_AT(weir_origin, sequence, 32)
WEIR_AT(weir_origin, error, 36)
WEIR_AT(weir_origin, cookie, 40)
WEIR_AT(weir_origin, family, 48)
WEIR_AT(weir_origin, port, 50)
WEIR_AT(weir_origin, original, 56)
WEIR_SIZE(weir_origin, 72)

/* ---- commands ---------------------------------------------------------------------------------------------------- */

/* Each is answered by WEIR_REPLY where sequence is not 0 (WEIR_DO_ORIGIN by WEIR_ORIGIN). One that is malformed, or of
 * an unknown type, is answered by an error and skipped; one whose size cannot be true ends the loader. */
enum weir_command_type {
  WEIR_DO_HANDLE = 1,
  WEIR_DO_SOCKET = 2,
  WEIR_DO_NAME = 3,
  WEIR_DO_LIMITS = 4,
  WEIR_DO_OWN = 5,
  WEIR_DO_SCAN = 6,
  WEIR_DO_REPORT = 7, /* WEIR_CLOCK, WEIR_LOSS, then the reply: everything before it has been written by then */
  WEIR_DO_ADDRESS = 8,
  WEIR_DO_STEER = 9,
  WEIR_DO_LEASE = 10,
  WEIR_DO_ORIGIN = 11,
  WEIR_DO_UNSTEER = 12,
  WEIR_DO_PROBE = 13,
  WEIR_DO_STEER_NAME = 14,
};

struct weir_command {
  __u32 size; /* of the whole command */
  __u16 type;
  __u16 reserved;
  __u32 sequence;
  __u32 reserved2;
};
WEIR_AT(weir_command, size, 0)
WEIR_AT(weir_command, type, 4)
WEIR_AT(weir_command, sequence, 8)
WEIR_SIZE(weir_command, 16)

enum weir_verdict {
  WEIR_UNDECIDED = 0, /* the first bytes only */
  WEIR_CAPTURE = 1,   /* of a handle: every call */
  WEIR_IGNORE = 2,    /* nothing more, ever */
  WEIR_SAMPLE = 3,    /* of a socket: the first bytes of some messages */
  WEIR_FOLLOW = 4,    /* of a socket: every byte, up to a number of them */
};

/* What to do with a handle from now on. One of another generation than the handle's own is dropped: it came too late. */
struct weir_do_handle {
  struct weir_command command;
  __u32 tgid;
  __u32 generation;
  __u64 address;
  __u8 verdict;
  __u8 reserved[7];
};
WEIR_AT(weir_do_handle, command, 0)
WEIR_AT(weir_do_handle, tgid, 16)
WEIR_AT(weir_do_handle, generation, 20)
WEIR_AT(weir_do_handle, address, 24)
WEIR_AT(weir_do_handle, verdict, 32)
WEIR_SIZE(weir_do_handle, 40)

/* What to do with a socket from now on: UNDECIDED goes on with the first bytes, IGNORE ends the work for good. */
struct weir_do_socket {
  struct weir_command command;
  __u64 cookie;
  __u8 verdict;
  __u8 directions; /* of SAMPLE and FOLLOW: bit 0 out, bit 1 in */
  __u8 reserved[2];
  __u32 bytes; /* SAMPLE: of each message and direction, at most 16384. FOLLOW: of each direction in all */
  __u32 messages; /* SAMPLE: a minute */
  __u32 reserved2;
};
WEIR_AT(weir_do_socket, command, 0)
WEIR_AT(weir_do_socket, cookie, 16)
WEIR_AT(weir_do_socket, verdict, 24)
WEIR_AT(weir_do_socket, directions, 25)
WEIR_AT(weir_do_socket, bytes, 28)
WEIR_AT(weir_do_socket, messages, 32)
WEIR_SIZE(weir_do_socket, 40)

/* What to do with a handle that is given this name. A name as host names are, lower case, at most 63 bytes; `.x.y` also
 * stands for every name that ends in it (and not for x.y). The longest that fits holds. UNDECIDED takes it out. */
struct weir_do_name {
  struct weir_command command;
  __u8 verdict;
  __u8 length;
  char name[64];
  __u8 reserved[6];
};
WEIR_AT(weir_do_name, command, 0)
WEIR_AT(weir_do_name, verdict, 16)
WEIR_AT(weir_do_name, length, 17)
WEIR_AT(weir_do_name, name, 18)
WEIR_SIZE(weir_do_name, 88)

/* Replaces all limits; the loader begins with those in brackets. */
struct weir_do_limits {
  struct weir_command command;
  __u32 call_bytes;   /* captured of one TLS call (262144) */
  __u32 peek_bytes;   /* captured of an undecided handle's first write (1024) */
  __u32 first_bytes;  /* of each direction of an undecided TCP socket (4096) */
  __u32 dns_bytes;    /* of each packet from or to port 53 (4096) */
  __u8 named;         /* verdict on a handle with a name that WEIR_DO_NAME does not know (UNDECIDED) */
  __u8 unnamed;       /* verdict on one without (UNDECIDED) */
  __u8 accepted;      /* bit 0: first bytes of accepted connections too (1) */
  __u8 answers;       /* bit 0: what clients read through their handles too (1) */
  __u8 reserved[4];
};
WEIR_AT(weir_do_limits, command, 0)
WEIR_AT(weir_do_limits, call_bytes, 16)
WEIR_AT(weir_do_limits, peek_bytes, 20)
WEIR_AT(weir_do_limits, first_bytes, 24)
WEIR_AT(weir_do_limits, dns_bytes, 28)
WEIR_AT(weir_do_limits, named, 32)
WEIR_AT(weir_do_limits, unnamed, 33)
WEIR_AT(weir_do_limits, accepted, 34)
WEIR_AT(weir_do_limits, answers, 35)
WEIR_SIZE(weir_do_limits, 40)

/* A process of Weir: never captured, steered or blocked, nor are its later children. Its connects are still told, as
 * WEIR_CONNECT_OWN. */
struct weir_do_own {
  struct weir_command command;
  __u32 tgid;
  __u32 reserved;
  __u64 start_ns; /* in whole ticks of /proc/PID/stat, times 10 000 000; 0: whatever process has the number now */
};
WEIR_AT(weir_do_own, command, 0)
WEIR_AT(weir_do_own, tgid, 16)
WEIR_AT(weir_do_own, start_ns, 24)
WEIR_SIZE(weir_do_own, 32)

/* Look for TLS libraries in a process; 0 for every process of the watched cgroup. */
struct weir_do_scan {
  struct weir_command command;
  __u32 tgid;
  __u32 reserved;
};
WEIR_AT(weir_do_scan, command, 0)
WEIR_AT(weir_do_scan, tgid, 16)
WEIR_SIZE(weir_do_scan, 24)

#define WEIR_ADDRESS_STEER 1
#define WEIR_ADDRESS_BLOCK 2

/* What is known of destinations at an address or network. flags 0 takes it out. */
struct weir_do_address {
  struct weir_command command;
  __u8 family;
  __u8 prefix; /* bits of the network: 32 or 128 for one address */
  __u16 port;  /* 0: every port */
  __u32 flags; /* WEIR_ADDRESS_... */
  __u64 expires_ns; /* CLOCK_MONOTONIC; 0: never */
  __u8 address[16];
};
WEIR_AT(weir_do_address, command, 0)
WEIR_AT(weir_do_address, family, 16)
WEIR_AT(weir_do_address, prefix, 17)
WEIR_AT(weir_do_address, port, 18)
WEIR_AT(weir_do_address, flags, 20)
WEIR_AT(weir_do_address, expires_ns, 24)
WEIR_AT(weir_do_address, address, 32)
WEIR_SIZE(weir_do_address, 48)

/* A name whose addresses are steered from the moment at which a program is told them: the kernel reads DNS answers over UDP
 * by itself, before the program has them. As in WEIR_DO_NAME, but `.x.y` also stands for x.y. flags 0 takes it out. */
struct weir_do_steer_name {
  struct weir_command command;
  __u8 flags; /* WEIR_ADDRESS_STEER */
  __u8 length;
  char name[64];
  __u8 reserved[6];
};
WEIR_AT(weir_do_steer_name, command, 0)
WEIR_AT(weir_do_steer_name, flags, 16)
WEIR_AT(weir_do_steer_name, length, 17)
WEIR_AT(weir_do_steer_name, name, 18)
WEIR_SIZE(weir_do_steer_name, 88)

#define WEIR_STEER_FALLBACK_CLOSED 1 /* without a lease, what would be steered is refused */

/* Set in cgroup_id: the rest of it is a process (tgid) and no cgroup. */
#define WEIR_STEER_PROCESS 0x8000000000000000

/* A cgroup whose connections are steered (0: all that are watched), or a process, and to where. WEIR_DO_UNSTEER has the
 * same layout and takes it out. */
struct weir_do_steer {
  struct weir_command command;
  __u64 cgroup_id;
  __u64 netns; /* cookie of the network namespace in which these addresses are the proxy; 0: the loader's own */
  __u16 port4; /* 0: no IPv4 address */
  __u16 port6;
  __u32 flags; /* WEIR_STEER_... */
  __u8 address4[4];
  __u8 reserved[4];
  __u8 address6[16];
};
WEIR_AT(weir_do_steer, command, 0)
WEIR_AT(weir_do_steer, cgroup_id, 16)
WEIR_AT(weir_do_steer, netns, 24)
WEIR_AT(weir_do_steer, port4, 32)
WEIR_AT(weir_do_steer, port6, 34)
WEIR_AT(weir_do_steer, flags, 36)
WEIR_AT(weir_do_steer, address4, 40)
WEIR_AT(weir_do_steer, address6, 48)
WEIR_SIZE(weir_do_steer, 64)

/* Can this address and port be connected to from the network namespace of a process? The reply's error says it: 0, or why
 * not (ETIMEDOUT after a second). */
struct weir_do_probe {
  struct weir_command command;
  __u32 tgid;
  __u8 family;
  __u8 reserved;
  __u16 port;
  __u8 address[16];
};
WEIR_AT(weir_do_probe, command, 0)
WEIR_AT(weir_do_probe, tgid, 16)
WEIR_AT(weir_do_probe, family, 20)
WEIR_AT(weir_do_probe, port, 22)
WEIR_AT(weir_do_probe, address, 24)
WEIR_SIZE(weir_do_probe, 40)

/* The proxy is there, for so long from now on. 0 ends it at once. */
struct weir_do_lease {
  struct weir_command command;
  __u32 ms;
  __u32 reserved;
};
WEIR_AT(weir_do_lease, command, 0)
WEIR_AT(weir_do_lease, ms, 16)
WEIR_SIZE(weir_do_lease, 24)

/* Where was the connection from this address and port going, before it was steered? An answer is given once. */
struct weir_do_origin {
  struct weir_command command;
  __u8 family;
  __u8 reserved;
  __u16 port;
  __u32 reserved2;
  __u8 address[16];
};
WEIR_AT(weir_do_origin, command, 0)
WEIR_AT(weir_do_origin, family, 16)
WEIR_AT(weir_do_origin, port, 18)
WEIR_AT(weir_do_origin, address, 24)
WEIR_SIZE(weir_do_origin, 40)

#endif
