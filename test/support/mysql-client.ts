/** A raw client of MySQL and MariaDB for tests: prepared statements, whose parameters and rows go in the binary form. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const CAPABILITIES = 0x1 | 0x8 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x1_0000 | 0x2_0000 | 0x8_0000;
const DEPRECATE_EOF = 0x100_0000;

export class MysqlClient {
  readonly #socket: Socket;
  readonly #hasEof: boolean;
  #bytes = Buffer.alloc(0);

  constructor(socket: Socket, hasEof: boolean) {
    this.#socket = socket;
    this.#hasEof = hasEof;
    socket.on('data', (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      socket.emit('more');
    });
  }

  static async open(port: number, { hasEof }: { readonly hasEof: boolean }): Promise<MysqlClient> {
    const socket = connect(port, '127.0.0.1');
    const client = new MysqlClient(socket, hasEof);
    await client.#packet();
    const head = Buffer.alloc(32);
    head.writeUInt32LE(hasEof ? CAPABILITIES : CAPABILITIES | DEPRECATE_EOF, 0);
    head.writeUInt32LE(0xff_ffff, 4);
    head[8] = 45;
    client.#send(1, Buffer.concat([head, Buffer.from('root\0\0test\0mysql_native_password\0')]));
    await client.#packet();
    return client;
  }

  async query(sql: string): Promise<void> {
    this.#send(0, Buffer.concat([Buffer.from([3]), Buffer.from(sql)]));
    await this.#results();
  }

  /** The statement's number. */
  async prepare(sql: string): Promise<number> {
    this.#send(0, Buffer.concat([Buffer.from([0x16]), Buffer.from(sql)]));
    const answer = await this.#packet();
    const columns = answer.readUInt16LE(5);
    const parameters = answer.readUInt16LE(7);
    for (const count of [parameters, columns]) {
      for (let left = count === 0 ? 0 : count + (this.#hasEof ? 1 : 0); left > 0; left--) await this.#packet();
    }
    return answer.readUInt32LE(1);
  }

  /** Text goes as a string, a bigint as a number of eight bytes, null as NULL. */
  async execute(statement: number, parameters: readonly (string | bigint | null)[]): Promise<void> {
    const nulls = Buffer.alloc((parameters.length + 7) >> 3);
    const types: Buffer[] = [];
    const values: Buffer[] = [];
    for (const [index, value] of parameters.entries()) {
      if (value === null) {
        nulls[index >> 3] = (nulls[index >> 3] ?? 0) | (1 << (index & 7));
        types.push(Buffer.from([6, 0]));
      } else if (typeof value === 'bigint') {
        const bytes = Buffer.alloc(8);
        bytes.writeBigInt64LE(value);
        types.push(Buffer.from([8, 0]));
        values.push(bytes);
      } else {
        types.push(Buffer.from([253, 0]));
        values.push(Buffer.from([value.length]), Buffer.from(value));
      }
    }
    const head = Buffer.alloc(10);
    head[0] = 0x17;
    head.writeUInt32LE(statement, 1);
    head.writeUInt32LE(1, 6);
    const bound = parameters.length === 0 ? [] : [nulls, Buffer.from([1]), ...types, ...values];
    this.#send(0, Buffer.concat([head, ...bound]));
    await this.#results();
  }

  async close(): Promise<void> {
    this.#send(0, Buffer.from([1]));
    this.#socket.end();
    await once(this.#socket, 'close');
  }

  #send(number: number, payload: Buffer): void {
    const head = Buffer.alloc(4);
    head.writeUIntLE(payload.length, 0, 3);
    head[3] = number;
    this.#socket.write(Buffer.concat([head, payload]));
  }

  async #results(): Promise<void> {
    const first = await this.#packet();
    if (first[0] === 0xff || first[0] === 0) return;
    let ends = this.#hasEof ? 2 : 1;
    while (ends > 0) {
      const packet = await this.#packet();
      if (packet[0] === 0xff) return;
      if (packet[0] === 0xfe && packet.length < (this.#hasEof ? 9 : 100)) ends--;
    }
  }

  async #packet(): Promise<Buffer> {
    for (;;) {
      if (this.#bytes.length >= 4) {
        const end = 4 + this.#bytes.readUIntLE(0, 3);
        if (this.#bytes.length >= end) {
          const payload = this.#bytes.subarray(4, end);
          this.#bytes = this.#bytes.subarray(end);
          return payload;
        }
      }
      await once(this.#socket, 'more');
    }
  }
}
