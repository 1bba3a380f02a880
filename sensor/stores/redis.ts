/**
 * Redis and what speaks its protocol (Valkey, KeyDB, Dragonfly): commands with their keys, fields and values, and what came
 * back, each value with the key or field that it was asked by. What signs in or configures is not looked at: it holds passwords.
 */

import { RespReader, type RespValue } from './resp.ts';
import type { StoreReader, StoreReaderOptions, Way } from './store-message.ts';
import { SAMPLED, step, TextSample } from './text-sample.ts';

/** Whether a client's first bytes are a command as an array of strings; null where they are too few. */
export function beginsRedis(bytes: Buffer): boolean | null {
  const text = bytes.toString('latin1', 0, 40);
  if (/^\*[1-9][0-9]{0,6}\r\n\$[1-9][0-9]{0,3}\r\n[A-Za-z]/.test(text)) return true;
  return /^(?:\*(?:[1-9][0-9]{0,6}(?:\r(?:\n(?:\$(?:[1-9][0-9]{0,3}(?:\r\n?)?)?)?)?)?)?)?$/.test(text) ? null : false;
}

interface Asked {
  readonly name: string;
  readonly key: string | null;
  readonly args: readonly Buffer[];
}

/** Sign-in and settings, and what servers say of themselves. */
const UNSEEN: ReadonlySet<string> = new Set([
  ...['AUTH', 'HELLO', 'CONFIG', 'ACL', 'MIGRATE'],
  ...['COMMAND', 'INFO', 'CLIENT', 'CLUSTER', 'MODULE', 'SENTINEL', 'MEMORY', 'LATENCY', 'PSYNC', 'REPLCONF'],
]);
/** What stands behind the key: one value, fields with values, values, or other keys with values. */
const PAIRS: ReadonlySet<string> = new Set(['HSET', 'HMSET', 'HSETNX']);
const VALUES: ReadonlySet<string> = new Set([
  ...[
    'SET',
    'SETNX',
    'GETSET',
    'APPEND',
    'LPUSH',
    'RPUSH',
    'LPUSHX',
    'RPUSHX',
    'SADD',
    'SISMEMBER',
    'PUBLISH',
    'SPUBLISH',
  ],
  ...['LREM', 'LSET', 'LINSERT', 'SETEX', 'PSETEX', 'SREM', 'PFADD', 'JSON.SET', 'SETRANGE'],
]);
const KEY_PAIRS: ReadonlySet<string> = new Set(['MSET', 'MSETNX']);
const ANSWERS_PAIRS: ReadonlySet<string> = new Set(['HGETALL', 'HRANDFIELD', 'HSCAN']);
const ANSWERS_ENTRIES: ReadonlySet<string> = new Set([
  'XRANGE',
  'XREVRANGE',
  'XREAD',
  'XREADGROUP',
  'XCLAIM',
  'XAUTOCLAIM',
]);
const WITHOUT_KEY: ReadonlySet<string> = new Set([
  'EVAL',
  'EVALSHA',
  'FCALL',
  'SELECT',
  'PING',
  'ECHO',
  'INFO',
  'COMMAND',
  'CLIENT',
]);
const MAX_LABEL = 200;

export class RedisReader implements StoreReader {
  readonly protocol = 'redis';
  readonly sealed = null;
  readonly #options: StoreReaderOptions;
  readonly #readers: Readonly<Record<Way, RespReader>>;
  readonly #asked: Asked[] = [];
  #database = '0';

