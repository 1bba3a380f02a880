/**
 * Checks the chains of records: that each writer's records are all there, in order and unchanged, and that what the
 * filters ask agrees with them. Reads only, as of one moment. Edges are sums, not evidence, and are not covered.
 */
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { CheckpointRange } from '../flow/event.ts';
import { GENESIS, headMac, isSameDigest } from './keyed.ts';
import { type Columns, columnsOf, entitiesOf, faultOf, parseCore, type StoredRecord, storedParts } from './record.ts';

export type FaultKind = 'changed' | 'missing' | 'out_of_order';

/** The first record of a writer that is not as it was written. */
export interface ChainFault {
  readonly kind: FaultKind;
  readonly writer: string;
  /** The place in the chain; null where all of the writer's records are gone. */
  readonly seq: number | null;
  /** The event's id, where there is a record to name. */
  readonly id: string | null;
  /** A sentence that names the record and says what is wrong with it. */
  readonly text: string;
}

export interface ChainResult {
  readonly writer: string;
  readonly records: number;
  /** True when this home holds the writer's key, so that HMACs were checked. */
  readonly isKeyHeld: boolean;
  /** Records whose personal fields or excerpt were cleared; what is left of them is as it was written. */
  readonly cleared: number;
  /** Records that were removed on purpose, as checkpoints say. */
  readonly removed: number;
  /** Ids of the checkpoints that say so. */
  readonly checkpoints: readonly string[];
  /** Ids of those that say which records were cleared by a purge. */
  readonly clearing: readonly string[];
  readonly fault: ChainFault | null;
}

export interface VerifyResult {
  readonly isIntact: boolean;
  readonly records: number;
  readonly chains: readonly ChainResult[];
}

export interface VerifyWith {
  /** Writers whose records the chain key made. */
  readonly writers: readonly string[];
  readonly chainKey: KeyObject | null;
}

/** Verifies every chain in the database, and that no writer of this home is missing from it. */
export function verifyChains(database: DatabaseSync | null, { writers, chainKey }: VerifyWith): VerifyResult {
  const chains: ChainResult[] = [];
  if (database !== null) {
    database.exec('BEGIN'); // one snapshot, whatever is being written
    try {
      const vouched = vouchedGaps(database, { writers, chainKey });
      for (const row of database.prepare('SELECT no, writer, seq, hash, mac FROM writers ORDER BY no').all()) {
        const isKeyHeld = chainKey !== null && writers.includes(String(row['writer']));
        chains.push(verifyChain(database, row, isKeyHeld ? chainKey : null, vouched));
      }
      chains.push(...orphanedChains(database));
    } finally {
      database.exec('COMMIT');
    }
  }
  const found = new Set(chains.map((chain) => chain.writer));
  chains.push(...writers.filter((writer) => !found.has(writer)).map(vanishedChain));
  return {
    isIntact: chains.every((chain) => chain.fault === null),
    records: chains.reduce((sum, chain) => sum + chain.records, 0),
    chains: chains.filter((chain) => chain.records + chain.removed > 0 || chain.fault !== null),
  };
}

function vanishedChain(writer: string): ChainResult {
  const text = `all records of writer ${writer} are missing`;
  return {
    writer,
    records: 0,
    isKeyHeld: true,
    cleared: 0,
    removed: 0,
    checkpoints: [],
    clearing: [],
    fault: { kind: 'missing', writer, seq: null, id: null, text },
  };
}

/** Records whose writer's own row was removed. */
function orphanedChains(database: DatabaseSync): readonly ChainResult[] {
  const rows = database
    .prepare(
      'SELECT writer, count(*) AS records FROM events WHERE writer NOT IN (SELECT no FROM writers) GROUP BY writer',
    )
    .all();
  return rows.map((row) => {
    const writer = `number ${row['writer']}`;
    const text = `the head record of writer ${writer} is missing`;
    const fault: ChainFault = { kind: 'missing', writer, seq: null, id: null, text };
    return {
      writer,
      records: Number(row['records']),
      isKeyHeld: false,
      cleared: 0,
      removed: 0,
      checkpoints: [],
      clearing: [],
      fault,
    };
  });
}

/** A run of records that a checkpoint says was removed. */
interface VouchedGap extends CheckpointRange {
  readonly checkpoint: string;
}

/** `cleared`: by writer, the checkpoints that say that records of it were cleared. */
interface Vouched {
  readonly gaps: ReadonlyMap<string, VouchedGap>;
  readonly cleared: readonly (readonly [writer: string, checkpoint: string])[];
}

/**
 * By writer and first place, what intact checkpoints of writers whose key is here say was removed. Where no key is here
 * at all, their word is taken, as that of every record is.
 */
function vouchedGaps(database: DatabaseSync, { writers, chainKey }: VerifyWith): Vouched {
  const gaps = new Map<string, VouchedGap>();
  const cleared: [writer: string, checkpoint: string][] = [];
  const rows = database
    .prepare(
      `SELECT e.*, w.writer AS name FROM events AS e JOIN writers AS w ON w.no = e.writer WHERE e.kind = 'checkpoint'`,
    )
    .iterate();
  for (const row of rows) {
    const isKeyHeld = chainKey !== null && writers.includes(String(row['name']));
    const record = storedParts(row);
    if ((chainKey !== null && !isKeyHeld) || faultOf(record, chainKey) !== null) continue;
    const { checkpoint, id } = parseCore(record.core);
    if (checkpoint?.what === 'cleared') for (const { writer } of checkpoint.ranges) cleared.push([writer, id]);
    if (checkpoint?.what !== 'removed') continue;
    for (const range of checkpoint.ranges) {
      const key = `${range.writer} ${range.from}`;
      // Runs that met became one: the longest from a place is the one that holds now.
      if ((gaps.get(key)?.to ?? 0) < range.to) gaps.set(key, { ...range, checkpoint: id });
    }
  }
  return { gaps, cleared };
}

