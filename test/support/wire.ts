/**
 * A client that writes exactly the bytes it is given and shows exactly what came back: for what no HTTP library lets a
 * test send or see (interim answers, trailers, malformed heads, when a byte arrived).
 */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

export interface WireAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** The first value by lower-case name, or null. */
  header(name: string): string | null;
  /** Chunked framing undone. */
  readonly body: Buffer;
  readonly text: string;
  /** Names and values in turn; what stands behind the last chunk. */
  readonly trailers: readonly string[];
}

export interface Wire {
  write(bytes: string | Buffer): void;
  /** The next answer whole, interim ones (1xx) included as answers of their own. `method` HEAD has no body. */
  answer(method?: string): Promise<WireAnswer>;
  /** All bytes from the last answer on, once they contain `text`. */
  until(text: string): Promise<string>;
  /** Settles when the other side has closed, with the bytes that no answer took. */
  ended(): Promise<string>;
  /** Ends the connection at once. */
  destroy(): void;
  readonly socket: net.Socket;
}

/** A plain connection to the proxy's port. */
export async function connectPlain(port: number): Promise<Wire> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return wireOf(socket);
}

/** CONNECT through the proxy, then TLS with the name given, trusting `ca` alone. `headers` are lines for the CONNECT. */
export async function connectThrough(
  port: number,
  host: string,
  ca: string,
  options: { readonly targetPort?: number; readonly headers?: string } = {},
): Promise<Wire> {
  const plain = await connectPlain(port);
  const authority = `${host}:${options.targetPort ?? 443}`;
  plain.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${options.headers ?? ''}\r\n`);
  const answer = await plain.answer('CONNECT');
  if (answer.status !== 200) throw new Error(`CONNECT was answered ${answer.status}`);
  plain.socket.removeAllListeners('data');
  const secure = tls.connect({ socket: plain.socket, servername: host, ca, ALPNProtocols: ['http/1.1'] });
  await once(secure, 'secureConnect');
  return wireOf(secure);
}

/** Over a socket that is connected. */
export function wireOf(socket: net.Socket): Wire {
  // Grown by doubling: joining at every piece would make a large body quadratic.
  let space = Buffer.alloc(4096);
  let held = space.subarray(0, 0);
  let isEnded = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  socket.on('data', (chunk: Buffer) => {
    const size = held.length + chunk.length;
    if (held.byteOffset + size > space.byteOffset + space.length) {
      const larger = Buffer.alloc(2 * size);
      held.copy(larger);
      space = larger;
      held = larger.subarray(0, held.length);
    }
    const at = held.byteOffset - space.byteOffset;
    chunk.copy(space, at + held.length);
    held = space.subarray(at, at + size);
    wake();
  });
  const end = (): void => {
    isEnded = true;
    wake();
  };
  socket.on('error', end);
  socket.on('end', end);
  socket.on('close', end);
  const when = <T>(what: string, look: () => T | null): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(again);
        reject(new Error(`${what}: nothing of the kind within 20 s; ${held.length} bytes came`));
      }, 20_000);
      const again = (): void => {
        const found = look();
        if (found === null && !isEnded) return;
        clearTimeout(timer);
        waiting.delete(again);
        if (found === null) reject(new Error(`${what}: the connection ended after ${held.length} bytes`));
        else resolve(found);
      };
      waiting.add(again);
      again();
    });
  return {
    socket,
    write: (bytes) => void socket.write(bytes),
    answer: (method = 'GET') =>
      when('an answer', () => {
        const found = readAnswer(held, method, isEnded);
        if (found === null) return null;
        held = held.subarray(found.length);
        return found.answer;
      }),
    until: (text) =>
      when(`the text ${JSON.stringify(text)}`, () => (held.includes(text) ? held.toString('latin1') : null)),
    ended: () => when('the end', () => (isEnded ? held.toString('latin1') : null)),
    destroy: () => void socket.destroy(),
  };
}

/** RFC 9112 §6: interim answers, 204, 304, HEAD and CONNECT have no body; chunked; a length; or until the end. */
function readAnswer(held: Buffer, method: string, isEnded: boolean): { answer: WireAnswer; length: number } | null {
  const end = held.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const lines = held.toString('latin1', 0, end).split('\r\n');
  const status = Number(lines[0]?.split(' ')[1]);
  const headers = fieldsOf(lines.slice(1));
  const header = (name: string): string | null => {
    const at = headers.findIndex((entry, index) => index % 2 === 0 && entry.toLowerCase() === name);
    return at < 0 ? null : (headers[at + 1] ?? null);
  };
  const framed = readBody(held.subarray(end + 4), { status, method, header, isEnded });
  if (framed === null) return null;
  const { body, trailers = [] } = framed;
  return {
    answer: { status, headers, header, body, text: body.toString('utf8'), trailers },
    length: end + 4 + framed.length,
  };
}

function fieldsOf(lines: readonly string[]): string[] {
  return lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
}

interface FramedBody {
  readonly body: Buffer;
  readonly length: number;
  readonly trailers?: readonly string[];
}

function readBody(
  rest: Buffer,
  of: { status: number; method: string; header(name: string): string | null; isEnded: boolean },
): FramedBody | null {
  const hasNone =
    of.status < 200 ||
    of.status === 204 ||
    of.status === 304 ||
    of.method === 'HEAD' ||
    (of.method === 'CONNECT' && of.status === 200);
  if (hasNone) return { body: Buffer.alloc(0), length: 0 };
  if (of.header('transfer-encoding')?.toLowerCase() === 'chunked') return readChunks(rest);
  const length = of.header('content-length');
  if (length === null) return of.isEnded ? { body: rest, length: rest.length } : null;
  return rest.length < Number(length) ? null : { body: rest.subarray(0, Number(length)), length: Number(length) };
}

function readChunks(rest: Buffer): FramedBody | null {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = rest.indexOf('\r\n', at);
    if (line < 0) return null;
    const size = Number.parseInt(rest.toString('latin1', at, line), 16);
    if (size === 0) {
      const end = rest.indexOf('\r\n', line + 2) === line + 2 ? line + 4 : rest.indexOf('\r\n\r\n', line) + 4;
      if (end < line + 4 || end > rest.length) return null;
      const trailers = rest.toString('latin1', line + 2, Math.max(line + 2, end - 4));
      return { body: Buffer.concat(parts), length: end, trailers: fieldsOf(trailers.split('\r\n').filter(Boolean)) };
    }
    if (rest.length < line + 2 + size + 2) return null;
    parts.push(rest.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

/** A request with a JSON body and its length, as one piece of bytes. `head` holds further header lines, each ended. */
export function jsonRequest(method: string, target: string, host: string, body: unknown, head = ''): Buffer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const length = Buffer.byteLength(text);
  return Buffer.from(
    `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${head}Content-Length: ${length}\r\n\r\n${text}`,
  );
}
