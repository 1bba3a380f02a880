/**
 * A raw client of PostgreSQL for tests: the extended protocol, which psql speaks only in part. Each method returns when
 * the server is ready again.
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

const text = (value: string): Buffer => Buffer.from(`${value}\0`);

/** A parameter: text, or bytes in the binary form. */
export type Parameter = string | Buffer | null;

export class PostgresClient {
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      socket.emit('more');
    });
  }

  static async open(port: number): Promise<PostgresClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new PostgresClient(socket);
    const body = Buffer.concat([
      int32(196_608),
      text('user'),
      text('postgres'),
      text('database'),
      text('postgres'),
      Buffer.from([0]),
    ]);
    socket.write(Buffer.concat([int32(body.length + 4), body]));
    await client.#ready();
    return client;
  }

  /** Parse (where `sql` is given), Bind, Describe, Execute, Sync in one write. */
  async execute(
    statement: string,
    sql: string | null,
    parameters: readonly Parameter[],
    {
      oids = [],
      isBinary = false,
      describes = true,
    }: { oids?: readonly number[]; isBinary?: boolean; describes?: boolean } = {},
  ): Promise<void> {
    const parse =
      sql === null ? [] : [message('P', text(statement), text(sql), int16(oids.length), ...oids.map(int32))];
    const values = parameters.map((value) => {
      if (value === null) return int32(-1);
      const bytes = Buffer.from(value as string);
      return Buffer.concat([int32(bytes.length), bytes]);
    });
    const formats = parameters.map((value) => int16(Buffer.isBuffer(value) ? 1 : 0));
    const bind = message(
      'B',
      text(''),
      text(statement),
      int16(formats.length),
      ...formats,
      int16(values.length),
      ...values,
      int16(1),
      int16(isBinary ? 1 : 0),
    );
    const describe = describes ? [message('D', Buffer.from('P'), text(''))] : [];
    this.#socket.write(Buffer.concat([...parse, bind, ...describe, message('E', text(''), int32(0)), message('S')]));
    await this.#ready();
  }

  async describe(statement: string, sql: string): Promise<void> {
    const parse = message('P', text(statement), text(sql), int16(0));
    this.#socket.write(Buffer.concat([parse, message('D', Buffer.from('S'), text(statement)), message('S')]));
    await this.#ready();
  }

  async query(sql: string): Promise<void> {
    this.#socket.write(message('Q', text(sql)));
    await this.#ready();
  }

  async close(): Promise<void> {
    this.#socket.end(message('X'));
    await once(this.#socket, 'close');
  }

  async #ready(): Promise<void> {
    for (;;) {
      while (this.#bytes.length >= 5) {
        const end = 1 + this.#bytes.readInt32BE(1);
        if (this.#bytes.length < end) break;
        const isReady = this.#bytes[0] === 0x5a;
        this.#bytes = this.#bytes.subarray(end);
        if (isReady) return;
      }
      await once(this.#socket, 'more');
    }
  }
}
