/**
 * An upstream that takes nothing on trust: it keeps the bytes that it gets, cuts them into requests by the letter of
 * RFC 9112 alone, and calls whatever two readers could cut differently by its name.
 */
import { once } from 'node:events';
import net from 'node:net';

export interface RawRequest {
  readonly line: string;
  /** As they came, without their line ends. */
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

export interface RawUpstream {
  readonly port: number;
  /** Requests that came whole. */
  readonly requests: RawRequest[];
  /** What is ambiguous or broken in what came. */
  readonly faults: string[];
  readonly open: number;
  close(): Promise<void>;
}

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok';

export async function startRawUpstream(): Promise<RawUpstream> {
  const requests: RawRequest[] = [];
  const faults: string[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    let held = '';
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      held += chunk.toString('latin1');
      for (;;) {
        const read = readRequest(held);
        if (read === null) return;
        if (typeof read === 'string') {
          faults.push(read);
          return void socket.destroy();
        }
        held = held.slice(read.length);
        requests.push(read.request);
        socket.write(ANSWER);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    requests,
    faults,
    get open() {
      return sockets.size;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const LINE = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE) \/[\x21-\x22\x24-\x7e\x80-\xff]* HTTP\/1\.1$/;
const HEADER = new RegExp(`^${TOKEN}: [\\x20-\\x7e\\x80-\\xff\\t]*$`);

type Read = { readonly request: RawRequest; readonly length: number };

/** A request, null while it is not whole, or what is wrong with it. */
function readRequest(text: string): Read | string | null {
  const end = text.indexOf('\r\n\r\n');
  const head = end === -1 ? text : text.slice(0, end);
  if (/(?:^|[^\r])\n|\r(?!\n|$)|\0/.test(head)) return 'a bare CR, LF or NUL in the head';
  if (end === -1) return null;
  const [line = '', ...headers] = head.split('\r\n');
  if (!LINE.test(line)) return `a request line: ${JSON.stringify(line)}`;
  const bad = headers.find((header) => !HEADER.test(header));
  if (bad !== undefined) return `a header: ${JSON.stringify(bad)}`;
  const valuesOf = (name: string): string[] =>
    headers
      .filter((header) => header.toLowerCase().startsWith(`${name}:`))
      .map((header) => header.slice(name.length + 2));
  if (valuesOf('host').length !== 1) return 'not one Host';
  for (const name of ['connection', 'content-length', 'transfer-encoding'])
    if (valuesOf(name).length > 1) return `more than one ${name}`;
  for (const name of [
    'keep-alive',
    'proxy-connection',
    'proxy-authorization',
    'http2-settings',
    'x-weir-app',
    'expect',
  ])
    if (valuesOf(name).length > 0) return `${name} was passed on`;
  const [coding] = valuesOf('transfer-encoding');
  const [length] = valuesOf('content-length');
  if (coding !== undefined && coding !== 'chunked') return 'a transfer coding';
  if (coding !== undefined && length !== undefined) return 'both framings';
  if (length !== undefined && !/^(?:0|[1-9]\d*)$/.test(length)) return 'a length';
  const at = end + 4;
  if (coding !== undefined) return readChunked(text, at, { line, headers });
  const to = at + Number(length ?? 0);
  if (text.length < to) return null;
  return { request: { line, headers, body: text.slice(at, to), trailers: [] }, length: to };
}

function readChunked(text: string, from: number, head: Pick<RawRequest, 'line' | 'headers'>): Read | string | null {
  let body = '';
  for (let at = from; ; ) {
    const end = text.indexOf('\r\n', at);
    if (end === -1) return null;
    const size = text.slice(at, end);
    if (!/^[0-9a-f]+$/.test(size)) return `a chunk size: ${JSON.stringify(size)}`;
    const length = Number.parseInt(size, 16);
    at = end + 2;
    if (length === 0) {
      const rest = text.slice(at - 2);
      const last = rest.indexOf('\r\n\r\n');
      if (last === -1) return null;
      const trailers = rest
        .slice(2, last)
        .split('\r\n')
        .filter((line) => line !== '');
      const bad = trailers.find(
        (line) =>
          !HEADER.test(line) ||
          /^(?:content-length|transfer-encoding|host|te|trailer|authorization|cookie|content-encoding|content-type):/i.test(
            line,
          ),
      );
      if (bad !== undefined) return `a trailer: ${JSON.stringify(bad)}`;
      return { request: { ...head, body, trailers }, length: at - 2 + last + 4 };
    }
    if (text.length < at + length + 2) return null;
    body += text.slice(at, at + length);
    if (text.slice(at + length, at + length + 2) !== '\r\n') return 'a chunk without its end';
    at += length + 2;
  }
}
