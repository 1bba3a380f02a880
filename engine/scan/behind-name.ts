/**
 * Where the value begins behind a name, in the ways in which people and programs write the two: `name = "…"`, `**name**:`,
 * the next cell of a table of Markdown or HTML, the value of an input, `name is …`, `the name you asked for: …`, the line
 * below a heading or below the subject of a mail. Says nothing of the value.
 */
import { byteAt, isAlnum, isLetter } from './bytes.ts';
import type { Passage } from './passage.ts';

/** How a name and its value are joined, from what assigns to what only stands beside. */
export type Joint = 'sign' | 'markup' | 'sentence' | 'line' | 'space';

export interface Behind {
  readonly at: number;
  readonly joint: Joint;
}

/** Bytes behind the name that are looked at. */
const NEAR = 120;
const QUOTES = '\\\\?(?:["\'`*(]|&quot;){0,2}';
/** Signs that close a name: of a quotation, of bold type, of a key of JSON in JSON. */
const CLOSING = '(?:\\\\?["\'`*)\\]]|&quot;){0,3}';
const TAG = '</?[a-z][^<>]{0,24}>\\s{0,3}';
const IS = '(?:is|was|are|ist|lautet|est|es)';
const POINTS_BACK =
  "(?:(?:here|so|now|the|this|that|it|its|one|value|current|new|on|file|is|was|are)\\b ?(?:'s|:)? ?){0,8}";

const JOINTS: readonly (readonly [Joint, RegExp])[] = [
  ['markup', /^["'] value=["']/],
  ['markup', new RegExp(`^${CLOSING}\\s?(?:${TAG}){1,4}`, 'i')],
  ['line', new RegExp(`^${CLOSING}:?[ \\t]*(?:\\r?\\n[ \\t>-]{0,8}){1,3}${POINTS_BACK}${QUOTES}`, 'i')],
  ['sign', new RegExp(`^${CLOSING}[ \\t]{0,4}(?:=>|:=|[:=|,;>])[ \\t|]{0,4}${QUOTES}`)],
  [
    'sentence',
    new RegExp(`^${CLOSING}(?: [A-Za-z']{1,12}){0,4} ${IS}:? ?:? {0,2}(?:\\r?\\n[ \\t\\r\\n]{1,8})?${QUOTES}`, 'i'),
  ],
  ['sentence', new RegExp(`^${CLOSING}(?: [A-Za-z']{1,12}){1,5}: ?${QUOTES}`)],
  ['space', new RegExp(`^${CLOSING} {1,2}${QUOTES}`)],
];

/** Those that a word right behind the name may be part of; with it, names in running text cost the least. */
const IN_TEXT = JOINTS.filter(([joint]) => joint === 'sentence' || joint === 'space');
const SPACED = JOINTS.filter(([joint]) => joint === 'space');

/** Words of a sentence between the name and what says that the value follows. */
const MAX_WORDS = 6;

/** Whether one of the next words begins like `is`, or a colon follows it: without, no sentence leads to a value. */
function mayBeSentence(text: Uint8Array, from: number): boolean {
  let at = from;
  for (let words = 0; words < MAX_WORDS && byteAt(text, at) === 0x20; words++) {
    const start = at + 1;
    at = start;
    while (isLetter(byteAt(text, at)) || byteAt(text, at) === 0x27) at++;
    if (at === start) return false;
    if (byteAt(text, at) === 0x3a || beginsLikeIs(text, start)) return true;
  }
  return false;
}

/** `is`, `ist`, `was`, `are`, `es`, `est`, `lautet` and what begins so. */
function beginsLikeIs(text: Uint8Array, start: number): boolean {
  const first = byteAt(text, start) | 0x20;
  const second = byteAt(text, start + 1) | 0x20;
  if (second === 0x73) return first === 0x69 || first === 0x65;
  return (
    (first === 0x77 && second === 0x61) || (first === 0x61 && second === 0x72) || (first === 0x6c && second === 0x61)
  );
}

/** Where a value would begin behind the name that ends at `end`; null where nothing joins the two. */
export function behindName(passage: Passage, end: number): Behind | null {
  const { text } = passage;
  const isText = byteAt(text, end) === 0x20 && isAlnum(byteAt(text, end + 1));
  const forms = !isText ? JOINTS : mayBeSentence(text, end) ? IN_TEXT : SPACED;
  const behind = passage.ascii(end, Math.min(text.length, end + NEAR));
  for (const [joint, form] of forms) {
    const gap = form.exec(behind)?.[0];
    if (gap !== undefined && gap !== '' && gap.length < behind.length) return { at: end + gap.length, joint };
  }
  return null;
}
