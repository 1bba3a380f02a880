/**
 * Training of the tagger: the log-likelihood of a linear-chain conditional random field, climbed by stochastic gradient
 * with AdaGrad's step for each weight. Words are dropped at random, so that shape, affixes, neighbours and gazetteers
 * learn to carry those never seen. One thread, seeded; the same input gives the same weights.
 */
import type { Gazetteer } from '../../engine/names/gazetteer.ts';
import { LABELS, mayFollow } from '../../engine/names/labels.ts';
import { MEASURED, measure } from '../../engine/names/tagger.ts';
import { LINE, Tokens, WORD } from '../../engine/names/tokens.ts';
import {
  contextRows,
  describe,
  LINE_BREAK,
  lineOf,
  markOf,
  OFFSETS,
  THE_EDGE,
  technicalOf,
  type Word,
  wordRows,
} from '../../engine/names/words.ts';
import { Random } from './random.ts';
import { labelsOf, type Sample } from './sample.ts';

interface Entry {
  readonly word: Word;
  /** Rows for each of OFFSETS, with and without the word itself. */
  readonly full: readonly Int32Array[];
  readonly bare: readonly Int32Array[];
  times: number;
}

interface Encoded {
  /** Entries, with two edges on either side. */
  readonly entries: readonly Entry[];
  readonly labels: Uint8Array;
  /** Five rows a token; -1 for none. */
  readonly context: Int32Array;
  readonly dropped: number;
}

export interface TrainingOptions {
  readonly rowBits: number;
  readonly epochs: number;
  readonly step: number;
  readonly seed: number;
  readonly onEpoch?: (epoch: number, loss: number) => void;
}

export interface Trained {
  readonly weights: Float32Array;
  readonly transitions: Float32Array;
}

/** Share of words that are dropped; of filled templates more, whose words come again and again. */
const DROPPED = 0.15;
const DROPPED_MADE = 0.35;
/** Of words seen once. */
const DROPPED_RARE = 0.5;

class Encoder {
  readonly #gazetteer: Gazetteer;
  readonly #mask: number;
  readonly #entries = new Map<string, Entry>();
  readonly #tokens = new Tokens();
  readonly #edge: Entry;

  constructor(gazetteer: Gazetteer, rowBits: number) {
    this.#gazetteer = gazetteer;
    this.#mask = (1 << rowBits) - 1;
    this.#edge = this.#entryOf(THE_EDGE);
  }

  #entryOf(word: Word): Entry {
    const rowsOf = (isLexical: boolean): Int32Array[] =>
      OFFSETS.map((_, place) => {
        const rows: number[] = [];
        wordRows(word, place, isLexical, rows);
        return Int32Array.from(rows, (row) => row & this.#mask);
      });
    return { word, full: rowsOf(true), bare: rowsOf(false), times: 0 };
  }

