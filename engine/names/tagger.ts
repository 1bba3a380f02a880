/**
 * A linear-chain conditional random field over the tokens of a text, at work: the sum of hashed, integer weights for
 * each token and label, and the best path of labels (Viterbi). It looks only at stretches that may hold a name: tokens
 * with a capital (but common words that open a sentence), digits or unknown words, and their neighbours; time grows with
 * the length of the text alone.
 */
import { FAMILY, GIVEN, REGION, TOWN } from './gazetteer.ts';
import { kindOf, LABELS, LANES, type NameKind, OUTSIDE } from './labels.ts';
import { EDGE_SLOT, Lexicon, STRIDE } from './lexicon.ts';
import type { Model } from './model.ts';
import { BLOCK, LINE, Tokens, WORD } from './tokens.ts';
import {
  CAPITAL_COMMON,
  CAPITAL_UNKNOWN,
  CAPITALS_COMMON,
  CAPITALS_SHORT,
  CAPITALS_UNKNOWN,
  classOfMark,
  contextRows,
  DIGITS_FEW,
  DIGITS_MANY,
  DIGITS_SOME,
  EDGE,
  INITIAL,
  LETTERS_AND_DIGITS,
  LINE_BREAK,
  LOWER_COMMON,
  LOWER_UNKNOWN,
  MIXED,
  OTHER_SCRIPT,
  PARAGRAPH,
  SNAKE,
  technicalOf,
} from './words.ts';

/** A name in a text. */
export interface Name {
  readonly kind: NameKind;
  /** Bytes, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** How far its labels were ahead of none, a token, in units of weights. */
  readonly lead: number;
  readonly words: number;
  /** What the gazetteers have of its first and its last word. */
  readonly firstFlags: number;
  readonly lastFlags: number;
  /** It stands in a line that reads as code. */
  readonly isTechnical: boolean;
}

export type OnName = (name: Name) => void;

export interface TaggerOptions {
  /** All tokens are looked at. */
  readonly isThorough: boolean;
  /** What each kind of name is given over no name, in prose, units of weights. */
  readonly favour: readonly number[];
}

/** Classes that may be part of a name in prose, and those in lines that read as code. */
const MAY_BE = new Uint8Array(32);
for (const one of [
  CAPITAL_COMMON,
  CAPITAL_UNKNOWN,
  CAPITALS_COMMON,
  CAPITALS_SHORT,
  CAPITALS_UNKNOWN,
  INITIAL,
  MIXED,
  DIGITS_FEW,
  DIGITS_SOME,
  DIGITS_MANY,
  LETTERS_AND_DIGITS,
  LOWER_UNKNOWN,
  OTHER_SCRIPT,
  SNAKE,
])
  MAY_BE[one] = 1;
const MAY_BE_IN_CODE = new Uint8Array(32);
for (const one of [CAPITAL_COMMON, CAPITAL_UNKNOWN, CAPITALS_UNKNOWN, OTHER_SCRIPT]) MAY_BE_IN_CODE[one] = 1;
/** Classes behind which a sentence begins. */
const OPENS = new Uint8Array(32);
for (const one of [LINE_BREAK, PARAGRAPH, EDGE, classOfMark(0x2e), classOfMark(0x21), classOfMark(0x3f)])
  OPENS[one] = 1;
/** Flags of words that are names often enough. */
const OFTEN_A_NAME = GIVEN | FAMILY | TOWN | REGION;

/** A stretch this long, tokens, of a line is judged on its own: prose or code. */
export const MEASURED = 48;
/** Numbers a token has in the table of sums: one a label, and one to spare. */
const ROOM = 2 * LANES;
/** Context beyond the tokens of a block. */
const PAD = 2;

export class Tagger {
  readonly #model: Model;
  readonly #lexicon: Lexicon;
  readonly #options: TaggerOptions;
  readonly #tokens = new Tokens();
  /** Of each token, with PAD edges before the first: slot, class, how technical its line is. */
  readonly #slots = new Int32Array(BLOCK + 2 * PAD);
  readonly #classes = new Uint8Array(BLOCK + 2 * PAD);
  readonly #technical = new Uint8Array(BLOCK);
  readonly #isActive = new Uint8Array(BLOCK + 1);
  readonly #emitted = new Int32Array(BLOCK * ROOM);
  readonly #from = new Uint8Array(BLOCK * LABELS);
  readonly #best = new Int32Array(LABELS);
  readonly #next = new Int32Array(LABELS);
  readonly #labels = new Uint8Array(BLOCK);
  readonly #rows = new Int32Array(5);

