/**
 * Reading spool files back, as they grow or after a crash: whole lines only, in bounded pieces. It changes no file.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { EdgeObservation } from '../flow/edge.ts';
import type { EventBody, EventDestination } from '../flow/event.ts';
import type { Source } from '../flow/parties.ts';
import type { Opening } from '../flow/recorder.ts';
import {
  destinationText,
  eventText,
  observationBeside,
  observationText,
  openingText,
  sourceText,
} from './event-text.ts';
import type { Entry } from './keeper.ts';
import { columnsOf, entitiesOf } from './record.ts';

/** Lines read from a file, and where the next read begins. */
export interface Piece {
  readonly lines: readonly string[];
  readonly end: number;
}

const PIECE_BYTES = 512 * 1024;

/**
 * The whole lines between two offsets, about half a MiB of them at most but at least one. No lines where there is no
 * newline in between. Throws the file system's errors.
 */
export function readLines(path: string, from: number, to: number): Piece {
  const fd = openSync(path, 'r');
  try {
    for (let size = Math.min(PIECE_BYTES, to - from); ; size = Math.min(size * 2, to - from)) {
      const bytes = Buffer.allocUnsafe(size);
      const read = readSync(fd, bytes, 0, size, from);
      const lastNewline = bytes.subarray(0, read).lastIndexOf(10);
      if (lastNewline >= 0) {
        const lines = bytes.toString('utf8', 0, lastNewline).split('\n');
        return { lines, end: from + lastNewline + 1 };
      }
      // A line longer than a piece: read it whole. Nothing more to read: what is there is the beginning of a line.
      if (read < size || size === to - from) return { lines: [], end: from };
    }
  } finally {
    closeSync(fd);
  }
}

/** A closing as it stands in the spool: its excerpt is in stored form. */
export interface SpooledClosing {
  readonly event: EventBody;
  readonly edges: readonly EdgeObservation[];
  readonly excerpt: string | null;
}

interface WrittenClosing extends Omit<SpooledClosing, 'edges'> {
  readonly edges: readonly Partial<EdgeObservation>[];
}

/** An opening as it stands in the spool: nearly all are answered by a closing, so that only the id is ever read. */
export interface SpooledOpening {
  readonly kind: 'opening';
  readonly id: string;
  readonly line: string;
}

export type SpoolLine =
  | SpooledOpening
  | { readonly kind: 'closing'; readonly entry: Entry }
  | { readonly kind: 'observed'; readonly observations: readonly EdgeObservation[] };

/** A connection sends all its calls as one source, and most of them to one destination: written once. */
const sources = new WeakMap<Source, string>();
const destinations = new WeakMap<EventDestination, string>();

export function openingLine(opening: Opening): string {
  const { source, destination } = opening;
  return `O ${opening.id} ${openingText(opening, kept(sources, source, sourceText), kept(destinations, destination, destinationText))}\n`;
}

function kept<T extends object>(texts: WeakMap<T, string>, of: T, write: (of: T) => string): string {
  const known = texts.get(of);
  if (known !== undefined) return known;
  const text = write(of);
  texts.set(of, text);
  return text;
}

/** What stands before the event of a closing, and behind it: within the event's texts a quote is escaped. */
const [CLOSING, EDGES] = ['C {"event":', ',"edges":['];

export function closingLine({ event, edges, excerpt }: SpooledClosing): string {
  let observed = '';
  for (const edge of edges) observed += (observed === '' ? '' : ',') + observationText(edge, event);
  const text = eventText(
    event,
    kept(sources, event.source, sourceText),
    kept(destinations, event.destination, destinationText),
  );
  return `${CLOSING}${text}${EDGES}${observed}],"excerpt":${JSON.stringify(excerpt)}}\n`;
}

export function observedLine(observations: readonly EdgeObservation[]): string {
  return `E ${JSON.stringify(observations)}\n`;
}

