/**
 * The data stores of the demo: servers on loopback that speak just enough of PostgreSQL's and Redis's protocols to answer
 * one query with rows of made-up customers. They keep nothing.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { QueryName } from './company.ts';
import type { Customer } from './people.ts';

export interface StoreServer {
  readonly port: number;
  close(): Promise<void>;
}

const SSL_REQUEST = 80_877_103;

/** PostgreSQL, protocol 3.0: startup without a password, simple queries. */
export function startPostgres(rowsOf: (query: string) => Rows): Promise<StoreServer> {
  return listen((socket) => {
    let pending: Buffer = Buffer.alloc(0);
    let isStarted = false;
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const at = isStarted ? 1 : 0;
        if (pending.length < at + 4) return;
        const length = pending.readUInt32BE(at) + at;
        if (length > 65_536) return void socket.destroy();
        if (pending.length < length) return;
        const message = pending.subarray(0, length);
        pending = pending.subarray(length);
        if (!isStarted && message.readUInt32BE(4) === SSL_REQUEST) {
          socket.write('N');
        } else if (!isStarted) {
          isStarted = true;
          const parameter = packet('S', zero('server_version'), zero('15.8'));
          socket.write(Buffer.concat([packet('R', int32(0)), parameter, packet('Z', Buffer.from('I'))]));
        } else if (message[0] === 0x51) {
          socket.write(answer(rowsOf(message.subarray(5, -1).toString('utf8'))));
        } else {
          return void socket.end();
        }
      }
    });
  });
}

export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function answer({ columns, rows }: Rows): Buffer {
  const described = columns.map((name) =>
    // Column of no table, of type text, in text format.
    Buffer.concat([zero(name), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)]),
  );
  const packets = [packet('T', int16(columns.length), ...described)];
  for (const row of rows) {
    const cells = row.flatMap((cell) => [int32(Buffer.byteLength(cell)), Buffer.from(cell)]);
    packets.push(packet('D', int16(row.length), ...cells));
  }
  packets.push(packet('C', zero(`SELECT ${rows.length}`)), packet('Z', Buffer.from('I')));
  return Buffer.concat(packets);
}

/** Redis, RESP2: every command is answered with one value. */
export function startRedis(value: string): Promise<StoreServer> {
  return listen((socket) => {
    socket.on('data', () => socket.write(`$${Buffer.byteLength(value)}\r\n${value}\r\n`));
  });
}

/** What a query of the demo is answered with. */
export function rowsOf(query: string, customers: readonly Customer[]): Rows {
  const columns = /select ([a-z_, ]+) from/i.exec(query)?.[1]?.split(', ') ?? [];
  const named: Readonly<Record<string, (customer: Customer) => string>> = {
    id: ({ id }) => String(id),
    full_name: ({ name }) => name,
    email: ({ email }) => email,
    phone: ({ phone }) => phone,
    iban: ({ iban }) => iban,
    card_number: ({ card }) => card,
    date_of_birth: ({ born }) => born,
  };
  return { columns, rows: customers.map((one) => columns.map((column) => named[column]?.(one) ?? '')) };
}

export const QUERIES: Readonly<Record<Exclude<QueryName, 'session'>, string>> = {
  accounts: 'SELECT id, full_name, email, iban FROM accounts WHERE branch = 7',
  cards: 'SELECT id, full_name, card_number FROM cards WHERE active',
  contacts: 'SELECT id, full_name, email, phone FROM contacts WHERE open_tickets > 0',
  scratch: 'SELECT id, full_name, email, date_of_birth FROM customers_copy',
};

async function listen(hear: (socket: Socket) => void): Promise<StoreServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    hear(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function packet(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function zero(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

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
