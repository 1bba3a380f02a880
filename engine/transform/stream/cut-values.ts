/**
 * Values cut between the messages of a stream (gRPC, WebSocket) of which nobody has told how its texts grow. Each message
 * has been judged by itself; here the texts that stand at the same place of one message after another are read together.
 * While pieces follow one another quickly, messages wait, whole and in their order, as long as one of their texts could
 * still be the beginning of a value; a sender that waits for an answer between its messages is not kept waiting: what it cut
 * is found with its last piece, and from there on acted on. It knows no clock and asks nobody.
 */

import { FULL } from '../../../flow/coverage.ts';
import type { Decision, Direction } from '../../../flow/decision.ts';
import { type Finding, MEDIUM } from '../../../flow/finding.ts';
import type { Message } from '../../../flow/message.ts';
import type { Override } from '../../../flow/override.ts';
import type { Destination, Source } from '../../../flow/parties.ts';
import type { Segment } from '../../../flow/segment.ts';
import type { ActsOn } from '../../decide/policy-set.ts';
import type { Extraction } from '../../extract/extract.ts';
import type { Engine, Inspection } from '../../inspect.ts';
import type { Carried } from '../carried-tokens.ts';
import type { Conversation } from '../conversation.ts';
import { applyEdits, type Edit } from '../splice.ts';
import type { Asking } from './asking.ts';
import { GrowingText } from './growing-text.ts';
import { StreamJudge } from './judge.ts';
import { FIELD } from './loose-texts.ts';

/** Texts at more places than this are not read together. */
const MAX_TEXTS = 64;
/** A text that so many messages in a row do not go on with has ended. */
const MAX_MISSES = 8;
/** More messages than these, or more bytes, do not wait. */
const MAX_WAITING = 256;
const MAX_WAITING_BYTES = 1024 * 1024;
/** A longer text is no piece of one: of it the beginning ends what came before, and its end is remembered. Characters. */
const MAX_PIECE = 4096;
const MAX_HEAD = 1024;
const MAX_TAIL = 768;
/** Nothing waits longer than so many times `holdMs`, however quickly more comes. */
const MOST_HOLDS = 10;
/** A text that comes again is no more than the same letters again up to this length. */
const MAX_LETTERS = 3;
/** Values that messages held by themselves, so that they are not told again. */
const MAX_SEEN = 1000;
/** At the beginning of a stream, before it has shown how it goes on, only this waits: digits, or a long run. */
const TELLING = /[0-9]|[^\s]{16}/;

export interface CutValuesOptions {
  readonly source: Source;
  readonly destination: Destination;
  readonly direction: Direction;
  /** How long a message waits for the next piece, ms. */
  readonly holdMs: number;
  /** False where messages are known to be whole: then they wait only once pieces have been seen. */
  readonly mayBePieces: boolean;
  /** True where what passes is looked at and not changed: nothing waits. */
  readonly isBeside: boolean;
  /** What people have let through, and the time, when a decision is made. */
  readonly overrides: () => readonly Override[];
  readonly now: () => number;
}

/** One message as it was judged by itself. */
export interface JudgedMessage<T> {
  readonly item: T;
  readonly message: Message;
  readonly extraction: Extraction;
  readonly findings: readonly Finding[];
  readonly edits: readonly Edit[];
}

export interface Passed<T> {
  /** What may go now, in order; `body` is null where it goes as it came. */
  readonly leaving: readonly Carried<T>[];
  /** What was found across messages; null: nothing. */
  readonly inspection: Inspection | null;
  /** A rule ends the stream: nothing more leaves. */
  readonly isBlocked: boolean;
}

interface Waiting<T> extends JudgedMessage<T> {
  /** Edits across messages, in front of its own. */
  readonly across: Edit[];
  readonly at: number;
  /** Texts of it that have not been let go. */
  open: number;
}

