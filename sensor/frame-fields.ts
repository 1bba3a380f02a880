/** The fields of frames, each of which stands in more than one of them: numbers, addresses, texts, handles. */
import { ipv6Text } from '../wire/dns-answer.ts';
import type { Ends, OfHandle, Task, TlsLibrary, TlsRole } from './frame-types.ts';
import { LAYOUT } from './layout.ts';

/** The other end of the pipe is not the loader of this version, or is broken. `message` quotes nothing. */
export class BrokenFrames extends Error {}

/** What stands behind the fixed part. */
export function tail(frame: Buffer, from: number, length: number): Buffer {
  if (frame.length < from + length) throw new BrokenFrames('a frame that says it is longer than it is');
  return frame.subarray(from, from + length);
}

/** Exact up to 2^53, which neither times of this century nor sizes, numbers and addresses reach. */
export function u64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
}

/** The process of a record. */
export function task(frame: Buffer, from: number): Task {
  const { at } = LAYOUT.task;
  return {
    tgid: frame.readUInt32LE(from + at.tgid),
    tid: frame.readUInt32LE(from + at.tid),
    startNs: u64(frame, from + at.start_ns),
  };
}

/** Process and handle of a record of a handle. */
export function handled(frame: Buffer, at: { readonly task: number; readonly handle: number }): OfHandle {
  const { at: inside } = LAYOUT.handle;
  const from = at.handle;
  return {
    task: task(frame, at.task),
    handle: {
      address: u64(frame, from + inside.address),
      generation: frame.readUInt32LE(from + inside.generation),
      library: libraryOf(frame[from + inside.library]),
      role: roleOf(frame[from + inside.role]),
      isLate: (frame.readUInt16LE(from + inside.flags) & 1) !== 0,
    },
  };
}

/** Both ends of a connection. */
export function ends(
  frame: Buffer,
  family: number,
  at: { readonly local: number; readonly remote: number; readonly local_port: number; readonly remote_port: number },
): Ends {
  return {
    localAddress: address(frame, family, at.local),
    localPort: frame.readUInt16LE(at.local_port),
    remoteAddress: address(frame, family, at.remote),
    remotePort: frame.readUInt16LE(at.remote_port),
  };
}

/** As text; '' where there is none. */
export function address(frame: Buffer, family: number, at: number): string {
  if (family === 4) return frame.subarray(at, at + 4).join('.');
  return family === 6 ? ipv6Text(frame.subarray(at, at + 16)) : '';
}

/** Up to the first NUL. Text of an observed process: whatever is no UTF-8 in it is replaced. */
export function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

/** The number that IP has for it. */
export function protocolOf(number: number | undefined): 'tcp' | 'udp' {
  return number === 17 ? 'udp' : 'tcp';
}

/** enum weir_direction. */
export function wayOf(number: number | undefined): 'out' | 'in' {
  return number === 1 ? 'in' : 'out';
}

/** enum weir_role. */
export function roleOf(number: number | undefined): TlsRole {
  return (['unknown', 'client', 'server'] as const)[number ?? 0] ?? 'unknown';
}

const LIBRARIES = ['unknown', 'openssl', 'gnutls', 'go', 'nss', 'boringssl', 'rustls', 'unknown'] as const;

/** enum weir_library_id. */
export function libraryOf(number: number | undefined): TlsLibrary {
  return LIBRARIES[number ?? 0] ?? 'unknown';
}
