/** Frames as the loader writes them, for tests that have no kernel. */

import { ABI, LAYOUT, MAGIC, TYPE } from '../../sensor/layout.ts';
import type { Way } from '../../sensor/reassemble/heard.ts';

const SIZES: Readonly<Record<keyof typeof TYPE, number>> = {
  HELLO: LAYOUT.hello.bytes,
  CLOCK: LAYOUT.clock.bytes,
  LOSS: LAYOUT.loss.bytes,
  ATTACH: LAYOUT.attach.bytes,
  LIBRARY: LAYOUT.library.bytes,
  LOG: LAYOUT.log.bytes,
  REPLY: LAYOUT.reply.bytes,
  ORIGIN: LAYOUT.origin.bytes,
  NETNS: LAYOUT.netns.bytes,
  EXEC: LAYOUT.exec.bytes,
  FORK: LAYOUT.fork.bytes,
  EXIT: LAYOUT.exit.bytes,
  CONNECT: LAYOUT.connect.bytes,
  ACCEPT: LAYOUT.accept.bytes,
  STATE: LAYOUT.state.bytes,
  PACKET: LAYOUT.packet.bytes,
  TLS_OPEN: LAYOUT.tls_open.bytes,
  TLS_NAME: LAYOUT.tls_name.bytes,
  TLS_DATA: LAYOUT.tls_data.bytes,
  TLS_DONE: LAYOUT.tls_done.bytes,
  TLS_CLOSE: LAYOUT.tls_close.bytes,
  TLS_SOCKET: LAYOUT.tls_socket.bytes,
  STEERED: LAYOUT.steer.bytes,
  BLOCKED: LAYOUT.steer.bytes,
};

/** A frame of this type, all zero but for its head, with bytes behind its fixed part. */
export function frameOf(type: keyof typeof TYPE, behind: Buffer = Buffer.alloc(0), ktimeNs = 0): Buffer {
  const frame = Buffer.concat([Buffer.alloc(SIZES[type]), behind]);
  frame.writeUInt32LE(frame.length, LAYOUT.head.at.size);
  frame.writeUInt16LE(TYPE[type], LAYOUT.head.at.type);
  frame.writeBigUInt64LE(BigInt(ktimeNs), LAYOUT.head.at.ktime_ns);
  return frame;
}

export interface MadePart {
  readonly id: number;
  readonly name: string;
  /** 0 off, 1 on, 2 refused. */
  readonly state: number;
  readonly rung?: number;
  readonly reason?: string;
}

export function helloFrame(parts: readonly MadePart[] = []): Buffer {
  const behind = Buffer.alloc(parts.length * LAYOUT.part.bytes);
  for (const [i, { id, name, state, rung = 0, reason = '' }] of parts.entries()) {
    const part = behind.subarray(i * LAYOUT.part.bytes);
    part.writeUInt16LE(id, LAYOUT.part.at.id);
    part[LAYOUT.part.at.state] = state;
    part[LAYOUT.part.at.rung] = rung;
    part.write(name, LAYOUT.part.at.name);
    part.write(reason, LAYOUT.part.at.reason);
  }
  const frame = frameOf('HELLO', behind);
  const { at } = LAYOUT.hello;
  frame.writeUInt32LE(MAGIC, at.magic);
  frame.writeUInt16LE(ABI, at.abi);
  frame.writeUInt16LE(parts.length, at.parts);
  frame.write('6.18.0', at.kernel);
  return frame;
}

export interface MadeHandle {
  readonly tgid?: number;
  readonly startNs?: number;
  readonly address?: number;
  readonly generation?: number;
  /** 1 client, 2 server. */
  readonly role?: number;
  readonly isLate?: boolean;
  readonly ktimeNs?: number;
}

function writeHandle(frame: Buffer, made: MadeHandle): void {
  const { tgid = 42, startNs = 1e9, address = 0x1000, generation = 1, role = 1, isLate = false } = made;
  const at = LAYOUT.tls_open.at.handle;
  writeTask(frame, tgid, startNs);
  frame.writeBigUInt64LE(BigInt(address), at + LAYOUT.handle.at.address);
  frame.writeUInt32LE(generation, at + LAYOUT.handle.at.generation);
  frame[at + LAYOUT.handle.at.library] = 1;
  frame[at + LAYOUT.handle.at.role] = role;
  frame.writeUInt16LE(isLate ? 1 : 0, at + LAYOUT.handle.at.flags);
}