  encode(sample: Sample): Encoded {
    const text = Buffer.from(sample.text);
    const tokens = this.#tokens;
    tokens.read(text, 0);
    const count = tokens.count;
    const entries: Entry[] = [this.#edge, this.#edge];
    const technical = new Uint8Array(count);
    let lineStart = 0;
    let marks = 0;
    let last = 0;
    for (let i = 0; i <= count; i++) {
      if (i === count || i - lineStart >= MEASURED || tokens.kinds[i] === LINE) {
        const own = measure(marks, i - lineStart);
        technical.fill(own * 4 + last, lineStart, i);
        if (i > lineStart) last = own;
        lineStart = i;
        marks = 0;
      }
      if (i === count) break;
      const kind = tokens.kinds[i] as number;
      const first = tokens.first[i] as number;
      const exact =
        kind === WORD
          ? text.toString(
              'utf8',
              tokens.starts[i],
              Math.min(tokens.ends[i] as number, (tokens.starts[i] as number) + 96),
            )
          : '';
      const key = kind === WORD ? exact : kind === LINE ? `\n${first}` : ` ${first}`;
      let entry = this.#entries.get(key);
      if (entry === undefined) {
        entry = this.#entryOf(
          kind === WORD ? describe(exact, this.#gazetteer) : kind === LINE ? lineOf(first) : markOf(first),
        );
        this.#entries.set(key, entry);
      }
      entry.times++;
      entries.push(entry);
      marks += technicalOf(entry.word.wordClass, kind === WORD ? 256 : first);
    }
    entries.push(this.#edge, this.#edge);
    return {
      entries,
      labels: labelsOf(sample, tokens),
      context: this.#contextOf(entries, technical),
      dropped: sample.isMade === true ? DROPPED_MADE : DROPPED,
    };
  }

  #contextOf(entries: readonly Entry[], technical: Uint8Array): Int32Array {
    const tokens = this.#tokens;
    const count = tokens.count;
    const context = new Int32Array(count * 5).fill(-1);
    const rows = new Int32Array(5);
    const at = (i: number): Word => (entries[i + 2] as Entry).word;
    for (let i = 0; i < count; i++) {
      const [before, own, after] = [at(i - 1), at(i), at(i + 1)];
      const glue = ((tokens.glued[i] as number) << 1) | (i + 1 < count ? (tokens.glued[i + 1] as number) : 0);
      const isPair = (a: Word, b: Word): boolean =>
        a.wordClass < LINE_BREAK && b.wordClass < LINE_BREAK && this.#gazetteer.pairFlags(a.hash, b.hash) !== 0;
      const pair = (isPair(own, after) ? 1 : 0) | (isPair(before, own) ? 2 : 0);
      const n = contextRows(
        before.wordClass,
        own.wordClass,
        after.wordClass,
        glue,
        technical[i] as number,
        before.lexical,
        after.lexical,
        pair,
        rows,
      );
      for (let k = 0; k < n; k++) context[i * 5 + k] = (rows[k] as number) & this.#mask;
    }
    return context;
  }
}

/** How strongly weights are drawn to none (L2). */
const SHRINK = 0.02;
/** How often an epoch the weights are taken into the average, from the second epoch on. */
const AVERAGED = 8;
/** exp(-30): as good as forbidden, and still a number to take a logarithm of. */
const FORBIDDEN = -30;

export function train(samples: readonly Sample[], gazetteer: Gazetteer, options: TrainingOptions): Trained {
  const encoder = new Encoder(gazetteer, options.rowBits);
  const encoded = samples.map((sample) => encoder.encode(sample)).filter((one) => one.labels.length > 0);
  const field = new Field(1 << options.rowBits, options.step);
  const random = new Random(options.seed);
  const part = Math.max(1, Math.ceil(encoded.length / AVERAGED) - 1);
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    random.shuffle(encoded);
    let loss = 0;
    let tokens = 0;
    for (const [at, one] of encoded.entries()) {
      loss += field.learn(one, random);
      tokens += one.labels.length;
      if (epoch > 1 && at % part === part - 1) field.remember();
    }
    options.onEpoch?.(epoch, loss / tokens);
  }
  return field.remembered();
}

/** The mean of several trainings with the same rows: what one of them learnt by chance counts for less. */
export function averageOf(all: readonly Trained[]): Trained {
  const mean = (of: (one: Trained) => Float32Array): Float32Array => {
    const sums = new Float32Array(of(all[0] as Trained).length);
    for (const one of all) for (const [k, value] of of(one).entries()) sums[k] = (sums[k] as number) + value;
    return sums.map((sum) => sum / all.length);
  };
  return { weights: mean((one) => one.weights), transitions: mean((one) => one.transitions) };
}

class Field {
  readonly weights: Float32Array;
  readonly transitions = new Float32Array(LABELS * LABELS);
  readonly #squares: Float32Array;
  readonly #transitionSquares = new Float32Array(LABELS * LABELS).fill(1);
  readonly #step: number;
  readonly #sums: Float32Array;
  readonly #transitionSums = new Float32Array(LABELS * LABELS);
  #remembered = 0;
  #emitted = new Float64Array(0);
  #forward = new Float64Array(0);
  #backward = new Float64Array(0);
  #scale = new Float64Array(0);
  readonly #moves = new Float64Array(LABELS * LABELS);