/** A text within a message, or as much of it as has not been let go. */
interface Cell<T> {
  readonly of: Waiting<T>;
  readonly segment: number;
  readonly text: string;
  left: number;
}

interface CutText<T> {
  growing: GrowingText;
  readonly cells: Cell<T>[];
  previous: string;
  misses: number;
}

export class CutValues<T> {
  readonly #engine: Engine;
  readonly #options: CutValuesOptions;
  readonly #judge: StreamJudge | null;
  readonly #texts = new Map<string, CutText<T>>();
  readonly #waiting: Waiting<T>[] = [];
  #waitingBytes = 0;
  #isPieces = false;
  /** The other side has said something since the last message. */
  #isAnswered = false;
  #mayBegin: boolean;
  #lastAt = Number.NEGATIVE_INFINITY;
  readonly #seen = new Map<string, number>();
  #found: Found[] = [];
  /** What was put in place of what was found. */
  #replaced: Edit[] = [];

  constructor(engine: Engine, options: CutValuesOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#mayBegin = options.mayBePieces;
    const { source, destination, direction, now, overrides } = options;
    const acts = engine.policies.streaming({ source, destination, direction });
    // Where rules need the whole of a message, whatever can be told by itself is waited for.
    const holding = (acts === null ? null : engine.scanner.holding(acts)) ?? engine.scanner.holding(ANYTHING);
    const judging = {
      source,
      destination,
      direction,
      shape: null,
      coverage: FULL,
      usage: null,
      get now() {
        return new Date(now());
      },
      get overrides() {
        return overrides();
      },
      onFound: (finding: Finding, value: Segment) => void this.#found.push({ finding, value }),
    };
    this.#judge = holding === null ? null : new StreamJudge(engine, judging, holding);
  }

  /** Where tokens that were asked for are to be learnt; null: none will be. */
  get tokens(): Conversation | null {
    return this.#judge?.tokens ?? null;
  }

