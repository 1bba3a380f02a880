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
  const { event, excerpt } = draft;
  const personal = personalOf(draft);
  const digests = {
    personal: personal === null ? null : personalDigest(chainKey, event.id, personal),
    excerpt: excerpt === null ? null : excerptDigest(chainKey, event.id, excerpt),
  };
  const empty = { host: null, process: null, exe: null, user: null, credential: null, subject: null, workload: null };
  const source = sourceText({ ...event.source, ...empty });
  const findings = event.findings.map((finding) => ({ ...finding, fingerprints: [] }));
  const body = eventText(findings.length === 0 ? event : { ...event, findings }, source);
  const core = `${body.slice(0, -1)},${linkText(link)},"digests":${JSON.stringify(digests)}}`;
  return { core, personal, excerpt, hash: recordHash(chainKey, core), columns: columnsOf(event) };
}

/** A record's line of the event log: the event, its place in the chain and its hash, without excerpt and review. */
export function logLine(event: EventBody, link: Link, hash: string): string {
  return `{"level":"info",${eventText(event).slice(1, -1)},${linkText(link)},"hash":"${hash}"}\n`;
}

function linkText({ writer, seq, prevHash }: Link): string {
  return `"writer":"${writer}","seq":${seq},"prevHash":"${prevHash}"`;
}

function personalOf({ event, review }: Draft): string | null {
  const { host, process, exe, user, subject, workload } = event.source;
  // Undefined in what an older version has left in the spool.
  const credential = event.source.credential ?? null;
  const fingerprints = event.findings.map((finding) => finding.fingerprints);
  const isEmpty =
    [host, process, exe, user, credential, subject ?? null, review].every((part) => part === null) &&
    fingerprints.length === 0;
  if (isEmpty) return null;
  const salt = randomUUID();
  const source = {
    ...{ host, process, exe, user, credential },
    ...(subject == null ? {} : { subject }),
    ...(workload == null ? {} : { workload }),
  };
  const personal: Personal = { salt, source, fingerprints, review };
  return JSON.stringify(personal);
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

/** Findings of medium score or higher by entity: how often, and the best score. */
export function entitiesOf(event: EventBody): Map<string, { count: number; maxScore: number }> {
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
