/**
 * What goes between a program and a data store becomes edges, and events where a policy would act: the engine's own scan
 * and decision over the texts of each message, so that a value in a row has the fingerprint that it has in a prompt. A
 * store that nobody manages is told once a day.
 */
import type { Catalog } from '../../catalog/catalog.ts';
import { hostPortText } from '../../catalog/host.ts';
import type { Extraction } from '../../engine/extract/extract.ts';
import { NO_TEXT } from '../../engine/extract/marks.ts';
import { type Engine, type Judged, judge } from '../../engine/inspect.ts';
import { excerptOf } from '../../engine/transform/excerpt.ts';
import { type Coverage, FULL, opaque, worseCoverage } from '../../flow/coverage.ts';
import { type Action, stronger } from '../../flow/decision.ts';
import type { EdgeObservation, ObservedDetail, Via } from '../../flow/edge.ts';
import type { EventBody } from '../../flow/event.ts';
import { eventDestination } from '../../flow/event-destination.ts';
import { countEntities, eventOf, timeText } from '../../flow/event-of.ts';
import { type Finding, MEDIUM } from '../../flow/finding.ts';
import type { Message } from '../../flow/message.ts';
import type { Destination, Source } from '../../flow/parties.ts';
import type { Closing } from '../../flow/recorder.ts';
import type { Segment } from '../../flow/segment.ts';
import { alertEvent } from '../alert-event.ts';
import type { HeardExchange } from '../reassemble/heard.ts';
import { storeOfExchange } from './http-store.ts';
import type { ManagedStores } from './managed-stores.ts';
import { MessageAllowance } from './message-allowance.ts';
import { OnceADay } from './once-a-day.ts';
import type { StoreMessage, StoreProtocol, StoreText, Way } from './store-message.ts';
import { SAMPLED } from './text-sample.ts';

/** One end to another, as far as it is known when it is asked for. */
export interface StorePlace {
  readonly source: Source;
  /** The best name there is, canonical; the address where there is none. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly via: Via;
}

/** What takes part in every observation. */
export interface StoreSettings {
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly managed: ManagedStores;
  readonly excerptChars: number;
  /** Messages of an edge that are looked at in a minute. */
  readonly messagesPerMinute: number;
}

export interface StoreRecords {
  /** A new ULID for something at this time (Unix ms). */
  newId(ms: number): string;
  close(closing: Closing): void;
  observe(observations: readonly EdgeObservation[]): void;
}

interface Unlooked {
  readonly place: StorePlace;
  readonly protocol: StoreProtocol;
  readonly way: Way;
  calls: number;
  bytes: number;
  coverage: Coverage;
}

const DIRECTION = { out: 'request', in: 'response' } as const;
const NOTHING = Buffer.alloc(0);
/** Of one edge and message; the map keeps no more. */
const MAX_DETAILS = 32;

export class StoreObserver {
  readonly #read: () => StoreSettings;
  readonly #records: StoreRecords;
  readonly #allowance = new MessageAllowance();
  readonly #shadows = new OnceADay();
  readonly #sightings = new OnceADay();
  /** What was counted and not looked at, by edge, until the next `settle`. */
  readonly #unlooked = new Map<string, Unlooked>();

  /** `settings`: what holds now; asked for each message. */
  constructor(settings: () => StoreSettings, records: StoreRecords) {
    this.#read = settings;
    this.#records = records;
  }

  get #settings(): StoreSettings {
    return this.#read();
  }

