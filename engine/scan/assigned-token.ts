/**
 * Credentials whose shape alone says little (32 hexadecimal digits, 40 letters): they count where the issuer is named
 * and the value stands where a value stands, after a name, a header or a flag. The gate finds the issuer's word; round
 * it, a bounded stretch is searched once for runs of the right characters and length.
 */
import type { Category } from '../../flow/finding.ts';
import { byteAt, isAlnum, isIn, isWord, runEnd } from './bytes.ts';
import { type ContextWords, contextWords, type Words, wordsOf } from './context.ts';
import type { Passage } from './passage.ts';
import { isStandIn } from './placeholders.ts';
import { isRandom } from './randomness.ts';
import type { Cue, HitExample, MissExample, Recognizer } from './recognizer.ts';
import { spellings } from './spellings.ts';

export interface AssignedTokenSpec {
  readonly name: string;
  readonly entity: string;
  readonly category?: Category;
  /** What names the issuer, in either case: `datadog`, `dd_api_key`, `api.datadoghq.com`; a space is any joint. The rarer the better: each place is looked at. */
  readonly words: readonly string[];
  /** A word counts only where no letter or digit stands before it (`MY_DD_API_KEY` still holds `dd_api_key`); for short ones. */
  readonly startsWord?: boolean;
  /** Characters of a value, without the equals signs that pad it. */
  readonly body: Uint8Array;
  /** Equals signs at the end belong to the value, and count in its length. */
  readonly isPadded?: boolean;
  readonly min: number;
  readonly max: number;
  /** The only lengths that there are, between `min` and `max`. */
  readonly lengths?: readonly number[];
  /** What else a value must be. Unless given: letters and digits mixed as chance mixes them, and no UUID. */
  shape?(value: string): boolean;
  /** Score under the issuer's name alone (`datadog = …`); 0.6 unless given. */
  readonly near?: number;
  /** Score where a word such as key, token or secret names the value as well; 0.9 unless given. */
  readonly assigned?: number;
  /** Score right behind the issuer's name, with nothing but space between (`wandb 4f…`); none unless given. */
  readonly bare?: number;
  /** What it finds may hold values of other kinds (a JWT), which are not reported beside it. */
  readonly isWhole?: boolean;
  /** Last words of a name that do not speak against a secret here: `id`, `sid`. */
  readonly allowedNames?: readonly string[];
  readonly hits: readonly HitExample[];
  readonly misses: readonly MissExample[];
}

/** How far from the issuer's word a value is looked for, bytes: a header before a host, a key below a section's name. */
const BEFORE = 160;
const AFTER = 120;
/** And how many line ends may lie between. */
const LINES_BEFORE = 1;
const LINES_AFTER = 2;

