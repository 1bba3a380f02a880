/**
 * An event as it is kept: the core text, which the hash covers and nothing ever changes, and beside it the parts that
 * may be cleared (personal fields, excerpt), for which keyed digests stand in the core. Nothing is stored or read here.
 */
import { type KeyObject, randomUUID } from 'node:crypto';
import type { SQLOutputValue } from 'node:sqlite';
import { type Action, stronger } from '../flow/decision.ts';
import type { EventBody, Review, ReviewState, WeirEvent } from '../flow/event.ts';
import { MEDIUM } from '../flow/finding.ts';
import type { Source } from '../flow/parties.ts';
import { eventText, sourceText } from './event-text.ts';
import { excerptDigest, isSameDigest, personalDigest, recordHash } from './keyed.ts';

/** What is to become a record. `excerpt` is in its stored form; `review` belongs to kind `review` alone. */
export interface Draft {
  readonly event: EventBody;
  readonly excerpt: string | null;
  readonly review: { readonly by: string | null; readonly note: string | null } | null;
  /** What whoever read it from the spool knows already; absent where nobody has. */
  readonly read?: ReadEvent;
}

/** An event that was read as text. */
export interface ReadEvent {
  /** JSON, as `eventText` writes it. */
  readonly text: string;
  readonly columns: Columns;
}

/** A record's place in the chain. */
export interface Link {
  readonly writer: string;
  readonly seq: number;
  readonly prevHash: string;
}

/** What the filters ask for; derived from the core, so that `log verify` notices where they disagree. */
export interface Columns {
  readonly id: string;
  readonly kind: string;
  readonly timeMs: number;
  /** The action, where it was carried out. */
  readonly carried: Action | null;
  /** The strongest action that was decided and not carried out. */
  readonly observed: Action | null;
  readonly outcome: string | null;
  readonly app: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly policy: string | null;
  readonly refersTo: string | null;
}

/** The parts of a record as stored. */
export interface StoredRecord {
  readonly core: string;
  readonly personal: string | null;
  readonly excerpt: string | null;
  readonly hash: string;
}

/** The core: the event with its personal fields empty, its place in the chain, and the digests of what was taken out. */
export interface Core extends EventBody, Link {
  readonly digests: { readonly personal: string | null; readonly excerpt: string | null };
}

interface Personal {
  /** Random, so that a digest left behind after clearing cannot be matched against guesses, even with the key. */
  readonly salt: string;
  readonly source: Pick<Source, 'host' | 'process' | 'exe' | 'user' | 'credential' | 'subject' | 'workload'>;
  readonly fingerprints: readonly (readonly string[])[];
  readonly review: { readonly by: string | null; readonly note: string | null } | null;
}

export function makeRecord(
  draft: Draft,
  link: Link,
  chainKey: KeyObject,
): StoredRecord & { readonly columns: Columns } {
  const { event, excerpt, read } = draft;
  const pieces = read === undefined ? null : piecesOf(read.text, event);
  const personal = pieces === null ? personalOf(draft) : personalBeside(draft, pieces.kept);
  const digests = {
    personal: personal === null ? null : personalDigest(chainKey, event.id, personal),
    excerpt: excerpt === null ? null : excerptDigest(chainKey, event.id, excerpt),
  };
  const body = pieces?.body ?? bodyOf(event);
  const core = `${body.slice(0, -1)},${linkText(link)},"digests":${digestsText(digests)}}`;
  return { core, personal, excerpt, hash: recordHash(chainKey, core), columns: read?.columns ?? columnsOf(event) };
}

function digestsText({ personal, excerpt }: Core['digests']): string {
  const text = (digest: string | null): string => (digest === null ? 'null' : `"${digest}"`);
  return `{"personal":${text(personal)},"excerpt":${text(excerpt)}}`;
}

/** The event without what is personal in it. */
function bodyOf(event: EventBody): string {
  const findings = event.findings.map((finding) => ({ ...finding, fingerprints: [] }));
  return eventText(findings.length === 0 ? event : { ...event, findings }, sourceText({ ...event.source, ...EMPTY }));
}

const EMPTY = { host: null, process: null, exe: null, user: null, credential: null, subject: null, workload: null };

/** A source as it stands in a record: what is personal in it apart from the rest. */
interface SourcePieces {
  readonly empty: string;
  /** JSON of what is personal; null where that is nothing. */
  readonly personal: string | null;
}

/** Few sources send most events, and each is the same text every time. */
const knownSources = new Map<string, SourcePieces>();
const MAX_SOURCES = 256;
const [SOURCE, DESTINATION] = [',"source":', ',"destination":'];
/** Quotes within a text are escaped, so that it stands for nothing else. */
const FINGERPRINTS = /"fingerprints":\[[^\]]*\]/g;

