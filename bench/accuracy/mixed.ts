/**
 * The mixed corpus: values of every entity in every carrier, one planted in each 5 KB of the clean corpus, and how exactly
 * the scanner finds them. Made from a seed: the same on every run. Recall counts a value as found when its entity, as
 * the finding or as an alternative, has medium or higher over at least half of it. Precision counts the entity's other
 * findings of medium or higher as wrong: each one in any carrier or on the value of another entity, and those in the clean
 * text at the density at which its own values are planted, one per 5 KB (all entities together see the clean text many
 * times over, so its share of those is taken).
 */
import { ENTITIES, type Scanner } from '../../engine/scan/scanner.ts';
import { MEDIUM, type TextFinding } from '../../flow/finding.ts';
import type { CorpusText } from '../corpus/texts.ts';
import { type Carrier, carry, wordingOf } from './carriers.ts';
import { falseAlarmCheck, LEFT_OUT } from './clean.ts';
import { carriersOf, isDocument, isFurther, type Way, waysOf } from './kinds.ts';
import { pick, type Random } from './shapes.ts';

export const PLANTED_EVERY = 5_000;
export const TARGET = 0.95;

export interface Planted {
  readonly entity: string;
  readonly carrier: Carrier;
  /** The words that stand beside the value. */
  readonly word: string;
  readonly text: Buffer;
  readonly start: number;
  readonly end: number;
  /** The whole value, of which `start`..`end` has to be found. */
  readonly from: number;
  readonly to: number;
  readonly isCredential: boolean;
}

/** What was found beside the planted value. */
export interface Stray {
  readonly entity: string;
  readonly in: Planted;
  readonly finding: TextFinding;
  /** True where it stands in the clean text, false where in the carrier or on the value. */
  readonly isInClean: boolean;
  /** What stands round it, for whoever tunes; values of the bench itself and public texts. */
  readonly around: string;
  /** The entity that was planted there, where the stray covers its value. */
  readonly over: string | null;
}

export interface EntityFigures {
  readonly entity: string;
  readonly planted: number;
  readonly found: number;
  readonly plantedForTest: number;
  readonly foundForTest: number;
  readonly strays: readonly Stray[];
  /** Those of the carriers that are not kept for test: the ones that may be looked at. */
  readonly missed: readonly Planted[];
  readonly recall: number;
  readonly recallForTest: number;
  /** Null for kinds that the clean text holds and nobody has labelled there. */
  readonly precision: number | null;
}

/** A generator of good quality (32 bits, mulberry32): the shapes draw many numbers in a row. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** One generator an entity, so that a change to one leaves the others as they were. */
function seedOf(entity: string, seed: number): number {
  let hash = 2166136261 ^ seed;
  for (const char of entity) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  return hash >>> 0;
}

interface Slice {
  readonly text: CorpusText | null;
  readonly from: number;
  readonly to: number;
}

/** Slices of 5 KB that end at a line, each of one text; shuffled by the seed. */
function slicesOf(texts: readonly CorpusText[], random: Random): Slice[] {
  const slices: Slice[] = [];
  for (const text of texts) {
    for (let from = 0; from + PLANTED_EVERY / 2 < text.text.length; ) {
      const wanted = Math.min(text.text.length, from + PLANTED_EVERY);
      const line = text.text.lastIndexOf(0x0a, wanted - 1) + 1;
      const to = line > from + PLANTED_EVERY / 2 ? line : wanted;
      slices.push({ text, from, to });
      from = to;
    }
  }
  for (let i = slices.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [slices[i], slices[j]];
    if (a !== undefined && b !== undefined) [slices[i], slices[j]] = [b, a];
  }
  return slices;
}

export interface MixedOptions {
  readonly entities: ReadonlySet<string>;
  /** Empty: the carriers stand alone, and precision is that of the carriers. */
  readonly texts: readonly CorpusText[];
  readonly seed?: number;
  /** Every n-th carrier only: for a quick look. */
  readonly every?: number;
}

function plant(entity: string, way: Way, carrier: Carrier, random: Random): Planted {
  const word = pick(random, way.words);
  const made = way.make(random);
  const isCredential = ENTITIES.get(entity) === 'credential';
  return { entity, carrier, word, isCredential, ...carry(carrier, made, wordingOf(word, random)) };
}

export function measureMixed(scanner: Scanner, options: MixedOptions): readonly EntityFigures[] {
  const { seed = 1, every = 1 } = options;
  const slices = slicesOf(options.texts, seededRandom(seed));
  const isFalse = falseAlarmCheck();
  const figures = new Map([...options.entities].map((entity) => [entity, new Tally(entity)]));
  let slots = 0;
  for (const [entity, tally] of figures) {
    const ways = waysOf(entity);
    const random = seededRandom(seedOf(entity, seed));
    for (const [index, carrier] of carriersOf(entity).entries()) {
      const way = ways[index % ways.length];
      if (way === undefined) break;
      const planted = plant(entity, way, carrier, random);
      if (index % every !== 0) continue;
      const slice = slices[slots++ % Math.max(1, slices.length)] ?? { text: null, from: 0, to: 0 };
      const round = isFurther(entity) ? narrowed(slice) : slice;
      tally.count(planted, judge(scanner, planted, round, figures, isFalse));
    }
  }
  return [...figures.values()].filter((tally) => tally.planted > 0).map((tally) => tally.figures(slots));
}

