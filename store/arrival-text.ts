/**
 * What a node hands on, as text: how it lies in the outbox is how it travels. What comes from a bus was written by somebody
 * else, and is checked in its shape here; whether it is what its node chained, the store finds out.
 */
import type { EdgeObservation } from '../flow/edge.ts';
import type { WeirEvent } from '../flow/event.ts';
import type { Arrival, HeadArrival, ObservedArrival } from './arrival.ts';
import { observationBeside, observationText } from './event-text.ts';
import type { Entry } from './keeper.ts';
import { type Columns, type Core, columnsOf, eventOf, type Link, parseCore, type StoredRecord } from './record.ts';
import { isObservation } from './spool-reader.ts';

/** A chained record. Its edges leave out what its event says already. */
export function arrivalText({ event, edges }: Entry, { writer, seq, prevHash }: Link, record: StoredRecord): string {
  let observed = '';
  for (const edge of edges) observed += (observed === '' ? '' : ',') + observationText(edge, event);
  return (
    `{"id":${JSON.stringify(event.id)},"writer":"${writer}","seq":${seq},"prevHash":"${prevHash}","hash":"${record.hash}",` +
    `"core":${JSON.stringify(record.core)},"personal":${JSON.stringify(record.personal)},` +
    `"excerpt":${JSON.stringify(record.excerpt)},"edges":[${observed}]}`
  );
}

export function observedText(observed: ObservedArrival): string {
  return JSON.stringify(observed);
}

export function headText(head: HeadArrival): string {
  return JSON.stringify(head);
}

interface WrittenArrival extends Omit<Arrival, 'edges'> {
  readonly edges: readonly Partial<EdgeObservation>[];
}

/** What a record says: its texts, parsed. */
export interface ArrivalParts {
  readonly core: Core;
  readonly event: WeirEvent;
  readonly columns: Columns;
}

/** To parse a record costs more than all else that is done with it in a collector: each is parsed once. */
const parts = new WeakMap<Arrival, ArrivalParts>();

/** Of an arrival that `readArrival` has returned; null for any other. */
export function partsOf(arrival: Arrival): ArrivalParts | null {
  return parts.get(arrival) ?? null;
}

/** Throws TypeError or SyntaxError for what no node has written. */
export function readArrival(text: string): Arrival {
  const { id, writer, seq, prevHash, hash, core, personal, excerpt, edges }: WrittenArrival = JSON.parse(text);
  const isShaped =
    [id, writer, prevHash, hash, core].every((part) => typeof part === 'string' && part !== '') &&
    [personal, excerpt].every((part) => part === null || typeof part === 'string') &&
    Number.isSafeInteger(seq) &&
    seq > 0;
  if (!isShaped) throw new TypeError('not a record');
  const read = parseCore(core);
  const event = eventOf(read, { core, personal, excerpt, hash }, null, null);
  const columns = columnsOf(event);
  if (event.id !== id || event.writer !== writer || event.seq !== seq || event.prevHash !== prevHash)
    throw new TypeError('a record that says otherwise of itself than its sender');
  const observations = edges.map((edge) => observationBeside(edge, event));
  if (!observations.every(isObservation)) throw new TypeError('a record with an edge that is none');
  const arrival = { id, writer, seq, prevHash, hash, core, personal, excerpt, edges: observations };
  parts.set(arrival, { core: read, event, columns });
  return arrival;
}

/** As above. */
export function readObserved(text: string): ObservedArrival {
  const { id, writer, observations }: ObservedArrival = JSON.parse(text);
  const isShaped = typeof id === 'string' && id !== '' && typeof writer === 'string' && writer !== '';
  if (!isShaped || !observations.every(isObservation)) throw new TypeError('not observations');
  return { id, writer, observations };
}

/** As above. */
export function readHead(text: string): HeadArrival {
  const { writer, seq, hash, mac }: HeadArrival = JSON.parse(text);
  const isShaped = [writer, hash, mac].every((part) => typeof part === 'string' && part !== '');
  if (!isShaped || !Number.isSafeInteger(seq) || seq < 0) throw new TypeError('not the head of a chain');
  return { writer, seq, hash, mac };
}