  constructor(options: StoreReaderOptions) {
    this.#options = options;
    const most = options.limits.messageBytes;
    this.#readers = {
      out: new RespReader({ value: (value, size, isCut) => this.#command(value, size, isCut) }, most, true),
      in: new RespReader({ value: (value, size, isCut) => this.#answer(value, size, isCut) }, most, false),
    };
  }

  data(way: Way, bytes: Buffer, isTurn: boolean): void {
    const reader = this.#readers[way];
    // Who speaks again has had the answers to what was asked before.
    if (way === 'out' && reader.isLost && isTurn) this.#asked.length = 0;
    reader.push(bytes, isTurn);
  }

  lost(way: Way, bytes: number): void {
    const reader = this.#readers[way];
    reader.lost(bytes);
    if (way === 'in' && reader.isLost) this.#asked.length = 0;
  }

  end(): void {
    this.#readers.out.end();
    this.#readers.in.end();
  }

  #command({ items }: RespValue, size: number, isCut: boolean): void {
    const [first, ...rest] = items;
    if (first === undefined) return;
    const name = first.text.toString('latin1').toUpperCase().slice(0, 40);
    const args = rest.map(({ text }) => text);
    const key = WITHOUT_KEY.has(name) ? null : (args[0] ?? null);
    this.#asked.push({ name, key: key === null ? null : labelOf(key), args });
    if (this.#asked.length > this.#options.limits.remembered) this.#asked.shift();
    const sample = this.#sample(isCut);
    if (!UNSEEN.has(name)) addArguments(sample, name, args);
    this.#hear('out', name, sample, size);
  }

  #answer(value: RespValue, size: number, isCut: boolean): void {
    const isPush = value.type === '>' || isMessage(value, this.#asked.length === 0);
    const asked = isPush ? null : (this.#asked.shift() ?? null);
    if (asked?.name === 'SELECT' && value.type === '+') this.#database = asked.args[0]?.toString('latin1') ?? '0';
    if (asked !== null && UNSEEN.has(asked.name)) return;
    const sample = this.#sample(isCut);
    if (isPush) addPush(sample, value);
    else addAnswer(sample, value, asked);
    if (sample.texts.length > 0) this.#hear('in', isPush ? 'PUSH' : (asked?.name ?? null), sample, size);
  }

  #sample(isCut: boolean): TextSample {
    const sample = new TextSample(this.#options.limits.messageBytes);
    if (isCut) sample.note(SAMPLED);
    return sample;
  }

  #hear(way: Way, operation: string | null, sample: TextSample, bytes: number): void {
    this.#options.hear({
      way,
      operation,
      database: this.#database,
      resource: null,
      texts: sample.texts,
      bytes,
      coverage: sample.coverage,
    });
  }
}

function labelOf(bytes: Buffer): string {
  return bytes.toString('utf8', 0, MAX_LABEL);
}

function addArguments(sample: TextSample, name: string, args: readonly Buffer[]): void {
  if (KEY_PAIRS.has(name)) {
    addPairs(sample, args, '/keys');
    return;
  }
  const [key, ...rest] = args;
  if (key === undefined) return;
  if (WITHOUT_KEY.has(name)) {
    for (const [index, text] of args.entries()) sample.add(`/args/${index}`, null, text);
    return;
  }
  sample.add('/key', null, key, 'metadata');
  const label = labelOf(key);
  if (PAIRS.has(name)) {
    addPairs(sample, rest, '/fields');
  } else if (name === 'XADD') {
    const id = rest.findIndex((text) => /^(?:\*|[0-9]+(?:-(?:[0-9]+|\*))?)$/.test(text.toString('latin1', 0, 50)));
    addPairs(sample, rest.slice(id + 1), '/fields');
  } else {
    const path = VALUES.has(name) ? '/values' : '/args';
    for (const [index, text] of rest.entries()) sample.add(`${path}/${index}`, label, text);
  }
}

/** Names and values in turn. */
function addPairs(sample: TextSample, list: readonly Buffer[], path: string): void {
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at];
    const value = list[at + 1];
    if (name === undefined) return;
    const label = labelOf(name);
    if (path === '/keys') sample.add('/key', null, name, 'metadata');
    if (value !== undefined) sample.add(path + step(label), label, value);
  }
}

/** RESP2 has no type of its own for what nobody asked for. */
function isMessage({ type, items }: RespValue, isUnasked: boolean): boolean {
  return type === '*' && isUnasked && /^s?p?message$/.test(items[0]?.text.toString('latin1') ?? '');
}

function addPush(sample: TextSample, { items }: RespValue): void {
  const [kind, channel] = items;
  if (!/^s?p?message$/.test(kind?.text.toString('latin1') ?? '')) return;
  const payload = items.at(-1);
  if (payload !== undefined) sample.add('/payload', labelOf(channel?.text ?? Buffer.alloc(0)), payload.text);
}

function addAnswer(sample: TextSample, value: RespValue, asked: Asked | null): void {
  const { type, items } = value;
  if (type === '-' || type === '!') {
    sample.add('/error', null, value.text);
  } else if (items.length === 0) {
    addLeaf(sample, value, '/value', askedLabel(asked, 0));
  } else if (type === '%' || (asked !== null && ANSWERS_PAIRS.has(asked.name) && isFlat(items))) {
    addValuePairs(sample, items, '');
  } else {
    addList(sample, items, '', asked);
  }
}

function isFlat(items: readonly RespValue[]): boolean {
  return items.every((item) => item.items.length === 0);
}

/** The key or field by which a value of an answer was asked for. */
function askedLabel(asked: Asked | null, index: number): string | null {
  if (asked === null) return null;
  const { name, key, args } = asked;
  if (name === 'MGET') return args[index] === undefined ? null : labelOf(args[index]);
  if (name === 'HGET' || name === 'HMGET')
    return args[index + 1] === undefined ? key : labelOf(args[index + 1] as Buffer);
  return key;
}

function addList(sample: TextSample, items: readonly RespValue[], path: string, asked: Asked | null): void {
  for (const [index, item] of items.entries()) {
    const at = path === '' ? `/values/${index}` : `${path}/${index}`;
    if (item.items.length === 0) {
      addLeaf(sample, item, at, askedLabel(asked, path === '' ? index : 0));
    } else {
      const holdsPairs = item.type === '%' || (asked !== null && ANSWERS_ENTRIES.has(asked.name) && isFlat(item.items));
      if (holdsPairs && item.items.length % 2 === 0 && path !== '') addValuePairs(sample, item.items, at);
      else addList(sample, item.items, at, asked);
    }
  }
}

function addValuePairs(sample: TextSample, items: readonly RespValue[], path: string): void {
  for (let at = 0; at + 1 < items.length; at += 2) {
    const label = labelOf(items[at]?.text ?? Buffer.alloc(0));
    const value = items[at + 1];
    if (value === undefined) return;
    const where = `${path}/fields${step(label)}`;
    if (value.items.length === 0) addLeaf(sample, value, where, label);
    else addList(sample, value.items, where, null);
  }
}

/** Numbers are read from five digits on; `OK`, true and null are nobody's data. */
function addLeaf(sample: TextSample, { type, text }: RespValue, path: string, label: string | null): void {
  const isText = type === '$' || type === '=' || type === '(';
  if (isText || (type === '+' && text.length > 8) || (type === ':' && text.length > 4)) sample.add(path, label, text);
}
