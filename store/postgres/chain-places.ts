/**
 * Places in the chains of writers: which of the records that arrived are new, which are there already, which claim a place
 * that another has, and whether each follows the one before it, in whatever order they come. Under the write lock.
 */
import type { KeyObject } from 'node:crypto';
import type { ChainFault, HeadArrival } from '../arrival.ts';
import { GENESIS, headMac, isSameDigest } from '../keyed.ts';
import type { Checked } from './checked.ts';
import type { Asker } from './connect.ts';
import { arrayText, columnsText, unnest } from './literals.ts';

/** A new record with its writer's number. */
export interface Placed extends Checked {
  readonly writerNo: number;
}

export interface Placing {
  readonly added: readonly Placed[];
  readonly duplicates: number;
  readonly faults: readonly ChainFault[];
}

interface Known {
  readonly id: string;
  readonly hash: string;
  readonly prevHash: string;
}

type Row = readonly number[];

interface Run {
  readonly from: number;
  readonly to: number;
}

interface Gap extends Run {
  readonly prevHash: string;
  readonly hash: string;
  readonly checkpoint: string;
}

/** A run of a writer's records that is gone, with the checkpoint that says so. */
export interface StandingGap extends Gap {
  readonly writer: string;
}

interface Writer {
  readonly no: number;
  readonly name: string;
  lastSeq: number;
  missing: Run[];
  /** As the store has it: from where to where. */
  readonly stored: Map<number, number>;
  readonly since: Map<number, number>;
  readonly gaps: Gap[];
  hasChanged: boolean;
}

type KeyOf = (writer: string) => KeyObject | null;

/** The writers of one batch, as the store knows them. */
export class ChainPlaces {
  readonly #asker: Asker;
  readonly #keyOf: KeyOf;
  readonly #nowMs: number;
  readonly #writers = new Map<string, Writer>();
  readonly #known = new Map<string, Known>();
  /** Where an id is. */
  readonly #ids = new Map<string, string>();

  constructor(asker: Asker, keyOf: KeyOf, nowMs: number) {
    this.#asker = asker;
    this.#keyOf = keyOf;
    this.#nowMs = nowMs;
  }

