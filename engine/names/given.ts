/**
 * Names that a model outside of the engine has found in a text, and what the engine needs to know of one to weigh it as
 * it weighs the tagger's own. The engine asks no model: whoever calls it has asked before and hands in the answer.
 */
import type { Gazetteer } from './gazetteer.ts';
import type { NameKind } from './labels.ts';
import { measure, type Name } from './tagger.ts';
import { LINE, Tokens, WORD } from './tokens.ts';
import { classOfMark, describe, folded, technicalOf } from './words.ts';

/** A person, a place or an organisation. */
export interface GivenName {
  readonly kind: NameKind;
  /** Bytes of the text, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** How sure the model is, 0 to 1. */
  readonly confidence: number;
}

export interface NamesInTexts {
  /** A list for each text, by place, without overlaps. */
  readonly names: readonly (readonly GivenName[])[];
  /** False where the model has not read all of them. */
  readonly isWhole: boolean;
}

/** Asks a model for the names in texts (UTF-8). Never rejects. */
export type NameReader = (texts: readonly Buffer[]) => Promise<NamesInTexts>;

/** The model is as good as certain: such a name is weighed as one of which the tagger is sure. */
const CERTAIN = 0.9;
/** More than any lead that is weighed, in units of the tagger's weights. */
const SURE_LEAD = 1000;
const WORDS = /[\p{L}\p{M}\p{N}]+/gu;
/** How far a line is looked at on either side of a name, bytes. */
const LINE_REACH = 200;

/** A given name as one of the tagger's; null for one without letters, or outside of the text. */
export function nameOfGiven(text: Buffer, given: GivenName, gazetteer: Gazetteer): Name | null {
  const { kind, start, end, confidence } = given;
  if (start < 0 || end > text.length || start >= end) return null;
  const words = text.toString('utf8', start, end).match(WORDS) ?? [];
  const [first = '', last = ''] = [words[0], words.at(-1)];
  if (first === '') return null;
  return {
    kind,
    start,
    end,
    lead: confidence >= CERTAIN ? SURE_LEAD : 0,
    words: words.length,
    firstFlags: gazetteer.flags(folded(first.toLowerCase())),
    lastFlags: gazetteer.flags(folded(last.toLowerCase())),
    isTechnical: isTechnicalRound(text, start, end, gazetteer),
  };
}

/** Whether the line round a span reads as code, by the tagger's own measure. */
function isTechnicalRound(text: Buffer, start: number, end: number, gazetteer: Gazetteer): boolean {
  const lineStart = Math.max(text.lastIndexOf(0x0a, Math.max(0, start - 1)) + 1, start - LINE_REACH);
  const lineEnd = text.indexOf(0x0a, end);
  const line = text.subarray(lineStart, Math.min(lineEnd === -1 ? text.length : lineEnd, end + LINE_REACH));
  const tokens = new Tokens();
  tokens.read(line, 0);
  let technical = 0;
  for (let i = 0; i < tokens.count; i++) {
    const kind = tokens.kinds[i];
    if (kind === LINE) continue;
    const mark = tokens.first[i] as number;
    if (kind !== WORD) technical += technicalOf(classOfMark(mark), mark);
    else {
      const word = line.toString('utf8', tokens.starts[i], tokens.ends[i]);
      technical += technicalOf(describe(word, gazetteer).wordClass, 256);
    }
  }
  return measure(technical, tokens.count) >= 2;
}
