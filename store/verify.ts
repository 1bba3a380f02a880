/**
 * Checks the chains of records: that each writer's records are all there, in order and unchanged, and that what the
 * filters ask agrees with them. Reads only, as of one moment. Edges are sums, not evidence, and are not covered.
 */
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
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
      const keyOf = (writer: string) => (writers.includes(writer) ? chainKey : null);
      const vouched = new Vouched(keyOf, chainKey !== null);
      for (const row of database
        .prepare(
          `SELECT e.*, w.writer AS name FROM events AS e JOIN writers AS w ON w.no = e.writer WHERE e.kind = 'checkpoint'`,
        )
        .iterate()) {
        vouched.add(String(row['name']), storedParts(row));
      }
      for (const row of database.prepare('SELECT no, writer, seq, hash, mac FROM writers ORDER BY no').all()) {
        chains.push(verifyChain(database, row, keyOf(String(row['writer'])), vouched));
      }
      chains.push(...orphanedChains(database));
    } finally {
      database.exec('COMMIT');
    }
  }
  const found = new Set(chains.map((chain) => chain.writer));
  return resultOf([...chains, ...writers.filter((writer) => !found.has(writer)).map(vanishedChain)]);
}

/** What all chains say together. One without records and without a fault is left out. */
export function resultOf(chains: readonly ChainResult[]): VerifyResult {
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

type KeyOf = (writer: string) => KeyObject | null;

/**
 * What intact checkpoints of writers whose key is here say was removed or cleared. Where no key is here at all, their word
 * is taken, as that of every record is.
 */
export class Vouched {
  readonly #keyOf: KeyOf;
  readonly #hasKeys: boolean;
  /** By writer and first place. */
  readonly #gaps = new Map<string, VouchedGap>();
  readonly #cleared: [writer: string, checkpoint: string][] = [];

  constructor(keyOf: KeyOf, hasKeys: boolean) {
    this.#keyOf = keyOf;
    this.#hasKeys = hasKeys;
  }

  /** A checkpoint, by the writer that has recorded it. */
  add(writer: string, record: StoredRecord): void {
    const key = this.#keyOf(writer);
    if ((this.#hasKeys && key === null) || faultOf(record, key) !== null) return;
    const { checkpoint, id } = parseCore(record.core);
    if (checkpoint?.what === 'cleared') for (const range of checkpoint.ranges) this.#cleared.push([range.writer, id]);
    if (checkpoint?.what !== 'removed') return;
    for (const range of checkpoint.ranges) {
      const at = `${range.writer} ${range.from}`;
      // Runs that met became one: the longest from a place is the one that holds now.
      if ((this.#gaps.get(at)?.to ?? 0) < range.to) this.#gaps.set(at, { ...range, checkpoint: id });
    }
  }

  gapFrom(writer: string, seq: number): VouchedGap | null {
    return this.#gaps.get(`${writer} ${seq}`) ?? null;
  }

  clearing(writer: string): readonly string[] {
    return this.#cleared.filter(([of]) => of === writer).map(([, checkpoint]) => checkpoint);
  }
}

/** The end of a chain as its writer has sealed it; `mac` null where it never did. */
export interface ChainHead {
  readonly writer: string;
  readonly seq: number;
  readonly hash: string;
  readonly mac: string | null;
}

type EventRow = Readonly<Record<string, unknown>>;

/** Walks along one chain: `take` each record in order, then `end`. */
export class ChainCheck {
  readonly #head: ChainHead;
  readonly #key: KeyObject | null;
  readonly #vouched: Vouched;
  readonly #isListed: (row: EventRow, entity: string) => boolean;
  readonly #checkpoints = new Set<string>();
  /** Null within what was removed only in part. */
  #prevHash: string | null = GENESIS;
  #seq = 0;
  #records = 0;
  #cleared = 0;
  #removed = 0;
  #gap: VouchedGap | null = null;
  #fault: ChainFault | null = null;

  /** `isListed`: whether an event is found under a kind of data that it holds. */
  constructor(
    head: ChainHead,
    key: KeyObject | null,
    vouched: Vouched,
    isListed: (row: EventRow, entity: string) => boolean,
  ) {
    this.#head = head;
    this.#key = key;
    this.#vouched = vouched;
    this.#isListed = isListed;
  }

  take(row: EventRow, record: StoredRecord): void {
    this.#records++;
    if (this.#fault !== null) return;
    const found = Number(row['seq']);
    if (found > this.#seq + 1) this.#pass(found);
    const expected = { writer: this.#head.writer, seq: this.#seq + 1, prevHash: this.#prevHash };
    this.#fault = chainFault(row, record, expected, this.#key, this.#isListed);
    if (this.#fault === null && isCleared(record)) this.#cleared++;
    this.#seq = found;
    this.#prevHash = record.hash;
  }

  end(): ChainResult {
    const { writer, seq } = this.#head;
    if (this.#fault === null && this.#seq < seq) this.#pass(seq + 1);
    const fault = this.#fault ?? headFault(this.#head, { writer, seq: this.#seq, hash: this.#prevHash }, this.#key);
    return {
      writer,
      records: this.#records,
      isKeyHeld: this.#key !== null,
      cleared: this.#cleared,
      removed: this.#removed,
      checkpoints: [...this.#checkpoints],
      clearing: this.#vouched.clearing(writer),
      fault,
    };
  }

  /** Past what was removed right here, if it leads to `next`. Of a run that was given up, some may have come after all. */
  #pass(next: number): void {
    const gaps: VouchedGap[] = [];
    let [at, hash] = [this.#seq, this.#prevHash];
    for (let open = this.#gap; at < next - 1; ) {
      const begun = this.#vouched.gapFrom(this.#head.writer, at + 1);
      const gap = begun !== null && (hash === null || begun.prevHash === hash) ? begun : open;
      if (gap === null || gap.to <= at) return;
      gaps.push(gap);
      open = gap;
      [at, hash] = [Math.min(gap.to, next - 1), gap.to < next ? gap.hash : null];
    }
    for (const gap of gaps) this.#checkpoints.add(gap.checkpoint);
    this.#gap = gaps.at(-1) ?? this.#gap;
    this.#removed += at - this.#seq;
    [this.#seq, this.#prevHash] = [at, hash];
  }
}

function verifyChain(
  database: DatabaseSync,
  row: Record<string, SQLOutputValue>,
  key: KeyObject | null,
  vouched: Vouched,
): ChainResult {
  const listed = database.prepare('SELECT 1 FROM event_entities WHERE entity = ? AND time_ms = ? AND event = ?');
  const head = {
    ...{ writer: String(row['writer']), seq: Number(row['seq']), hash: String(row['hash']), mac: String(row['mac']) },
  };
  const check = new ChainCheck(head, key, vouched, (event, entity) => {
    return listed.get(entity, Number(event['time_ms']), Number(event['position'])) !== undefined;
  });
  for (const event of database
    .prepare('SELECT * FROM events WHERE writer = ? ORDER BY seq')
    .iterate(row['no'] ?? null)) {
    check.take(event, storedParts(event));
  }
  return check.end();
}

interface Place {
  readonly writer: string;
  readonly seq: number;
  readonly prevHash: string | null;
}

function chainFault(
  row: EventRow,
  record: StoredRecord,
  expected: Place,
  chainKey: KeyObject | null,
  isListed: (row: EventRow, entity: string) => boolean,
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
  if (expected.prevHash !== null && core.prevHash !== expected.prevHash) {
    return fail('out_of_order', `${name} (${id}) does not follow the record before it`);
  }
  const column = differingColumn(row, columnsOf(core));
  if (column !== null)
    return fail('changed', `${name} (${id}) is listed with another ${column} than it was written with`);
  for (const entity of entitiesOf(core).keys()) {
    if (!isListed(row, entity)) return fail('changed', `${name} (${id}) is no longer listed under ${entity}`);
  }
  return null;
}

function differingColumn(row: EventRow, columns: Columns): string | null {
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
  { writer, seq, hash, mac: sealed }: ChainHead,
  last: { readonly writer: string; readonly seq: number; readonly hash: string | null },
  chainKey: KeyObject | null,
): ChainFault | null {
  const fail = (kind: FaultKind, at: number, text: string): ChainFault => ({ kind, writer, seq: at, id: null, text });
  const mac = chainKey === null || sealed === null ? null : headMac(chainKey, writer, seq, hash);
  if (mac !== null && !isSameDigest(mac, String(sealed))) {
    return fail('changed', seq, `the head record of writer ${writer} was changed`);
  }
  if (last.seq < seq) {
    return fail('missing', last.seq + 1, `record ${last.seq + 1} of writer ${writer} is missing: there were ${seq}`);
  }
  if (last.seq > seq || (last.hash !== null && last.hash !== hash)) {
    return fail('out_of_order', last.seq, `record ${last.seq} of writer ${writer} is not the one written last`);
  }
  return null;
}

function isCleared(record: StoredRecord): boolean {
  const { digests } = parseCore(record.core);
  const lacks = (digest: string | null, part: string | null) => digest !== null && part === null;
  return lacks(digests.personal, record.personal) || lacks(digests.excerpt, record.excerpt);
}
