/**
 * The keys of the nodes whose records this home may read: the home's own, and those that the fleet's centre has handed to it.
 * Whoever checks chains that arrive, or opens excerpts of other nodes, asks here by the writer that stands in a record.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { WeirError } from '../flow/errors.ts';
import { makePrivateFolder } from '../keys/private-files.ts';
import { readSecret, writeSecret } from '../keys/seal.ts';
import { allWriterIds, type HomePaths, readKey } from './home.ts';

/** One home of one node. */
export interface NodeWriters {
  readonly node: string;
  readonly writers: readonly string[];
  /** 32 bytes, base64url. */
  readonly chain: string;
  /** Null where this home is not to open excerpts. */
  readonly excerpt: string | null;
}

export interface WriterKeys {
  /** What the chain of a writer is checked with; null for one that is not known. */
  chainKeyOf(writer: string): KeyObject | null;
  /** What the excerpts of a writer are opened with; null where they are not to be. */
  excerptKeyOf(writer: string): KeyObject | null;
  /** The node that a writer belongs to; null for one that is not known, and for this home's own. */
  nodeOf(writer: string): string | null;
}

interface Known {
  readonly node: string | null;
  readonly chain: KeyObject | null;
  readonly excerpt: KeyObject | null;
}

const LOOK_MS = 1000;
const KEY = /^[A-Za-z0-9_-]{43}$/;

/** A ULID: what arrived may name anything as its writer. */
const WRITER = /^[0-9A-HJKMNP-TV-Z]{26}$/;
/** As many as are asked for at one time. */
const MOST_WANTED = 100;

/**
 * Looks for what is new when it is asked for a writer that it does not know, at most once a second. In a home that has joined
 * a fleet it leaves word of one that stays unknown, so that whoever asks the centre does so before its time.
 */
export function writerKeysIn(paths: HomePaths, now: () => number = Date.now): WriterKeys {
  let known: ReadonlyMap<string, Known> = new Map();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let state = '';
  const find = (writer: string): Known | null => {
    const at = now();
    if (!known.has(writer) && (at < lookedAt || at - lookedAt >= LOOK_MS)) {
      lookedAt = at;
      const present = [
        writersFile(paths),
        ...['writers', 'outbox-writers', 'shared-writers'].map((name) => join(paths.keysFolder, name)),
      ]
        .map(stateOf)
        .join();
      if (present !== state) {
        known = readAll(paths);
        state = present;
      }
      if (!known.has(writer)) want(paths, writer);
    }
    return known.get(writer) ?? null;
  };
  return {
    chainKeyOf: (writer) => find(writer)?.chain ?? null,
    excerptKeyOf: (writer) => find(writer)?.excerpt ?? null,
    nodeOf: (writer) => find(writer)?.node ?? null,
  };
}

/** Keeps what the centre has handed over, instead of what it has before. */
export function writeWriterKeys(paths: HomePaths, nodes: readonly NodeWriters[]): void {
  const text = JSON.stringify(nodes);
  const file = writersFile(paths);
  if (readSecret(paths.path, file)?.toString('utf8') === text) return;
  makePrivateFolder(join(paths.path, 'member'));
  writeSecret(paths.path, file, text);
}

/** Writers that somebody in this home has met and knows no key of, until the word is taken. */
export function takeWantedWriters(paths: HomePaths): readonly string[] {
  const file = wantedFile(paths);
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  rmSync(file, { force: true });
  return [...new Set(text.split('\n').filter((line) => WRITER.test(line)))].slice(0, MOST_WANTED);
}

/** Never throws: who may only read here finds the key with the next news. */
function want(paths: HomePaths, writer: string): void {
  if (!WRITER.test(writer) || !existsSync(join(paths.path, 'member', 'node.json'))) return;
  try {
    const { size } = statSync(wantedFile(paths), { throwIfNoEntry: false }) ?? { size: 0 };
    if (size < MOST_WANTED * 27) appendFileSync(wantedFile(paths), `${writer}\n`, { mode: 0o600 });
  } catch {
    // Read-only, or another account's.
  }
}

function wantedFile(paths: HomePaths): string {
  return join(paths.path, 'member', 'wanted');
}

function readAll(paths: HomePaths): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>();
  for (const { node, writers, chain, excerpt } of readNodes(paths)) {
    const keys = { node, chain: keyOf(chain), excerpt: excerpt === null ? null : keyOf(excerpt) };
    for (const writer of writers) known.set(writer, keys);
  }
  const own = { node: null, chain: readKey(paths, 'chain'), excerpt: readKey(paths, 'excerpt') };
  for (const writer of allWriterIds(paths)) known.set(writer, own);
  return known;
}

function readNodes(paths: HomePaths): readonly NodeWriters[] {
  const file = writersFile(paths);
  const text = readSecret(paths.path, file)?.toString('utf8');
  if (text === undefined) return [];
  try {
    const read: unknown = JSON.parse(text);
    if (Array.isArray(read) && read.every(isNodeWriters)) return read;
  } catch {
    // Falls through: the parser's message would quote a secret.
  }
  throw new WeirError('home_unusable', `${file} is damaged: remove it, and it is fetched again`);
}

function isNodeWriters(value: unknown): value is NodeWriters {
  if (typeof value !== 'object' || value === null) return false;
  const { node, writers, chain, excerpt }: Readonly<Record<string, unknown>> = { ...value };
  const isKey = (key: unknown): boolean => typeof key === 'string' && KEY.test(key);
  const areTexts = Array.isArray(writers) && writers.every((one) => typeof one === 'string');
  return typeof node === 'string' && areTexts && isKey(chain) && (excerpt === null || isKey(excerpt));
}

function writersFile(paths: HomePaths): string {
  return join(paths.path, 'member', 'writers.key');
}

function stateOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? '-' : `${found.mtimeMs} ${found.ino} ${found.size}`;
}

function keyOf(text: string): KeyObject {
  return createSecretKey(Buffer.from(text, 'base64url'));
}