/** `bodyOf` cut out of the event's text, which costs a fraction of writing it again; null where the text is not as we write it. */
function piecesOf(text: string, event: EventBody): { readonly body: string; readonly kept: SourcePieces } | null {
  const from = text.indexOf(SOURCE) + SOURCE.length;
  const to = text.indexOf(DESTINATION, from);
  if (from < SOURCE.length || to === -1) return null;
  const written = text.slice(from, to);
  const kept = knownSources.get(written) ?? learnSource(written, event.source);
  if (kept === null) return null;
  const rest = text.slice(to);
  const body = text.slice(0, from) + kept.empty + (event.findings.length === 0 ? rest : withoutFingerprints(rest));
  return { body, kept };
}

function withoutFingerprints(text: string): string {
  return text.replace(FINGERPRINTS, '"fingerprints":[]');
}

function learnSource(written: string, source: Source): SourcePieces | null {
  if (written !== sourceText(source)) return null;
  const personal = personalSource(source);
  const pieces: SourcePieces = {
    empty: sourceText({ ...source, ...EMPTY }),
    personal: personal === null ? null : JSON.stringify(personal),
  };
  if (knownSources.size >= MAX_SOURCES) knownSources.clear();
  knownSources.set(written, pieces);
  return pieces;
}

/** A record's line of the event log: the event (`text`: as it was read), its place in the chain and its hash, without excerpt and review. */
export function logLine({ event, link, hash, text = eventText(event) }: Committed): string {
  return `{"level":"info",${text.slice(1, -1)},${linkText(link)},"hash":"${hash}"}\n`;
}

/** An event as it was chained, for the event log: not read back, since it is at hand. */
export interface Committed {
  readonly event: EventBody;
  readonly link: Link;
  readonly hash: string;
  /** The event as it was read; absent where it was not. */
  readonly text?: string;
}

export function committedOf({ event, read }: Draft, link: Link, hash: string): Committed {
  return read === undefined ? { event, link, hash } : { event, link, hash, text: read.text };
}

function linkText({ writer, seq, prevHash }: Link): string {
  return `"writer":"${writer}","seq":${seq},"prevHash":"${prevHash}"`;
}

function personalOf({ event, review }: Draft): string | null {
  const source = personalSource(event.source);
  const fingerprints = event.findings.map((finding) => finding.fingerprints);
  if (source === null && review === null && fingerprints.length === 0) return null;
  const personal: Personal = { salt: randomUUID(), source: source ?? NOBODY, fingerprints, review };
  return JSON.stringify(personal);
}

/** The same where the source's text is known. */
function personalBeside({ event, review }: Draft, { personal }: SourcePieces): string | null {
  const { findings } = event;
  if (personal === null && review === null && findings.length === 0) return null;
  const fingerprints = findings.length === 0 ? '[]' : JSON.stringify(findings.map((finding) => finding.fingerprints));
  return (
    `{"salt":"${randomUUID()}","source":${personal ?? JSON.stringify(NOBODY)},"fingerprints":${fingerprints},` +
    `"review":${JSON.stringify(review)}}`
  );
}

const NOBODY = { host: null, process: null, exe: null, user: null, credential: null };

/** What is personal of a source; null where that is nothing. */
function personalSource({
  host,
  process,
  exe,
  user,
  credential,
  subject,
  workload,
}: Source): Personal['source'] | null {
  // Undefined in what an older version has left in the spool.
  const own = { host, process, exe, user, credential: credential ?? null };
  if (subject == null && workload == null && Object.values(own).every((part) => part === null)) return null;
  return { ...own, ...(subject == null ? {} : { subject }), ...(workload == null ? {} : { workload }) };
}

/** Throws TypeError for an event without what a record needs: a spool line that is not ours. */
export function columnsOf(event: EventBody): Columns {
  const timeMs = Date.parse(event.time);
  const { host, port } = event.destination;
  if (typeof event.id !== 'string' || event.id === '' || Number.isNaN(timeMs)) throw new TypeError('no id or time');
  if (typeof event.kind !== 'string' || (port !== null && !Number.isInteger(port)))
    throw new TypeError('no kind or port');
  return {
    id: event.id,
    kind: event.kind,
    timeMs,
    carried: event.enforced ? event.action : null,
    observed: observedAction(event),
    outcome: event.outcome ?? null,
    // SQLite keeps UTF-8, where a lone surrogate has no place: without this, what is read back would differ.
    app: event.source.app?.toWellFormed() ?? null,
    host: host?.toWellFormed() ?? null,
    port,
    policy: event.policy?.toWellFormed() ?? null,
    refersTo: event.refersTo ?? null,
  };
}

