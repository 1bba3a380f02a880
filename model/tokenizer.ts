/**
 * A model's tokenizer, made from the files beside it: tokenizer.json, or the vocab.txt of a BERT. It gives the numbers
 * that the model reads and, of each, its place in the text. What it does not know it refuses at the start: a model that
 * is fed with other tokens than it was trained with finds nothing and says nothing.
 */
import { aligned } from './aligned-text.ts';
import { booleanAt, isObject, type JsonObject, listAt, numberAt, objectAt, textAt } from './json-reading.ts';
import { bertNormalizer, type Normalizer, NotBuilt, normalizerOf } from './normalizers.ts';
import { bertPreTokenizer, type PreTokenizer, preTokenizerOf } from './pre-tokenizers.ts';
import { addedTokens, LONGEST_PIECE, type Vocabulary, vocabularyOf, wordPiece } from './vocabularies.ts';

/** Tokens of a text, without those that frame it. Arrays of the same length. */
export interface Encoding {
  readonly ids: readonly number[];
  /** UTF-16 units of the text, end exclusive. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** True for the first token of a piece: the one whose label counts. */
  readonly isFirst: readonly boolean[];
}

export interface Tokenizer {
  encode(text: string): Encoding;
  /** `isStopped` is asked before each stretch of a long text; null where it said yes. */
  encodeUnless(isStopped: () => boolean, text: string): Encoding | null;
  /** Tokens before and after the text. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Numbers are below this. */
  readonly size: number;
}

/** From a parsed tokenizer.json. Throws Error, whose message says what is not understood. */
export function tokenizerOf(json: unknown): Tokenizer {
  const model = isObject(json) ? objectAt(json, 'model') : null;
  if (!isObject(json) || model === null) throw new Error('no "model" in it');
  const vocabulary = vocabularyOf(model);
  const added = addedTokens(json);
  const idOf = (token: string): number | null => added.get(token) ?? vocabulary.idOf(token);
  const frame = frameOf(json['post_processor'], idOf);
  return tokenizer(normalizerOf(json['normalizer']), preTokenizerOf(json['pre_tokenizer']), vocabulary, frame);
}

/**
 * From the lines of vocab.txt and, where there is one, tokenizer_config.json. Without it a vocabulary with capitals is
 * taken as one that tells case apart. Throws Error.
 */
export function bertTokenizer(lines: readonly string[], config: JsonObject): Tokenizer {
  const numbers = new Map<string, number>();
  for (const [id, token] of lines.entries()) numbers.set(token, id);
  const hasCapitals = lines.some((token) => /\p{Lu}/u.test(token) && !/^\[.*\]$/.test(token));
  const lowers = booleanAt(config, 'do_lower_case') ?? !hasCapitals;
  const unknown = textAt(config, 'unk_token') ?? '[UNK]';
  const vocabulary = wordPiece(numbers, unknown, '##', 100);
  const special = (key: string, otherwise: string): readonly number[] => {
    const token = textAt(config, key) ?? otherwise;
    const id = numbers.get(token);
    if (id === undefined) throw new Error(`no ${token} in it`);
    return [id];
  };
  const normalizer = bertNormalizer({
    cleans: true,
    parts: booleanAt(config, 'tokenize_chinese_chars') ?? true,
    stripsAccents: booleanAt(config, 'strip_accents') ?? lowers,
    lowers,
  });
  const frame = { before: special('cls_token', '[CLS]'), after: special('sep_token', '[SEP]') };
  return tokenizer(normalizer, bertPreTokenizer, vocabulary, frame);
}

interface Frame {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const NO_FRAME: Frame = { before: [], after: [] };

function frameOf(given: unknown, idOf: (token: string) => number | null): Frame {
  if (given === null || given === undefined) return NO_FRAME;
  if (!isObject(given)) throw new NotBuilt('a post_processor that is no object');
  const type = textAt(given, 'type') ?? '';
  switch (type) {
    case 'ByteLevel':
      return NO_FRAME;
    case 'Sequence': {
      const frames = listAt(given, 'processors').map((one) => frameOf(one, idOf));
      return frames.find((one) => one.before.length + one.after.length > 0) ?? NO_FRAME;
    }
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const number = (key: string): number[] => {
        const id = listAt(given, key)[1];
        if (typeof id !== 'number') throw new Error(`no number for ${key}`);
        return [id];
      };
      return { before: number('cls'), after: number('sep') };
    }
    case 'TemplateProcessing':
      return templateFrame(given, idOf);
    default:
      throw new NotBuilt(`the post_processor "${type.slice(0, 40)}"`);
  }
}

