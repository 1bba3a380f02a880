/**
 * The first step of a tokenizer: Unicode forms, case, accents, as `normalizer` of a tokenizer.json asks for them. Each
 * keeps the alignment with the original. A kind that is not known is refused, since a model reads nonsense after it.
 */
import { type AlignedText, rewritten } from './aligned-text.ts';
import { booleanAt, isObject, type JsonObject, listAt, objectAt, textAt } from './json-reading.ts';
import { precompiled } from './precompiled-map.ts';

export type Normalizer = (text: AlignedText) => AlignedText;

/** Something of a tokenizer that is not built here. */
export class NotBuilt extends Error {}

const CLUSTERS = /\P{M}\p{M}*|\p{M}+/gsu;
const CHARACTERS = /./gsu;
const MARKS = /\p{Mn}/gu;

function unicodeForm(form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): Normalizer {
  return (given) =>
    given.text.normalize(form) === given.text
      ? given
      : rewritten(given, CLUSTERS, (cluster) => cluster.normalize(form));
}

const lowercase: Normalizer = (given) => rewritten(given, CHARACTERS, (one) => one.toLowerCase());

const withoutMarks: Normalizer = (given) => rewritten(given, MARKS, () => '');

const CONTROLS = /[\0\ufffd]|(?![\t\n\r])\p{C}/gu;
const SPACES = /[\t\n\r\p{Zs}]/gu;
const IDEOGRAPHS = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2fa1f}]/gu;

export interface BertOptions {
  readonly cleans: boolean;
  readonly parts: boolean;
  readonly stripsAccents: boolean;
  readonly lowers: boolean;
}

/** What BERT's own tokenizer does before it looks for words. */
export function bertNormalizer({ cleans, parts, stripsAccents, lowers }: BertOptions): Normalizer {
  const steps: Normalizer[] = [];
  if (cleans) {
    steps.push((given) => rewritten(given, CONTROLS, () => ''));
    steps.push((given) => rewritten(given, SPACES, () => ' '));
  }
  if (parts) steps.push((given) => rewritten(given, IDEOGRAPHS, (one) => ` ${one} `));
  if (stripsAccents) steps.push(unicodeForm('NFD'), withoutMarks);
  if (lowers) steps.push(lowercase);
  return inTurn(steps);
}

function inTurn(steps: readonly Normalizer[]): Normalizer {
  return (given) => steps.reduce((text, step) => step(text), given);
}

const NMT_CONTROLS = /[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]/g;
const NMT_SPACES = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g;

/** An expression that matches exactly this text. */
export function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** `pattern` of tokenizer.json: `{"String": …}` or `{"Regex": …}`. Throws NotBuilt. */
export function patternOf(pattern: JsonObject | null): RegExp {
  const literal = pattern === null ? null : textAt(pattern, 'String');
  if (literal !== null && literal !== '') return new RegExp(literally(literal), 'gu');
  const source = pattern === null ? null : textAt(pattern, 'Regex');
  if (source === null || source === '') throw new NotBuilt('a pattern that is neither a String nor a Regex');
  try {
    return new RegExp(source, 'gu');
  } catch {
    throw new NotBuilt('a Regex that JavaScript does not take');
  }
}

/** Throws NotBuilt. */
export function normalizerOf(given: unknown): Normalizer {
  if (given === null || given === undefined) return (text) => text;
  if (!isObject(given)) throw new NotBuilt('a normalizer that is no object');
  const type = textAt(given, 'type') ?? '';
  switch (type) {
    case 'Sequence':
      return inTurn(listAt(given, 'normalizers').map(normalizerOf));
    case 'BertNormalizer': {
      const lowers = booleanAt(given, 'lowercase') ?? true;
      return bertNormalizer({
        cleans: booleanAt(given, 'clean_text') ?? true,
        parts: booleanAt(given, 'handle_chinese_chars') ?? true,
        stripsAccents: booleanAt(given, 'strip_accents') ?? lowers,
        lowers,
      });
    }
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return unicodeForm(type);
    case 'Lowercase':
      return lowercase;
    case 'StripAccents':
      return withoutMarks;
    case 'Precompiled':
      return precompiled(textAt(given, 'precompiled_charsmap') ?? '');
    case 'Nmt':
      return inTurn([
        (text) => rewritten(text, NMT_CONTROLS, () => ''),
        (text) => rewritten(text, NMT_SPACES, () => ' '),
      ]);
    case 'Replace': {
      const pattern = patternOf(objectAt(given, 'pattern'));
      const content = textAt(given, 'content') ?? '';
      return (text) => rewritten(text, pattern, () => content);
    }
    case 'Strip': {
      const left = booleanAt(given, 'strip_left') ?? true;
      const right = booleanAt(given, 'strip_right') ?? true;
      const pattern = left && right ? /^\s+|\s+$/g : left ? /^\s+/g : /\s+$/g;
      return left || right ? (text) => rewritten(text, pattern, () => '') : (text) => text;
    }
    case 'Prepend': {
      const before = textAt(given, 'prepend') ?? '';
      return (text) => (text.text === '' ? text : rewritten(text, /^./gsu, (first) => `${before}${first}`));
    }
    default:
      throw new NotBuilt(`the normalizer "${type.slice(0, 40)}"`);
  }
}