  constructor(rows: number, step: number) {
    this.weights = new Float32Array(rows * LABELS);
    this.#squares = new Float32Array(rows * LABELS).fill(1);
    this.#sums = new Float32Array(rows * LABELS);
    this.#step = step;
    for (let a = 0; a < LABELS; a++)
      for (let b = 0; b < LABELS; b++) if (!mayFollow(a, b)) this.transitions[a * LABELS + b] = FORBIDDEN;
  }

  /** Adds the weights of now to the average. */
  remember(): void {
    for (let k = 0; k < this.weights.length; k++)
      this.#sums[k] = (this.#sums[k] as number) + (this.weights[k] as number);
    for (let k = 0; k < this.transitions.length; k++)
      this.#transitionSums[k] = (this.#transitionSums[k] as number) + (this.transitions[k] as number);
    this.#remembered++;
  }

  remembered(): Trained {
    return {
      weights: this.#sums.map((sum) => sum / this.#remembered),
      transitions: this.#transitionSums.map((sum) => sum / this.#remembered),
    };
  }

  /** One step for one sample; returns its loss. */
  learn(sample: Encoded, random: Random): number {
    const { labels, entries, context } = sample;
    const n = labels.length;
    const weights = this.weights;
    if (this.#emitted.length < n * LABELS) {
      this.#emitted = new Float64Array(n * LABELS * 2);
      this.#forward = new Float64Array(n * LABELS * 2);
      this.#backward = new Float64Array(n * LABELS * 2);
      this.#scale = new Float64Array(n * 2);
    }
    const emitted = this.#emitted;
    const rowsOf = entries.map((entry) =>
      random.isWithin(entry.times > 1 ? sample.dropped : DROPPED_RARE) && entry.word.wordClass < LINE_BREAK
        ? entry.bare
        : entry.full,
    );
    for (let i = 0; i < n; i++) {
      const at = i * LABELS;
      for (let label = 0; label < LABELS; label++) emitted[at + label] = 0;
      for (let place = 0; place < OFFSETS.length; place++) {
        const rows = rowsOf[i + 2 + (OFFSETS[place] as number)]?.[place] as Int32Array;
        for (let k = 0; k < rows.length; k++) {
          const row = (rows[k] as number) * LABELS;
          for (let label = 0; label < LABELS; label++)
            emitted[at + label] = (emitted[at + label] as number) + (weights[row + label] as number);
        }
      }
      for (let k = 0; k < 5; k++) {
        if (k > 1 && k < 4 && (rowsOf[i + 2 * k - 3] as readonly Int32Array[]) === entries[i + 2 * k - 3]?.bare)
          continue;
        const row = (context[i * 5 + k] as number) * LABELS;
        if (row < 0) continue;
        for (let label = 0; label < LABELS; label++)
          emitted[at + label] = (emitted[at + label] as number) + (weights[row + label] as number);
      }
    }
    const loss = this.#pass(labels, n);
    this.#climb(sample, rowsOf, n);
    return loss;
  }

