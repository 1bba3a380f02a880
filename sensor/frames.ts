/**
 * The loader's frames, as bpf/events.h lays them out, read into plain objects. What is not as it should be is refused; a type
 * that is not known is skipped. Nothing here knows a kernel: frames that were recorded once are read alike.
 */
import {
  address,
  BrokenFrames,
  ends,
  handled,
  libraryOf,
  protocolOf,
  roleOf,
  tail,
  task,
  text,
  u64,
  wayOf,
} from './frame-fields.ts';
import type { Counts, FrameBody, Part, SensorFrame, StateFrame, SteerFrame } from './frame-types.ts';
import { ABI, LAYOUT, MAGIC, MAX_FRAME_BYTES, TYPE } from './layout.ts';

const HEAD = LAYOUT.head;

/**
 * Cuts what comes out of a pipe into frames. `data` gives those that are whole, to its end; they lie in the chunks that they came in, so
 * whoever keeps a part of one copies it. Throws BrokenFrames, and is of no use from then on.
 */
export class FrameSplitter {
  #rest: Buffer | null = null;

  *data(chunk: Buffer): Generator<Buffer, void, void> {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    let at = 0;
    while (bytes.length - at >= 4) {
      const size = bytes.readUInt32LE(at);
      if (size < HEAD.bytes || size > MAX_FRAME_BYTES) throw new BrokenFrames(`a frame of ${size} bytes`);
      if (bytes.length - at < size) break;
      yield bytes.subarray(at, at + size);
      at += size;
    }
    if (at < bytes.length) this.#rest = at === 0 ? bytes : Buffer.from(bytes.subarray(at));
  }

  /** Bytes of a frame whose end has not come. */
  get restBytes(): number {
    return this.#rest?.length ?? 0;
  }
}

/** Null for a type that is not known. Throws BrokenFrames for one that is shorter than its type is, or says so of itself. */
export function decodeFrame(frame: Buffer): SensorFrame | null {
  if (frame.length < HEAD.bytes) throw new BrokenFrames('a frame without a head');
  const type = frame.readUInt16LE(HEAD.at.type);
  const decoder = DECODERS[type];
  if (decoder === undefined) return null;
  if (frame.length < decoder.bytes) throw new BrokenFrames(`a frame of type ${type} with ${frame.length} bytes`);
  return { ...decoder.read(frame), ktimeNs: u64(frame, HEAD.at.ktime_ns) };
}

interface Decoder {
  /** Of the fixed part. */
  readonly bytes: number;
  read(frame: Buffer): FrameBody;
}

