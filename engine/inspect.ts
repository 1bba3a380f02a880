/**
 * The inspection of one message: extract -> scan -> decide -> transform. Bytes in, values out; it opens nothing,
 * knows no clock and keeps nothing but which short texts were clean. Proxy, sensor and the policy commands all come through here, so that they
 * decide alike.
 */
import { type Coverage, coverageText, FULL, truncated, worseCoverage } from '../flow/coverage.ts';
import { type Action, actionRank, type Decision, type Ruling } from '../flow/decision.ts';
import { type Finding, KEPT, MEDIUM } from '../flow/finding.ts';
import type { FieldSight, LearnedFields } from '../flow/learned.ts';
import type { Message } from '../flow/message.ts';
import type { Override } from '../flow/override.ts';
import type { Position, Role, Segment, SpanRead } from '../flow/segment.ts';
import { CleanTexts } from './clean-texts.ts';
import type { LimitUse, Usage } from './decide/limit.ts';
import type { DecideInput, PolicySet } from './decide/policy-set.ts';
import { withoutTokens } from './decide/without-tokens.ts';
import type { DecodeLimits } from './extract/encodings.ts';
import { type Extraction, extract } from './extract/extract.ts';
import { NO_TEXT } from './extract/marks.ts';
import { fieldsIn, withLearned } from './learned-fields.ts';
import type { NamesInTexts } from './names/given.ts';
import { type BegunScan, NAMED_ENTITIES, type Scanner } from './scan/scanner.ts';
import type { Conversation, WantedTokens } from './transform/conversation.ts';
import { replacements, wantedTokens } from './transform/replacements.ts';
import { applyEdits, type Edit, type Edited } from './transform/splice.ts';

/** Keyed fingerprint of a value, as a finding has it. */
export type Fingerprint = (entity: string, value: string) => string;

export interface EngineOptions extends DecodeLimits {
  readonly scanner: Scanner;
  readonly policies: PolicySet;
  readonly fingerprint: Fingerprint;
  /** The same under keys of other epochs, for policies that name such; absent where there are none. */
  readonly otherFingerprints?: (entity: string, value: string) => readonly string[];
  /** What is done with a held body that could not be read. */
  readonly onOpaque: { readonly media: Action; readonly encoded: Action };
}

export interface Engine extends EngineOptions {}

export interface Inspection {
  readonly extraction: Extraction;
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
  readonly decision: Decision;
  /** What is to be sent instead; null where nothing is to be edited, or the message is blocked. */
  readonly edited: Edited | null;
  readonly edits: readonly Edit[];
  /** What the message says of fields beside the turns. */
  readonly fields: readonly FieldSight[];
}

export interface InspectContext {
  readonly now: Date;
  /** True when the message is held, so that a body that cannot be read may be acted on. */
  readonly held: boolean;
  /** The conversation that pseudonyms belong to; asked only when something is to be tokenized. */
  readonly conversation: (extraction: Extraction) => Conversation | null;
  /** What a model has found in the texts of the segments, a list a segment; null or absent without one. */
  readonly names?: NamesInTexts | null;
  /** Keeps what sources use of limits: asked for what was used before, told what is let through. Null or absent: nobody counts. */
  readonly usage?: UsageLedger | null;
  /** What people have let through for a while. */
  readonly overrides?: readonly Override[];
  /** What is known of the fields of this edge; null or absent: nothing. */
  readonly learned?: LearnedFields | null;
  /** Bytes of the message, where its body is but a part of them. */
  readonly bytes?: number;
}

export interface UsageLedger extends Usage {
  add(uses: readonly LimitUse[]): void;
}

/** Inspects one whole message. Throws WeirError `edit_unsafe` when an edit could not be made safely. */
export function inspect(engine: Engine, message: Message, context: InspectContext): Inspection {
  const extraction = extract(message, engine);
  return inspectExtraction(engine, message, extraction, context);
}

/**
 * What is found in what was taken out of a message, and what follows from it: the second half of `inspect`, for a caller
 * that asks a model about the segments in between.
 */
