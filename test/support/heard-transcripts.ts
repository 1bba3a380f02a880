/** What a listener at one end of a connection hears: real HTTP/2 of Node over a pair of streams, without a socket. */
import { once } from 'node:events';
import http2 from 'node:http2';
import { Duplex } from 'node:stream';
import { Handle } from '../../sensor/reassemble/handle.ts';
import type { HeardExchange, Way } from '../../sensor/reassemble/heard.ts';
import { HEARING_LIMITS, type HearingLimits, Room } from '../../sensor/reassemble/room.ts';

export interface Piece {
  readonly way: Way;
  readonly bytes: Buffer;
}

/** Pieces put one behind the other by direction, as the kernel numbers them. */
export class Listener {
  readonly exchanges: HeardExchange[] = [];
  readonly room: Room;
  readonly handle: Handle;
  isServer = false;
  #next: Record<Way, number> = { out: 0, in: 0 };
  #at = 0;

  constructor(
    options: {
      readonly isFromStart?: boolean;
      readonly hearsAnswers?: boolean;
      readonly limits?: Partial<HearingLimits>;
      readonly roomBytes?: number;
    } = {},
  ) {
    this.room = new Room(options.roomBytes ?? 64 * 1024 * 1024);
    this.handle = new Handle({
      room: this.room,
      limits: { ...HEARING_LIMITS, ...options.limits },
      hear: (exchange) => this.exchanges.push(exchange),
      hearsAnswers: options.hearsAnswers ?? true,
      isFromStart: options.isFromStart ?? true,
      isServer: () => {
        this.isServer = true;
      },
    });
  }

  say(way: Way, bytes: Buffer | string): this {
    const piece = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    this.handle.take(way, this.#next[way], piece, this.#at++);
    this.#next[way] += piece.length;
    return this;
  }

  /** Bytes that were said and not heard. */
  miss(way: Way, bytes: number): this {
    this.#next[way] += bytes;
    return this;
  }

  end(): this {
    this.handle.end(this.#at++);
    return this;
  }

  settle(): this {
    this.handle.settle(this.#at, this.#at);
    return this;
  }
}

export interface Call {
  readonly path: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The calls all at once on one connection, each answered with its own body in upper case; as the client's end has it. */
export async function http2Transcript(calls: readonly Call[]): Promise<readonly Piece[]> {
  const pieces: Piece[] = [];
  const [clientEnd, serverEnd] = pair(pieces);
  const server = http2.createServer();
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'text/plain', 'x-path': String(headers[':path']) });
      const answer = Buffer.concat(chunks).toString().toUpperCase();
      const half = Math.floor(answer.length / 2);
      stream.write(answer.slice(0, half));
      setImmediate(() => stream.end(answer.slice(half)));
    });
  });
  server.emit('connection', serverEnd);
  const session = http2.connect('http://api.openai.com:8080', { createConnection: () => clientEnd });
  await Promise.all(
    calls.map(async ({ path, body, headers }) => {
      const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'text/plain', ...headers });
      stream.resume();
      const half = Math.floor(body.length / 2);
      stream.write(body.slice(0, half));
      setImmediate(() => stream.end(body.slice(half)));
      await once(stream, 'close');
    }),
  );
  session.close();
  await once(session, 'close');
  server.close();
  return pieces;
}

function pair(pieces: Piece[]): readonly [Duplex, Duplex] {
  const end = (way: Way, other: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write(chunk: Buffer, _, done) {
        pieces.push({ way, bytes: Buffer.from(chunk) });
        other().push(chunk);
        done();
      },
      final(done) {
        other().push(null);
        done();
      },
    });
  const client: Duplex = end('out', () => server);
  const server: Duplex = end('in', () => client);
  return [client, server];
}
