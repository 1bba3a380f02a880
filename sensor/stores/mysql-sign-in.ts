/** How a connection of MySQL or MariaDB begins: the server's greeting, and what the client says of itself, without its password. */
import { MysqlFields } from './mysql-values.ts';

/** Of a packet. */
const HEAD = 4;
const CONNECT_WITH_DB = 0x8;
export const COMPRESS = 0x20;
const SSL = 0x800;
const SECURE_CONNECTION = 0x8000;
const PLUGIN_AUTH_LENGTH_ENCODED = 0x20_0000;
export const DEPRECATE_EOF = 0x100_0000;
export const QUERY_ATTRIBUTES = 0x800_0000;
export const ZSTD = 0x400_0000;
/** Of MariaDB's own capabilities: definitions of columns may be left out where they have not changed. */
const CACHE_METADATA = 0x10;

/** Whether a server's first bytes are its greeting; null where they are too few. */
export function beginsMysql(bytes: Buffer): boolean | null {
  if (bytes.length < 7)
    return bytes.length === 0 ? null : (bytes[3] ?? 0) === 0 && (bytes[4] ?? 10) === 10 ? null : false;
  const size = bytes.readUIntLE(0, 3);
  const version = bytes[5] ?? 0;
  return size > 40 && size < 1024 && bytes[3] === 0 && bytes[4] === 10 && version >= 0x31 && version <= 0x39;
}

/** The capabilities of the server that a greeting is of. */
export function readGreeting(bytes: Buffer): number {
  const fields = new MysqlFields(bytes, HEAD + 1);
  fields.terminated(); // version
  fields.skip(4 + 8 + 1); // thread, a part of the scramble, filler
  const low = fields.int(2);
  fields.skip(3); // charset, status
  return low | (fields.int(2) << 16);
}

export interface SignIn {
  /** Capabilities of both. */
  readonly both: number;
  readonly isCachingMetadata: boolean;
  /** Undefined where none is said, null where an empty one is. */
  readonly database: string | null | undefined;
}

/** What a client says of itself; null where it goes on in TLS. */
export function readSignIn(bytes: Buffer, size: number, server: number): SignIn | null {
  const fields = new MysqlFields(bytes, HEAD);
  const client = fields.int(4);
  if ((client & SSL) !== 0 && size <= HEAD + 32) return null;
  fields.skip(24); // longest packet, charset, reserved
  const isMariadb = (client & 1) === 0;
  const isCachingMetadata = isMariadb && (fields.int(4) & CACHE_METADATA) !== 0;
  if (!isMariadb) fields.skip(4);
  fields.terminated(); // user
  if ((client & PLUGIN_AUTH_LENGTH_ENCODED) !== 0) fields.string();
  else if ((client & SECURE_CONNECTION) !== 0) fields.skip(fields.int(1));
  else fields.terminated();
  const database = (client & CONNECT_WITH_DB) === 0 ? undefined : fields.terminated() || null;
  return { both: client & server, isCachingMetadata, database };
}
