/**
 * The loader under test: started on a cgroup, its frames collected as they come, commands sent and their replies waited
 * for. Frames are kept as bytes; `fields` takes them apart by the layouts of bpf/events.h.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constantOf, type Fields, readFields, structOf, writeFields } from '../support/events-header.ts';
import { loaderPath } from './host.ts';

export interface Frame {
  readonly type: number;
  readonly cpu: number;
  readonly ktimeNs: bigint;
  /** The whole frame. */
  readonly bytes: Buffer;
}

export interface Part {
  readonly name: string;
  readonly state: 'off' | 'on' | 'refused';
  readonly reason: string;
}

export interface TestLoader {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly hello: Frame;
  readonly parts: readonly Part[];
  /** All frames so far. */
  readonly frames: readonly Frame[];
  /** Those of a type (`EXEC`, `CONNECT` …) that satisfy `match`. */
  all(type: string, match?: (frame: Frame) => boolean): readonly Frame[];
  /** The first such frame, waited for. */
  first(type: string, match?: (frame: Frame) => boolean): Promise<Frame>;
  /** Sends a command (`weir_do_...`, and its type, `OWN` …) and resolves with the reply's errno, 0 for success. */
  command(struct: string, type: string, fields?: Fields): Promise<number>;
  /** Sends bytes as they are. */
  write(bytes: Buffer): void;
  /** Is told of every frame, also of those that came already. */
  follow(hear: (frame: Frame) => void): void;
  /** Resolves when everything that was in the ring when it was called stands in `frames`. */
  settle(): Promise<void>;
  /** Ends its input and waits for its end; resolves with its exit code. */
  stop(): Promise<number | null>;
}

const LIMIT_MS = 60_000;

/** The fields of a frame's fixed part: `struct` is `weir_exec` and so on. */
export function fields(struct: string, frame: Frame): Fields {
  return readFields(struct, frame.bytes);
}

export function numberOf(of: Fields, name: string): number {
  const value = of[name];
  assert.ok(typeof value === 'number' || typeof value === 'bigint', `${name} is no number`);
  return Number(value);
}

export function bigOf(of: Fields, name: string): bigint {
  const value = of[name];
  assert.ok(typeof value === 'number' || typeof value === 'bigint', `${name} is no number`);
  return BigInt(value);
}

export function textOf(of: Fields, name: string): string {
  const value = of[name];
  assert.ok(typeof value === 'string', `${name} is no text`);
  return value;
}

export function bytesOf(of: Fields, name: string): Buffer {
  const value = of[name];
  assert.ok(Buffer.isBuffer(value), `${name} is no bytes`);
  return value;
}

export function structIn(of: Fields, name: string): Fields {
  const value = of[name];
  assert.ok(typeof value === 'object' && !Buffer.isBuffer(value), `${name} is no struct`);
  return value;
}

/** The process of a record that begins with `head` and `task`. */
export function tgidOf(frame: Frame): number {
  return numberOf(readFields('weir_task', frame.bytes, 16), 'tgid');
}

/** An address and port as text, of a family 4 or 6. */
export function addressText(family: number, bytes: Buffer): string {
  if (family === 4) return [...bytes.subarray(0, 4)].join('.');
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':');
}

export interface LoaderOptions {
  readonly cgroup: { readonly path: string };
  readonly args?: readonly string[];
  /** Puts this before the loader's command line. */
  readonly wrapper?: readonly string[];
}

