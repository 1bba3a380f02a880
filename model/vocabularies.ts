/**
 * The third step of a tokenizer: a piece of text to numbers, by one of the three ways that models are trained with:
 * WordPiece (longest match from the left), Unigram (the likeliest pieces together) and byte pairs (merges by rank).
 */
import { booleanAt, isObject, type JsonObject, listAt, numberAt, objectAt, textAt } from './json-reading.ts';
import { NotBuilt } from './normalizers.ts';

export interface Part {
  readonly id: number;
  /** UTF-16 units of the piece, end exclusive. */
  readonly start: number;
  readonly end: number;
}

export interface Vocabulary {
  /** Numbers that are used are below this. */
  readonly size: number;
  idOf(token: string): number | null;
  /** Takes a piece apart. */
  parts(piece: string): readonly Part[];
}

/** Longer pieces are one unknown part, UTF-16 units: no word is so long, and time would grow with its square. */
export const LONGEST_PIECE = 200;

/** `model` of a tokenizer.json. Throws NotBuilt, or Error for what is none. */
export function vocabularyOf(model: JsonObject): Vocabulary {
  const type = textAt(model, 'type') ?? guessed(model);
  switch (type) {
    case 'WordPiece':
      return wordPiece(
        numbersOf(objectAt(model, 'vocab')),
        textAt(model, 'unk_token') ?? '[UNK]',
        textAt(model, 'continuing_subword_prefix') ?? '##',
        numberAt(model, 'max_input_chars_per_word') ?? 100,
      );
    case 'Unigram':
      return unigram(model);
    case 'BPE':
      return bytePairs(model);
    default:
      throw new NotBuilt(`a vocabulary of the kind "${type.slice(0, 40)}"`);
  }
}

/** Old files do not name the kind. */
function guessed(model: JsonObject): string {
  if (Array.isArray(model['vocab'])) return 'Unigram';
  return Array.isArray(model['merges']) ? 'BPE' : 'WordPiece';
}

function numbersOf(vocab: JsonObject | null): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [token, id] of Object.entries(vocab ?? {})) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0) throw new Error('a vocabulary with a bad number');
    numbers.set(token, id);
  }
  if (numbers.size === 0) throw new Error('an empty vocabulary');
  return numbers;
}

function sizeOf(numbers: ReadonlyMap<string, number>): number {
  let size = 0;
  for (const id of numbers.values()) size = Math.max(size, id + 1);
  return size;
}

/** Characters, not halves of one. */
function isInside(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff;
}

/** Throws Error where the vocabulary has no unknown token. */
export function wordPiece(
  numbers: ReadonlyMap<string, number>,
  unknownToken: string,
  prefix: string,
  longest: number,
): Vocabulary {
  const unknown = numbers.get(unknownToken);
  if (unknown === undefined) throw new Error(`a vocabulary without its unknown token ${unknownToken}`);
  let longestToken = 1;
  for (const token of numbers.keys()) longestToken = Math.max(longestToken, token.length);
  return {
    size: sizeOf(numbers),
    idOf: (token) => numbers.get(token) ?? null,
    parts(piece) {
      const whole = [{ id: unknown, start: 0, end: piece.length }];
      if ([...piece.slice(0, 2 * longest + 1)].length > longest) return whole;
      const parts: Part[] = [];
      for (let start = 0; start < piece.length; ) {
        let end = Math.min(piece.length, start + longestToken);
        let id: number | undefined;
        for (; end > start; end--) {
          if (isInside(piece, end)) continue;
          id = numbers.get((start > 0 ? prefix : '') + piece.slice(start, end));
          if (id !== undefined) break;
        }
        // One part that is not known makes the whole word unknown.
        if (id === undefined) return whole;
        parts.push({ id, start, end });
        start = end;
      }
      return parts;
    },
  };
}

/** What an unknown character costs beside the least likely piece. */
const UNKNOWN_PENALTY = 10;

