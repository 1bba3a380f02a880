/**
 * A text put through scan, decide and transform as if it were a message, for `policy test` and `policy explain`. It
 * opens no connection and records nothing.
 */
import { createHmac } from 'node:crypto';
import type { Catalog } from '../../catalog/catalog.ts';
import { canonicalHost } from '../../catalog/host.ts';
import type { Used } from '../../engine/decide/limit.ts';
import type { PolicySet, RuleTrace } from '../../engine/decide/policy-set.ts';
import { type Engine, type Inspection, inspectText, type UsageLedger } from '../../engine/inspect.ts';
import { normalise } from '../../engine/scan/normalise.ts';
import type { Scanner } from '../../engine/scan/scanner.ts';
import { Conversation } from '../../engine/transform/conversation.ts';
import type { Direction } from '../../flow/decision.ts';
import type { Category } from '../../flow/finding.ts';
import type { Message } from '../../flow/message.ts';
import { bareSource, type Destination } from '../../flow/parties.ts';
import type { Position, Role } from '../../flow/segment.ts';
import type { FingerprintKey } from '../../store/fingerprint-keys.ts';
import { fingerprintUnder } from '../../store/keyed.ts';

/** Where a text is taken to go when nothing is said. */
export const DEFAULT_TO = 'api.openai.com';

export interface TrialInput {
  readonly text: string;
  /** `host` or `host:port`. */
  readonly to: string;
  readonly app: string | null;
  readonly user: string | null;
  readonly model: string | null;
  readonly role: Role;
  readonly position: Position;
  readonly direction: Direction;
  /** What the source is taken to have used of every limit before; nothing unless said. */
  readonly used?: Used | null;
}

export interface Trial {
  readonly inspection: Inspection;
  /** The text as it would leave; null when it is blocked. */
  readonly output: string | null;
  readonly trace: readonly RuleTrace[];
  readonly destination: Destination;
}

/** `host` or `host:port` looked up; null when it is neither. */
export function destinationOf(catalog: Catalog, to: string): Destination | null {
  const [, name, digits] = /^(.*?)(?::([0-9]{1,5}))?$/s.exec(to) ?? [];
  const isAddress = to.split(':').length > 2 && !to.startsWith('[');
  const host = canonicalHost(isAddress ? to : (name ?? ''));
  const port = isAddress || digits === undefined ? 443 : Number(digits);
  return host === null || port > 65_535 ? null : catalog.lookup(host, port);
}

/** An app that is named here is taken as verified: the question is what its rules say, not whether it is the app. */
export function tryText(
  parts: {
    readonly scanner: Scanner;
    readonly policies: PolicySet;
    readonly catalog: Catalog;
    /** Oldest first; findings are shown under the newest. */
    readonly keys: readonly FingerprintKey[];
  },
  input: TrialInput,
  destination: Destination,
): Trial {
  const source = bareSource({ app: input.app, verified: input.app !== null, user: input.user });
  const { keys } = parts;
  const newest = keys.at(-1);
  const engine: Engine = {
    scanner: parts.scanner,
    policies: parts.policies,
    fingerprint: newest === undefined ? unkeyed : (entity, value) => fingerprintUnder(newest, entity, value, normalise),
    otherFingerprints: (entity, value) => keys.map((key) => fingerprintUnder(key, entity, value, normalise)),
    onOpaque: { media: 'allow', encoded: 'allow' },
    maxDecodedBytes: 32 * 1024 * 1024,
  };
  const message: Message = {
    direction: input.direction,
    source,
    destination,
    method: 'POST',
    target: '/',
    status: input.direction === 'response' ? 200 : null,
    headers: [],
    body: Buffer.alloc(0),
  };
  const now = new Date();
  const used = input.used ?? { requests: 0, bytes: 0, findings: 0 };
  const usage: UsageLedger = { used: () => used, add: () => {} };
  const conversation = new Conversation();
  const assume = { role: input.role, position: input.position, model: input.model };
  const inspection = inspectText(engine, message, input.text, assume, {
    now,
    held: true,
    conversation: () => conversation,
    usage,
  });
  const { extraction, findings, coverage, decision, edited } = inspection;
  const trace = parts.policies.trace({
    direction: input.direction,
    source,
    destination,
    model: input.model,
    findings,
    segments: extraction.segments,
    coverage,
    now,
    bytes: extraction.body.length,
    usage,
  });
  const output = decision.enforced.action === 'block' ? null : (edited?.body.toString('utf8') ?? input.text);
  return { inspection, output, trace, destination };
}

/** Tells values apart where no home is at hand; it fits no fingerprint of a home. */
function unkeyed(entity: string, value: string): string {
  return createHmac('sha256', 'trial')
    .update(`${entity}\0${normalise(value)}`)
    .digest()
    .toString('base64url', 0, 16);
}

export interface ShownFinding {
  readonly entity: string;
  readonly alternatives: readonly { readonly entity: string; readonly score: number }[];
  readonly category: Category;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly recognizer: string;
}

/** Offsets in UTF-16 code units, as `weir scan` gives them; findings come sorted, so the text is walked once. */
export function shownFindings({ inspection }: Trial): readonly ShownFinding[] {
  const { body } = inspection.extraction;
  let byte = 0;
  let unit = 0;
  const unitsAt = (offset: number): number => {
    if (offset < byte) return body.toString('utf8', 0, offset).length;
    unit += body.toString('utf8', byte, offset).length;
    byte = offset;
    return unit;
  };
  return inspection.findings.map(({ entity, alternatives, category, start, end, score, recognizer }) => {
    const from = unitsAt(start);
    return { entity, alternatives, category, start: from, end: unitsAt(end), score, recognizer };
  });
}