const DECODERS: Readonly<Record<number, Decoder>> = {
  [TYPE.HELLO]: { bytes: LAYOUT.hello.bytes, read: hello },
  [TYPE.CLOCK]: {
    bytes: LAYOUT.clock.bytes,
    read: (frame) => {
      const { at } = LAYOUT.clock;
      return { type: 'clock', wallNs: u64(frame, at.wall_ns), bootNs: u64(frame, at.boot_ns) };
    },
  },
  [TYPE.LOSS]: { bytes: LAYOUT.loss.bytes, read: loss },
  [TYPE.ATTACH]: { bytes: LAYOUT.attach.bytes, read: attach },
  [TYPE.LIBRARY]: { bytes: LAYOUT.library.bytes, read: library },
  [TYPE.LOG]: {
    bytes: LAYOUT.log.bytes,
    read: (frame) => {
      const { bytes, at } = LAYOUT.log;
      const level = (['info', 'warn', 'error'] as const)[frame.readUInt16LE(at.level) - 1] ?? 'info';
      return { type: 'log', level, text: tail(frame, bytes, frame.readUInt16LE(at.length)).toString() };
    },
  },
  [TYPE.REPLY]: {
    bytes: LAYOUT.reply.bytes,
    read: (frame) => {
      const { bytes, at } = LAYOUT.reply;
      const text = tail(frame, bytes, frame.readUInt32LE(at.length)).toString();
      return { type: 'reply', sequence: frame.readUInt32LE(at.sequence), error: frame.readInt32LE(at.error), text };
    },
  },
  [TYPE.ORIGIN]: {
    bytes: LAYOUT.origin.bytes,
    read: (frame) => {
      const { at } = LAYOUT.origin;
      return {
        type: 'origin',
        task: task(frame, at.task),
        sequence: frame.readUInt32LE(at.sequence),
        error: frame.readInt32LE(at.error),
        cookie: u64(frame, at.cookie),
        address: address(frame, frame[at.family] ?? 0, at.original),
        port: frame.readUInt16LE(at.port),
      };
    },
  },
  [TYPE.NETNS]: {
    bytes: LAYOUT.netns.bytes,
    read: (frame) => ({ type: 'netns', netns: u64(frame, LAYOUT.netns.at.netns) }),
  },
  [TYPE.EXEC]: { bytes: LAYOUT.exec.bytes, read: exec },
  [TYPE.FORK]: {
    bytes: LAYOUT.fork.bytes,
    read: (frame) => {
      const { at } = LAYOUT.fork;
      return { type: 'fork', task: task(frame, at.task), child: task(frame, at.child) };
    },
  },
  [TYPE.EXIT]: {
    bytes: LAYOUT.exit.bytes,
    read: (frame) => {
      const { at } = LAYOUT.exit;
      return { type: 'exit', task: task(frame, at.task), code: frame.readUInt32LE(at.code) };
    },
  },
  [TYPE.CONNECT]: { bytes: LAYOUT.connect.bytes, read: connect },
  [TYPE.ACCEPT]: {
    bytes: LAYOUT.accept.bytes,
    read: (frame) => {
      const { at } = LAYOUT.accept;
      const family = frame[at.family] ?? 0;
      return {
        type: 'accept',
        task: task(frame, at.task),
        cookie: u64(frame, at.cookie),
        netns: u64(frame, at.netns),
        ...ends(frame, family, at),
      };
    },
  },
  [TYPE.STATE]: { bytes: LAYOUT.state.bytes, read: state },
  [TYPE.PACKET]: { bytes: LAYOUT.packet.bytes, read: packet },
  [TYPE.TLS_OPEN]: {
    bytes: LAYOUT.tls_open.bytes,
    read: (frame) => {
      const { at } = LAYOUT.tls_open;
      return {
        type: 'tls-open',
        ...handled(frame, at),
        attachment: frame.readBigUInt64LE(at.attachment),
        cookie: u64(frame, at.cookie),
      };
    },
  },
  [TYPE.TLS_NAME]: {
    bytes: LAYOUT.tls_name.bytes,
    read: (frame) => {
      const { at } = LAYOUT.tls_name;
      const length = Math.min(frame.readUInt32LE(at.length), LAYOUT.tls_name.bytes - at.name);
      const name = text(frame.subarray(at.name, at.name + length));
      return { type: 'tls-name', ...handled(frame, at), name, verdict: frame[at.verdict] ?? 0 };
    },
  },
  [TYPE.TLS_DATA]: { bytes: LAYOUT.tls_data.bytes, read: tlsData },
  [TYPE.TLS_DONE]: {
    bytes: LAYOUT.tls_done.bytes,
    read: (frame) => {
      const { at } = LAYOUT.tls_done;
      return {
        type: 'tls-done',
        ...handled(frame, at),
        offset: u64(frame, at.offset),
        call: frame.readUInt32LE(at.call),
        taken: frame.readUInt32LE(at.taken),
        way: wayOf(frame[at.direction]),
      };
    },
  },
  [TYPE.TLS_CLOSE]: {
    bytes: LAYOUT.tls_close.bytes,
    read: (frame) => {
      const { at } = LAYOUT.tls_close;
      return {
        type: 'tls-close',
        ...handled(frame, at),
        bytesOut: u64(frame, at.bytes_out),
        bytesIn: u64(frame, at.bytes_in),
        why: (['freed', 'cleared', 'renamed'] as const)[(frame[at.why] ?? 0) - 1] ?? 'other',
      };
    },
  },
  [TYPE.TLS_SOCKET]: {
    bytes: LAYOUT.tls_socket.bytes,
    read: (frame) => {
      const { at } = LAYOUT.tls_socket;
      return { type: 'tls-socket', ...handled(frame, at), cookie: u64(frame, at.cookie) };
    },
  },
  [TYPE.STEERED]: { bytes: LAYOUT.steer.bytes, read: (frame) => steer('steered', frame) },
  [TYPE.BLOCKED]: { bytes: LAYOUT.steer.bytes, read: (frame) => steer('blocked', frame) },
};

