/**
 * Text to findings: the gate finds cues and digits in one pass over the bytes, each recognizer looks where one of its
 * own stands, overlaps are resolved. Pure: no file, socket, clock or environment; it never throws on any text, and its
 * time grows with the length of the text alone.
 */
import { type Category, MEDIUM, type TextFinding } from '../../flow/finding.ts';
import type { Role } from '../../flow/segment.ts';
import type { GivenName } from '../names/given.ts';
import { NameFinder, type NamesMode } from '../names/names.ts';
import { BUILT_IN } from '../recognizers/built-in.ts';
import { NAMES_IN_TEXT } from '../recognizers/contact/names-in-text.ts';
import { digitsEnd, isAlnum, isLetter, touchesWordBefore } from './bytes.ts';
import { cellCheck, type PassageOf } from './cell-checks.ts';
import { CodeTable, NumberTable, type Wanted, type Worded } from './chain-tables.ts';
import { CodeChain, plainEnd } from './codes.ts';
import { ContextIndex, hasBit } from './context-index.ts';
import { type CompiledCustom, type CustomRecognizer, compileCustom } from './custom.ts';
import { Budget } from './decode/view.ts';
import { budgetOf, MAX_DEPTH, viewsOf } from './decode/views.ts';
import { type DumpReading, MIN_DUMP_BYTES, readDumps } from './dump.ts';
import { type DumpScanner, numberKey } from './dump-column.ts';
import { mayBeValue } from './edges.ts';
import { isUniform, MAX_FORM } from './forms.ts';
import { type Label, Labels } from './labels.ts';
import { wordDistance } from './nearest-word.ts';
import { MAX_PART_DIGITS, MAX_PART_GROUPS, NumberChain, SPACE } from './numbers.ts';
import { resolveOverlaps, withWholes } from './overlaps.ts';
import { type Asked, Passage, type Wanting } from './passage.ts';
import { PLAIN_WORDS } from './plain.ts';
import type { Recognizer } from './recognizer.ts';
import type { Literal } from './stems.ts';
import { Cells, eachTable, type Row, type RowVisitor } from './tables.ts';
import { type Holding, holdingOf } from './unfinished.ts';
import { DIGIT, type Walk, walkOf } from './walk.ts';

export type { CustomRecognizer } from './custom.ts';
export { checksumNames, validatorNames } from './validators.ts';

export interface ScanHints {
  /** The nearest key, field or header name; counts as context. */
  readonly label: string | null;
  readonly role: Role | null;
  /** Each finding says why its score is what it is. Costs time. */
  readonly isExplained?: boolean;
  /** Base64 of text within this text is scanned as a text of its own, by whoever asks. */
  readonly isBase64Read?: boolean;
  /** Names that a model has found in the text; without the tagger (`names: off`) they count for nothing. */
  readonly names?: readonly GivenName[];
  /** Called when not all that is encoded in the text could be decoded. */
  readonly onTruncated?: () => void;
}

export interface RecognizerInfo {
  readonly name: string;
  readonly entity: string;
  readonly category: Category;
  /** ISO 3166-1 alpha-2; empty where it belongs to no country. */
  readonly countries: readonly string[];
  /** A value that it finds; masked where it is a credential. */
  readonly example: string;
}

export interface Scanner {
  /**
   * Findings of any score above 0, sorted by start; spans in bytes of `text`, which is UTF-8. None overlap, but for
   * kinds of documents (category `content`): those hold what is found within them.
   */
  scan(text: Buffer, hints: ScanHints): readonly TextFinding[];
  /**
   * The same in two halves: all but names in running text, then those. Whoever has many texts does the one half for all of
   * them before the other, since either fills the processor's caches with tables of its own.
   */
  begin(text: Buffer, hints: ScanHints): BegunScan;
  /** The value of a finding of `text`: where it was found in something encoded, what that decodes to. */
  valueOf(text: Buffer, finding: TextFinding): string;
  /** Whether a finding of this scanner was found in something encoded. */
  isDecoded(finding: TextFinding): boolean;
  /**
   * What a text that comes in pieces has to hold back for the recognizers of some entities; null where that cannot be
   * said and the text must be there whole.
   */
  holding(isWanted: (entity: string, category: Category) => boolean): Holding | null;
  readonly recognizers: readonly RecognizerInfo[];
}