function templateFrame(given: JsonObject, idOf: (token: string) => number | null): Frame {
  const frame: { before: number[]; after: number[] } = { before: [], after: [] };
  let isBehind = false;
  for (const step of listAt(given, 'single')) {
    const special = isObject(step) ? objectAt(step, 'SpecialToken') : null;
    if (special === null) {
      isBehind = true;
      continue;
    }
    const token = textAt(special, 'id') ?? '';
    const listed = objectAt(objectAt(given, 'special_tokens') ?? {}, token);
    const [own] = listed === null ? [] : listAt(listed, 'ids');
    const id = typeof own === 'number' ? own : idOf(token);
    if (id === null) throw new Error('a post_processor with a token that is not in the vocabulary');
    (isBehind ? frame.after : frame.before).push(id);
  }
  return frame;
}

/** Texts are normalised a stretch at a time, so that what is held beside a text stays small. */
const STRETCH = 64 * 1024;

function tokenizer(normalize: Normalizer, pieces: PreTokenizer, vocabulary: Vocabulary, frame: Frame): Tokenizer {
  const unknown = vocabulary.parts('\u{10fffd}'.repeat(LONGEST_PIECE))[0]?.id ?? null;
  const encodeStretch = (text: string, offset: number, into: Mutable): void => {
    for (const piece of pieces([normalize(aligned(text))])) {
      const isTooLong = piece.text.length > LONGEST_PIECE;
      const parts = isTooLong
        ? unknown === null
          ? []
          : [{ id: unknown, start: 0, end: piece.text.length }]
        : vocabulary.parts(piece.text);
      let isFirst = true;
      for (const { id, start, end } of parts) {
        into.ids.push(id);
        into.starts.push(offset + (piece.from[start] ?? 0));
        into.ends.push(offset + (piece.to[end - 1] ?? 0));
        into.isFirst.push(isFirst);
        isFirst = false;
      }
    }
  };
  const encodeUnless = (isStopped: () => boolean, text: string): Encoding | null => {
    const into: Mutable = { ids: [], starts: [], ends: [], isFirst: [] };
    for (let at = 0; at < text.length; ) {
      if (isStopped()) return null;
      const end = stretchEnd(text, at);
      encodeStretch(text.slice(at, end), at, into);
      at = end;
    }
    return into;
  };
  return {
    ...frame,
    size: Math.max(vocabulary.size, ...[...frame.before, ...frame.after].map((id) => id + 1)),
    encode: (text) => encodeUnless(() => false, text) ?? { ids: [], starts: [], ends: [], isFirst: [] },
    encodeUnless,
  };
}

interface Mutable {
  readonly ids: number[];
  readonly starts: number[];
  readonly ends: number[];
  readonly isFirst: boolean[];
}

/** At a space, if one is near; else between two characters. */
function stretchEnd(text: string, at: number): number {
  const end = at + STRETCH;
  if (end >= text.length) return text.length;
  for (let i = end; i > end - STRETCH / 2; i--) if (/\s/.test(text.charAt(i))) return i;
  const unit = text.charCodeAt(end);
  return unit >= 0xdc00 && unit <= 0xdfff ? end + 1 : end;
}

/** Longest text that a model was trained to read in tokens, by its config.json; null where it does not say. */
export function longestText(config: JsonObject): number | null {
  const positions = numberAt(config, 'max_position_embeddings');
  if (positions === null || positions < 8) return null;
  // Some count positions from 2 on.
  return /roberta|camembert|xlm|xmod|mpnet/i.test(textAt(config, 'model_type') ?? '') ? positions - 2 : positions;
}