  /** A connection turned out to be one to a data store. `now`: Unix ms, here and below. */
  recognised(place: StorePlace, protocol: StoreProtocol, now: number): void {
    const { managed } = this.#settings;
    const hosts = [place.host, place.address];
    if (!managed.isShadow(hosts, place.port)) return;
    if (!this.#shadows.first(hostPortText(place), now)) return;
    this.#records.close({ event: this.#shadowEvent(place, protocol, now), edges: [], excerpt: null });
  }

  /** One message, sampled. */
  heard(place: StorePlace, protocol: StoreProtocol, message: StoreMessage, now: number): void {
    const edge = edgeKey(place, protocol, message.way);
    if (!this.#allowance.take(edge, this.#settings.messagesPerMinute, now)) {
      this.#count(edge, place, protocol, { ...message, coverage: SAMPLED, calls: 1 });
      return;
    }
    if (message.texts.length === 0) {
      this.#count(edge, place, protocol, { ...message, calls: 1 });
      return;
    }
    const destination = this.destinationOf(place);
    const judged = this.#judge(place, destination, message, now);
    const event = this.#eventOf(place, protocol, destination, message, judged, now);
    const observation = observationOf(event, place, protocol, message, judged.findings);
    if (!this.#isWorthAnEvent(edge, event, judged.findings, now)) {
      this.#records.observe([observation]);
      return;
    }
    const excerpt = excerptOf(judged.extraction.segments, judged.findings, this.#settings.excerptChars);
    this.#records.close({ event, edges: [observation], excerpt });
  }

  /** A call over HTTP; false where it is to no data store. */
  heardCall(place: StorePlace, exchange: HeardExchange, messageBytes: number, now: number): boolean {
    const told = storeOfExchange(exchange, { messageBytes, decode: this.#settings.engine });
    if (told === null) return false;
    this.recognised(place, told.protocol, now);
    for (const message of told.messages) this.heard(place, told.protocol, message, now);
    return true;
  }

  /** Nothing more of a connection can be read: `tls`, `compressed`. It stays on the map. */
  sealed(place: StorePlace, protocol: StoreProtocol, why: string): void {
    for (const way of ['out', 'in'] as const) {
      const edge = edgeKey(place, protocol, way);
      this.#count(edge, place, protocol, { way, bytes: 0, coverage: opaque(why), calls: 1 });
    }
  }

  /** A connection ended: so many bytes went over that were in no message. */
  closed(place: StorePlace, protocol: StoreProtocol, rest: Readonly<Record<Way, number>>): void {
    for (const way of ['out', 'in'] as const) {
      if (rest[way] <= 0) continue;
      const edge = edgeKey(place, protocol, way);
      this.#count(edge, place, protocol, { way, bytes: rest[way], coverage: FULL, calls: 0 });
    }
  }

  /** Writes down what was only counted; called every few seconds and at the end. */
  settle(now: number): void {
    if (this.#unlooked.size === 0) return;
    const time = timeText(now);
    const observations = [...this.#unlooked.values()].map(
      ({ place, protocol, way, calls, bytes, coverage }): EdgeObservation => ({
        source: place.source,
        destination: eventDestination(this.destinationOf(place)),
        via: place.via,
        protocol,
        direction: way,
        channel: 'sensor',
        entities: {},
        bytesOut: way === 'out' ? bytes : 0,
        bytesIn: way === 'in' ? bytes : 0,
        action: 'allow',
        coverage,
        time,
        calls,
        details: {},
        model: null,
      }),
    );
    this.#unlooked.clear();
    this.#records.observe(observations);
  }

  /** What speaks a store's protocol is a data store, whatever else the catalog knows of its name. */
  destinationOf({ host, port }: StorePlace): Destination {
    const known = this.#settings.catalog.lookup(host, port);
    return known.category === 'genai' ? known : { ...known, category: 'datastore' };
  }

  #count(
    edge: string,
    place: StorePlace,
    protocol: StoreProtocol,
    added: { readonly way: Way; readonly bytes: number; readonly coverage: Coverage; readonly calls: number },
  ): void {
    let counted = this.#unlooked.get(edge);
    if (counted === undefined) {
      counted = { place, protocol, way: added.way, calls: 0, bytes: 0, coverage: FULL };
      this.#unlooked.set(edge, counted);
    }
    counted.calls += added.calls;
    counted.bytes += added.bytes;
    counted.coverage = worseCoverage(counted.coverage, added.coverage);
  }

  #judge(place: StorePlace, destination: Destination, message: StoreMessage, now: number): Judged {
    const { operation, database, resource, way, bytes } = message;
    const asked: Message = {
      direction: DIRECTION[way],
      source: place.source,
      destination,
      method: operation ?? '',
      target: `/${[database, resource].filter((one) => one !== null).join('/')}`,
      status: null,
      headers: [],
      body: NOTHING,
    };
    return judge(this.#settings.engine, asked, extractionOf(message), { now: new Date(now), held: false, bytes });
  }

  #eventOf(
    { source }: StorePlace,
    protocol: StoreProtocol,
    destination: Destination,
    message: StoreMessage,
    { findings, coverage, decision }: Judged,
    now: number,
  ): EventBody {
    const { way, bytes, operation, resource } = message;
    const id = this.#records.newId(now);
    return eventOf({
      id,
      time: timeText(now),
      channel: 'sensor',
      exchange: id,
      outcome: 'completed',
      status: null,
      sides: [{ direction: DIRECTION[way], findings, coverage, decision }],
      coverage: FULL,
      source,
      destination,
      provider: null,
      model: null,
      route: [operation ?? protocol, resource].filter((one) => one !== null).join(' '),
      bytes: { out: way === 'out' ? bytes : 0, in: way === 'in' ? bytes : 0 },
      latencyMs: null,
      reason: null,
    });
  }

  /** Where a policy would act; else the first time in a day that an edge holds an entity. Rows are full of what is found. */
  #isWorthAnEvent(edge: string, event: EventBody, findings: readonly Finding[], now: number): boolean {
    let isFirst = false;
    for (const { entity, score } of findings) {
      if (score >= MEDIUM && this.#sightings.first(`${edge} ${entity}`, now)) isFirst = true;
    }
    return isFirst || strongestOf(event) !== 'allow';
  }

  #shadowEvent(place: StorePlace, protocol: StoreProtocol, now: number): EventBody {
    const destination = this.destinationOf(place);
    const address = hostPortText(place);
    const explanation = [
      `${address} speaks ${protocol}, and nobody lists it: a shadow data store`,
      `if it is known, list it: stores: [{name: NAME, owner: OWNER, hosts: ["${address}"]}]`,
    ];
    return alertEvent({
      ...{ id: this.#records.newId(now), kind: 'drift', now, rule: 'shadow-store', severity: 'high', explanation },
      ...{ source: place.source, destination, reason: `shadow data store: ${protocol}` },
    });
  }
}

/** By what `edgeId` digests, roughly: who, where, how, which way. */
function edgeKey({ source, host, port }: StorePlace, protocol: StoreProtocol, way: Way): string {
  const { app, host: from, process, exe, user, container } = source;
  return JSON.stringify([app, from, process, exe, user, container, host, port, protocol, way]);
}

function strongestOf({ decisions }: EventBody): Action {
  return decisions.reduce<Action>((action, one) => stronger(action, one.action), 'allow');
}

function extractionOf({ texts, coverage }: StoreMessage): Extraction {
  return {
    shape: null,
    format: 'text',
    model: null,
    stream: false,
    conversationId: null,
    firstUserText: NO_TEXT,
    callId: null,
    segments: texts.map(segmentOf),
    coverage,
    documents: null,
    body: NOTHING,
    decoded: false,
  };
}

function segmentOf({ path, label, text, role }: StoreText): Segment {
  return {
    text,
    path,
    label,
    role,
    position: 'latest',
    part: { kind: 'body' },
    layers: [],
    immutable: true,
  };
}

function observationOf(
  event: EventBody,
  { via }: StorePlace,
  protocol: StoreProtocol,
  { way, bytes, coverage }: StoreMessage,
  findings: readonly Finding[],
): EdgeObservation {
  const entities: Record<string, number> = {};
  countEntities(findings, entities);
  return {
    source: event.source,
    destination: event.destination,
    via,
    protocol,
    direction: way,
    channel: 'sensor',
    entities,
    bytesOut: way === 'out' ? bytes : 0,
    bytesIn: way === 'in' ? bytes : 0,
    action: 'allow',
    coverage,
    time: event.time,
    details: detailsOf(findings),
    model: null,
  };
}

/** Fingerprints and places by entity: what lineage follows from a row to a prompt. */
function detailsOf(findings: readonly Finding[]): Readonly<Record<string, ObservedDetail>> {
  const found = new Map<string, { maxScore: number; fingerprints: Set<string>; paths: Set<string> }>();
  for (const { entity, score, fingerprint, path } of findings) {
    if (score < MEDIUM) continue;
    const detail = found.get(entity) ?? { maxScore: 0, fingerprints: new Set(), paths: new Set() };
    found.set(entity, detail);
    detail.maxScore = Math.max(detail.maxScore, score);
    if (detail.fingerprints.size < MAX_DETAILS) detail.fingerprints.add(fingerprint);
    if (detail.paths.size < MAX_DETAILS) detail.paths.add(path);
  }
  return Object.fromEntries(
    [...found].map(([entity, { maxScore, fingerprints, paths }]) => [
      entity,
      { maxScore, fingerprints: [...fingerprints], paths: [...paths] },
    ]),
  );
}