/** A text that was scanned by half. */
export interface BegunScan {
  /** The other half; to be asked once. */
  findings(): readonly TextFinding[];
}

/** All entities that the built-in recognizers report, the wider ones named as alternatives included. */
export const ENTITIES: ReadonlyMap<string, Category> = new Map(
  BUILT_IN.flatMap((recognizer) => [
    [recognizer.entity, recognizer.category] as const,
    ...(recognizer.alsoEntity === undefined ? [] : [[recognizer.alsoEntity, recognizer.category] as const]),
  ]),
);

export interface ScannerOptions {
  /** Recognizers of policies. */
  readonly custom?: readonly CustomRecognizer[];
  /** Names of recognizers or entities that are left out. */
  readonly disable?: readonly string[];
  /** ISO 3166-1 alpha-2: recognizers of other countries are left out. Null or absent: all. */
  readonly countries?: readonly string[] | null;
  /** Findings that score less may be left out, alternatives too: the more is asked, the less has to be looked at. 0 unless said. */
  readonly least?: number;
  /** How names are looked for in running text; `fast` unless said. `off` leaves out persons wherever they stand. */
  readonly names?: NamesMode;
}

/** What `names: off` leaves out: all that tells one of these. */
/** What is found by its words alone, without a form or a check. */
export const NAMED_ENTITIES: readonly string[] = ['PERSON', 'LOCATION', 'ORGANIZATION'];

/** Throws WeirError `pattern_invalid` for a custom recognizer that cannot be compiled. */
export function createScanner(options: ScannerOptions = {}): Scanner {
  const names = options.names ?? 'fast';
  const disabled = new Set([...(options.disable ?? []), ...(names === 'off' ? NAMED_ENTITIES : [])]);
  const isOfCountry = (one: Recognizer): boolean =>
    options.countries == null ||
    one.countries.length === 0 ||
    one.countries.some((code) => options.countries?.includes(code));
  const builtIn = BUILT_IN.filter((one) => !disabled.has(one.name) && !disabled.has(one.entity) && isOfCountry(one));
  const custom = (options.custom ?? []).filter((one) => !disabled.has(one.entity)).map(compileCustom);
  const isTagged = names !== 'off' && builtIn.some((one) => NAMES_IN_TEXT.includes(one));
  return new CuedScanner(builtIn, custom, isTagged ? new NameFinder(names) : null, options.least ?? 0);
}

interface Wiring extends Literal {
  readonly recognizer: Recognizer;
}

const NO_FINDINGS: readonly TextFinding[] = [];
const NO_CUES: ReadonlySet<number> = new Set();

class CuedScanner implements Scanner {
  readonly recognizers: readonly RecognizerInfo[];
  readonly #walk: Walk;
  readonly #wirings: readonly Wiring[];
  readonly #numbers: NumberTable;
  readonly #minDigits: number;
  readonly #maxDigits: number;
  /** By the number of letters before the digits. */
  readonly #prefixed: readonly (readonly Recognizer[])[];
  readonly #minRun: number;
  /** By the length of a run of letters and digits. */
  readonly #byRun: readonly (readonly Recognizer[])[];
  readonly #labels: Labels;
  readonly #finishing: readonly Recognizer[];
  readonly #byName: ReadonlyMap<string, Recognizer>;
  /** Numbers among the words of context, as `numberKey` tells them. */
  readonly #numberWords: ReadonlySet<number>;
  readonly #names: NameFinder | null;
  readonly #searched: readonly CompiledCustom[];
  readonly #wanting: Wanting;
  readonly #chain = new NumberChain();
  readonly #forms: CodeTable;
  readonly #codes = new CodeChain();
  readonly #context: ContextIndex;
  readonly #holdings = new WeakMap<(entity: string, category: Category) => boolean, Holding | null>();
  /** Values that were found encoded; findings hold none. */
  readonly #decoded = new WeakMap<TextFinding, string>();