  /** When `tick` is to be called; null where nothing waits. */
  get dueAt(): number | null {
    const first = this.#waiting[0];
    if (first === undefined) return null;
    const { holdMs } = this.#options;
    return Math.min(this.#lastAt + holdMs, first.at + MOST_HOLDS * holdMs);
  }

  /** The other side has said something: who speaks in turns is not kept waiting. */
  heard(): void {
    this.#isAnswered = true;
    if (this.#lastAt > Number.NEGATIVE_INFINITY) this.#mayBegin = false;
  }

  /** The next message; `mayWait` is false where it has to go at once. */
  *take(judged: JudgedMessage<T>, now: number, mayWait = true): Asking<Passed<T>> {
    const judge = this.#judge;
    if (judge === null)
      return {
        leaving: [{ item: judged.item, body: this.#options.isBeside ? null : bodyOf(judged, []) }],
        inspection: null,
        isBlocked: false,
      };
    judge.at = now;
    this.#see(judged.findings);
    const { holdMs, isBeside } = this.#options;
    const isQuick = now - this.#lastAt <= holdMs && !this.#isAnswered;
    this.#isAnswered = false;
    this.#lastAt = now;
    judge.model = judged.extraction.model ?? judge.model;
    const waiting: Waiting<T> = { ...judged, across: [], at: now, open: 0 };
    const before = this.#waiting.length;
    this.#waiting.push(waiting);
    this.#waitingBytes += judged.extraction.body.length;
    const goesOn = yield* this.#read(waiting);
    if (goesOn && isQuick) this.#isPieces = true;
    else if (before > 0 && !goesOn) this.#isPieces = false;
    const mayHold =
      mayWait && !isBeside && this.#waiting.length <= MAX_WAITING && this.#waitingBytes <= MAX_WAITING_BYTES;
    if (!mayHold || !(this.#isPieces || (this.#mayBegin && this.#isTelling()))) yield* this.#letGo();
    return this.#passed();
  }

  /** What has waited for long enough. */
  *tick(now: number): Asking<Passed<T>> {
    if (this.#judge !== null) this.#judge.at = now;
    if (now - this.#lastAt >= this.#options.holdMs) {
      // It waits for something else than its own next words.
      this.#isPieces = false;
      this.#mayBegin = false;
    }
    yield* this.#letGo();
    return this.#passed();
  }

  /** Nothing follows, or something that nothing waits for: all that waits may go. */
  *end(): Asking<Passed<T>> {
    yield* this.#letGo();
    return this.#passed();
  }

  #passed(): Passed<T> {
    const isBlocked = this.#judge?.isBlocked === true;
    const leaving: Carried<T>[] = [];
    while (this.#waiting[0]?.open === 0) {
      const waiting = this.#waiting.shift() as Waiting<T>;
      this.#waitingBytes -= waiting.extraction.body.length;
      leaving.push({ item: waiting.item, body: this.#options.isBeside ? null : bodyOf(waiting, waiting.across) });
    }
    return { leaving, inspection: this.#inspection(isBlocked), isBlocked };
  }

  /** Whether the message goes on with a text of those before. */
  *#read(waiting: Waiting<T>): Asking<boolean> {
    let goesOn = false;
    const touched = new Set<string>();
    const { segments } = waiting.extraction;
    for (let index = 0; index < segments.length && touched.size < MAX_TEXTS; index++) {
      const segment = segments[index] as Segment;
      if (!isText(segment) || touched.has(segment.path)) continue;
      const text = segment.text.toString('utf8');
      if (Buffer.byteLength(text) !== segment.text.length) continue;
      const known = this.#texts.get(segment.path);
      // The same once more is a name or a state, unless it could be digits of a number, or letters of something.
      if (known?.previous === text && text.length > MAX_LETTERS && !/\d/.test(text)) continue;
      if (known === undefined && this.#texts.size >= MAX_TEXTS) continue;
      touched.add(segment.path);
      if (known !== undefined) goesOn = true;
      yield* this.#text(waiting, index, segment, text, known);
    }
    for (const [path, text] of this.#texts) {
      if (touched.has(path) || ++text.misses < MAX_MISSES) continue;
      yield* this.#settle(text, true);
      this.#texts.delete(path);
    }
    return goesOn;
  }

  *#text(
    waiting: Waiting<T>,
    index: number,
    segment: Segment,
    text: string,
    known: CutText<T> | undefined,
  ): Asking<void> {
    const judge = this.#judge as StreamJudge;
    const { path, label, role, position } = segment;
    const place = { path, label, role, position, immutable: false };
    const cut: CutText<T> = known ?? { growing: new GrowingText(judge, place), cells: [], previous: '', misses: 0 };
    this.#texts.set(path, cut);
    cut.previous = text.length > MAX_PIECE ? '' : text;
    cut.misses = 0;
    const isPiece = text.length <= MAX_PIECE;
    if (isPiece || known !== undefined) {
      const taken = isPiece ? text : wholeCharacters(text.slice(0, MAX_HEAD));
      cut.cells.push({ of: waiting, segment: index, text: taken, left: taken.length });
      waiting.open++;
      cut.growing.push(taken);
      yield* this.#settle(cut, !isPiece);
    }
    if (!isPiece) cut.growing = new GrowingText(judge, place, afterSpace(text.slice(-MAX_TAIL)));
  }

  *#letGo(): Asking<void> {
    for (const text of this.#texts.values()) {
      if (text.growing.isHolding) yield* this.#settle(text, true);
    }
  }

  *#settle(text: CutText<T>, isLast: boolean): Asking<void> {
    for (const { length, replacement } of yield* text.growing.settle(isLast, true)) {
      let left = length;
      let words = replacement;
      while (left > 0) {
        const cell = text.cells[0];
        if (cell === undefined) return;
        const taken = Math.min(left, cell.left);
        if (words !== null) {
          const at = cell.text.length - cell.left;
          const start = Buffer.byteLength(cell.text.slice(0, at));
          const end = start + Buffer.byteLength(cell.text.slice(at, at + taken));
          // What is put in a value's place stands where it began.
          const edit = { segment: cell.segment, start, end, replacement: words };
          cell.of.across.push(edit);
          if (words !== '') this.#replaced.push(edit);
          words = '';
        }
        cell.left -= taken;
        left -= taken;
        if (cell.left > 0) continue;
        cell.of.open--;
        text.cells.shift();
      }
    }
  }

  #isTelling(): boolean {
    for (const { growing } of this.#texts.values()) if (TELLING.test(growing.held)) return true;
    return false;
  }

  #see(findings: readonly Finding[]): void {
    for (const { entity, fingerprint, score } of findings) {
      if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
      const key = `${entity} ${fingerprint}`;
      this.#seen.set(key, Math.max(score, this.#seen.get(key) ?? 0));
    }
  }

  /** What has been found since this was last asked, and was not found in a message alone. */
  #inspection(isBlocked: boolean): Inspection | null {
    const found = this.#found;
    const edits = this.#replaced;
    this.#found = [];
    this.#replaced = [];
    if (found.length === 0) return null;
    const isNew = ({ finding: { entity, fingerprint, score } }: Found): boolean =>
      (this.#seen.get(`${entity} ${fingerprint}`) ?? -1) < score;
    const told = isBlocked ? found : this.#worthTelling(found.filter(isNew));
    if (told.length === 0) return null;
    this.#see(told.map(({ finding }) => finding));
    const { findings, segments } = asMessage(told);
    const decision = this.#decide(told);
    const extraction = (this.#judge as StreamJudge).extraction(segments);
    return { extraction, findings, coverage: FULL, decision, edits, edited: null, fields: [] };
  }

  /** What has no more than the shape of a value may be a piece of another: it counts where something is done about it. */
  #worthTelling(found: readonly Found[]): readonly Found[] {
    if (found.every(({ finding }) => finding.score >= MEDIUM)) return found;
    const acting = new Set(this.#decide(found).verdicts.map(({ finding }) => finding));
    return found.filter(({ finding }, at) => finding.score >= MEDIUM || acting.has(at));
  }

  #decide(found: readonly Found[]): Decision {
    const { source, destination, direction, overrides, now } = this.#options;
    return this.#engine.policies.decide({
      source,
      destination,
      direction,
      model: this.#judge?.model ?? null,
      ...asMessage(found),
      coverage: FULL,
      now: new Date(now()),
      usage: null,
      overrides: overrides(),
    });
  }
}

interface Found {
  readonly finding: Finding;
  readonly value: Segment;
}

function asMessage(found: readonly Found[]): {
  readonly findings: readonly Finding[];
  readonly segments: readonly Segment[];
} {
  return {
    findings: found.map(({ finding }, segment) => ({ ...finding, segment })),
    segments: found.map(({ value }) => value),
  };
}

const ANYTHING: ActsOn = (_, category) => category !== 'content';

/** What says something to somebody, and may be changed; metadata does not go on. */
function isText({ part, layers, immutable, label, role, across, text }: Segment): boolean {
  if (part.kind !== 'body' || layers.length === 0 || immutable || role === 'metadata' || across !== undefined)
    return false;
  return text.length > 0 && (label === null || !FIELD.test(label));
}

function bodyOf(
  { message, extraction, edits }: Omit<JudgedMessage<unknown>, 'item'>,
  across: readonly Edit[],
): Buffer | null {
  if (edits.length + across.length === 0) return null;
  return applyEdits(message, extraction, [...across, ...edits]).body;
}

/** Without half of a character at its end. */
function wholeCharacters(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}

/** From a whole word on: half of one may read as something else. */
function afterSpace(text: string): string {
  const at = /\s/.exec(text)?.index ?? 0;
  return at > 64 ? text.slice(64).replace(/^[\udc00-\udfff]/, '') : text.slice(at);
}
