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