  constructor(
    builtIn: readonly Recognizer[],
    custom: readonly CompiledCustom[],
    names: NameFinder | null,
    least: number,
  ) {
    this.#names = names;
    const all = [...builtIn, ...custom.map((one) => one.recognizer)];
    this.#wirings = all.flatMap((recognizer) =>
      (recognizer.cues ?? []).map((cue) => ({ cue, bytes: Buffer.from(cue.literal, 'utf8'), recognizer })),
    );
    this.#walk = walkOf(this.#wirings);
    this.#minDigits = Math.min(MAX_PART_DIGITS, ...all.map((one) => one.numbers?.minDigits ?? MAX_PART_DIGITS));
    this.#maxDigits = Math.min(MAX_PART_DIGITS, Math.max(0, ...all.map((one) => one.numbers?.maxDigits ?? 0)));
    this.#prefixed = Array.from({ length: MAX_PREFIX + 1 }, (_, n) => all.filter((one) => one.prefixLetters === n));
    this.#byRun = byRun(all);
    this.#minRun = Math.min(...all.map((one) => one.runs?.min ?? MAX_RUN));
    this.#context = new ContextIndex([...all.flatMap(({ context }) => context ?? []), PLAIN_WORDS]);
    this.#numbers = new NumberTable(all, this.#context, least);
    this.#forms = new CodeTable(all, this.#context, least);
    this.#labels = new Labels(all, this.#context);
    this.#finishing = all.filter((one) => one.finish !== undefined);
    this.#searched = custom;
    this.#numberWords = new Set(
      all
        .flatMap(({ context }) => [
          ...(context?.single ?? []),
          ...(context?.phrases.flatMap((one) => one.split(' ')) ?? []),
        ])
        .filter((word) => /^\d+$/.test(word))
        .map((word) => numberKey(Number(word), word.length)),
    );
    this.#byName = new Map(all.map((one) => [one.name, one]));
    this.#wanting = { enabled: new Set(all), index: this.#context, least };
    this.recognizers = all.map(infoOf);
  }

  scan(text: Buffer, hints: ScanHints): readonly TextFinding[] {
    return this.begin(text, hints).findings();
  }

  begin(text: Buffer, hints: ScanHints): BegunScan {
    const isPlain = hints.isExplained !== true && (hints.names === undefined || hints.names.length === 0);
    const dumps = isPlain && text.length >= MIN_DUMP_BYTES ? readDumps(text, this.#dumpScanner(hints)) : null;
    const begun = this.#begin(dumps === null ? text : dumps.text, this.#labels.read(hints.label), hints);
    return dumps === null ? begun : { findings: () => this.#withDumps(begun.findings(), dumps) };
  }

  /** What was found beside the dumps, where it stands in the text, with what was found in them. */
  #withDumps(beside: readonly TextFinding[], dumps: DumpReading): readonly TextFinding[] {
    const rest = beside.map((one) => {
      const placed = { ...one, start: dumps.placeOf(one.start, false), end: dumps.placeOf(one.end, true) };
      const value = this.#decoded.get(one);
      if (value !== undefined) this.#decoded.set(placed, value);
      return placed;
    });
    return inOrder(rest, dumps.findings);
  }

  #dumpScanner(hints: ScanHints): DumpScanner {
    const passageOf: PassageOf = (text, label) => new Passage(text, label, hints.role, this.#wanting);
    return {
      label: (name) => this.#labels.read(name),
      scan: (text) => this.#scanAll(text, this.#labels.read(hints.label), hints),
      read: (cell, label, bits) => {
        // Patterns that are searched for are asked of every cell.
        const names = new Set(label.wanted.map(({ name }) => name));
        const asked = this.#searched.length > 0 ? null : { names, bits, index: this.#context };
        return {
          findings: this.#scanAll(cell, label, hints, asked).filter(({ category }) => category !== 'content'),
          cues: this.#cuesIn(cell),
          words: this.#context.bitsOf(cell.toString('utf8')),
          asked: asked?.names ?? null,
        };
      },
      numberWords: this.#numberWords,
      checkOf: (finding, cell, label) => {
        const recognizer = this.#byName.get(finding.recognizer);
        return recognizer === undefined ? null : cellCheck(recognizer, cell, label, passageOf);
      },
    };
  }

  #cuesIn(text: Buffer): ReadonlySet<number> {
    const walk = this.#walk;
    let cues: Set<number> | null = null;
    walk.begin(text);
    while (walk.seek() !== -1) {
      if (walk.literal === DIGIT) continue;
      cues ??= new Set();
      cues.add(walk.literal);
    }
    return cues ?? NO_CUES;
  }

  #scanAll(text: Buffer, label: Label, hints: ScanHints, asked: Asked | null = null): readonly TextFinding[] {
    return this.#begin(text, label, hints, asked).findings();
  }

  #begin(text: Buffer, label: Label, hints: ScanHints, asked: Asked | null = null): BegunScan {
    const budget = new Budget(budgetOf(text.length));
    const passage = this.#read(text, label, hints, budget, 0, asked);
    if (budget.isSpent) hints.onTruncated?.();
    return { findings: () => this.#conclude(passage, hints) };
  }

  #conclude(passage: Passage, hints: ScanHints): readonly TextFinding[] {
    // Last, since names give way to all that has been seen.
    this.#names?.find(passage, hints.names);
    const { sightings, wholes } = passage;
    if (sightings.length === 0 && wholes.length === 0) return NO_FINDINGS;
    const findings = resolveOverlaps(sightings, this.#decoded, ({ recognizer, start, end }) =>
      recognizer.context === undefined
        ? Number.POSITIVE_INFINITY
        : wordDistance(passage, start, end, recognizer.context),
    );
    return wholes.length > 0 ? withWholes(wholes, findings) : findings;
  }

  holding(isWanted: (entity: string, category: Category) => boolean): Holding | null {
    const known = this.#holdings.get(isWanted);
    if (known !== undefined) return known;
    const holding = holdingOf(
      [...this.#wanting.enabled].filter(
        ({ entity, alsoEntity, category }) =>
          isWanted(entity, category) || (alsoEntity !== undefined && isWanted(alsoEntity, category)),
      ),
    );
    this.#holdings.set(isWanted, holding);
    return holding;
  }

  isDecoded(finding: TextFinding): boolean {
    return this.#decoded.has(finding);
  }

  valueOf(text: Buffer, finding: TextFinding): string {
    return this.#decoded.get(finding) ?? text.toString('utf8', finding.start, finding.end);
  }

  /** What is seen in the text, and in other readings of it; names in running text are left. */
  #read(text: Buffer, label: Label, hints: ScanHints, budget: Budget, depth: number, asked: Asked | null): Passage {
    const passage = new Passage(text, label, hints.role, this.#wanting, hints.isExplained === true, asked);
    if (depth === 0) this.#readTables(passage, hints);
    this.#sweep(passage);
    for (let i = 0; i < label.wanted.length; i++) label.wanted[i]?.findLabelled?.(passage);
    for (let i = 0; i < this.#searched.length; i++) this.#searched[i]?.search(passage);
    if (depth === 0) for (let i = 0; i < this.#finishing.length; i++) this.#finishing[i]?.finish?.(passage);
    if (depth === MAX_DEPTH) return passage;
    for (const view of viewsOf(passage, depth === 0 && hints.isBase64Read === true, budget)) {
      // Words round the run that is decoded are words round what stands in it.
      const within = { ...label, bits: passage.bitsBeside(view.from, view.to, label.bits) };
      for (const sighting of this.#read(view.text, within, hints, budget, depth + 1, asked).sightings) {
        if (sighting.score < MEDIUM) continue;
        const { start, end } = view.place(sighting.start, sighting.end);
        if (end <= start) continue;
        const value = sighting.value ?? view.text.toString('utf8', sighting.start, sighting.end);
        passage.sightings.push({ ...sighting, start, end, value });
      }
    }
    return passage;
  }

  /** Cells of tables: each is a text of its own that bears the name of its column. */
  #readTables(passage: Passage, hints: ScanHints): void {
    const cells = new Cells();
    eachTable(
      passage.text,
      (names): RowVisitor | null => {
        const labels = names.map((name) => this.#labels.read(name));
        if (!labels.some(saysSomething)) return null;
        return (row) => this.#readRow(passage, hints, labels, row, cells);
      },
      (start, end) => cells.addRows(start, end),
    );
    if (cells.size === 0) return;
    cells.settle();
    passage.holdCells(cells);
  }

  #readRow(passage: Passage, hints: ScanHints, labels: readonly Label[], row: Row, cells: Cells): void {
    for (let column = 0; column < row.count; column++) {
      const label = labels[column];
      const start = row.starts[column] as number;
      const end = row.ends[column] as number;
      if (label === undefined || end === start || !saysSomething(label)) continue;
      cells.add(start, end, label);
      if (label.wanted.length === 0) continue;
      const text = passage.text.subarray(start, end);
      const cell = new Passage(text, label, hints.role, this.#wanting, hints.isExplained === true);
      for (let i = 0; i < label.wanted.length; i++) label.wanted[i]?.findLabelled?.(cell);
      for (const sighting of cell.sightings)
        passage.sightings.push({ ...sighting, start: start + sighting.start, end: start + sighting.end });
    }
  }

  /** The one pass over all bytes. */
  #sweep(passage: Passage): void {
    const text = passage.text;
    const walk = this.#walk;
    const wirings = this.#wirings;
    let numbersTo = 0;
    let codesTo = 0;
    let tokenFrom = 0;
    walk.begin(text);
    for (let i = walk.seek(); i !== -1; i = walk.seek()) {
      if (walk.literal !== DIGIT) {
        const { recognizer, bytes, cue } = wirings[walk.literal] as Wiring;
        passage.asked?.names.add(recognizer.name);
        recognizer.findAtCue?.(passage, i + 1 - bytes.length, i + 1, cue);
        continue;
      }
      // The first digit of a run of letters and digits: the others have nothing to add.
      const tokenTo = walk.runEnd;
      const start = startOfRun(text, i, tokenFrom);
      tokenFrom = tokenTo;
      const isNumber = start === i && walk.digitsEnd === tokenTo;
      if (!isNumber && tokenTo - start >= this.#minRun) this.#runAt(passage, start, tokenTo);
      if (i >= codesTo) {
        const plainTo = isNumber ? plainEnd(text, start, tokenTo) : -1;
        codesTo = plainTo === -1 ? this.#codesAt(passage, i) : plainTo;
      }
      if (i >= numbersTo) numbersTo = this.#numbersAt(passage, i);
    }
    passage.holdTraits(walk.traits);
  }

  #prefixedAt(passage: Passage, at: number): void {
    const text = passage.text;
    let start = at;
    while (start > 0 && at - start <= MAX_PREFIX && isLetter(text[start - 1] ?? 0)) {
      start--;
      if (!touchesWordBefore(text, start)) break;
    }
    const wanted = this.#prefixed[at - start];
    if (wanted === undefined || wanted.length === 0 || touchesWordBefore(text, start)) return;
    if (passage.asked !== null) noteAsked(passage.asked, wanted);
    for (let k = 0; k < wanted.length; k++) wanted[k]?.findPrefixed?.(passage, start);
  }

  /** Hands out a run of letters and digits. */
  #runAt(passage: Passage, from: number, end: number): void {
    // The letter of an escape such as `\\n` is not part of the run.
    const start = from > 0 && isEscaped(passage.text, from) ? from + 1 : from;
    const wanted = this.#byRun[end - start];
    if (wanted === undefined || !hasLetter(passage.text, start, end)) return;
    if (passage.asked !== null) noteAsked(passage.asked, wanted);
    for (let k = 0; k < wanted.length; k++) wanted[k]?.findRun?.(passage, start, end);
  }

  /** Hands out the parts of the chain of letters and digits round `at`; returns where the next may begin. */
  #codesAt(passage: Passage, at: number): number {
    const text = passage.text;
    const chain = this.#codes;
    const end = chain.read(text, at);
    for (let first = 0; first < chain.count; first++) {
      if (!chain.mayBeginAt(first)) continue;
      let length = 0;
      let digits = 0;
      let ends = 0;
      for (let last = first; last < chain.count && last - first < MAX_PART_GROUPS; last++) {
        const from = chain.start(last);
        const to = chain.end(last);
        if (length + to - from > MAX_FORM) break;
        digits |= chain.figures(last) << length;
        length += to - from;
        ends |= 1 << (length - 1);
        // All digits: the number pass has it. Form masks are of 31 bits, so that no sign gets in the way.
        if (!chain.mayEndAt(last) || digits === 2 ** length - 1) continue;
        const isEven = first === last || isUniform(chain, first, last);
        const wanted = this.#forms.of(length, ends, digits, isEven);
        if (wanted !== null) handOutCode(passage, chain, first, last, wanted);
      }
    }
    return end;
  }

  /** Hands out the parts of the chain that begins at `at`; returns where the next chain may begin. */
  #numbersAt(passage: Passage, at: number): number {
    const text = passage.text;
    const chain = this.#chain;
    if (touchesWordBefore(text, at)) {
      this.#prefixedAt(passage, at);
      return digitsEnd(text, at + 1);
    }
    const end = chain.read(text, at);
    if (chain.count === 1) {
      const wanted = this.#numbers.ofOne(chain.digits(0));
      if (wanted !== null) handOutNumber(passage, chain, 0, 0, wanted);
      return end;
    }
    const firstOverlapping = chain.count - MAX_PART_GROUPS;
    for (let first = 0; first < chain.count; first++) {
      if (first > 0 && !chain.mayBreakAfter(first - 1)) continue;
      if (chain.overflows && first >= firstOverlapping) return chain.start(first);
      let digits = 0;
      let ends = 0;
      let joined = 0;
      for (let last = first; last < chain.count && last - first < MAX_PART_GROUPS; last++) {
        digits += chain.digits(last);
        if (digits > this.#maxDigits) break;
        if (last > first) joined |= chain.separators[last - 1] as number;
        ends |= 1 << (digits - 1);
        if (digits < this.#minDigits || !chain.mayBreakAfter(last)) continue;
        // In a page of numbers only what is written as its form is: any other cut of it would be tried at each number.
        const isEven = first === last || (!chain.overflows && isUniform(chain, first, last));
        const isLoose = joined === SPACE && (chain.overflows || first > 0 || last < chain.count - 1);
        const wanted = this.#numbers.of(ends, joined, isEven, isLoose);
        if (wanted !== null) handOutNumber(passage, chain, first, last, wanted);
      }
    }
    return end;
  }
}

