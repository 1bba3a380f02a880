/** What the loader is told for steering and blocking, as bytes for its standard input (bpf/events.h). Pure. */
import { isIP } from 'node:net';
import { COMMAND, LAYOUT } from './layout.ts';

/** An address with a port. */
export interface SteerPlace {
  /** An IPv4 or IPv6 address. */
  readonly host: string;
  readonly port: number;
}

/** WEIR_STEER_PROCESS */
const PROCESS = 1n << 63n;
const FALLBACK_CLOSED = 1;

/** A process among what is steered, which else are cgroups. */
export function processTarget(tgid: number): bigint {
  return PROCESS | BigInt(tgid);
}

function begin(type: keyof typeof COMMAND, bytes: number, sequence: number): Buffer {
  const { at } = LAYOUT.command;
  const made = Buffer.alloc(bytes);
  made.writeUInt32LE(bytes, at.size);
  made.writeUInt16LE(COMMAND[type], at.type);
  made.writeUInt32LE(sequence, at.sequence);
  return made;
}

/** What leads to an address or network. `port` 0: every port. `flags` 0 takes it out. `expiresMs`: CLOCK_MONOTONIC; 0: never. */
export function doAddress(
  address: string,
  bits: number,
  port: number,
  flags: number,
  expiresMs: number,
  sequence: number,
): Buffer {
  const { bytes, at } = LAYOUT.do_address;
  const made = begin('ADDRESS', bytes, sequence);
  made[at.family] = familyOf(address);
  made[at.prefix] = bits;
  made.writeUInt16LE(port, at.port);
  made.writeUInt32LE(flags, at.flags);
  made.writeBigUInt64LE(BigInt(Math.round(expiresMs)) * 1_000_000n, at.expires_ns);
  addressBytes(address).copy(made, at.address);
  return made;
}

/**
 * The addresses of a name are steered as soon as a program is told them. `*.x.y` stands for all below x.y. Null for what the
 * kernel cannot know by its end: user space reads the answer then.
 */
export function doSteerName(pattern: string, flags: number, sequence: number): Buffer | null {
  const { bytes, at } = LAYOUT.do_steer_name;
  const name = Buffer.from(pattern.replace(/^\*\./, '.'), 'latin1');
  if (name.length < 2 || name.length > 63 || !/^\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name.toString())) return null;
  const made = begin('STEER_NAME', bytes, sequence);
  made[at.flags] = flags;
  made[at.length] = name.length;
  name.copy(made, at.name);
  return made;
}

/** Connections of a cgroup (0: all that are watched) or process, in this network namespace (0: the loader's), go to the proxy. */
export function doSteer(id: bigint, netns: number, proxy: SteerPlace, isClosed: boolean, sequence: number): Buffer {
  const { bytes, at } = LAYOUT.do_steer;
  const made = begin('STEER', bytes, sequence);
  made.writeBigUInt64LE(id, at.cgroup_id);
  made.writeBigUInt64LE(BigInt(netns), at.netns);
  made.writeUInt32LE(isClosed ? FALLBACK_CLOSED : 0, at.flags);
  if (familyOf(proxy.host) === 4) {
    made.writeUInt16LE(proxy.port, at.port4);
    addressBytes(proxy.host).copy(made, at.address4);
  } else {
    made.writeUInt16LE(proxy.port, at.port6);
    addressBytes(proxy.host).copy(made, at.address6);
  }
  return made;
}

export function doUnsteer(id: bigint, netns: number, sequence: number): Buffer {
  const { bytes, at } = LAYOUT.do_steer;
  const made = begin('UNSTEER', bytes, sequence);
  made.writeBigUInt64LE(id, at.cgroup_id);
  made.writeBigUInt64LE(BigInt(netns), at.netns);
  return made;
}

/** The proxy is there for so long from now on; 0 ends it. */
export function doLease(ms: number): Buffer {
  const { bytes, at } = LAYOUT.do_lease;
  const made = begin('LEASE', bytes, 0);
  made.writeUInt32LE(ms, at.ms);
  return made;
}

/** Where was the connection from this address and port going? Answered by a frame `origin` with this sequence. */
export function doOrigin(address: string, port: number, sequence: number): Buffer {
  const { bytes, at } = LAYOUT.do_origin;
  const made = begin('ORIGIN', bytes, sequence);
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  made[at.family] = familyOf(plain);
  made.writeUInt16LE(port, at.port);
  addressBytes(plain).copy(made, at.address);
  return made;
}

/** Can this place be connected to from the network namespace of a process? Answered by a frame `reply`. */
export function doProbe(tgid: number, { host, port }: SteerPlace, sequence: number): Buffer {
  const { bytes, at } = LAYOUT.do_probe;
  const made = begin('PROBE', bytes, sequence);
  made.writeUInt32LE(tgid, at.tgid);
  made[at.family] = familyOf(host);
  made.writeUInt16LE(port, at.port);
  addressBytes(host).copy(made, at.address);
  return made;
}

function familyOf(address: string): 4 | 6 {
  return isIP(address) === 4 ? 4 : 6;
}

/** An IP address in network order: 4 or 16 bytes. */
export function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  if (dotted !== null) {
    const [, head = '', tail = ''] = dotted;
    const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number);
    return addressBytes(`${head}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const [head = '', tail] = address.split('::');
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const [before, behind] = [words(head), words(tail ?? '')];
  const made = Buffer.alloc(16);
  before.forEach((word, index) => {
    made.writeUInt16BE(word, index * 2);
  });
  behind.forEach((word, index) => {
    made.writeUInt16BE(word, 16 - (behind.length - index) * 2);
  });
  return made;
}
