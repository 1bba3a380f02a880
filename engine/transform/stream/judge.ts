/**
 * The decision on an answer while it streams: looks at texts piece by piece, keeps what was found and decided for the
 * record, and says when a rule ends the stream. What it decides is what the rules say of each finding by itself; rules
 * that need more than one are left to whoever holds the answer whole.
 */
import { type Coverage, FULL, truncated, worseCoverage } from '../../../flow/coverage.ts';
import type { Decision, Direction, Verdict } from '../../../flow/decision.ts';
import type { Finding } from '../../../flow/finding.ts';
import type { Override } from '../../../flow/override.ts';
import type { Destination, Source } from '../../../flow/parties.ts';
import type { Position, Role, Segment } from '../../../flow/segment.ts';
import type { DecideInput } from '../../decide/policy-set.ts';
import { withoutTokens } from '../../decide/without-tokens.ts';
import type { CarriedDocument, DocumentReader, DocumentReading } from '../../extract/documents.ts';
import type { Extraction, Shape } from '../../extract/extract.ts';
import { NO_TEXT } from '../../extract/marks.ts';
import { type Engine, type Inspection, scan, type UsageLedger } from '../../inspect.ts';
import type { Holding } from '../../scan/unfinished.ts';
import { Conversation } from '../conversation.ts';
import { replacements, wantedTokens } from '../replacements.ts';
import type { Edit } from '../splice.ts';
import { type Asking, waiting } from './asking.ts';

/** Where a text stands in the answer. */
export interface TextPlace {
  readonly path: string;
  readonly label: string | null;
  readonly role: Role;
  readonly position: Position;
  /** A signature covers it: what would be edited there is blocked. */
  readonly immutable: boolean;
  /** Its parts have been looked at by themselves: only what a rule acts on is recorded. */
  readonly isAgain?: boolean;
}

/** Who is talking to whom, and what is known of the answer before its first byte. */
export interface JudgeOptions {
  readonly source: Source;
  readonly destination: Destination;
  readonly shape: Shape | null;
  readonly coverage: Coverage;
  readonly now: Date;
  readonly usage: UsageLedger | null;
  readonly overrides: readonly Override[];
  /** `false`: there is nobody to ask for tokens, and a label stands for one. */
  readonly hasConversation?: boolean;
  /** Reads what documents carry; null or absent where nobody does. */
  readonly readDocuments?: DocumentReader | null;
  /** Absent: an answer streams. */
  readonly direction?: Direction;
  /**
   * Is told what is found as soon as it is let go, with the value alone as its text; then nothing is kept for `inspection`. What
   * began in what was let go before is told too.
   */
  readonly onFound?: (finding: Finding, value: Segment) => void;
}

/** What came of a look at a text. */
export interface Look {
  /** Up to here it may leave. */
  readonly to: number;
  readonly edits: readonly Edit[];
  /** The value that the last edit stands for goes on behind `to`: what this recognizer finds is dropped until it ends. */
  readonly goesOn: string | null;
}

/** A value without its end is one as long as no more than its closing line has come behind it, bytes. */
const MAX_CLOSING = 64;
/** Texts are kept up to here, all together, for the record's excerpt and for rules that look at what is near. */
const MAX_KEPT_BYTES = 1024 * 1024;
/** Short texts that were clean, such as the id and model that stand in every event. */
const MAX_CLEAN_BYTES = 64;
const MAX_CLEAN = 500;

export class StreamJudge {
  readonly holding: Holding;
  /** What has been issued so far. */
  readonly tokens = new Conversation();
  /** Milliseconds, of whatever clock the caller has. */
  at = 0;
  model: string | null = null;
  shape: Shape | null;
  readonly #engine: Engine;
  readonly #options: JudgeOptions;
  readonly #segments: Segment[] = [];
  readonly #grown = new Map<number, Buffer[]>();
  readonly #findings: Finding[] = [];
  readonly #clean = new Set<string>();
  #keptBytes = 0;
  #coverage: Coverage = FULL;
  #isBlocked = false;
  readonly #onTruncated = (): void => this.lessen(truncated('decoding'));