/** Whoever is asked; those that ask for a word of context where one of theirs is there. */
function noteWanted(asked: Asked, { free, alone, worded }: Wanted): void {
  noteAsked(asked, free);
  noteAsked(asked, alone);
  for (const { recognizer, words } of worded)
    if (hasBit(asked.bits, asked.index.numberOf(words))) asked.names.add(recognizer.name);
}

function noteAsked({ names }: Asked, recognizers: readonly Recognizer[]): void {
  for (const { name } of recognizers) names.add(name);
}

function handOutNumber(passage: Passage, chain: NumberChain, first: number, last: number, wanted: Wanted): void {
  const { free, alone, worded } = wanted;
  if (passage.asked !== null) noteWanted(passage.asked, wanted);
  for (let k = 0; k < free.length; k++) free[k]?.findInNumbers?.(passage, chain, first, last);
  if (alone.length + worded.length === 0) return;
  const start = chain.start(first);
  const end = chain.end(last);
  if (!mayBeValue(passage.text, start, end, first === last)) return;
  for (let k = 0; k < alone.length; k++) alone[k]?.findInNumbers?.(passage, chain, first, last);
  if (worded.length === 0 || !passage.hasAnyContext(start, end, wanted.words)) return;
  for (let k = 0; k < worded.length; k++) {
    const one = worded[k] as Worded;
    if (passage.hasContext(start, end, one.words)) one.recognizer.findInNumbers?.(passage, chain, first, last);
  }
}