const BREAK = Buffer.from('\n\n');

function judge(
  scanner: Scanner,
  planted: Planted,
  slice: Slice,
  figures: ReadonlyMap<string, Tally>,
  isFalse: ReturnType<typeof falseAlarmCheck>,
): boolean {
  const before = slice.text === null ? Buffer.alloc(0) : slice.text.text.subarray(slice.from, middleOf(slice));
  const after = slice.text === null ? Buffer.alloc(0) : slice.text.text.subarray(middleOf(slice), slice.to);
  const at = before.length + BREAK.length;
  const text = Buffer.concat([before, BREAK, planted.text, BREAK, after]);
  const [start, end] = [at + planted.start, at + planted.end];
  let isFound = false;
  for (const finding of scanner.scan(text, { label: null, role: null })) {
    const isOver = (Math.min(finding.end, end) - Math.max(finding.start, start)) * 2 >= end - start;
    const touches = finding.start < end && finding.end > start;
    if (isOver && names(finding, planted.entity)) isFound = true;
    if (finding.score < MEDIUM || (touches && (names(finding, planted.entity) || isWider(finding, planted)))) continue;
    // What stands in a document, or beside the part of a value that has to be found, was put there with it.
    if (
      finding.start >= at + planted.from &&
      finding.end <= at + planted.to &&
      (isDocument(planted.entity) || !touches)
    )
      continue;
    const isInCarrier = finding.start >= at && finding.end <= at + planted.text.length;
    if (!isInCarrier) {
      if (slice.text === null || LEFT_OUT.has(finding.entity)) continue;
      if (!isFalse(slice.text, offsetOf(finding.start, slice, at, planted.text.length), finding)) continue;
    }
    const stray = {
      entity: finding.entity,
      in: planted,
      finding,
      isInClean: !isInCarrier,
      around: text.toString('utf8', Math.max(0, finding.start - 40), finding.end + 24),
      over: isInCarrier && touches ? planted.entity : null,
    };
    figures.get(finding.entity)?.strays.push(stray);
  }
  return isFound;
}

/** Entities that are right for any credential, any passport and any key of Google's form. */
const WIDER: ReadonlySet<string> = new Set(
  'GENERIC_API_KEY,HIGH_ENTROPY_STRING,PASSWORD_ASSIGNMENT,CONNECTION_STRING,URL_WITH_CREDENTIALS,DOTENV_ASSIGNMENT'.split(
    ',',
  ),
);
const GOOGLE_KEYS: ReadonlySet<string> = new Set(['GOOGLE_AI_KEY', 'GOOGLE_MAPS', 'YOUTUBE']);

/** Whether a finding on a planted value names a wider class of it, so that it is no mistake. */
function isWider({ entity }: TextFinding, planted: Planted): boolean {
  if (WIDER.has(entity)) return planted.isCredential;
  if (entity === 'PASSPORT_GENERIC') return /PASS|PASZ/.test(planted.entity);
  return GOOGLE_KEYS.has(entity) && GOOGLE_KEYS.has(planted.entity);
}

/** The place in the clean text of a place in what was scanned. */
function offsetOf(place: number, slice: Slice, at: number, length: number): number {
  return place < at ? slice.from + place : middleOf(slice) + place - at - length - BREAK.length;
}

/** A fifth of a slice, round its middle. */
function narrowed(slice: Slice): Slice {
  const middle = middleOf(slice);
  return { ...slice, from: Math.max(slice.from, middle - 500), to: Math.min(slice.to, middle + 500) };
}

/** A place at the start of a line near the middle. */
function middleOf(slice: Slice): number {
  const middle = Math.floor((slice.from + slice.to) / 2);
  const line = (slice.text?.text.indexOf(0x0a, middle) ?? -1) + 1;
  return line > 0 && line < slice.to ? line : middle;
}

function names(finding: TextFinding, entity: string): boolean {
  if (finding.entity === entity) return finding.score >= MEDIUM;
  return finding.alternatives.some((other) => other.entity === entity && other.score >= MEDIUM);
}

class Tally {
  readonly entity: string;
  readonly strays: Stray[] = [];
  readonly #missed: Planted[] = [];
  planted = 0;
  #found = 0;
  #plantedForTest = 0;
  #foundForTest = 0;

  constructor(entity: string) {
    this.entity = entity;
  }

  count(planted: Planted, isFound: boolean): void {
    this.planted++;
    if (isFound) this.#found++;
    if (planted.carrier.isForTest) {
      this.#plantedForTest++;
      if (isFound) this.#foundForTest++;
    } else if (!isFound) this.#missed.push(planted);
  }

  /** `slots`: how many slices of clean text were scanned in all. */
  figures(slots: number): EntityFigures {
    const isUnlabelled = LEFT_OUT.has(this.entity);
    const inClean = this.strays.filter((stray) => stray.isInClean).length;
    const wrong = this.strays.length - inClean + (inClean * this.planted) / slots;
    return {
      entity: this.entity,
      planted: this.planted,
      found: this.#found,
      plantedForTest: this.#plantedForTest,
      foundForTest: this.#foundForTest,
      strays: this.strays,
      missed: this.#missed,
      recall: this.#found / Math.max(1, this.planted),
      recallForTest: this.#foundForTest / Math.max(1, this.#plantedForTest),
      precision: isUnlabelled || this.#found + wrong === 0 ? null : this.#found / (this.#found + wrong),
    };
  }
}