function verifyChain(
  database: DatabaseSync,
  head: Record<string, SQLOutputValue>,
  chainKey: KeyObject | null,
  vouched: Vouched,
): ChainResult {
  const writer = String(head['writer']);
  const hasEntity = database.prepare('SELECT 1 FROM event_entities WHERE entity = ? AND time_ms = ? AND event = ?');
  const checkpoints = new Set<string>();
  let prevHash = GENESIS;
  let seq = 0;
  let [records, cleared, removed] = [0, 0, 0];
  let fault: ChainFault | null = null;
  /** Past what was removed right here, if it leads to `next`. */
  const pass = (next: number): void => {
    const gap = vouched.gaps.get(`${writer} ${seq + 1}`);
    if (gap === undefined || gap.to + 1 !== next || gap.prevHash !== prevHash) return;
    removed += gap.to - seq;
    checkpoints.add(gap.checkpoint);
    seq = gap.to;
    prevHash = gap.hash;
  };
  for (const row of database
    .prepare('SELECT * FROM events WHERE writer = ? ORDER BY seq')
    .iterate(head['no'] ?? null)) {
    records++;
    if (fault !== null) continue;
    const record = storedParts(row);
    if (Number(row['seq']) > seq + 1) pass(Number(row['seq']));
    fault = chainFault(row, record, { writer, seq: seq + 1, prevHash }, chainKey, hasEntity);
    if (fault === null && isCleared(record)) cleared++;
    seq = Number(row['seq']);
    prevHash = record.hash;
  }
  if (fault === null && seq < Number(head['seq'])) pass(Number(head['seq']) + 1);
  fault ??= headFault(head, { writer, seq, hash: prevHash }, chainKey);
  const clearing = vouched.cleared.filter(([of]) => of === writer).map(([, checkpoint]) => checkpoint);
  return {
    writer,
    records,
    isKeyHeld: chainKey !== null,
    cleared,
    removed,
    checkpoints: [...checkpoints],
    clearing,
    fault,
  };
}

interface Place {
  readonly writer: string;
  readonly seq: number;
  readonly prevHash: string;
}

function chainFault(
  row: Record<string, SQLOutputValue>,
  record: StoredRecord,
  expected: Place,
  chainKey: KeyObject | null,
  hasEntity: StatementSync,
): ChainFault | null {
  const { writer, seq } = expected;
  const id = String(row['id']);
  const fail = (kind: FaultKind, text: string): ChainFault => ({ kind, writer, seq, id, text });
  const name = `record ${seq} of writer ${writer}`;
  const found = Number(row['seq']);
  if (found !== seq) {
    return { ...fail('missing', `${name} is missing: the next one is ${found} (${id})`), id: null };
  }
  const fault = faultOf(record, chainKey);
  if (fault !== null) return fail('changed', `${name} (${id}) ${fault}`);
  const core = parseCore(record.core);
  if (core.seq !== seq || core.writer !== writer) {
    return fail('out_of_order', `${name} (${id}) was written as record ${core.seq} of writer ${core.writer}`);
  }
  if (core.prevHash !== expected.prevHash) {
    return fail('out_of_order', `${name} (${id}) does not follow the record before it`);
  }
  const column = differingColumn(row, columnsOf(core));
  if (column !== null)
    return fail('changed', `${name} (${id}) is listed with another ${column} than it was written with`);
  for (const entity of entitiesOf(core).keys()) {
    if (hasEntity.get(entity, row['time_ms'] ?? null, row['position'] ?? null) !== undefined) continue;
    return fail('changed', `${name} (${id}) is no longer listed under ${entity}`);
  }
  return null;
}

function differingColumn(row: Record<string, SQLOutputValue>, columns: Columns): string | null {
  const pairs: readonly (readonly [string, string | number | null])[] = [
    ['id', columns.id],
    ['kind', columns.kind],
    ['time_ms', columns.timeMs],
    ['carried', columns.carried],
    ['observed', columns.observed],
    ['outcome', columns.outcome],
    ['app', columns.app],
    ['host', columns.host],
    ['port', columns.port],
    ['policy', columns.policy],
    ['refers_to', columns.refersTo],
  ];
  return pairs.find(([name, value]) => row[name] !== value)?.[0] ?? null;
}

/** The head says how many records there were: without it, records cut off at the end would not be missed. */
function headFault(
  head: Record<string, SQLOutputValue>,
  last: { readonly writer: string; readonly seq: number; readonly hash: string },
  chainKey: KeyObject | null,
): ChainFault | null {
  const { writer } = last;
  const seq = Number(head['seq']);
  const fail = (kind: FaultKind, at: number, text: string): ChainFault => ({ kind, writer, seq: at, id: null, text });
  const mac = chainKey === null ? null : headMac(chainKey, writer, seq, String(head['hash']));
  if (mac !== null && !isSameDigest(mac, String(head['mac']))) {
    return fail('changed', seq, `the head record of writer ${writer} was changed`);
  }
  if (last.seq < seq) {
    return fail('missing', last.seq + 1, `record ${last.seq + 1} of writer ${writer} is missing: there were ${seq}`);
  }
  if (last.seq > seq || last.hash !== head['hash']) {
    return fail('out_of_order', last.seq, `record ${last.seq} of writer ${writer} is not the one written last`);
  }
  return null;
}

function isCleared(record: StoredRecord): boolean {
  const { digests } = parseCore(record.core);
  const lacks = (digest: string | null, part: string | null) => digest !== null && part === null;
  return lacks(digests.personal, record.personal) || lacks(digests.excerpt, record.excerpt);
}