function handOutCode(passage: Passage, chain: CodeChain, first: number, last: number, wanted: Wanted): void {
  const { free, alone, worded } = wanted;
  if (passage.asked !== null) noteWanted(passage.asked, wanted);
  for (let k = 0; k < free.length; k++) free[k]?.findInCodes?.(passage, chain, first, last);
  if (alone.length + worded.length === 0) return;
  const start = chain.start(first);
  const end = chain.closedEnd(last, passage.text);
  if (!mayBeValue(passage.text, start, end, first === last)) return;
  for (let k = 0; k < alone.length; k++) alone[k]?.findInCodes?.(passage, chain, first, last);
  if (worded.length === 0 || !mayBeCode(passage.compact(start, chain.end(last)), worded)) return;
  if (!passage.hasAnyContext(start, end, wanted.words)) return;
  for (let k = 0; k < worded.length; k++) {
    const one = worded[k] as Worded;
    if (passage.hasContext(start, end, one.words)) one.recognizer.findInCodes?.(passage, chain, first, last);
  }
}

/** Whether one of the recognizers would take the code, were one of its words near. */
function mayBeCode(written: string, worded: readonly Worded[]): boolean {
  const compact = written.toUpperCase();
  const isUpper = compact === written;
  for (let k = 0; k < worded.length; k++) {
    if ((worded[k] as Worded).recognizer.mayBeCode?.(compact, isUpper) ?? true) return true;
  }
  return false;
}

