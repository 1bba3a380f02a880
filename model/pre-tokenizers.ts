/**
 * The second step of a tokenizer: the normalised text cut into pieces, each of which is taken apart on its own. As
 * `pre_tokenizer` of a tokenizer.json asks for it; a kind that is not known is refused.
 */
import { AlignedBuilder, type AlignedText, rewritten, sliceOf } from './aligned-text.ts';
import { booleanAt, isObject, listAt, objectAt, textAt } from './json-reading.ts';
import { literally, NotBuilt, patternOf } from './normalizers.ts';

export type PreTokenizer = (pieces: readonly AlignedText[]) => readonly AlignedText[];

/** Pieces between matches, and the matches themselves where they are kept. */
function split(pattern: RegExp, keepsMatches: boolean): PreTokenizer {
  return (pieces) =>
    pieces.flatMap((piece) => {
      const parts: AlignedText[] = [];
      let at = 0;
      const add = (start: number, end: number): void => {
        if (end > start) parts.push(sliceOf(piece, start, end));
      };
      for (const match of piece.text.matchAll(pattern)) {
        add(at, match.index);
        at = match.index + match[0].length;
        if (keepsMatches) add(match.index, at);
      }
      add(at, piece.text.length);
      return parts;
    });
}

/** Each match is a piece, what stands between is left out. */
function pick(pattern: RegExp): PreTokenizer {
  return (pieces) =>
    pieces.flatMap((piece) =>
      [...piece.text.matchAll(pattern)].map((match) => sliceOf(piece, match.index, match.index + match[0].length)),
    );
}

/** Marks of ASCII that Unicode has as symbols count too. */
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/gu;

export const bertPreTokenizer: PreTokenizer = (pieces) => split(PUNCTUATION, true)(split(/\s+/gu, false)(pieces));

/** Words with the space before them, as GPT-2 was trained with. */
const BYTE_LEVEL = /'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Bytes as characters that can be seen: those of Latin-1 that can as themselves, the others from U+0100 on. */
const BYTE_CHARACTERS: readonly string[] = (() => {
  const isShown = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isShown(byte) ? byte : next++));
})();

function asBytes(one: string): string {
  let shown = '';
  for (const byte of Buffer.from(one, 'utf8')) shown += BYTE_CHARACTERS[byte] ?? '';
  return shown;
}

function withSpaceBefore(piece: AlignedText, space: string): AlignedText {
  if (piece.text === '' || piece.text.startsWith(space)) return piece;
  const builder = new AlignedBuilder(piece);
  builder.replace(0, 0, space);
  return builder.end(0);
}

/** Throws NotBuilt. */
export function preTokenizerOf(given: unknown): PreTokenizer {
  if (given === null || given === undefined) return (pieces) => pieces;
  if (!isObject(given)) throw new NotBuilt('a pre_tokenizer that is no object');
  const type = textAt(given, 'type') ?? '';
  switch (type) {
    case 'Sequence': {
      const steps = listAt(given, 'pretokenizers').map(preTokenizerOf);
      return (pieces) => steps.reduce((parts, step) => step(parts), pieces);
    }
    case 'BertPreTokenizer':
      return bertPreTokenizer;
    case 'WhitespaceSplit':
      return split(/\s+/gu, false);
    case 'Whitespace':
      return pick(/[\p{L}\p{M}\p{N}\p{Pc}]+|[^\p{L}\p{M}\p{N}\p{Pc}\s]+/gu);
    case 'Punctuation':
      if ((textAt(given, 'behavior') ?? 'Isolated') !== 'Isolated')
        throw new NotBuilt('Punctuation that is not Isolated');
      return split(PUNCTUATION, true);
    case 'Digits':
      return split(booleanAt(given, 'individual_digits') === true ? /\p{N}/gu : /\p{N}+/gu, true);
    case 'Split': {
      const pattern = patternOf(objectAt(given, 'pattern'));
      const behaviour = textAt(given, 'behavior');
      if (booleanAt(given, 'invert') === true) throw new NotBuilt('a Split that is inverted');
      if (behaviour === 'Isolated') return split(pattern, true);
      if (behaviour === 'Removed') return split(pattern, false);
      throw new NotBuilt(`a Split that is ${behaviour}`);
    }
    case 'Metaspace': {
      const mark = textAt(given, 'replacement') ?? '\u2581';
      const scheme =
        textAt(given, 'prepend_scheme') ?? (booleanAt(given, 'add_prefix_space') === false ? 'never' : 'always');
      const isSplit = booleanAt(given, 'split') ?? true;
      if ([...mark].length !== 1) throw new NotBuilt('a Metaspace of several characters');
      const own = literally(mark);
      // A mark goes with what follows it.
      const words = new RegExp(`${own}?[^${own}]+|${own}`, 'gu');
      return (pieces) => {
        const marked = pieces.map((piece, at) => {
          const spaced = rewritten(piece, / /g, () => mark);
          const isPrefixed = scheme === 'always' || (scheme === 'first' && at === 0);
          return isPrefixed ? withSpaceBefore(spaced, mark) : spaced;
        });
        return isSplit ? pick(words)(marked) : marked;
      };
    }
    case 'ByteLevel': {
      const isPrefixed = booleanAt(given, 'add_prefix_space') ?? true;
      const isSplit = booleanAt(given, 'use_regex') ?? true;
      return (pieces) => {
        const spaced = isPrefixed ? pieces.map((piece) => withSpaceBefore(piece, ' ')) : pieces;
        const parts = isSplit ? pick(BYTE_LEVEL)(spaced) : spaced;
        return parts.map((piece) => rewritten(piece, /./gsu, asBytes));
      };
    }
    default:
      throw new NotBuilt(`the pre_tokenizer "${type.slice(0, 40)}"`);
  }
}