export function inspectExtraction(
  engine: Engine,
  message: Message,
  taken: Extraction,
  context: InspectContext,
): Inspection {
  const judged = judge(engine, message, taken, context);
  const conversation = isTokenizing(judged) ? context.conversation(judged.extraction) : null;
  return carryOut(engine, judged, conversation);
}

/** What was found in a message and decided on it, before anything is changed. */
export interface Judged extends Pick<Inspection, 'extraction' | 'findings' | 'coverage' | 'decision' | 'fields'> {
  readonly message: Message;
}

/** What was found in a message, before anything is decided. */
export type Examined = Pick<Inspection, 'extraction' | 'findings' | 'coverage'>;

/** Scans what was taken out of a message; `names`: what a model has found in its segments. */
export function examine(
  engine: Pick<Engine, 'scanner' | 'fingerprint'>,
  taken: Extraction,
  names: NamesInTexts | null = null,
): Examined {
  return beginExamining(engine, taken, names)();
}

/** The same in two halves, as of a scan; what it returns is the other half. */
export function beginExamining(
  engine: Pick<Engine, 'scanner' | 'fingerprint'>,
  taken: Extraction,
  names: NamesInTexts | null = null,
): () => Examined {
  let coverage = taken.coverage;
  if (names?.isWhole === false) coverage = worseCoverage(coverage, truncated('model'));
  const onTruncated = (): void => {
    coverage = worseCoverage(coverage, truncated('decoding'));
  };
  const begun = beginScan(engine, taken.segments, onTruncated, names?.names);
  return () => {
    const findings = concludeScan(engine, taken.segments, begun);
    const extraction = coverage === taken.coverage ? taken : { ...taken, coverage };
    return { extraction, findings, coverage };
  };
}

/** Scan and decide, for a caller that has to ask for its conversation before it carries the decision out. */
export function judge(
  engine: Engine,
  message: Message,
  taken: Extraction,
  context: Omit<InspectContext, 'conversation'>,
): Judged {
  return judgeExamined(engine, message, examine(engine, taken, context.names ?? null), context);
}

/** Decides on what was found. */
export function judgeExamined(
  engine: Engine,
  message: Message,
  { extraction, findings: found, coverage }: Examined,
  context: Omit<InspectContext, 'conversation' | 'names'>,
): Judged {
  const { learned = null } = context;
  const fields = fieldsIn(found, extraction.segments, learned);
  const findings = learned === null ? found : withLearned(engine.scanner, found, extraction.segments, learned);
  const decision = decide(engine, message, extraction, findings, context);
  return { message, extraction, findings, coverage, decision, fields };
}

/** What carrying the decision out asks of a conversation; null where nothing is to be tokenized. */
export function wanted(judged: Judged): WantedTokens | null {
  const { extraction, findings, decision } = judged;
  return isTokenizing(judged) ? wantedTokens(extraction, findings, decision.verdicts) : null;
}

function isTokenizing({ decision }: Judged): boolean {
  return decision.enforced.action !== 'block' && decision.verdicts.some((verdict) => verdict.action === 'tokenize');
}

/** The edits. Without a conversation a label stands where a token would. Throws WeirError `edit_unsafe`. */
export function carryOut(engine: Engine, judged: Judged, conversation: Conversation | null): Inspection {
  const planned = plan(engine, judged, conversation);
  const { edits, extraction } = planned;
  return edits.length === 0 ? planned : { ...planned, edited: applyEdits(judged.message, extraction, edits) };
}

/** The same without its last step: what is to be edited, and nothing edited yet. */
export function plan(engine: Engine, judged: Judged, conversation: Conversation | null): Inspection {
  const { extraction, findings, coverage, fields } = judged;
  const labelled = conversation?.labelled ?? 0;
  const edits = editsOf(engine, extraction, findings, judged.decision, conversation);
  const isWithheld = (conversation?.labelled ?? 0) > labelled;
  const decision = isWithheld ? withoutTokens(judged.decision) : judged.decision;
  return { extraction, findings, coverage, decision, edits, edited: null, fields };
}

/**
 * Findings of all segments, in order of the segments, from score 0.3 on. `onTruncated`: not all that is encoded could be
 * decoded. `names`: what a model has found in each of them.
 */