export function assignedToken(spec: AssignedTokenSpec): Recognizer {
  const words = [...new Set(spec.words.flatMap((word) => spellings(word.toLowerCase())))];
  const recognizer: Recognizer = {
    name: spec.name,
    entity: spec.entity,
    category: spec.category ?? 'credential',
    countries: [],
    ...(spec.isWhole === true ? { isWhole: true } : {}),
    cues: words.map((literal): Cue => ({ literal })),
    labels: labelsOf(words),
    findAtCue(passage: Passage, start: number, end: number): void {
      const text = passage.text;
      if (spec.startsWord === true && isAlnum(byteAt(text, start - 1))) return;
      const to = lineBound(text, end, 1, AFTER, LINES_AFTER);
      // Each place is looked at once, however many of the issuer's words stand round it.
      let at = Math.max(passage.readTo(spec.name), lineBound(text, start, -1, BEFORE, LINES_BEFORE));
      passage.markRead(spec.name, to);
      while (at < to) {
        if (!isIn(spec.body, byteAt(text, at)) || (at > 0 && isIn(spec.body, byteAt(text, at - 1)))) {
          at++;
          continue;
        }
        at = Math.max(at + 1, readRun(passage, at));
      }
    },
    findLabelled(passage: Passage): void {
      const text = passage.text;
      const scheme = SCHEME.exec(passage.ascii(0, Math.min(text.length, 16)))?.[0].length ?? 0;
      const end = valueEnd(text, scheme, spec);
      if (end !== text.length) return;
      const { list } = passage.label;
      passage.report(recognizer, scheme, end, scoreOf(passage.ascii(scheme, end), list, true));
    },
    hits: spec.hits,
    misses: spec.misses,
  };

  /** Looks at the run that begins at `start`; returns where it ends. */
  function readRun(passage: Passage, start: number): number {
    const text = passage.text;
    const end = valueEnd(text, start, spec);
    if (end === 0) return runEnd(text, start, spec.body, spec.max + BEFORE);
    const name = nameOf(passage, start);
    if (name === null) return end;
    if (/(?:^|\W)(?:default|value)$/i.test(name.text)) {
      // `variable "vendor_api_token" { default = …`: what is named stands before.
      const above = wordsOf(passage.ascii(Math.max(0, start - BEFORE), start)).list.filter(
        (word) => !/^(?:default|value|type|string|description)$/.test(word),
      );
      passage.report(recognizer, start, end, scoreOf(passage.ascii(start, end), above.slice(-4), false));
      return end;
    }
    const lower = name.text.toLowerCase();
    const isIssuers = words.some((word) => lower.includes(word));
    // In a sentence or list the word directly before says what stands there, or nothing does.
    const names = name.joint === 'space' ? name.words.list.slice(-2) : name.words.list.slice(-4);
    const value = passage.ascii(start, end);
    const isBare = spec.bare !== undefined && name.joint === 'space' && words.includes(lower.split(' ').at(-1) ?? '');
    const score = scoreOf(value, names, (isIssuers && name.joint !== 'space') || isBare);
    passage.report(recognizer, start, end, isBare ? Math.min(score, spec.bare ?? 0) : score);
    return end;
  }

  function scoreOf(value: string, names: readonly string[], isIssuers: boolean): number {
    const last = names.at(-1)?.replace(/\d+$/, '') ?? '';
    if (NO_SECRET.has(last) && spec.allowedNames?.includes(last) !== true) return 0;
    if (names.some((word) => word === 'public' || word === 'publishable')) return 0;
    const isAssigned = names.some((word) => ASSIGNS.test(word));
    if (!isAssigned && !isIssuers) return 0;
    if (isStandIn(value) || !(spec.shape ?? isRandom)(value)) return 0;
    return isAssigned ? (spec.assigned ?? 0.9) : (spec.near ?? 0.6);
  }

  return recognizer;
}

/** Words that say that what they name is a secret; also at the end of a longer one (`apikey`). */
const ASSIGNS =
  /(?:key|token|secret|password|passwd|passwort|passphrase|authorization|credential)s?\d*$|^(?:pwd|pass|pat|pats|auth|cred|creds|bearer|access|private|jwt)$/;

/** Last words of a name that say that it is something else. */
const NO_SECRET = new Set(
  `id ids hash sha sha1 sha256 sha512 md5 checksum digest commit rev revision ref version integrity etag uuid guid nonce
trace span request fingerprint url uri host hostname domain endpoint email user username path file filename name region
org account project tag label publishable thumbprint signature image build branch release`.split(/\s+/),
);