function hello(frame: Buffer): FrameBody {
  const { bytes, at } = LAYOUT.hello;
  if (frame.readUInt32LE(at.magic) !== MAGIC) throw new BrokenFrames('a first frame that is not the loader’s');
  const abi = frame.readUInt16LE(at.abi);
  if (abi !== ABI) throw new BrokenFrames(`a loader of ABI ${abi}; ${ABI} is expected`);
  const layouts = frame.readUInt16LE(at.layouts);
  const parts = frame.readUInt16LE(at.parts);
  const partsAt = bytes + layouts * LAYOUT.layout.bytes;
  if (frame.length < partsAt + parts * LAYOUT.part.bytes) throw new BrokenFrames('a first frame that is cut off');
  for (let i = 0; i < layouts; i++) {
    const type = frame.readUInt16LE(bytes + i * LAYOUT.layout.bytes + LAYOUT.layout.at.type);
    const size = frame.readUInt16LE(bytes + i * LAYOUT.layout.bytes + LAYOUT.layout.at.size);
    const own = DECODERS[type]?.bytes ?? 0;
    if (size < own) throw new BrokenFrames(`a loader whose type ${type} has ${size} bytes; ${own} are expected`);
  }
  return {
    type: 'hello',
    abi,
    cpus: frame.readUInt16LE(at.cpus),
    ringBytes: frame.readUInt32LE(at.ring_bytes),
    capabilities: frame.readBigUInt64LE(at.capabilities),
    cgroup: u64(frame, at.cgroup),
    pid: frame.readUInt32LE(at.pid),
    mayAttachSteering: (frame.readUInt32LE(at.flags) & 1) !== 0,
    kernel: text(frame.subarray(at.kernel, at.kernel + 64)),
    parts: Array.from({ length: parts }, (_, i) => part(frame.subarray(partsAt + i * LAYOUT.part.bytes))),
  };
}

function part(bytes: Buffer): Part {
  const { at, bytes: size } = LAYOUT.part;
  return {
    id: bytes.readUInt16LE(at.id),
    name: text(bytes.subarray(at.name, at.reason)),
    state: (['off', 'on', 'refused'] as const)[bytes[at.state] ?? 0] ?? 'off',
    rung: (['none', 'perf', 'multi'] as const)[bytes[at.rung] ?? 0] ?? 'none',
    error: bytes.readInt32LE(at.error),
    reason: text(bytes.subarray(at.reason, size)),
  };
}

const KINDS = ['process', 'socket', 'packet', 'tls'] as const;

function loss(frame: Buffer): FrameBody {
  const { bytes, at } = LAYOUT.loss;
  const count = frame.readUInt32LE(at.count);
  const each = LAYOUT.counts;
  if (frame.length < bytes + count * each.bytes) throw new BrokenFrames('counters that are cut off');
  const counts = Array.from({ length: count }, (_, i): Counts => {
    const from = frame.subarray(bytes + i * each.bytes);
    return {
      kind: KINDS[from.readUInt16LE(each.at.kind)] ?? 'other',
      cpu: from.readUInt16LE(each.at.cpu),
      seen: u64(from, each.at.seen),
      submitted: u64(from, each.at.submitted),
      ringFull: u64(from, each.at.ring_full),
      oversized: u64(from, each.at.oversized),
      mapFull: u64(from, each.at.map_full),
      fault: u64(from, each.at.fault),
      filtered: u64(from, each.at.filtered),
    };
  });
  return { type: 'loss', counts };
}

function attach(frame: Buffer): FrameBody {
  const { bytes, at } = LAYOUT.attach;
  const pathBytes = frame.readUInt16LE(at.path_length);
  const functionBytes = frame.readUInt16LE(at.function_length);
  const reasonBytes = frame.readUInt16LE(at.reason_length);
  const idBytes = Math.min(20, frame[at.build_id_length] ?? 0);
  return {
    type: 'attach',
    attachment: frame.readBigUInt64LE(at.attachment),
    offset: u64(frame, at.offset),
    pid: frame.readUInt32LE(at.pid),
    state: (['attached', 'detached', 'refused'] as const)[(frame[at.state] ?? 0) - 1] ?? 'refused',
    library: libraryOf(frame[at.library]),
    probe: (['entry', 'inside', 'return', 'ret'] as const)[(frame[at.probe] ?? 0) - 1] ?? 'other',
    isStepped: frame[at.is_stepped] === 1,
    buildId: frame.toString('hex', at.build_id, at.build_id + idBytes),
    path: tail(frame, bytes, pathBytes).toString(),
    function: tail(frame, bytes + pathBytes, functionBytes).toString(),
    reason: tail(frame, bytes + pathBytes + functionBytes, reasonBytes).toString(),
  };
}

function library(frame: Buffer): FrameBody {
  const { bytes, at } = LAYOUT.library;
  const pathBytes = frame.readUInt16LE(at.path_length);
  return {
    type: 'library',
    task: task(frame, at.task),
    attachment: frame.readBigUInt64LE(at.attachment),
    library: libraryOf(frame[at.library]),
    verdict: (['probed', 'opaque', 'refused'] as const)[(frame[at.verdict] ?? 0) - 1] ?? 'refused',
    path: tail(frame, bytes, pathBytes).toString(),
    reason: tail(frame, bytes + pathBytes, frame.readUInt16LE(at.reason_length)).toString(),
  };
}

