/** A client that speaks HTTP/2 through a tunnel of the proxy, and shows all that came back on a stream. */
import { once } from 'node:events';
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';

export interface StreamAnswer {
  readonly status: number;
  /** Names and values in turn, pseudo-headers included. */
  readonly headers: readonly string[];
  /** The first value by lower-case name, or null. */
  header(name: string): string | null;
  readonly trailers: readonly string[];
  /** Statuses of interim answers, in order. */
  readonly interim: readonly number[];
  readonly body: Buffer;
  readonly text: string;
  /** 0, or the code with which the stream was reset. */
  readonly reset: number;
}

export interface Http2Client {
  readonly session: ClientHttp2Session;
  readonly socket: net.Socket;
  /** Opens a stream; `:authority` is the tunnel's host unless given. */
  open(
    headers: OutgoingHttpHeaders,
    options?: { readonly endStream?: boolean; readonly waitForTrailers?: boolean },
  ): ClientHttp2Stream;
  /** One request with its whole answer. Resolves when its stream is closed, however that came. */
  ask(
    headers: OutgoingHttpHeaders,
    body?: Buffer | string | object,
    trailers?: OutgoingHttpHeaders,
  ): Promise<StreamAnswer>;
  close(): void;
}

/** CONNECT through the proxy, then TLS with ALPN h2 alone, trusting `ca` alone. */
export async function http2Through(
  port: number,
  host: string,
  ca: string,
  settings: http2.Settings = {},
): Promise<Http2Client> {
  const secure = await tunnelTo(port, host, 443, (plain) =>
    tls.connect({ socket: plain, servername: host, ca, ALPNProtocols: ['h2'] }),
  );
  return over(secure, `https://${host}`, settings);
}

/** A tunnel in which HTTP/2 is spoken without TLS, by prior knowledge. */
export async function http2PlainThrough(port: number, host: string, targetPort: number): Promise<Http2Client> {
  const plain = await tunnelTo(port, host, targetPort, null);
  return over(plain, `http://${host}:${targetPort}`, {});
}

/** The listener's own port, by prior knowledge. */
export async function http2Plain(port: number): Promise<Http2Client> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return over(socket, `http://127.0.0.1:${port}`, {});
}

/** A tunnel through the proxy, and what is spoken in it: TLS, or nothing yet. */
export async function tunnelTo(
  port: number,
  host: string,
  targetPort: number,
  secure: ((plain: net.Socket) => tls.TLSSocket) | null,
): Promise<net.Socket> {
  const plain = net.connect({ port, host: '127.0.0.1' });
  await once(plain, 'connect');
  plain.write(`CONNECT ${host}:${targetPort} HTTP/1.1\r\nHost: ${host}:${targetPort}\r\n\r\n`);
  const [answer] = (await once(plain, 'data')) as [Buffer];
  if (!answer.toString('latin1').startsWith('HTTP/1.1 200')) throw new Error('CONNECT was refused');
  plain.pause();
  if (secure === null) return plain;
  const socket = secure(plain);
  await once(socket, 'secureConnect');
  return socket;
}

function over(socket: net.Socket, authority: string, settings: http2.Settings): Http2Client {
  const session = http2.connect(authority, {
    createConnection: () => socket,
    settings,
    maxSendHeaderBlockLength: 1024 * 1024,
  });
  session.on('error', () => {
    // Streams tell of it.
  });
  const open: Http2Client['open'] = (headers, options = {}) => {
    const stream = session.request(headers, options);
    stream.on('error', () => {
      // `close` follows.
    });
    return stream;
  };
  return {
    session,
    socket,
    open,
    ask(headers, body, trailers) {
      const stream = open(headers, {
        endStream: body === undefined && trailers === undefined,
        waitForTrailers: trailers !== undefined,
      });
      const answer = answerOf(stream);
      if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      if (body !== undefined || trailers !== undefined) {
        stream.end(typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.stringify(body) : (body ?? ''));
      }
      return answer;
    },
    close() {
      session.destroy();
      socket.destroy();
    },
  };
}

/** All that comes back on a stream. */
export function answerOf(stream: ClientHttp2Stream): Promise<StreamAnswer> {
  let headers: readonly string[] = [];
  let trailers: readonly string[] = [];
  const interim: number[] = [];
  const chunks: Buffer[] = [];
  stream.on('error', () => {
    // `close` follows.
  });
  stream.on('headers', (given) => interim.push(Number(given[':status'])));
  stream.on('response', (_given, _flags, raw: readonly string[]) => {
    headers = raw;
  });
  stream.on('trailers', (_given, _flags, raw: readonly string[]) => {
    trailers = raw;
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    stream.on('close', () => {
      const header = (name: string): string | null => {
        const at = headers.findIndex((entry, index) => index % 2 === 0 && entry === name);
        return at < 0 ? null : (headers[at + 1] ?? null);
      };
      const body = Buffer.concat(chunks);
      const status = Number(header(':status') ?? 0);
      resolve({ status, headers, header, trailers, interim, body, text: body.toString('utf8'), reset: stream.rstCode });
    });
  });
}