  /** Forward and backward sums, scaled at each token. Afterwards `emitted` holds the gradient. */
  #pass(labels: Uint8Array, n: number): number {
    const emitted = this.#emitted;
    const forward = this.#forward;
    const backward = this.#backward;
    const scale = this.#scale;
    const moves = this.#moves;
    for (let k = 0; k < moves.length; k++) moves[k] = Math.exp(this.transitions[k] as number);
    let loss = 0;
    for (let i = 0; i < n; i++) {
      const at = i * LABELS;
      let top = -Infinity;
      for (let label = 0; label < LABELS; label++) top = Math.max(top, emitted[at + label] as number);
      const own = labels[i] as number;
      const before = i === 0 ? 0 : (labels[i - 1] as number);
      loss -= (emitted[at + own] as number) + (this.transitions[before * LABELS + own] as number);
      let sum = 0;
      for (let label = 0; label < LABELS; label++) {
        const e = Math.exp((emitted[at + label] as number) - top);
        emitted[at + label] = e;
        let into = 0;
        if (i === 0) into = moves[label] as number;
        else
          for (let last = 0; last < LABELS; last++)
            into += (forward[at - LABELS + last] as number) * (moves[last * LABELS + label] as number);
        const value = into * e;
        forward[at + label] = value;
        sum += value;
      }
      const factor = 1 / sum;
      scale[i] = factor;
      for (let label = 0; label < LABELS; label++) forward[at + label] = (forward[at + label] as number) * factor;
      loss += top + Math.log(sum);
    }
    for (let i = n - 1; i >= 0; i--) {
      const at = i * LABELS;
      for (let label = 0; label < LABELS; label++) {
        if (i === n - 1) {
          backward[at + label] = 1;
          continue;
        }
        let sum = 0;
        for (let next = 0; next < LABELS; next++)
          sum +=
            (moves[label * LABELS + next] as number) *
            (emitted[at + LABELS + next] as number) *
            (backward[at + LABELS + next] as number);
        backward[at + label] = sum * (scale[i + 1] as number);
      }
    }
    return loss;
  }

  #climb(sample: Encoded, rowsOf: readonly (readonly Int32Array[])[], n: number): void {
    const { labels, context } = sample;
    const emitted = this.#emitted;
    const forward = this.#forward;
    const backward = this.#backward;
    const moves = this.#moves;
    const expected = new Float64Array(LABELS * LABELS);
    for (let i = 0; i < n; i++) {
      const at = i * LABELS;
      for (let last = 0; last < LABELS; last++) {
        if (i === 0 && last > 0) break;
        const from = i === 0 ? 1 : (forward[at - LABELS + last] as number);
        for (let label = 0; label < LABELS; label++)
          expected[last * LABELS + label] =
            (expected[last * LABELS + label] as number) +
            from *
              (moves[last * LABELS + label] as number) *
              (emitted[at + label] as number) *
              (backward[at + label] as number) *
              (this.#scale[i] as number);
      }
      expected[(i === 0 ? 0 : (labels[i - 1] as number)) * LABELS + (labels[i] as number)] =
        (expected[(i === 0 ? 0 : (labels[i - 1] as number)) * LABELS + (labels[i] as number)] as number) - 1;
    }
    for (let a = 0; a < LABELS; a++)
      for (let b = 0; b < LABELS; b++) {
        if (!mayFollow(a, b)) continue;
        const k = a * LABELS + b;
        move(this.transitions, this.#transitionSquares, k, expected[k] as number, this.#step);
      }
    const gradient = new Float64Array(LABELS);
    for (let i = 0; i < n; i++) {
      const at = i * LABELS;
      let most = 0;
      for (let label = 0; label < LABELS; label++) {
        const own = (forward[at + label] as number) * (backward[at + label] as number) - (labels[i] === label ? 1 : 0);
        gradient[label] = own;
        most = Math.max(most, Math.abs(own));
      }
      if (most < 0.002) continue;
      for (let place = 0; place < OFFSETS.length; place++) {
        const rows = rowsOf[i + 2 + (OFFSETS[place] as number)]?.[place] as Int32Array;
        for (let k = 0; k < rows.length; k++) this.#update((rows[k] as number) * LABELS, gradient);
      }
      for (let k = 0; k < 5; k++) {
        if (k > 1 && k < 4 && (rowsOf[i + 2 * k - 3] as readonly Int32Array[]) === sample.entries[i + 2 * k - 3]?.bare)
          continue;
        const row = context[i * 5 + k] as number;
        if (row >= 0) this.#update(row * LABELS, gradient);
      }
    }
  }

  #update(row: number, gradient: Float64Array): void {
    const weights = this.weights;
    const squares = this.#squares;
    const step = this.#step;
    for (let label = 0; label < LABELS; label++) {
      let own = gradient[label] as number;
      if (own < 0.0005 && own > -0.0005) continue;
      own += SHRINK * (weights[row + label] as number);
      const square = (squares[row + label] as number) + own * own;
      squares[row + label] = square;
      weights[row + label] = (weights[row + label] as number) - (step * own) / Math.sqrt(square);
    }
  }
}

function move(weights: Float32Array, squares: Float32Array, at: number, gradient: number, step: number): void {
  squares[at] = (squares[at] as number) + gradient * gradient;
  weights[at] = (weights[at] as number) - (step * gradient) / Math.sqrt(squares[at] as number);
}