/** A line of the spool; null where it is not one that Weir wrote. */
export function parseSpoolLine(line: string): SpoolLine | null {
  if (line.startsWith('O ')) {
    const end = line.indexOf(' ', 2);
    return end > 2 && line.endsWith('}') ? { kind: 'opening', id: line.slice(2, end), line } : null;
  }
  if (line.startsWith('E ')) return parseObserved(line);
  return line.startsWith('C ') ? parseClosing(line) : null;
}

/** The event `worker_lost` of an opening's line; null where it is not one that Weir wrote. */
export function lostEntry(line: string): Entry | null {
  try {
    const opening: Opening = JSON.parse(line.slice(line.indexOf('{')));
    const event = lostEvent(opening);
    columnsOf(event);
    return { event, edges: [lostEdge(opening)], excerpt: null, review: null };
  } catch {
    // Not JSON, or without the fields that a record needs. The caller names file and place.
    return null;
  }
}

function parseClosing(line: string): SpoolLine | null {
  try {
    const { event, edges: written, excerpt }: WrittenClosing = JSON.parse(line.slice(2));
    const columns = columnsOf(event);
    entitiesOf(event);
    const edges = written.map((edge) => observationBeside(edge, event));
    if (!edges.every(isObservation) || !(excerpt === null || typeof excerpt === 'string')) return null;
    const entry = { event, edges, excerpt, review: null };
    const to = line.startsWith(CLOSING) ? line.indexOf(EDGES, CLOSING.length) : -1;
    if (to === -1) return { kind: 'closing', entry };
    return { kind: 'closing', entry: { ...entry, read: { text: line.slice(CLOSING.length, to), columns } } };
  } catch {
    // As above.
    return null;
  }
}

function parseObserved(line: string): SpoolLine | null {
  try {
    const observations: readonly EdgeObservation[] = JSON.parse(line.slice(2));
    return observations.every(isObservation) ? { kind: 'observed', observations } : null;
  } catch {
    // As above.
    return null;
  }
}

export function isObservation(observation: EdgeObservation): boolean {
  const {
    source,
    destination,
    entities,
    coverage,
    time,
    bytesOut,
    bytesIn,
    calls = 1,
    details = {},
    fields = [],
  } = observation;
  const isShaped = source !== null && entities !== null && typeof coverage.level === 'string';
  const isNumbered = [destination.port ?? 0, bytesOut, bytesIn, calls].every(Number.isSafeInteger);
  const isDetailed = Object.values(details).every(
    ({ maxScore, fingerprints, paths }) =>
      typeof maxScore === 'number' &&
      [fingerprints, paths].every((list) => list.every((item) => typeof item === 'string')),
  );
  const isFielded = fields.every(({ path, values }) => typeof path === 'string' && Number.isSafeInteger(values));
  return isShaped && isNumbered && isDetailed && isFielded && !Number.isNaN(Date.parse(time));
}

/**
 * The event of an exchange whose process ended before it could say how: nothing is known of what went upstream, and
 * coverage says so.
 */
function lostEvent(opening: Opening): EventBody {
  const { id, exchange, time, source, destination, provider, model, route } = opening;
  return {
    id,
    kind: 'exchange',
    time,
    channel: 'proxy',
    exchange,
    outcome: 'worker_lost',
    status: null,
    decisions: [],
    action: 'allow',
    mode: null,
    policy: null,
    policyVersion: null,
    rule: null,
    severity: null,
    explanation: [],
    enforced: false,
    coverage: { level: 'opaque', reason: 'worker lost' },
    source,
    destination,
    provider,
    model,
    route,
    findings: [],
    bytes: { out: 0, in: 0 },
    latencyMs: null,
    reason: 'the process ended before the exchange did',
    refersTo: null,
  };
}

/** What a lost exchange adds to the map: that the source called, by a protocol and with data nobody has seen. */
function lostEdge(opening: Opening): EdgeObservation {
  return {
    source: opening.source,
    destination: opening.destination,
    via: 'proxy',
    protocol: 'unknown',
    direction: 'out',
    channel: 'proxy',
    entities: {},
    bytesOut: 0,
    bytesIn: 0,
    action: 'allow',
    coverage: { level: 'opaque', reason: 'worker lost' },
    time: opening.time,
  };
}
