/** What the loader can be told, as bytes for its standard input (bpf/events.h). Pure. */
import { COMMAND, LAYOUT } from './layout.ts';

export const VERDICT = { undecided: 0, capture: 1, ignore: 2, sample: 3, follow: 4 } as const;
export type Verdict = keyof typeof VERDICT;

export interface HandleKey {
  readonly tgid: number;
  readonly generation: number;
  readonly address: number;
}

/** How much is copied; null is what the loader begins with. */
export interface CaptureLimits {
  readonly callBytes: number;
  readonly peekBytes: number;
  readonly firstBytes: number;
  readonly dnsBytes: number;
  /** On a handle whose name is not among those told, and on one without a name. */
  readonly named: Verdict;
  readonly unnamed: Verdict;
  readonly isAcceptedToo: boolean;
  /** What clients read, too. */
  readonly hasAnswers: boolean;
}

export const CAPTURE_LIMITS: CaptureLimits = {
  callBytes: 256 * 1024,
  peekBytes: 1024,
  firstBytes: 4096,
  dnsBytes: 4096,
  named: 'undecided',
  unnamed: 'undecided',
  isAcceptedToo: true,
  hasAnswers: true,
};

function command(type: keyof typeof COMMAND, bytes: number, sequence: number): Buffer {
  const { at } = LAYOUT.command;
  const made = Buffer.alloc(bytes);
  made.writeUInt32LE(bytes, at.size);
  made.writeUInt16LE(COMMAND[type], at.type);
  made.writeUInt32LE(sequence, at.sequence);
  return made;
}

function writeU64(into: Buffer, value: number, at: number): void {
  into.writeBigUInt64LE(BigInt(value), at);
}

/** What to do with a handle from now on. */
export function doHandle({ tgid, generation, address }: HandleKey, verdict: Verdict): Buffer {
  const { bytes, at } = LAYOUT.do_handle;
  const made = command('HANDLE', bytes, 0);
  made.writeUInt32LE(tgid, at.tgid);
  made.writeUInt32LE(generation, at.generation);
  writeU64(made, address, at.address);
  made[at.verdict] = VERDICT[verdict];
  return made;
}

export interface SocketVerdict {
  readonly verdict: Verdict;
  readonly out: boolean;
  readonly in: boolean;
  readonly bytes: number;
  /** A minute. */
  readonly messages: number;
}

/** What to do with a socket from now on. */
export function doSocket(cookie: number, { verdict, out, in: isIn, bytes: most, messages }: SocketVerdict): Buffer {
  const { bytes, at } = LAYOUT.do_socket;
  const made = command('SOCKET', bytes, 0);
  writeU64(made, cookie, at.cookie);
  made[at.verdict] = VERDICT[verdict];
  made[at.directions] = (out ? 1 : 0) | (isIn ? 2 : 0);
  made.writeUInt32LE(most, at.bytes);
  made.writeUInt32LE(messages, at.messages);
  return made;
}

/** Null where the name is longer than the loader takes: nothing is decided by it then. */
export function doName(name: string, verdict: Verdict): Buffer | null {
  const { bytes, at } = LAYOUT.do_name;
  const text = Buffer.from(name, 'latin1');
  if (text.length === 0 || text.length > 63) return null;
  const made = command('NAME', bytes, 0);
  made[at.verdict] = VERDICT[verdict];
  made[at.length] = text.length;
  text.copy(made, at.name);
  return made;
}

export function doLimits(limits: CaptureLimits): Buffer {
  const { bytes, at } = LAYOUT.do_limits;
  const made = command('LIMITS', bytes, 0);
  made.writeUInt32LE(limits.callBytes, at.call_bytes);
  made.writeUInt32LE(limits.peekBytes, at.peek_bytes);
  made.writeUInt32LE(limits.firstBytes, at.first_bytes);
  made.writeUInt32LE(limits.dnsBytes, at.dns_bytes);
  made[at.named] = VERDICT[limits.named];
  made[at.unnamed] = VERDICT[limits.unnamed];
  made[at.accepted] = limits.isAcceptedToo ? 1 : 0;
  made[at.answers] = limits.hasAnswers ? 1 : 0;
  return made;
}

/** A process of ours. `startTicks`: field 22 of its /proc/PID/stat; 0 for whatever process has the number now. */
export function doOwn(tgid: number, startTicks: number): Buffer {
  const { bytes, at } = LAYOUT.do_own;
  const made = command('OWN', bytes, 0);
  made.writeUInt32LE(tgid, at.tgid);
  writeU64(made, startTicks * 10_000_000, at.start_ns);
  return made;
}

/** Looks for TLS libraries in a process; 0 for all. */
export function doScan(tgid: number): Buffer {
  const { bytes, at } = LAYOUT.do_scan;
  const made = command('SCAN', bytes, 0);
  made.writeUInt32LE(tgid, at.tgid);
  return made;
}

/** The clock, the counters and a reply with this sequence (not 0), behind all that was in the ring before. */
export function doReport(sequence: number): Buffer {
  return command('REPORT', LAYOUT.command.bytes, sequence);
}