  /**
   * Where no name leads every label of every token by more, it is the best path: a run of n labelled tokens has at most
   * n + 1 steps, none of which is better than from none to none by more than half of this.
   */
  readonly #sureLead: number;

  constructor(model: Model, options: TaggerOptions) {
    this.#model = model;
    this.#sureLead = 2 * (Math.max(...model.transitions) - (model.transitions[OUTSIDE] as number));
    this.#options = options;
    this.#lexicon = new Lexicon(model);
  }

  tag(text: Buffer, onName: OnName): void {
    const tokens = this.#tokens;
    let at = 0;
    let before = 0;
    while (at < text.length) {
      const stopped = tokens.read(text, at);
      const count = tokens.count;
      if (count === 0) return;
      before = this.#describe(text, before);
      const isLast = stopped >= text.length;
      let to = 0;
      // What is cut at the end of a block is read again with the next one, unless one stretch fills the block.
      for (let i = 0; i < count; i++) {
        if (this.#isActive[i] === 0) {
          to = i + 1;
          continue;
        }
        let end = i + 1;
        while (end < count && this.#isActive[end] === 1) end++;
        if (end === count && !isLast && i > count >> 1) break;
        this.#decode(text, i, end, onName);
        to = end;
        i = end - 1;
      }
      at = isLast && to === count ? text.length : to >= count ? stopped : (tokens.starts[to] as number);
    }
  }

  /** Slots, classes, what is technical and what is active of the tokens read; returns the measure of the last line. */
  #describe(text: Buffer, measureBefore: number): number {
    const tokens = this.#tokens;
    const lexicon = this.#lexicon;
    const slots = this.#slots;
    const classes = this.#classes;
    const isActive = this.#isActive;
    const count = tokens.count;
    lexicon.makeRoom(count);
    slots[0] = slots[1] = EDGE_SLOT;
    classes[0] = classes[1] = lexicon.classes[EDGE_SLOT] as number;
    let lineStart = 0;
    let technical = 0;
    let last = measureBefore;
    for (let i = 0; i <= count; i++) {
      if (i === count || i - lineStart >= MEASURED || tokens.kinds[i] === LINE) {
        const own = measure(technical, i - lineStart);
        this.#mark(lineStart, i, own * 4 + last);
        if (i > lineStart) last = own;
        lineStart = i;
        technical = 0;
      }
      if (i === count) break;
      const slot = lexicon.slotOf(text, tokens, i);
      const own = lexicon.classes[slot] as number;
      slots[i + PAD] = slot;
      classes[i + PAD] = own;
      technical += technicalOf(own, slot);
    }
    slots[count + PAD] = slots[count + PAD + 1] = EDGE_SLOT;
    classes[count + PAD] = classes[count + PAD + 1] = lexicon.classes[EDGE_SLOT] as number;
    isActive[count] = 0;
    return last;
  }