export function scan(
  engine: Scanning,
  segments: readonly Segment[],
  onTruncated: () => void = ignore,
  names: NamesInTexts['names'] = [],
): Finding[] {
  return concludeScan(engine, segments, beginScan(engine, segments, onTruncated, names));
}

type Scanning = Pick<Engine, 'scanner' | 'fingerprint' | 'otherFingerprints'>;

interface Begun {
  readonly clean: CleanTexts;
  /** Of each segment; null for one that is clean. */
  readonly scans: readonly (BegunScan | null)[];
}

function beginScan(
  engine: Scanning,
  segments: readonly Segment[],
  onTruncated: () => void,
  names: NamesInTexts['names'] = [],
): Begun {
  const clean = new CleanTexts(engine.scanner);
  const scans = segments.map((segment, index): BegunScan | null => {
    const { text, label, role, across, isBase64Read = false } = segment;
    const given = names[index] ?? NO_NAMES;
    const isKept = given.length === 0 && across === undefined && clean.mayKeep(segment);
    if (isKept && clean.has(segment)) return null;
    // One shape for all of them.
    const begun = engine.scanner.begin(text, { label, role, isBase64Read, onTruncated, names: given });
    if (!isKept) return begun;
    // The next segment may be the same.
    const findings = begun.findings().filter(({ score }) => score >= KEPT);
    if (findings.length > 0) return { findings: () => findings };
    clean.add(segment);
    return null;
  });
  return { clean, scans };
}

function concludeScan(engine: Scanning, segments: readonly Segment[], { clean, scans }: Begun): Finding[] {
  const findings: Finding[] = [];
  const paths = new Map<string, string>();
  for (let index = 0; index < segments.length; index++) {
    const segment = segments[index];
    const begun = scans[index] ?? null;
    if (segment === undefined || begun === null) continue;
    const { across } = segment;
    for (const found of begun.findings()) {
      if (found.score < KEPT) continue;
      if (across !== undefined && isFoundWithin(found, across, findings, segments)) continue;
      const value = engine.scanner.valueOf(segment.text, found);
      findings.push({
        ...found,
        segment: index,
        path: shownPath(segment.path, engine.scanner, paths, clean),
        role: segment.role,
        position: segment.position,
        fingerprint: engine.fingerprint(found.entity, value),
        ...(engine.otherFingerprints === undefined
          ? {}
          : { otherFingerprints: engine.otherFingerprints(found.entity, value) }),
      });
    }
  }
  return findings;
}

function ignore(): void {}

const NO_NAMES: NamesInTexts['names'][number] = [];

/**
 * Whether what was found in a text that is read across borders lies in one of its parts, which was read for itself, or
 * is what was found there too, with a letter more on either side. What is hardly a finding is none beside a better one.
 */
function isFoundWithin(
  { entity, start, end, score }: Pick<Finding, 'entity' | 'start' | 'end' | 'score'>,
  across: readonly SpanRead[],
  findings: readonly Finding[],
  segments: readonly Segment[],
): boolean {
  for (const part of across) {
    if (end <= part.start || start >= part.end) continue;
    // A tag or a length before a word makes another word of it, and half of the words are somebody's name.
    if ((start >= part.start && end <= part.end) || NAMED_ENTITIES.includes(entity)) return true;
    const isThereToo = findings.some(
      (other) =>
        (other.entity === entity || score < MEDIUM) &&
        segments[other.segment] === part.segment &&
        other.start + part.start < end &&
        other.end + part.start > start,
    );
    if (isThereToo) return true;
  }
  return false;
}

const MAX_PATH_CHARS = 300;

