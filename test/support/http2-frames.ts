/**
 * Frames of HTTP/2 written by hand (RFC 9113 §4, RFC 7541 literals without a table), for what no client library sends:
 * floods, resets in the same packet, headers that have no place there.
 */
import type { Socket } from 'node:net';

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

const TYPES = {
  data: 0,
  headers: 1,
  rst: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
const END_STREAM = 1;
const END_HEADERS = 4;

export function frame(
  type: keyof typeof TYPES,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = TYPES[type];
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Names and values in turn, each a literal that enters no table. */
export function fieldBlock(fields: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    parts.push(Buffer.from([0]), literal(fields[i] ?? ''), literal(fields[i + 1] ?? ''));
  }
  return Buffer.concat(parts);
}

/** A string of at most 127 + 2^14 bytes, not compressed. */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const rest = bytes.length - 127;
  const length = rest < 128 ? [127, rest] : [127, (rest & 127) | 128, rest >> 7];
  return Buffer.concat([Buffer.from(length), bytes]);
}

export function headersFrame(stream: number, fields: readonly string[], isLast = true): Buffer {
  return frame('headers', END_HEADERS | (isLast ? END_STREAM : 0), stream, fieldBlock(fields));
}

export function rstFrame(stream: number, code = 8): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(code);
  return frame('rst', 0, stream, payload);
}

export interface SeenFrame {
  readonly type: string;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Reads the peer's frames off a socket; `skip` bytes before them are the preface of a client. */
export function readFrames(
  socket: Socket,
  skip = 0,
): {
  readonly seen: readonly SeenFrame[];
  /** The first frame of which `is` holds, past ones included; rejects once the socket has closed without. */
  when(what: string, is: (frame: SeenFrame) => boolean): Promise<SeenFrame>;
  /** Resolves when the socket has closed. */
  closed(): Promise<void>;
} {
  const seen: SeenFrame[] = [];
  const waiting = new Set<() => void>();
  let held: Buffer = Buffer.alloc(0);
  let isClosed = false;
  let left = skip;
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk.subarray(left)]);
    left -= Math.min(left, chunk.length);
    while (held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
      const length = held.readUIntBE(0, 3);
      const type = Object.entries(TYPES).find(([, code]) => code === held[3])?.[0] ?? 'other';
      const stream = held.readUInt32BE(5) & 0x7fffffff;
      seen.push({ type, flags: held[4] ?? 0, stream, payload: Buffer.from(held.subarray(9, 9 + length)) });
      held = held.subarray(9 + length);
    }
    wake();
  });
  socket.on('error', () => {
    // `close` follows.
  });
  socket.on('close', () => {
    isClosed = true;
    wake();
  });
  const until = <T>(what: string, look: () => T | null, mayEnd: boolean): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what}: not within 15 s`)), 15_000);
      const again = (): void => {
        const found = look();
        if (found === null && !(isClosed && !mayEnd)) return;
        clearTimeout(timer);
        waiting.delete(again);
        if (found === null) reject(new Error(`${what}: the connection ended`));
        else resolve(found);
      };
      waiting.add(again);
      again();
    });
  return {
    seen,
    when: (what, is) => until(what, () => seen.find(is) ?? null, false),
    closed: async () => {
      await until('the end', () => (isClosed ? true : null), true);
    },
  };
}