export async function startLoader({ cgroup, args = [], wrapper = [] }: LoaderOptions): Promise<TestLoader> {
  const [command = '', ...rest] = [...wrapper, loaderPath(), '--cgroup', cgroup.path, ...args];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout, pid } = child;
  assert.ok(pid !== undefined);
  const frames: Frame[] = [];
  const followers: ((frame: Frame) => void)[] = [];
  const byType = new Map<number, Frame[]>();
  const waiting = new Set<() => void>();
  let unread: Buffer = Buffer.alloc(0);
  let hasEnded = false;
  const wake = (): void => {
    for (const each of [...waiting]) each();
  };
  stdin.on('error', () => undefined);
  stdout.on('data', (chunk: Buffer) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    const from = frames.length;
    unread = takeFrames(unread, frames);
    for (const frame of frames.slice(from)) {
      const alike = byType.get(frame.type);
      if (alike === undefined) byType.set(frame.type, [frame]);
      else alike.push(frame);
      for (const hear of followers) hear(frame);
    }
    wake();
  });
  const ended = once(child, 'close').then(([code]: (number | null)[]) => {
    hasEnded = true;
    wake();
    return code ?? null;
  });

  const until = (what: string, find: () => Frame | undefined): Promise<Frame> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found === undefined && !hasEnded) return;
        waiting.delete(look);
        clearTimeout(timer);
        if (found === undefined) reject(new Error(`the loader ended without ${what}`));
        else resolve(found);
      };
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`no ${what} within ${LIMIT_MS} ms`));
      }, LIMIT_MS);
      waiting.add(look);
      look();
    });

  const all = (type: string, match: (frame: Frame) => boolean = () => true): readonly Frame[] => {
    const wanted = constantOf(`WEIR_${type}`);
    return (byType.get(wanted) ?? []).filter(match);
  };
  const first = (type: string, match?: (frame: Frame) => boolean): Promise<Frame> =>
    until(type, () => all(type, match)[0]);

  let sequence = 0;
  const send = async (struct: string, type: string, values: Fields): Promise<number> => {
    sequence += 1;
    const mine = sequence;
    const head = { size: structOf(struct).size, type: constantOf(`WEIR_DO_${type}`), sequence: mine };
    stdin.write(writeFields(struct, struct === 'weir_command' ? head : { command: head, ...values }));
    const answer = await first('REPLY', (frame) => numberOf(fields('weir_reply', frame), 'sequence') === mine);
    return numberOf(fields('weir_reply', answer), 'error');
  };

  const hello = await first('HELLO');
  return {
    process: child,
    pid: numberOf(fields('weir_hello', hello), 'pid'),
    hello,
    parts: partsOf(hello),
    frames,
    all,
    first,
    command: (struct, type, values = {}) => send(struct, type, values),
    write: (bytes) => void stdin.write(bytes),
    follow: (hear) => {
      for (const frame of frames) hear(frame);
      followers.push(hear);
    },
    settle: async () => void (await send('weir_command', 'REPORT', {})),
    stop: () => {
      stdin.end();
      return ended;
    },
  };
}

function takeFrames(bytes: Buffer, to: Frame[]): Buffer {
  let at = 0;
  while (bytes.length - at >= 16) {
    const size = bytes.readUInt32LE(at);
    assert.ok(size >= 16 && size <= constantOf('WEIR_MAX_FRAME'), `a frame says that it has ${size} bytes`);
    if (bytes.length - at < size) break;
    const frame = Buffer.from(bytes.subarray(at, at + size));
    to.push({
      type: frame.readUInt16LE(4),
      cpu: frame.readUInt16LE(6),
      ktimeNs: frame.readBigUInt64LE(8),
      bytes: frame,
    });
    at += size;
  }
  return bytes.subarray(at);
}

function partsOf(hello: Frame): readonly Part[] {
  const of = fields('weir_hello', hello);
  const from = structOf('weir_hello').size + numberOf(of, 'layouts') * structOf('weir_layout').size;
  return Array.from({ length: numberOf(of, 'parts') }, (_, index) => {
    const part = readFields('weir_part', hello.bytes, from + index * structOf('weir_part').size);
    const state = (['off', 'on', 'refused'] as const)[numberOf(part, 'state')];
    assert.ok(state !== undefined);
    return { name: textOf(part, 'name'), state, reason: textOf(part, 'reason') };
  });
}