const SCHEME = /^(?:bearer|token|basic|apikey|bot|key)\s+/i;
/** What may stand before a value within its quotes: a scheme of RFC 9110 §11. */
const SCHEME_BEFORE = /\b(?:bearer|basic|apikey|sso-key|genericapikey)(?:\s+|%20)$/i;
/** A header that names a scheme of the issuer's own: `Authorization: SSWS …`. */
const HEADER_BEFORE = /\bauthorization\\?["']?\s*[:=,]\s*\\?["']?[\w-]+\s+$/i;

function labelsOf(words: readonly string[]): ContextWords {
  // A host names no field.
  const named = words.filter((word) => !/\.(?:com|io|net|org|ai|dev|app|co)\b/.test(word));
  return contextWords(...new Set(named.map((word) => wordsOf(word).text.trim())));
}

/** Where the search ends, going from `from` by `step`: after so many line ends or bytes. */
function lineBound(text: Buffer, from: number, step: 1 | -1, reach: number, lines: number): number {
  const last = step === 1 ? Math.min(text.length, from + reach) : Math.max(0, from - reach);
  let left = lines;
  let i = from;
  while (i !== last) {
    if (text[step === 1 ? i : i - 1] === 0x0a && left-- === 0) break;
    i += step;
  }
  return i;
}

/** End of a value that begins at `start`; 0 where its length is another or it is part of something longer. */
function valueEnd(text: Buffer, start: number, spec: AssignedTokenSpec): number {
  let end = runEnd(text, start, spec.body, spec.max + 1);
  if (spec.isPadded === true) while (end < start + spec.max && byteAt(text, end) === 0x3d) end++;
  // A sentence's full stop, or a dash that ends a clause, is not part of it.
  if (end - start <= spec.max) while (end > start && isJoint(byteAt(text, end - 1))) end--;
  const length = end - start;
  if (length < spec.min || length > spec.max) return 0;
  if (spec.lengths !== undefined && !spec.lengths.includes(length)) return 0;
  const next = byteAt(text, end);
  // Longer than it may be, a call, a path, the first label of a host.
  if (isWord(next) || next === 0x28 || next === 0x2f) return 0;
  if (isJoint(next) && isAlnum(byteAt(text, end + 1))) return 0;
  return end;
}

function isJoint(byte: number): boolean {
  return byte === 0x2e || byte === 0x2d;
}

interface Name {
  /** Between name and value stands a sign or a quote, or nothing but space. */
  readonly joint: 'sign' | 'space';
  readonly text: string;
  readonly words: Words;
}

/** Longest name that is looked at, the words of a sentence before it included, bytes. */
const MAX_NAME = 56;
/** `vendor-token-VALUE`: a value glued to its name. */
const GLUED = /[\w-]*(?:key|token|secret|private|access)[-_]$/i;
/** Tags of a page between a name and its value: `<th>name</th><td>`. A tag of another kind is a name itself. */
const TAGS =
  /(?:<\/?(?:t[dhr]|d[dlt]|li|[bip]|br|em|strong|code|kbd|pre|span|div|label|small|h[1-6])\b[^<>]{0,40}>\s*){2,}$/i;
const NAME_END = /[\w.$-]+(?: {1,3}[\w.$-]+){0,3}$/;

/** The start of a sentence that names nothing of its own, but what the line above named: `The one on file is …`. */
const POINTS_BACK =
  /^[\s>*-]{0,8}(?:(?:here|so|and|now|the|this|that|it|its|one|value|current|new|latest|i|we|have|on|file|is|was|are) ?('s|:)?[ \t]*){1,8}["'`]?$/i;

/** What stands in the last line that is not blank: a heading, a field of a form, a sentence that ends in the name. */
function nameAbove(above: string): Name | null {
  const lines = above.trimEnd().split('\n');
  if (above.length - above.trimEnd().length > 4) return null;
  const head = (lines.at(-1) ?? '').replace(/[\s:*"'`]+$/, '').replace(/ (?:is|are|was|ist|est|es)$/i, '');
  const name = NAME_END.exec(head)?.[0] ?? '';
  return name === '' ? null : { joint: 'sign', text: name, words: wordsOf(name) };
}

/** The name that a value at `at` stands under; null where it does not stand as a value. */
function nameOf(passage: Passage, at: number): Name | null {
  let before = passage.ascii(Math.max(0, at - MAX_NAME - 24), at);
  const line = before.lastIndexOf('\n');
  if (line !== -1) {
    const own = before.slice(line + 1);
    if (own.trim() === '' || POINTS_BACK.test(own)) return nameAbove(before.slice(0, line));
    before = own;
  }
  before = before.replace(TAGS, ': ');
  const scheme = SCHEME_BEFORE.exec(before);
  if (scheme !== null) {
    const text = scheme[0].trim();
    return { joint: 'sign', text: before, words: wordsOf(text) };
  }
  if (HEADER_BEFORE.test(before)) return { joint: 'sign', text: before, words: wordsOf('authorization') };
  const glued = GLUED.exec(before);
  if (glued !== null) return { joint: 'sign', text: glued[0], words: wordsOf(glued[0]) };
  const parts = /(^|.*?[\w\])}"'`*])(\s*)(=>|->|:=|==?=?|[:=>,(|]|\?=)?(\s*)(\\?["'`]|\\"|&quot;)?$/s.exec(before);
  if (parts === null) return null;
  const [, head = '', gapBefore = '', sign, gapAfter = ''] = parts;
  const isSpaced = gapBefore !== '' || gapAfter !== '';
  const open = head.replace(/[\\"'`\])}*]+$/, '');
  const name = NAME_END.exec(open)?.[0] ?? '';
  if (name === '' || (sign === undefined && !isSpaced)) return null;
  const plain = sign === undefined ? name.replace(/ (?:is|are|was|to|with|ist|est|es)$/i, '') : name;
  return { joint: sign === undefined ? 'space' : 'sign', text: plain, words: wordsOf(plain) };
}
