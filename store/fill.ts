/**
 * Gives the events of an older version what newer ones are written with: their ends and sort, their values in the index, and
 * what they tell of edges by hour and entity. In small steps, the newest first, beside everything else; what is not yet
 * filled in is read from the events themselves. The totals of edges have them already.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EdgeDirection, EdgeObservation } from '../flow/edge.ts';
import type { ReviewState, WeirEvent } from '../flow/event.ts';
import { MEDIUM } from '../flow/finding.ts';
import { edgeSource } from '../flow/parties.ts';
import type { EdgeWriter } from './edge-writer.ts';
import { columnsOf, parseCore, readEvent, storedParts } from './record.ts';
import { endsParts, type SortWriter, sortParts, UNREADABLE_ENDS, UNREADABLE_SORT } from './sorts.ts';

const STEP = 200;

export class Fill {
  readonly #edges: EdgeWriter;
  readonly #sorts: SortWriter;
  readonly #next: StatementSync;
  readonly #edgesAt: StatementSync;
  readonly #review: StatementSync;
  readonly #place: StatementSync;
  readonly #insertFingerprint: StatementSync;
  #isDone = false;

  constructor(database: DatabaseSync, edges: EdgeWriter, sorts: SortWriter) {
    this.#edges = edges;
    this.#sorts = sorts;
    this.#next = database.prepare(
      `SELECT position, id, kind, core, personal, hash FROM events WHERE sort IS NULL ORDER BY time_ms DESC LIMIT ?`,
    );
    this.#edgesAt = database.prepare(
      `SELECT no, source, protocol FROM edges WHERE host IS ? AND port IS ? AND direction = ? AND channel = ? ORDER BY calls DESC`,
    );
    this.#review = database.prepare(
      `SELECT core FROM events WHERE refers_to = ? AND kind = 'review' ORDER BY position DESC LIMIT 1`,
    );
    this.#place = database.prepare('UPDATE events SET ends = ?, sort = ? WHERE position = ?');
    this.#insertFingerprint = database.prepare(
      'INSERT OR IGNORE INTO event_fingerprints (fingerprint, event) VALUES (?, ?)',
    );
  }

  /** True once there is nothing to fill in; nothing comes after that. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Some events, within the caller's transaction. */
  step(events: number = STEP): void {
    const rows = this.#next.all(events);
    for (const row of rows) {
      const position = Number(row['position']);
      const event = readable(() => readEvent(storedParts(row), null, null));
      // A damaged record is for `log verify` to name; it is listed under nothing.
      if (event !== null) this.#fill(event, position);
      else this.#place.run(this.#sorts.endsOf(UNREADABLE_ENDS), this.#sorts.sortOf(UNREADABLE_SORT), position);
    }
    this.#edges.write();
    this.#sorts.write();
    this.#isDone = rows.length < events;
  }

  #fill(event: WeirEvent, position: number): void {
    const columns = columnsOf(event);
    const edges: Record<EdgeDirection, number | null> = { out: null, in: null };
    if (event.kind === 'exchange') {
      for (const direction of ['out', 'in'] as const) edges[direction] = this.#fillEdge(event, direction);
    }
    for (const { fingerprints } of event.findings) {
      for (const fingerprint of fingerprints) this.#insertFingerprint.run(fingerprint, position);
    }
    const ends = this.#sorts.endsOf(endsParts(event, columns, edges));
    const sort = this.#sorts.sortOf(sortParts(event, columns, this.#reviewOf(event.id)));
    this.#sorts.add(ends, sort, columns.timeMs, 1);
    this.#place.run(ends, sort, position);
  }

  /** The edge that counted the event; of several protocols the one with the most calls, for the event does not tell it. */
  #fillEdge(event: WeirEvent, direction: EdgeDirection): number | null {
    // A message of a stream counts in the edges of the stream's end.
    const isMessage = event.exchange !== null && event.exchange !== event.id;
    if (isMessage || (direction === 'in' && event.bytes.in === 0)) return null;
    const { host, port } = event.destination;
    const source = JSON.stringify(edgeSource(event.source));
    const rows = this.#edgesAt.all(host, port, direction, event.channel);
    const edge = rows.find(
      (row) => JSON.stringify({ ...JSON.parse(String(row['source'])), credential: null }) === source,
    );
    if (edge === undefined) return null;
    this.#edges.fill(Number(edge['no']), observationOf(event, direction, String(edge['protocol'])), event);
    return Number(edge['no']);
  }

  #reviewOf(id: string): ReviewState | null {
    const row = this.#review.get(id);
    return row === undefined ? null : readable(() => parseCore(String(row['core'])).reason as ReviewState);
  }
}

function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function observationOf(event: WeirEvent, direction: EdgeDirection, protocol: string): EdgeObservation {
  const isOut = direction === 'out';
  const entities: Record<string, number> = Object.create(null);
  for (const { entity, count, maxScore, scores, direction: found } of event.findings) {
    if (found !== (isOut ? 'request' : 'response') || maxScore < MEDIUM) continue;
    let medium = 0;
    for (const score in scores) if (Number(score) >= MEDIUM) medium += scores[score] ?? 0;
    entities[entity] = (entities[entity] ?? 0) + (medium || count);
  }
  return {
    source: event.source,
    destination: event.destination,
    via: 'proxy',
    protocol,
    direction,
    channel: event.channel,
    entities,
    bytesOut: isOut ? event.bytes.out : 0,
    bytesIn: isOut ? 0 : event.bytes.in,
    action: event.enforced ? event.action : 'allow',
    coverage: event.coverage,
    time: event.time,
  };
}