function writeTask(frame: Buffer, tgid: number, startNs: number, at: number = LAYOUT.exit.at.task): void {
  frame.writeUInt32LE(tgid, at + LAYOUT.task.at.tgid);
  frame.writeUInt32LE(tgid, at + LAYOUT.task.at.tid);
  frame.writeBigUInt64LE(BigInt(startNs), at + LAYOUT.task.at.start_ns);
}

export function tlsDataFrame(
  made: MadeHandle & {
    readonly offset?: number;
    readonly sequence?: number;
    readonly call?: number;
    readonly cookie?: number;
    readonly way?: Way;
    readonly flags?: number;
    readonly bytes: Buffer;
  },
): Buffer {
  const { offset = 0, sequence = 0, call = 0, cookie = 0, way = 'out', flags = 1, bytes } = made;
  const frame = frameOf('TLS_DATA', bytes, made.ktimeNs);
  const { at } = LAYOUT.tls_data;
  writeHandle(frame, made);
  frame.writeBigUInt64LE(BigInt(cookie), at.cookie);
  frame.writeBigUInt64LE(BigInt(offset), at.offset);
  frame.writeUInt32LE(sequence, at.sequence);
  frame.writeUInt32LE(call, at.call);
  frame.writeUInt32LE(bytes.length, at.total);
  frame.writeUInt32LE(bytes.length, at.length);
  frame[at.direction] = way === 'in' ? 1 : 0;
  frame.writeUInt16LE(flags, at.flags);
  return frame;
}

export function tlsNameFrame(made: MadeHandle, name: string): Buffer {
  const frame = frameOf('TLS_NAME', Buffer.alloc(0), made.ktimeNs);
  writeHandle(frame, made);
  frame.writeUInt32LE(name.length, LAYOUT.tls_name.at.length);
  frame.write(name, LAYOUT.tls_name.at.name);
  return frame;
}

export function tlsOpenFrame(made: MadeHandle, cookie = 0): Buffer {
  const frame = frameOf('TLS_OPEN', Buffer.alloc(0), made.ktimeNs);
  writeHandle(frame, made);
  frame.writeBigUInt64LE(BigInt(cookie), LAYOUT.tls_open.at.cookie);
  return frame;
}

export function tlsCloseFrame(made: MadeHandle, why = 1): Buffer {
  const frame = frameOf('TLS_CLOSE', Buffer.alloc(0), made.ktimeNs);
  writeHandle(frame, made);
  frame[LAYOUT.tls_close.at.why] = why;
  return frame;
}

export function tlsDoneFrame(
  made: MadeHandle,
  done: { call: number; taken: number; offset: number; way?: Way },
): Buffer {
  const frame = frameOf('TLS_DONE', Buffer.alloc(0), made.ktimeNs);
  writeHandle(frame, made);
  const { at } = LAYOUT.tls_done;
  frame.writeUInt32LE(done.call, at.call);
  frame.writeUInt32LE(done.taken, at.taken);
  frame.writeBigUInt64LE(BigInt(done.offset), at.offset);
  frame[at.direction] = done.way === 'in' ? 1 : 0;
  return frame;
}

export interface MadeProcess {
  readonly tgid?: number;
  readonly startNs?: number;
  readonly parent?: number;
  readonly uid?: number;
  readonly cgroup?: number;
  readonly comm?: string;
  readonly exe?: string;
  readonly args?: readonly string[];
}

export function execFrame(made: MadeProcess = {}): Buffer {
  const { tgid = 42, startNs = 1e9, parent = 1, uid = 1000, cgroup = 0, comm = 'curl', exe = '/usr/bin/curl' } = made;
  const frame = frameOf('EXEC');
  const { at } = LAYOUT.exec;
  const args = Buffer.from((made.args ?? [exe]).map((arg) => `${arg}\0`).join(''));
  writeTask(frame, tgid, startNs);
  frame.writeUInt32LE(parent, at.parent);
  frame.writeUInt32LE(uid, at.uid);
  frame.writeBigUInt64LE(BigInt(cgroup), at.cgroup_id);
  frame.writeUInt32LE(exe.length, at.exe_length);
  frame.writeUInt32LE(args.length, at.args_length);
  frame.write(comm, at.comm);
  frame.write(exe, at.exe);
  args.copy(frame, at.args);
  return frame;
}

export function exitFrame({ tgid = 42, startNs = 1e9 }: MadeProcess = {}): Buffer {
  const frame = frameOf('EXIT');
  writeTask(frame, tgid, startNs);
  return frame;
}