function unigram(model: JsonObject): Vocabulary {
  if (booleanAt(model, 'byte_fallback') === true) throw new NotBuilt('Unigram with byte_fallback');
  const pieces = new Map<string, { readonly id: number; readonly score: number }>();
  let least = 0;
  let longest = 1;
  const entries = listAt(model, 'vocab');
  for (const [id, entry] of entries.entries()) {
    const [token, score] = Array.isArray(entry) ? entry : [];
    if (typeof token !== 'string' || typeof score !== 'number') throw new Error('a vocabulary with a bad entry');
    pieces.set(token, { id, score });
    least = Math.min(least, score);
    longest = Math.max(longest, token.length);
  }
  const unknown = numberAt(model, 'unk_id');
  if (unknown === null || entries[unknown] === undefined) throw new Error('a vocabulary without its unknown token');
  return {
    size: entries.length,
    idOf: (token) => pieces.get(token)?.id ?? null,
    parts(piece) {
      const length = piece.length;
      const best = new Float64Array(length + 1).fill(Number.NEGATIVE_INFINITY);
      const before = new Int32Array(length + 1);
      const ids = new Int32Array(length + 1);
      best[0] = 0;
      for (let start = 0; start < length; start++) {
        if (isInside(piece, start)) continue;
        const own = best[start] as number;
        const character = start + ((piece.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
        let hasSingle = false;
        for (let end = character; end <= Math.min(length, start + longest); end++) {
          if (isInside(piece, end)) continue;
          const found = pieces.get(piece.slice(start, end));
          if (found === undefined || found.id === unknown) continue;
          hasSingle ||= end === character;
          if (own + found.score <= (best[end] as number)) continue;
          best[end] = own + found.score;
          before[end] = start;
          ids[end] = found.id;
        }
        const asUnknown = own + least - UNKNOWN_PENALTY;
        if (hasSingle || asUnknown <= (best[character] as number)) continue;
        best[character] = asUnknown;
        before[character] = start;
        ids[character] = unknown;
      }
      const parts: Part[] = [];
      for (let end = length; end > 0; end = before[end] as number) {
        const id = ids[end] as number;
        const last = parts.at(-1);
        // Unknown characters side by side are one part.
        if (id === unknown && last?.id === unknown) parts[parts.length - 1] = { ...last, start: before[end] as number };
        else parts.push({ id, start: before[end] as number, end });
      }
      return parts.reverse();
    },
  };
}

function bytePairs(model: JsonObject): Vocabulary {
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix'])
    if ((textAt(model, key) ?? '') !== '') throw new NotBuilt(`byte pairs with ${key}`);
  if (booleanAt(model, 'byte_fallback') === true) throw new NotBuilt('byte pairs with byte_fallback');
  const numbers = numbersOf(objectAt(model, 'vocab'));
  const ranks = new Map<string, number>();
  for (const [rank, merge] of listAt(model, 'merges').entries()) {
    const [first, second] = Array.isArray(merge) ? merge : typeof merge === 'string' ? merge.split(' ') : [];
    if (typeof first !== 'string' || typeof second !== 'string') throw new Error('a vocabulary with a bad merge');
    ranks.set(`${first} ${second}`, rank);
  }
  const unknown = numbers.get(textAt(model, 'unk_token') ?? '') ?? null;
  const isWholeFirst = booleanAt(model, 'ignore_merges') === true;
  return {
    size: sizeOf(numbers),
    idOf: (token) => numbers.get(token) ?? null,
    parts(piece) {
      const whole = isWholeFirst ? numbers.get(piece) : undefined;
      if (whole !== undefined) return [{ id: whole, start: 0, end: piece.length }];
      const parts: Part[] = [];
      let at = 0;
      for (const token of merged([...piece], ranks)) {
        const id = numbers.get(token) ?? unknown;
        // Without an unknown token such a part is left out, as the original does.
        if (id !== null) parts.push({ id, start: at, end: at + token.length });
        at += token.length;
      }
      return parts;
    },
  };
}

/** The pair of the lowest rank is joined until no pair has one. A piece is short, so each round looks at all pairs. */
function merged(tokens: string[], ranks: ReadonlyMap<string, number>): readonly string[] {
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let i = 0; i + 1 < tokens.length; i++) {
      const rank = ranks.get(`${tokens[i]} ${tokens[i + 1]}`);
      if (rank === undefined || rank >= best) continue;
      best = rank;
      at = i;
    }
    if (at === -1) return tokens;
    tokens.splice(at, 2, `${tokens[at]}${tokens[at + 1]}`);
  }
}

/** A token of tokenizer.json that stands beside the vocabulary: `[CLS]`. */
export function addedTokens(tokenizer: JsonObject): ReadonlyMap<string, number> {
  const added = new Map<string, number>();
  for (const entry of listAt(tokenizer, 'added_tokens')) {
    if (!isObject(entry)) continue;
    const content = textAt(entry, 'content');
    const id = numberAt(entry, 'id');
    if (content !== null && id !== null) added.set(content, id);
  }
  return added;
}
