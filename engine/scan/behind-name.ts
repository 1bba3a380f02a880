/**
 * Where the value begins behind a name, in the ways in which people and programs write the two: `name = "…"`, `**name**:`,
 * the next cell of a table of Markdown or HTML, the value of an input, `name is …`, `the name you asked for: …`, the line
 * below a heading or below the subject of a mail. Says nothing of the value.
 */
import { byteAt, isAlnum } from './bytes.ts';
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

/** Where a value would begin behind the name that ends at `end`; null where nothing joins the two. */
export function behindName(passage: Passage, end: number): Behind | null {
  const behind = passage.ascii(end, Math.min(passage.text.length, end + NEAR));
  const isText = byteAt(passage.text, end) === 0x20 && isAlnum(byteAt(passage.text, end + 1));
  for (const [joint, form] of isText ? IN_TEXT : JOINTS) {
    const gap = form.exec(behind)?.[0];
    if (gap !== undefined && gap !== '' && gap.length < behind.length) return { at: end + gap.length, joint };
  }
  return null;
}