/** Two lists by place as one. */
function inOrder(some: readonly TextFinding[], others: readonly TextFinding[]): TextFinding[] {
  const all: TextFinding[] = [];
  let at = 0;
  for (const one of some) {
    while (at < others.length && (others[at] as TextFinding).start < one.start) all.push(others[at++] as TextFinding);
    all.push(one);
  }
  while (at < others.length) all.push(others[at++] as TextFinding);
  return all;
}

function saysSomething({ bits, wanted }: Label): boolean {
  return wanted.length > 0 || bits.some((word) => word !== 0);
}

/** Most letters before digits that a recognizer can ask for. */
const MAX_PREFIX = 5;

/** Longest run of letters and digits that is handed out, bytes. */
const MAX_RUN = 128;

function byRun(recognizers: readonly Recognizer[]): (readonly Recognizer[])[] {
  return Array.from({ length: MAX_RUN + 1 }, (_, length) =>
    recognizers.filter(({ runs }) => runs !== undefined && runs.min <= length && length <= runs.max),
  );
}

/** Start of the run of letters and digits round `at`, not before `from`; a longer one than any that is wanted is cut. */
function startOfRun(text: Uint8Array, at: number, from: number): number {
  const first = Math.max(from, at - MAX_RUN - 1);
  let start = at;
  while (start > first && isAlnum(text[start - 1] as number)) start--;
  return start;
}

function hasLetter(text: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (isLetter(text[i] as number)) return true;
  return false;
}

/** The byte at `at` is the letter of `\\n`, `\\r` or `\\t`. */
function isEscaped(text: Uint8Array, at: number): boolean {
  const byte = text[at];
  return text[at - 1] === 0x5c && (byte === 0x6e || byte === 0x72 || byte === 0x74);
}

function infoOf(recognizer: Recognizer): RecognizerInfo {
  const value = recognizer.hits[0]?.value ?? '';
  const example = recognizer.category === 'credential' ? mask(value) : value;
  const { name, entity, category, countries } = recognizer;
  return { name, entity, category, countries, example };
}

/** The first characters of a value and a star for each of the rest, 24 characters at most, on one line. */
export function mask(value: string): string {
  const shown = Math.min(4, Math.floor(value.length / 4));
  const line = value.replace(/\s+/g, ' ');
  return `${line.slice(0, shown)}${'*'.repeat(Math.min(20, Math.max(4, line.length - shown)))}`;
}