/** A path is made of keys that the sender chose: what is found in one stands as its entity's name. */
function shownPath(path: string, scanner: Scanner, known: Map<string, string>, clean: CleanTexts): string {
  const seen = known.get(path);
  if (seen !== undefined) return seen;
  if (clean.hasPath(path)) return path;
  const text = Buffer.from(path.replaceAll('~1', '/').replaceAll('~0', '~'), 'utf8');
  let shown = '';
  let at = 0;
  for (const found of scanner.scan(text, { label: null, role: 'metadata' })) {
    if (found.start < at) continue;
    shown += `${text.toString('utf8', at, found.start)}[${found.entity}]`;
    at = found.end;
  }
  shown = at === 0 ? path : shown + text.toString('utf8', at);
  if (at === 0) clean.addPath(path);
  shown = shown.length > MAX_PATH_CHARS ? `${shown.slice(0, MAX_PATH_CHARS)}…` : shown;
  known.set(path, shown);
  return shown;
}

function decide(
  engine: Engine,
  message: Message,
  extraction: Extraction,
  findings: readonly Finding[],
  context: Omit<InspectContext, 'conversation'>,
): Decision {
  const { policies } = engine;
  const usage = context.usage ?? null;
  const input: DecideInput = {
    direction: message.direction,
    source: message.source,
    destination: message.destination,
    model: extraction.model,
    findings,
    segments: extraction.segments,
    coverage: extraction.coverage,
    now: context.now,
    bytes: context.bytes ?? message.body.length,
    usage,
    overrides: context.overrides ?? [],
  };
  const decided = policies.decide(input);
  const decision = context.held ? withOpaque(decided, extraction.coverage, engine.onOpaque) : decided;
  // At once with the decision, so that of two messages at a time one is the last within the limit.
  if (usage !== null && policies.hasLimits && decision.enforced.action !== 'block') usage.add(policies.usesOf(input));
  return decision;
}

/** `onOpaque` acts beside the policies: what a rule could hold and nobody could read is not waved through. */
function withOpaque(decision: Decision, coverage: Coverage, onOpaque: EngineOptions['onOpaque']): Decision {
  if (coverage.level !== 'opaque') return decision;
  const kind = coverage.reason === 'encoded' ? 'encoded' : 'media';
  const action = onOpaque[kind];
  if (actionRank(action) <= actionRank(decision.enforced.action)) return decision;
  const text = `the body could not be read (${coverageText(coverage)})`;
  const ruling: Ruling = {
    action,
    mode: 'enforce',
    policy: 'proxy',
    policyVersion: null,
    rule: `onOpaque.${kind}`,
    severity: 'medium',
    message: `The body could not be read (${coverageText(coverage)}): send it without that encoding.`,
  };
  return {
    ...decision,
    enforced: ruling,
    subject: [],
    explanation: [...decision.explanation, { policy: 'proxy', rule: ruling.rule ?? '', action, text }],
  };
}

function editsOf(
  engine: Engine,
  extraction: Extraction,
  findings: readonly Finding[],
  decision: Decision,
  conversation: Conversation | null,
): readonly Edit[] {
  if (decision.enforced.action === 'block' || decision.verdicts.length === 0) return NO_EDITS;
  return replacements(extraction, findings, decision.verdicts, conversation, engine.fingerprint);
}

const NO_EDITS: readonly Edit[] = [];

/** What is assumed of a text that was not taken from a message. */
export interface TextAssumptions {
  readonly role: Role;
  readonly position: Position;
  readonly model: string | null;
}

/** A text as if it were all of a message: one segment, the bytes themselves. */
export function textExtraction(text: string, assume: TextAssumptions): Extraction {
  const body = Buffer.from(text, 'utf8');
  return {
    shape: null,
    format: 'text',
    model: assume.model,
    stream: false,
    conversationId: null,
    firstUserText: NO_TEXT,
    callId: null,
    segments: [
      {
        text: body,
        path: '',
        label: null,
        role: assume.role,
        position: assume.position,
        part: { kind: 'body' },
        layers: [{ kind: 'raw', start: 0, end: body.length }],
        immutable: false,
      },
    ],
    coverage: FULL,
    documents: null,
    body,
    decoded: false,
  };
}

/** Inspects a text as if it were the body of `message` (whose own body is not looked at). */
export function inspectText(
  engine: Engine,
  message: Message,
  text: string,
  assume: TextAssumptions,
  context: InspectContext,
): Inspection {
  const extraction = textExtraction(text, assume);
  return inspectExtraction(engine, { ...message, body: extraction.body }, extraction, context);
}