export interface MadeSocket {
  readonly tgid?: number;
  readonly startNs?: number;
  readonly cookie?: number;
  readonly address?: string;
  readonly port?: number;
  /** 6 TCP, 17 UDP. */
  readonly protocol?: number;
  readonly flags?: number;
  readonly ktimeNs?: number;
}

function writeIPv4(frame: Buffer, address: string, at: number): void {
  for (const [i, byte] of address.split('.').entries()) frame[at + i] = Number(byte);
}

export function connectFrame(made: MadeSocket = {}): Buffer {
  const { tgid = 42, startNs = 1e9, cookie = 7, address = '203.0.113.9', port = 443, protocol = 6, flags = 0 } = made;
  const frame = frameOf('CONNECT', Buffer.alloc(0), made.ktimeNs);
  const { at } = LAYOUT.connect;
  writeTask(frame, tgid, startNs);
  frame.writeBigUInt64LE(BigInt(cookie), at.cookie);
  frame[at.family] = 4;
  frame[at.protocol] = protocol;
  frame.writeUInt16LE(flags, at.flags);
  writeIPv4(frame, address, at.address);
  frame.writeUInt16LE(port, at.port);
  frame.write('curl', at.comm);
  return frame;
}

/** A connection that was refused. `why`: 1 policy, 2 lease, 3 QUIC. */
export function blockedFrame(made: MadeSocket & { readonly why?: number } = {}): Buffer {
  const { tgid = 42, startNs = 1e9, cookie = 7, address = '203.0.113.9', port = 443, protocol = 6, why = 1 } = made;
  const frame = frameOf('BLOCKED', Buffer.alloc(0), made.ktimeNs);
  const { at } = LAYOUT.steer;
  writeTask(frame, tgid, startNs);
  frame.writeBigUInt64LE(BigInt(cookie), at.cookie);
  frame[at.family] = 4;
  frame[at.protocol] = protocol;
  frame[at.why] = why;
  frame.writeUInt16LE(port, at.port);
  writeIPv4(frame, address, at.original);
  return frame;
}

export function closedFrame(made: MadeSocket & { readonly sent?: number; readonly received?: number } = {}): Buffer {
  const { tgid = 42, startNs = 1e9, cookie = 7, sent = 0, received = 0, protocol = 6 } = made;
  const frame = frameOf('STATE', Buffer.alloc(0), made.ktimeNs);
  const { at } = LAYOUT.state;
  writeTask(frame, tgid, startNs);
  frame.writeBigUInt64LE(BigInt(cookie), at.cookie);
  frame.writeBigUInt64LE(BigInt(sent), at.bytes_sent);
  frame.writeBigUInt64LE(BigInt(received), at.bytes_received);
  frame[at.family] = 4;
  frame[at.protocol] = protocol;
  frame[at.role] = 1;
  frame[at.old_state] = 1;
  frame[at.new_state] = 7;
  return frame;
}

export function packetFrame(
  made: MadeSocket & {
    readonly sequence?: number;
    readonly way?: Way;
    /** 1 first, 2 sample, 3 follow, 4 dns. */
    readonly why?: number;
    readonly bytes: Buffer;
  },
): Buffer {
  const { tgid = 42, startNs = 1e9, cookie = 7, address = '203.0.113.9', port = 443, protocol = 6 } = made;
  const { sequence = 0, way = 'out', why = 1, bytes } = made;
  const frame = frameOf('PACKET', bytes, made.ktimeNs);
  const { at } = LAYOUT.packet;
  writeTask(frame, tgid, startNs);
  frame.writeBigUInt64LE(BigInt(cookie), at.cookie);
  frame.writeUInt32LE(sequence, at.sequence);
  frame.writeUInt32LE(bytes.length, at.total);
  frame.writeUInt32LE(bytes.length, at.length);
  frame[at.family] = 4;
  frame[at.protocol] = protocol;
  frame[at.role] = 1;
  frame[at.direction] = way === 'in' ? 1 : 0;
  frame[at.why] = why;
  writeIPv4(frame, address, at.remote);
  frame.writeUInt16LE(port, at.remote_port);
  return frame;
}

export function libraryFrame(made: MadeProcess, library: number, verdict: number, reason = ''): Buffer {
  const path = '/usr/lib/libssl.so.3';
  const frame = frameOf('LIBRARY', Buffer.from(path + reason));
  const { at } = LAYOUT.library;
  writeTask(frame, made.tgid ?? 42, made.startNs ?? 1e9);
  frame[at.library] = library;
  frame[at.verdict] = verdict;
  frame.writeUInt16LE(path.length, at.path_length);
  frame.writeUInt16LE(reason.length, at.reason_length);
  return frame;
}