  /** Loads the writers of these records and names, and makes those that are new. */
  async load(records: readonly Checked[], names: readonly string[]): Promise<void> {
    const lowest = lowestPlaces(records);
    const wanted = [...new Set([...names, ...lowest.keys()])].sort();
    if (wanted.length === 0) return;
    const asked = arrayText(wanted);
    await this.#ask(
      `INSERT INTO writers (writer, last_seq, seen_ms)
       SELECT n, 0, $2 FROM unnest($1::text[]) AS n WHERE n NOT IN (SELECT writer FROM writers) ORDER BY n`,
      [asked, this.#nowMs],
    );
    const rows = await this.#ask('SELECT no, writer, last_seq FROM writers WHERE writer = ANY($1::text[])', [asked]);
    const byNo = new Map<number, Writer>();
    for (const row of rows) {
      const name = String(row['writer']);
      const writer = {
        ...{ no: Number(row['no']), name, lastSeq: Number(row['last_seq']) },
        ...{ missing: [], stored: new Map(), since: new Map(), gaps: [], hasChanged: false },
      };
      this.#writers.set(name, writer);
      byNo.set(writer.no, writer);
    }
    const numbers = arrayText(byNo.keys());
    const from = arrayText([...byNo.values()].map(({ name }) => (lowest.get(name) ?? Number.MAX_SAFE_INTEGER) - 1));
    const [missing, gaps] = await Promise.all([
      this.#ask('SELECT writer, from_seq, to_seq, since_ms FROM missing WHERE writer = ANY($1::int[]) ORDER BY 1, 2', [
        numbers,
      ]),
      this.#ask(
        `SELECT gaps.* FROM ${unnest(['int', 'bigint'])} AS u (writer, from_seq)
         JOIN gaps ON gaps.writer = u.writer AND gaps.to_seq >= u.from_seq`,
        [numbers, from],
      ),
    ]);
    for (const row of missing) {
      const writer = byNo.get(Number(row['writer']));
      const from = Number(row['from_seq']);
      writer?.missing.push({ from, to: Number(row['to_seq']) });
      writer?.stored.set(from, Number(row['to_seq']));
      writer?.since.set(from, Number(row['since_ms']));
    }
    for (const row of gaps) byNo.get(Number(row['writer']))?.gaps.push(gapOf(row));
  }

  numberOf(name: string): number {
    return this.#writer(name).no;
  }

  /** Gives the records their places. The writers are loaded. */
  async place(records: readonly Checked[]): Promise<Placing> {
    await this.#look(records);
    const added: Placed[] = [];
    const faults: ChainFault[] = [];
    let duplicates = 0;
    for (const checked of records) {
      const { id, writer: name, seq, hash, prevHash } = checked.arrival;
      const writer = this.#writer(name);
      const place = placeText(writer.no, seq);
      const there = this.#known.get(place);
      if (there?.hash === hash || writer.gaps.some(({ from, to }) => from <= seq && seq <= to)) duplicates++;
      else if (there !== undefined) faults.push({ kind: 'fork', writer: name, seq, ids: [there.id, id] });
      else if (this.#ids.has(id)) faults.push({ kind: 'fork', writer: name, seq, ids: [id] });
      else {
        this.#known.set(place, { id, hash, prevHash });
        this.#ids.set(id, place);
        this.#came(writer, seq, seq);
        added.push({ ...checked, writerNo: writer.no });
      }
    }
    return { added, duplicates, faults: [...faults, ...this.#broken(added)] };
  }

  /** Runs that checkpoints say are gone: nothing waits for them any more. */
  async vouch(added: readonly Placed[]): Promise<void> {
    const gaps: StandingGap[] = [];
    for (const { event } of added) {
      if (event.kind !== 'checkpoint' || event.checkpoint?.what !== 'removed') continue;
      for (const range of event.checkpoint.ranges) {
        if (this.#mayVouch(event.writer, range.writer)) gaps.push({ ...range, checkpoint: event.id });
      }
    }
    await this.stand(gaps);
  }

  /** Enters runs that are gone, but for those that meet one that is entered already, or whose writer is not loaded. */
  async stand(gaps: readonly StandingGap[]): Promise<void> {
    const rows: (string | number)[][] = [];
    for (const { writer: name, ...gap } of gaps) {
      const { from, to, prevHash, hash, checkpoint } = gap;
      const writer = this.#writers.get(name);
      if (writer === undefined || !isRun(gap)) continue;
      if (writer.gaps.some((other) => other.from <= to && from <= other.to)) continue;
      writer.gaps.push({ from, to, prevHash, hash, checkpoint });
      this.#came(writer, from, to);
      rows.push([writer.no, from, to, prevHash, hash, checkpoint]);
    }
    if (rows.length === 0) return;
    const types = ['int', 'bigint', 'bigint', 'text', 'text', 'text'];
    await this.#ask(
      `INSERT INTO gaps (writer, from_seq, to_seq, prev_hash, hash, checkpoint) SELECT * FROM ${unnest(types)}`,
      columnsText(rows, types.length),
    );
  }

  /** Where writers say that their chains end. One that is not sealed with its writer's key is a fault. */
  async seal(heads: readonly HeadArrival[]): Promise<readonly ChainFault[]> {
    const faults: ChainFault[] = [];
    const rows: (string | number)[][] = [];
    for (const { writer: name, seq, hash, mac } of heads) {
      const key = this.#keyOf(name);
      if (key !== null && !isSameDigest(headMac(key, name, seq, hash), mac)) {
        faults.push({ kind: 'forged', writer: name, seq, ids: [] });
        continue;
      }
      const writer = this.#writer(name);
      if (seq > writer.lastSeq) {
        this.#miss(writer, writer.lastSeq + 1, seq);
        writer.lastSeq = seq;
      }
      rows.push([writer.no, seq, hash, mac]);
    }
    if (rows.length === 0) return faults;
    const types = ['int', 'bigint', 'text', 'text'];
    await this.#ask(
      `UPDATE writers SET head_seq = h.seq, head_hash = h.hash, head_mac = h.mac
       FROM (SELECT DISTINCT ON (no) * FROM ${unnest(types)} AS u (no, seq, hash, mac) ORDER BY no, seq DESC) AS h
       WHERE writers.no = h.no AND h.seq >= coalesce(head_seq, 0)`,
      columnsText(rows, types.length),
    );
    return faults;
  }

  /** Writes what is missing now. */
  async write(): Promise<void> {
    const changed = [...this.#writers.values()].filter(({ hasChanged }) => hasChanged);
    if (changed.length === 0) return;
    const numbers = changed.map(({ no }) => no);
    await this.#ask(
      `UPDATE writers SET last_seq = u.seq, seen_ms = $3 FROM unnest($1::int[], $2::bigint[]) AS u (no, seq) WHERE writers.no = u.no`,
      [arrayText(numbers), arrayText(changed.map(({ lastSeq }) => lastSeq)), this.#nowMs],
    );
    // Collectors share what comes, so that each batch has holes which the next ones fill: only what differs is written.
    const gone: Row[] = [];
    const come: Row[] = [];
    for (const { no, missing, stored, since } of changed) {
      const now = new Map(missing.map(({ from, to }) => [from, to]));
      for (const [from, to] of stored) if (now.get(from) !== to) gone.push([no, from]);
      for (const [from, to] of now) {
        if (stored.get(from) !== to) come.push([no, from, to, since.get(from) ?? this.#nowMs]);
      }
    }
    if (gone.length > 0) {
      await this.#ask(
        `DELETE FROM missing AS m USING ${unnest(['int', 'bigint'])} AS u (writer, from_seq)
         WHERE m.writer = u.writer AND m.from_seq = u.from_seq`,
        columnsText(gone, 2),
      );
    }
    if (come.length === 0) return;
    const types = ['int', 'bigint', 'bigint', 'bigint'];
    await this.#ask(
      `INSERT INTO missing (writer, from_seq, to_seq, since_ms) SELECT * FROM ${unnest(types)}`,
      columnsText(come, types.length),
    );
  }

  /** What is known of the places of these records, of those beside them, and of their ids. */
  async #look(records: readonly Checked[]): Promise<void> {
    if (records.length === 0) return;
    const places = new Map<string, readonly [number, number]>();
    for (const { arrival } of records) {
      const { no } = this.#writer(arrival.writer);
      for (const seq of [arrival.seq - 1, arrival.seq, arrival.seq + 1]) places.set(placeText(no, seq), [no, seq]);
    }
    const columns = 'r.writer, r.seq, r.id, r.hash, r.prev_hash';
    const [near, same] = await Promise.all([
      this.#ask(
        `SELECT ${columns} FROM ${unnest(['int', 'bigint'])} AS u (writer, seq)
         JOIN records AS r ON r.writer = u.writer AND r.seq = u.seq`,
        columnsText([...places.values()], 2),
      ),
      this.#ask(`SELECT ${columns} FROM records AS r WHERE r.id = ANY($1::text[])`, [
        arrayText(records.map(({ arrival }) => arrival.id)),
      ]),
    ]);
    for (const row of [...near, ...same]) {
      const place = placeText(Number(row['writer']), Number(row['seq']));
      this.#known.set(place, { id: String(row['id']), hash: String(row['hash']), prevHash: String(row['prev_hash']) });
      this.#ids.set(String(row['id']), place);
    }
  }

  /** A link that does not fit is named once, by the later record. */
  #broken(added: readonly Placed[]): readonly ChainFault[] {
    const faults = new Map<string, ChainFault>();
    for (const { arrival } of added) {
      const writer = this.#writer(arrival.writer);
      const { seq } = arrival;
      for (const at of [seq, seq + 1]) {
        const later = this.#known.get(placeText(writer.no, at));
        const earlier = this.#hashAt(writer, at - 1);
        if (later === undefined || earlier === null || later.prevHash === earlier) continue;
        faults.set(placeText(writer.no, at), { kind: 'broken', writer: writer.name, seq: at, ids: [later.id] });
      }
    }
    return [...faults.values()];
  }

  #hashAt(writer: Writer, seq: number): string | null {
    if (seq === 0) return GENESIS;
    const known = this.#known.get(placeText(writer.no, seq));
    return known?.hash ?? writer.gaps.find(({ to }) => to === seq)?.hash ?? null;
  }

  #came(writer: Writer, from: number, to: number): void {
    writer.hasChanged = true;
    if (from > writer.lastSeq + 1) this.#miss(writer, writer.lastSeq + 1, from - 1);
    writer.lastSeq = Math.max(writer.lastSeq, to);
    writer.missing = writer.missing.flatMap((run) => {
      if (run.to < from || to < run.from) return [run];
      const left = [
        { from: run.from, to: from - 1 },
        { from: to + 1, to: run.to },
      ].filter((part) => part.from <= part.to);
      for (const part of left) writer.since.set(part.from, writer.since.get(run.from) ?? this.#nowMs);
      return left;
    });
  }

  #miss(writer: Writer, from: number, to: number): void {
    writer.hasChanged = true;
    writer.missing.push({ from, to });
    writer.since.set(from, this.#nowMs);
  }

  /** A writer vouches for its own chain, and for an earlier one under the same key. */
  #mayVouch(by: string, of: string): boolean {
    if (by === of) return true;
    const [key, other] = [this.#keyOf(by), this.#keyOf(of)];
    return key !== null && other !== null && key.equals(other);
  }

  #writer(name: string): Writer {
    const writer = this.#writers.get(name);
    if (writer === undefined) throw new Error('a writer that was not loaded');
    return writer;
  }

  #ask(sql: string, parameters: readonly (string | number)[]) {
    return this.#asker.unsafe(sql, [...parameters], { prepare: true });
  }
}

function placeText(writer: number, seq: number): string {
  return `${writer} ${seq}`;
}

/** Below these no place of a writer is asked for, that of a run in a checkpoint included. */
function lowestPlaces(records: readonly Checked[]): ReadonlyMap<string, number> {
  const lowest = new Map<string, number>();
  const lower = (writer: string, seq: number): void => {
    lowest.set(writer, Math.min(lowest.get(writer) ?? seq, seq));
  };
  for (const { arrival } of records) lower(arrival.writer, arrival.seq);
  for (const { event } of records) {
    for (const { writer, from } of event.checkpoint?.ranges ?? []) if (lowest.has(writer)) lower(writer, from);
  }
  return lowest;
}

function isRun({ from, to }: Run): boolean {
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && from > 0 && from <= to;
}

function gapOf(row: Readonly<Record<string, unknown>>): Gap {
  return {
    from: Number(row['from_seq']),
    to: Number(row['to_seq']),
    prevHash: String(row['prev_hash']),
    hash: String(row['hash']),
    checkpoint: String(row['checkpoint']),
  };
}