function exec(frame: Buffer): FrameBody {
  const { at, bytes } = LAYOUT.exec;
  const exeBytes = Math.min(frame.readUInt32LE(at.exe_length), at.args - at.exe);
  const argsBytes = Math.min(frame.readUInt32LE(at.args_length), bytes - at.args);
  const args = frame.toString('utf8', at.args, at.args + argsBytes).split('\0');
  // Each is ended by a NUL: behind the last one nothing stands.
  if (args.at(-1) === '') args.pop();
  return {
    type: 'exec',
    task: task(frame, at.task),
    parent: frame.readUInt32LE(at.parent),
    parentStartNs: u64(frame, at.parent_start_ns),
    cgroup: u64(frame, at.cgroup_id),
    uid: frame.readUInt32LE(at.uid),
    comm: text(frame.subarray(at.comm, at.exe)),
    exe: text(frame.subarray(at.exe, at.exe + exeBytes)),
    args,
  };
}

function connect(frame: Buffer): FrameBody {
  const { at, bytes } = LAYOUT.connect;
  const flags = frame.readUInt16LE(at.flags);
  return {
    type: 'connect',
    task: task(frame, at.task),
    cookie: u64(frame, at.cookie),
    cgroup: u64(frame, at.cgroup_id),
    netns: u64(frame, at.netns),
    uid: frame.readUInt32LE(at.uid),
    protocol: protocolOf(frame[at.protocol]),
    address: address(frame, frame[at.family] ?? 0, at.address),
    port: frame.readUInt16LE(at.port),
    comm: text(frame.subarray(at.comm, bytes)),
    isOwn: (flags & 4) !== 0,
    isSteered: (flags & 8) !== 0,
    isBlocked: (flags & 16) !== 0,
  };
}

const STATES: Readonly<Record<number, StateFrame['state']>> = { 1: 'established', 7: 'closed', 10: 'listening' };

function state(frame: Buffer): FrameBody {
  const { at } = LAYOUT.state;
  return {
    type: 'state',
    task: task(frame, at.task),
    cookie: u64(frame, at.cookie),
    protocol: protocolOf(frame[at.protocol]),
    role: roleOf(frame[at.role]),
    state: STATES[frame[at.new_state] ?? 0] ?? 'other',
    bytesSent: u64(frame, at.bytes_sent),
    bytesReceived: u64(frame, at.bytes_received),
    durationMs: u64(frame, at.duration_ns) / 1e6,
    error: frame.readUInt32LE(at.error),
    ...ends(frame, frame[at.family] ?? 0, at),
  };
}

function packet(frame: Buffer): FrameBody {
  const { at, bytes } = LAYOUT.packet;
  const tcpFlags = frame[at.tcp_flags] ?? 0;
  return {
    type: 'packet',
    task: task(frame, at.task),
    cookie: u64(frame, at.cookie),
    sequence: frame.readUInt32LE(at.sequence),
    total: frame.readUInt32LE(at.total),
    protocol: protocolOf(frame[at.protocol]),
    role: roleOf(frame[at.role]),
    way: wayOf(frame[at.direction]),
    why: (['first', 'sample', 'follow', 'dns'] as const)[(frame[at.why] ?? 0) - 1] ?? 'other',
    isSyn: (tcpFlags & 2) !== 0,
    isFin: (tcpFlags & 1) !== 0,
    isMessageStart: (frame.readUInt16LE(at.flags) & 2) !== 0,
    bytes: tail(frame, bytes, frame.readUInt32LE(at.length)),
    ...ends(frame, frame[at.family] ?? 0, at),
  };
}

function tlsData(frame: Buffer): FrameBody {
  const { at, bytes } = LAYOUT.tls_data;
  const flags = frame.readUInt16LE(at.flags);
  return {
    type: 'tls-data',
    ...handled(frame, at),
    attachment: frame.readBigUInt64LE(at.attachment),
    cookie: u64(frame, at.cookie),
    offset: u64(frame, at.offset),
    sequence: frame.readUInt32LE(at.sequence),
    call: frame.readUInt32LE(at.call),
    at: frame.readUInt32LE(at.at),
    total: frame.readUInt32LE(at.total),
    way: wayOf(frame[at.direction]),
    isLast: (flags & 1) !== 0,
    isTruncated: (flags & 2) !== 0,
    isPending: (flags & 4) !== 0,
    isPeek: (flags & 8) !== 0,
    bytes: tail(frame, bytes, frame.readUInt32LE(at.length)),
  };
}

function steer(type: SteerFrame['type'], frame: Buffer): FrameBody {
  const { at } = LAYOUT.steer;
  return {
    type,
    task: task(frame, at.task),
    cookie: u64(frame, at.cookie),
    why: (['none', 'policy', 'lease', 'quic'] as const)[frame[at.why] ?? 0] ?? 'none',
    address: address(frame, frame[at.family] ?? 0, at.original),
    port: frame.readUInt16LE(at.port),
    localAddress: address(frame, frame[at.local_family] ?? 0, at.local),
    localPort: frame.readUInt16LE(at.local_port),
  };
}
