/**
 * Tells which data store a connection speaks to by the first bytes of both directions. A port alone never decides: it
 * settles only what begins alike. What is no store that is known here is said to be HTTP, TLS or unknown.
 */
import { peekClientHello } from '../../wire/client-hello.ts';
import { beginsClickhouse } from './clickhouse.ts';
import { beginsKafka } from './kafka.ts';
import { beginsMongodb } from './mongodb.ts';
import { beginsMysql } from './mysql-sign-in.ts';
import { beginsPostgresql } from './postgresql.ts';
import { beginsRedis } from './redis.ts';
import type { StoreProtocol } from './store-message.ts';

export type Recognised =
  | { readonly kind: 'need-more' }
  /** `sealed`: why nothing of it can be read. */
  | { readonly kind: 'store'; readonly protocol: StoreProtocol; readonly sealed: string | null }
  /** HTTP/1: whether it is a store is told by each call (http-store.ts). */
  | { readonly kind: 'http' }
  /** `serverName` as in its ClientHello. */
  | { readonly kind: 'tls'; readonly serverName: string | null }
  | { readonly kind: 'unknown' };

const NEED_MORE: Recognised = { kind: 'need-more' };
const UNKNOWN: Recognised = { kind: 'unknown' };

/** What has been said at the beginning, each direction from its first byte. */
export interface FirstBytes {
  readonly out: Buffer;
  readonly in: Buffer;
}

/** More than this is not waited for. */
export const MAX_FIRST_BYTES = 2048;

type Sign = (first: FirstBytes) => Recognised | null;

function store(protocol: StoreProtocol, sealed: string | null = null): Recognised {
  return { kind: 'store', protocol, sealed };
}

/** A yes, a no, or null for too few bytes. */
function when(is: boolean | null, recognised: Recognised): Recognised | null {
  if (is === null) return NEED_MORE;
  return is ? recognised : null;
}

/** The clients speak first, but for MySQL's; each sign gives null where it is not this. */
const SIGNS: readonly Sign[] = [
  ({ out }) => tlsSign(out),
  ({ out }) => when(beginsPostgresql(out), store('postgresql')),
  ({ out }) => when(beginsHttp(out), { kind: 'http' }),
  ({ out }) => when(beginsRedis(out), store('redis')),
  ({ out }) => when(beginsClickhouse(out), store('clickhouse')),
  ({ out }) => when(beginsMongodb(out), store('mongodb')),
  ({ out }) => when(beginsKafka(out), store('kafka')),
  // Its server speaks first.
  ({ out, in: received }) =>
    out.length > 0 && received.length === 0 ? null : when(beginsMysql(received), store('mysql')),
];

export function recogniseStore(first: FirstBytes): Recognised {
  let isWaiting = false;
  for (const sign of SIGNS) {
    const found = sign(first);
    if (found !== null && found.kind !== 'need-more') return found;
    if (found !== null) isWaiting = true;
  }
  const isOver = first.out.length >= MAX_FIRST_BYTES || first.in.length >= MAX_FIRST_BYTES;
  return isWaiting && !isOver ? NEED_MORE : UNKNOWN;
}

/** A store may be spoken to in TLS from the first byte (PostgreSQL 17 says so by ALPN). */
function tlsSign(out: Buffer): Recognised | null {
  const peek = peekClientHello(out);
  if (peek.kind === 'not-tls') return null;
  if (peek.kind === 'need-more') return NEED_MORE;
  if (peek.alpn.includes('postgresql')) return store('postgresql', 'tls');
  return { kind: 'tls', serverName: peek.serverName };
}

const HTTP = /^[A-Z][A-Z-]{2,30} (?:\/|\*|https?:)/;
const HTTP_BEGUN = /^[A-Z][A-Z-]{0,30}(?: (?:h|ht|htt|http|https)?)?$/;

function beginsHttp(out: Buffer): boolean | null {
  const text = out.toString('latin1', 0, 40);
  if (HTTP.test(text)) return true;
  return text === '' || HTTP_BEGUN.test(text) ? null : false;
}