function observedAction(event: EventBody): Action | null {
  let observed: Action | null = null;
  for (const decision of event.decisions) {
    if (event.enforced && decision.mode !== 'monitor') continue;
    observed = observed === null ? decision.action : stronger(observed, decision.action);
  }
  return observed;
}

const NO_ENTITIES: ReturnType<typeof entitiesOf> = new Map();

/** Findings of medium score or higher by entity: how often, and the best score. */
export function entitiesOf(
  event: EventBody,
): ReadonlyMap<string, { readonly count: number; readonly maxScore: number }> {
  if (event.findings.length === 0) return NO_ENTITIES;
  const entities = new Map<string, { count: number; maxScore: number }>();
  for (const { entity, count, maxScore } of event.findings) {
    if (maxScore < MEDIUM) continue;
    const earlier = entities.get(entity);
    if (earlier === undefined) entities.set(entity, { count, maxScore });
    else entities.set(entity, { count: earlier.count + count, maxScore: Math.max(earlier.maxScore, maxScore) });
  }
  return entities;
}

/** The parts of a record out of a row of `events`. */
export function storedParts(row: Record<string, SQLOutputValue>): StoredRecord {
  const text = (value: SQLOutputValue | undefined) => (typeof value === 'string' ? value : null);
  return {
    core: String(row['core']),
    personal: text(row['personal']),
    excerpt: text(row['excerpt']),
    hash: String(row['hash'] ?? ''),
  };
}

/** All fingerprints of a record's personal part, as stored. None where it was cleared or cannot be read. */
export function fingerprintsIn(personal: SQLOutputValue | undefined): readonly string[] {
  if (typeof personal !== 'string') return [];
  try {
    const { fingerprints }: Personal = JSON.parse(personal);
    return [...new Set(fingerprints.flat())];
  } catch {
    // A damaged record is for `log verify` to name.
    return [];
  }
}

/** The text of a core, read. Throws SyntaxError where it was damaged; its hash says whether it was changed. */
export function parseCore(core: string): Core {
  return JSON.parse(core);
}

/** An event put together again from its parts; what was cleared is null or empty. `review` is the latest of the event. */
export function readEvent(stored: StoredRecord, review: Review | null, excerpt: string | null): WeirEvent {
  return eventOf(parseCore(stored.core), stored, review, excerpt);
}

/** As above, of a core that has been read already. */
export function eventOf(
  { digests: _, ...core }: Core,
  stored: StoredRecord,
  review: Review | null,
  excerpt: string | null,
): WeirEvent {
  const personal: Personal | null = stored.personal === null ? null : JSON.parse(stored.personal);
  return {
    ...core,
    // What an older version wrote has no credential.
    source: { ...core.source, credential: null, ...personal?.source },
    findings: core.findings.map((finding, i) => ({ ...finding, fingerprints: personal?.fingerprints[i] ?? [] })),
    hash: stored.hash,
    review,
    excerpt,
  };
}

/** The review that an event of kind `review` made: its state stands in the core as `reason`, who and why are personal. */
export function readReview(stored: Pick<StoredRecord, 'core' | 'personal'>): Review {
  const core = parseCore(stored.core);
  const personal: Personal | null = stored.personal === null ? null : JSON.parse(stored.personal);
  const { by, note } = personal?.review ?? { by: null, note: null };
  return { state: core.reason as ReviewState, by, note, time: core.time };
}

/** What is wrong with one record by itself; null when it is as it was written. `hasKey`: its HMACs can be checked. */
export function faultOf(stored: StoredRecord, chainKey: KeyObject | null): string | null {
  let core: Core;
  try {
    core = parseCore(stored.core);
  } catch {
    return 'is not readable';
  }
  return chainKey === null ? null : faultUnder(chainKey, core, stored);
}

/** As above, of a core that has been read already, under its writer's key. */
export function faultUnder(chainKey: KeyObject, core: Core, stored: StoredRecord): string | null {
  if (!isSameDigest(recordHash(chainKey, stored.core), stored.hash)) return 'does not agree with its hash';
  if (stored.personal !== null) {
    const expected = core.digests.personal;
    if (expected === null || !isSameDigest(personalDigest(chainKey, core.id, stored.personal), expected)) {
      return 'has changed personal fields';
    }
  }
  if (stored.excerpt !== null) {
    const expected = core.digests.excerpt;
    if (expected === null || !isSameDigest(excerptDigest(chainKey, core.id, stored.excerpt), expected)) {
      return 'has a changed excerpt';
    }
  }
  return null;
}