  constructor(engine: Engine, options: JudgeOptions, holding: Holding) {
    this.#engine = engine;
    this.#options = options;
    this.holding = holding;
    this.shape = options.shape;
    this.lessen(options.coverage);
  }

  /** What was found in the head of the answer, which has been judged. */
  begin({ extraction, findings, coverage }: Inspection): void {
    this.#segments.push(...extraction.segments);
    this.#findings.push(...findings);
    this.lessen(coverage);
  }

  /** A rule ends the stream: nothing that was not handed out before may be. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  lessen(coverage: Coverage): void {
    this.#coverage = worseCoverage(this.#coverage, coverage);
  }

  /** Makes room in the record for a text that will grow; its number. */
  open(place: TextPlace): number {
    if (this.#options.onFound !== undefined) return 0;
    this.#segments.push(segmentOf(place, Buffer.alloc(0)));
    return this.#segments.length - 1;
  }

  /** Keeps what has been let go of a text. */
  grow(index: number, bytes: Buffer): void {
    if (bytes.length === 0 || this.#keptBytes + bytes.length > MAX_KEPT_BYTES) return;
    if (this.#options.onFound !== undefined) return;
    this.#keptBytes += bytes.length;
    const pieces = this.#grown.get(index) ?? [];
    pieces.push(bytes);
    this.#grown.set(index, pieces);
  }

  /**
   * Looks at `text`, of which the part before `from` has been let go, and of which the part before `ripe` may be. What
   * a rule acts on leaves whole or waits. `sent` is how many bytes of it have been let go in all, `edited` up to which
   * of these it was replaced.
   */
  *look(
    index: number,
    place: TextPlace,
    text: Buffer,
    given: { from: number; ripe: number; isLast: boolean; sent: number; edited: number },
  ): Asking<Look> {
    const { from, isLast } = given;
    const segment = segmentOf(place, text);
    const found = scan(this.#engine, [segment], this.#onTruncated).filter((finding) => finding.end > from);
    const decision = found.length === 0 ? null : this.#decide(found, [segment]);
    const acting = decision === null ? [] : actingOf(decision);
    let to = given.ripe;
    let goesOn: Finding | null = null;
    for (const finding of isLast ? [] : acting.map((at) => found[at] as Finding).sort((a, b) => a.start - b.start)) {
      const { start, end } = finding;
      if (start > to) break;
      const isLong = text.length - Math.max(start, from) > this.holding.run && end > to;
      if (isLong || this.#isOpenEnded(text, finding)) {
        to = text.length;
        goesOn = finding;
        break;
      }
      if (end <= to) continue;
      // What is acted on and may go on behind the end waits.
      if (start < to) to = Math.max(from, start);
      break;
    }
    // A place within a character is none.
    while (to > from && to < text.length && ((text[to] as number) & 0xc0) === 0x80) to--;
    const isRecorded = (at: number): boolean => place.isAgain !== true || acting.includes(at);
    const leaving = found.flatMap((finding, at) => (finding.start < to && isRecorded(at) ? [at] : []));
    if (
      decision !== null &&
      decision.enforced.action === 'block' &&
      decision.subject.some((at) => leaving.includes(at))
    ) {
      this.#isBlocked = true;
      this.#record(
        index,
        place,
        text,
        leaving.map((at) => found[at] as Finding),
        given,
      );
      this.grow(index, text.subarray(from));
      return { to: from, edits: [], goesOn: null };
    }
    const spans = found.map((finding) => (finding === goesOn ? { ...finding, end: text.length } : finding));
    const edits = decision === null ? [] : yield* this.#edits(segment, spans, decision.verdicts, leaving, from, given);
    this.#record(
      index,
      place,
      text,
      leaving.map((at) => found[at] as Finding),
      given,
    );
    this.grow(index, text.subarray(from, to));
    return { to, edits, goesOn: goesOn?.recognizer ?? null };
  }

  /** A value that is told by its beginning, such as a key, and whose end has not come: it need not be waited for. */
  #isOpenEnded(text: Buffer, { start, end, recognizer }: Finding): boolean {
    const closes = this.holding.closes.get(recognizer);
    if (closes === undefined || text.length - end > MAX_CLOSING) return false;
    return !closes.pattern.test(text.toString('latin1', start, text.length));
  }

  /** The value found last goes up to what was kept last: what `goesOn` began has ended. */
  lengthen(index: number): void {
    const at = this.#findings.findLastIndex((finding) => finding.segment === index);
    const finding = this.#findings[at];
    if (finding === undefined) return;
    const text = Buffer.concat(this.#grown.get(index) ?? []);
    const value = text.toString('utf8', finding.start, text.length).trimEnd();
    const end = finding.start + Buffer.byteLength(value);
    this.#findings[at] = { ...finding, end, fingerprint: this.#engine.fingerprint(finding.entity, value) };
  }

  *#edits(
    segment: Segment,
    found: readonly Finding[],
    verdicts: readonly Verdict[],
    leaving: readonly number[],
    from: number,
    { sent, edited }: { sent: number; edited: number },
  ): Asking<readonly Edit[]> {
    const wanted = verdicts.filter(({ finding }) => leaving.includes(finding));
    if (wanted.length === 0) return [];
    // Of a value that began in what was let go, the rest goes; where its beginning was replaced already, without a trace.
    const gone = (finding: Finding): boolean => finding.start < from && sent - from + finding.start < edited;
    const clipped = found.map((finding) => (finding.start < from ? { ...finding, start: from } : finding));
    const extraction = this.extraction([segment]);
    const edits = yield* this.#replacements(extraction, clipped, wanted);
    const rests = found.filter(gone);
    return edits.map((edit) => (edit.start === from && rests.length > 0 ? { ...edit, replacement: '' } : edit));
  }

  *#replacements(
    extraction: Extraction,
    findings: readonly Finding[],
    verdicts: readonly Verdict[],
  ): Asking<readonly Edit[]> {
    const { hasConversation = true } = this.#options;
    const wanted = hasConversation ? wantedTokens(extraction, findings, verdicts) : null;
    if (wanted !== null && wanted.values.length > 0) yield wanted;
    const tokens = hasConversation ? this.tokens : null;
    return replacements(extraction, findings, verdicts, tokens, this.#engine.fingerprint);
  }

  /** What stands in documents, once it has been read. */
  *readings(documents: readonly CarriedDocument[]): Asking<readonly DocumentReading[]> {
    const { readDocuments = null } = this.#options;
    let readings: readonly DocumentReading[] = [];
    if (readDocuments === null) return readings;
    yield* waiting(
      readDocuments(documents).then((read) => {
        readings = read;
      }),
    );
    return readings;
  }

  /** The texts of an event that are there whole; the edits are of these segments. */
  *whole(segments: readonly Segment[]): Asking<readonly Edit[]> {
    const unknown = segments.filter(
      (segment) => segment.text.length > MAX_CLEAN_BYTES || !this.#clean.has(cleanKey(segment)),
    );
    if (unknown.length === 0) return [];
    const found = scan(this.#engine, unknown, this.#onTruncated);
    if (this.#clean.size < MAX_CLEAN) {
      const dirty = new Set(found.map((finding) => finding.segment));
      unknown.forEach((segment, at) => {
        if (segment.text.length <= MAX_CLEAN_BYTES && !dirty.has(at)) this.#clean.add(cleanKey(segment));
      });
    }
    if (found.length === 0) return [];
    const decision = this.#decide(found, unknown);
    const base = this.#segments.length;
    this.#segments.push(...unknown);
    this.#findings.push(...found.map((finding) => ({ ...finding, segment: base + finding.segment })));
    if (decision.enforced.action === 'block') {
      this.#isBlocked = true;
      return [];
    }
    const extraction = this.extraction(unknown);
    const edits = yield* this.#replacements(extraction, found, decision.verdicts);
    return edits.map((edit) => ({ ...edit, segment: segments.indexOf(unknown[edit.segment] as Segment) }));
  }

  /**
   * What is known at the end, as of an answer that was held; `bytes` is how long it was. Counts it under the limits that
   * take it in, so ask once.
   */
  inspection(bytes: number): Inspection {
    const segments = this.#segments.map((segment, index) => {
      const pieces = this.#grown.get(index);
      return pieces === undefined ? segment : { ...segment, text: Buffer.concat(pieces) };
    });
    const findings = this.#findings;
    const { usage } = this.#options;
    const { policies } = this.#engine;
    const input = { ...this.#input(findings, segments), bytes, usage };
    const decided = policies.decide(input);
    const decision = this.tokens.labelled > 0 ? withoutTokens(decided) : decided;
    if (usage !== null && policies.hasLimits && decision.enforced.action !== 'block') usage.add(policies.usesOf(input));
    const coverage = this.#coverage;
    return {
      extraction: { ...this.extraction(segments), coverage },
      findings,
      coverage,
      decision,
      edited: null,
      edits: [],
      fields: [],
    };
  }

  #decide(findings: readonly Finding[], segments: readonly Segment[]): Decision {
    return this.#engine.policies.decide(this.#input(findings, segments));
  }