  /** Which tokens of a line are looked at. */
  #mark(from: number, to: number, technical: number): void {
    const classes = this.#classes;
    const isActive = this.#isActive;
    const mayBe = technical >> 2 >= 2 ? MAY_BE_IN_CODE : MAY_BE;
    const isThorough = this.#options.isThorough;
    for (let i = from; i < to; i++) {
      this.#technical[i] = technical;
      isActive[i] = isThorough ? 1 : 0;
    }
    if (isThorough) return;
    for (let i = from; i < to; i++) {
      const own = classes[i + PAD] as number;
      if (mayBe[own] === 0 || (own === CAPITAL_COMMON && this.#opensSentence(i))) continue;
      if (i > 0) isActive[i - 1] = 1;
      isActive[i] = 1;
      if (i + 1 < to) isActive[i + 1] = 1;
    }
  }

  /** A common word that is no name, in capitals for no more than that it stands first: a common one in small letters follows. */
  #opensSentence(i: number): boolean {
    const classes = this.#classes;
    if (classes[i + PAD + 1] !== LOWER_COMMON) return false;
    const before = classes[i + PAD - 1] as number;
    if (OPENS[before] === 0) return false;
    return ((this.#lexicon.flags[this.#slots[i + PAD] as number] as number) & OFTEN_A_NAME) === 0;
  }

  /** Fills in the sums of a stretch. True where no path but that of no name at all can be the best. */
  #emit(text: Buffer, from: number, to: number): boolean {
    const least = this.#sureLead;
    let isPlain = true;
    const { weights, mask } = this.#model;
    const lexicon = this.#lexicon;
    const { scores, lexical } = lexicon;
    const tokens = this.#tokens;
    const slots = this.#slots;
    const classes = this.#classes;
    const emitted = this.#emitted;
    const rows = this.#rows;
    const { favour } = this.#options;
    const count = tokens.count;
    for (let i = Math.max(0, from - PAD); i < Math.min(count, to + PAD); i++)
      lexicon.score(slots[i + PAD] as number, text, tokens, i);
    let pairBefore = from === to ? 0 : this.#pairWith(from - 1);
    for (let i = from; i < to; i++) {
      const own = slots[i + PAD] as number;
      const a = slots[i + 1] as number;
      const b = slots[i + 3] as number;
      const technical = this.#technical[i] as number;
      const glue = ((tokens.glued[i] as number) << 1) | (i + 1 < count ? (tokens.glued[i + 1] as number) : 0);
      const before = classes[i + 1] as number;
      const after = classes[i + 3] as number;
      const ownClass = classes[i + PAD] as number;
      const pairAfter = this.#pairWith(i);
      // Bit 0: with the next; bit 1: with the one before.
      const pair = pairAfter | (pairBefore << 1);
      pairBefore = pairAfter;
      const n = contextRows(
        before,
        ownClass,
        after,
        glue,
        technical,
        lexical[a] as number,
        lexical[b] as number,
        pair,
        rows,
      );
      const c0 = ((rows[0] as number) & mask) * LANES;
      const c1 = ((rows[1] as number) & mask) * LANES;
      const c2 = ((rows[2] as number) & mask) * LANES;
      const c3 = ((rows[3] as number) & mask) * LANES;
      const c4 = n === 5 ? ((rows[4] as number) & mask) * LANES : -1;
      const s0 = own * STRIDE;
      const s1 = a * STRIDE + LANES;
      const s2 = b * STRIDE + 2 * LANES;
      const s3 = (slots[i] as number) * STRIDE + 3 * LANES;
      const s4 = (slots[i + 4] as number) * STRIDE + 4 * LANES;
      const to = i * ROOM;
      for (let lane = 0; lane < LANES; lane++) {
        let sum =
          (scores[s0 + lane] as number) +
          (scores[s1 + lane] as number) +
          (scores[s2 + lane] as number) +
          (scores[s3 + lane] as number) +
          (scores[s4 + lane] as number) +
          (weights[c0 + lane] as number) +
          (weights[c1 + lane] as number) +
          (weights[c2 + lane] as number) +
          (weights[c3 + lane] as number);
        if (c4 >= 0) sum += weights[c4 + lane] as number;
        const even = (sum << 16) >> 16;
        emitted[to + 2 * lane] = even;
        emitted[to + 2 * lane + 1] = (sum - even) >> 16;
      }
      // In lines that read as code, half.
      const halved = technical >> 3;
      const sure = (emitted[to] as number) - least;
      for (let label = 1; label < LABELS; label++) {
        const sum = (emitted[to + label] as number) + ((favour[(label - 1) >> 1] as number) >> halved);
        emitted[to + label] = sum;
        if (sum >= sure) isPlain = false;
      }
    }
    return isPlain;
  }

  /** 1 where this token and the next begin the name of a place of several words. */
  #pairWith(i: number): number {
    const classes = this.#classes;
    if ((classes[i + PAD] as number) >= LINE_BREAK || (classes[i + PAD + 1] as number) >= LINE_BREAK) return 0;
    const hashes = this.#lexicon.hashes;
    const slots = this.#slots;
    const hash = hashes[slots[i + PAD] as number] as number;
    return this.#model.gazetteer.pairFlags(hash, hashes[slots[i + PAD + 1] as number] as number) === 0 ? 0 : 1;
  }