  #input(findings: readonly Finding[], segments: readonly Segment[]): DecideInput {
    const { source, destination, now, overrides, direction = 'response' } = this.#options;
    const coverage = this.#coverage;
    return {
      source,
      destination,
      direction,
      model: this.model,
      findings,
      segments,
      coverage,
      now,
      overrides,
    };
  }

  #record(
    index: number,
    place: TextPlace,
    text: Buffer,
    found: readonly Finding[],
    { from, sent }: { from: number; sent: number },
  ): void {
    const { onFound } = this.#options;
    if (onFound !== undefined) {
      for (const finding of found) {
        const value = Buffer.from(text.subarray(finding.start, finding.end));
        onFound({ ...finding, segment: 0, start: 0, end: value.length }, segmentOf(place, value));
      }
      return;
    }
    const isKept = this.#keptBytes + text.length - from <= MAX_KEPT_BYTES;
    for (const finding of found) {
      if (finding.start < from || (place.isAgain === true && this.#isRecorded(finding))) continue;
      if (isKept) {
        const moved = sent - from;
        this.#findings.push({ ...finding, segment: index, start: finding.start + moved, end: finding.end + moved });
        continue;
      }
      // Texts are not kept any more: the value alone, for exceptions that name it.
      const value = Buffer.from(text.subarray(finding.start, finding.end));
      this.#segments.push(segmentOf(place, value));
      this.#findings.push({ ...finding, segment: this.#segments.length - 1, start: 0, end: value.length });
    }
  }

  #isRecorded({ entity, fingerprint }: Finding): boolean {
    return this.#findings.some((one) => one.entity === entity && one.fingerprint === fingerprint);
  }

  extraction(segments: readonly Segment[]): Extraction {
    return {
      shape: this.shape,
      format: 'sse',
      model: this.model,
      stream: true,
      conversationId: null,
      callId: null,
      documents: null,
      firstUserText: NO_TEXT,
      segments,
      coverage: FULL,
      body: Buffer.alloc(0),
      decoded: false,
    };
  }
}

function segmentOf({ path, label, role, position, immutable }: TextPlace, text: Buffer): Segment {
  return { text, path, label, role, position, part: { kind: 'body' }, layers: [], immutable };
}

/** Indices of the findings that something is done about. */
function actingOf({ enforced, subject, verdicts }: Decision): number[] {
  const edited = verdicts.map(({ finding }) => finding);
  return enforced.action === 'block' ? [...new Set([...edited, ...subject])] : edited;
}

function cleanKey({ text, label, role, immutable }: Segment): string {
  return `${role} ${immutable} ${label}\n${text.length > MAX_CLEAN_BYTES ? '' : text.toString('latin1')}`;
}