  #decode(text: Buffer, from: number, to: number, onName: OnName): void {
    if (this.#emit(text, from, to)) return;
    const { transitions } = this.#model;
    const emitted = this.#emitted;
    const back = this.#from;
    const labels = this.#labels;
    let best = this.#best;
    let next = this.#next;
    for (let label = 0; label < LABELS; label++)
      best[label] = (transitions[label] as number) + (emitted[from * ROOM + label] as number);
    for (let i = from + 1; i < to; i++) {
      // Begin labels and none may follow any label.
      const at = i * LABELS;
      const own = i * ROOM;
      for (let label = 0; label < LABELS; label += label === 0 ? 1 : 2) {
        let top = (best[0] as number) + (transitions[label] as number);
        let source = 0;
        for (let last = 1; last < LABELS; last++) {
          const sum = (best[last] as number) + (transitions[last * LABELS + label] as number);
          if (sum > top) {
            top = sum;
            source = last;
          }
        }
        next[label] = top + (emitted[own + label] as number);
        back[at + label] = source;
      }
      for (let label = 2; label < LABELS; label += 2) {
        const begun = (best[label - 1] as number) + (transitions[(label - 1) * LABELS + label] as number);
        const inside = (best[label] as number) + (transitions[label * LABELS + label] as number);
        next[label] = Math.max(begun, inside) + (emitted[own + label] as number);
        back[at + label] = begun >= inside ? label - 1 : label;
      }
      const spare = best;
      best = next;
      next = spare;
    }
    let label = 0;
    for (let k = 1; k < LABELS; k++) if ((best[k] as number) > (best[label] as number)) label = k;
    for (let i = to - 1; i >= from; i--) {
      labels[i] = label;
      label = back[i * LABELS + label] as number;
    }
    this.#report(from, to, onName);
  }

  #report(from: number, to: number, onName: OnName): void {
    const labels = this.#labels;
    const emitted = this.#emitted;
    for (let i = from; i < to; i++) {
      const label = labels[i] as number;
      if (label === OUTSIDE) continue;
      const begin = i;
      while (i + 1 < to && (labels[i + 1] as number) === label + (label % 2)) i++;
      let lead = 0;
      for (let k = begin; k <= i; k++)
        lead += (emitted[k * ROOM + (labels[k] as number)] as number) - (emitted[k * ROOM] as number);
      this.#offer(kindOf(label), begin, i, Math.round(lead / (i - begin + 1)), onName);
    }
  }

  /** Hands out a name without the marks and line ends round it. */
  #offer(kind: NameKind, begin: number, end: number, lead: number, onName: OnName): void {
    const tokens = this.#tokens;
    const { flags } = this.#lexicon;
    let first = begin;
    let last = end;
    while (first <= last && tokens.kinds[first] !== WORD && !isSign(tokens, first)) first++;
    while (last > first && tokens.kinds[last] !== WORD && !isStop(tokens, last)) last--;
    if (first > last || tokens.kinds[last] === LINE) return;
    let words = 0;
    let firstWord = -1;
    let lastWord = -1;
    for (let k = first; k <= last; k++) {
      if (tokens.kinds[k] !== WORD) continue;
      if (firstWord === -1) firstWord = k;
      lastWord = k;
      words++;
    }
    if (words === 0) return;
    onName({
      kind,
      start: tokens.starts[first] as number,
      end: tokens.ends[last] as number,
      lead,
      words,
      firstFlags: flags[this.#slots[firstWord + PAD] as number] as number,
      lastFlags: flags[this.#slots[lastWord + PAD] as number] as number,
      isTechnical: (this.#technical[first] as number) >> 2 >= 2,
    });
  }
}

/** `@` and `#` before a name without a space: a handle. */
function isSign(tokens: Tokens, at: number): boolean {
  return (tokens.first[at] === 0x40 || tokens.first[at] === 0x23) && tokens.glued[at + 1] === 1;
}

/** The full stop of an abbreviation: `Inc.`, `J.`, `S.p.A.`; and a bracket that was opened within. */
function isStop(tokens: Tokens, at: number): boolean {
  if (tokens.first[at] !== 0x2e || tokens.glued[at] === 0) return false;
  return (tokens.ends[at - 1] as number) - (tokens.starts[at - 1] as number) <= 4;
}

/** How much of a line is code: 0 none, 1 little, 2 much, 3 most; of a short one less is sure. */
export function measure(technical: number, tokens: number): number {
  const least = tokens + 4;
  if (technical * 12 <= least) return 0;
  if (technical * 5 <= least) return 1;
  return technical * 3 <= least ? 2 : 3;
}
