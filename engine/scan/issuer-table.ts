/**
 * Tables of issuers, a line each, for credentials that have no file of their own: the issuer's word, then a word such as
 * key, token or secret, then a value that looks random. Words in between are read one by one, so that
 * `vendorSECRET-access-key-VALUE`, `vendor: {"api_key": "VALUE"}` and `vendor secret VALUE` are all one form.
 */
import { byteAt, byteSet, isAlnum, isDigit, isIn, isWord, runEnd } from './bytes.ts';
import { type ContextWords, contextWords, wordsOf } from './context.ts';
import type { Passage } from './passage.ts';
import { isStandIn } from './placeholders.ts';
import { isRandom, looksRandom, noiseOf, UUID } from './randomness.ts';
import type { Cue, Recognizer } from './recognizer.ts';
import { spellings } from './spellings.ts';
import { exampleBody, tokenRecognizer } from './token.ts';
import { UNSAID_LENGTH } from './unfinished.ts';

export interface IssuerLine {
  readonly entity: string;
  /** What names the issuer, lower case, with commas between. A space stands for any joint (`acme cloud`, `acme_cloud`, `AcmeCloud`). */
  readonly words?: string;
  /** A word of any text, which names the issuer only right before one for a secret (`front_api_key`, `Front token`). */
  readonly before?: string;
  /** Length of a value; 20 to 128 unless given. */
  readonly min?: number;
  readonly max?: number;
  /** The word means other things as well, so that a value right behind it says nothing without `key` and the like. */
  readonly isCommon?: boolean;
  /** Dots and base64's signs stand in a value, not only letters, digits, dashes and underscores. */
  readonly isDotted?: boolean;
  /** What a value is, where it does not look random. */
  readonly form?: RegExp;
  /** A value of that form. */
  readonly example?: string;
}

export interface PrefixLine {
  readonly entity: string;
  /** With commas between. */
  readonly prefixes: string;
  /** What stands behind the prefix, whole. */
  readonly form: RegExp;
  readonly min: number;
  readonly max: number;
  /** A body of that form, for the example. */
  readonly example: string;
  readonly score?: number;
  /** Characters of the body, where they are others than letters, digits, dash and underscore. */
  readonly body?: string;
}

const PLAIN = byteSet('a-zA-Z0-9_-');
const DOTTED = byteSet('a-zA-Z0-9_.=+/%~-');
/** What stands between names, signs and values. */
const BETWEEN = byteSet(' \t\r\n_.:="\'`\\,>|()[]{}/-');
/** How far between two words, and how many words and line ends before the value. */
const MAX_GAP = 24;
const MAX_WORDS = 9;
const MAX_LINES = 2;
const MAX_FILLERS = 2;
/** Words of any sentence (`the one on file is …`), which lead no further from the issuer. */
const FREE = new Set('the a an one that this on in of for to file is was are it as it its my our your api'.split(' '));

const ASSIGNS =
  /^(?:(?:my|api|app|auth|access|client|consumer|user|account|prod|live|test|dev|rest|private|secret|token|master|admin|server|bot|web|o)*(?:key|token|tok|secret|private|access|password|pass|pat|auth|authorization|bearer|credential)s?(?:[a-z]{0,4})|[a-z]+(?:apikey|token|secret))$/;
const NAMES_SECRET = /(?:key|token|secret|access|crumb|reporter.?id)$/;
/** Where a word in camel case goes on. */
const HUMP = /(?<=[a-z])(?=[A-Z])/;
/** `the key for our account is …`: a word behind one of these tells of the secret, unless the value follows it at once. */
const OF = new Set(['on', 'in', 'of', 'for', 'to']);
/** Words that say that what follows is something else, or belongs to another name. */
const OTHER = new Set(
  `id ids hash sha sha1 sha256 sha512 md5 checksum digest commit rev revision ref version integrity etag uuid guid nonce
trace span request fingerprint url uri host hostname domain endpoint email username path file filename dir region org
account project tag label public publishable thumbprint signature image build branch release resolved npm node modules module
package packages src lib dist www com import from require github issue pull require`.split(/\s+/),
);

export function issuerRecognizer(line: IssuerLine): Recognizer {
  const words = spelled(line);
  const name = `${line.entity.toLowerCase().replaceAll('_', '-')}-credential`;
  const { min = 20, max = 128, form } = line;
  const body = line.isDotted === true ? DOTTED : PLAIN;
  const value = line.example ?? exampleBody(Math.max(min, Math.min(max, 32)));
  const [first = ''] = words;
  const recognizer: Recognizer = {
    name,
    entity: line.entity,
    category: 'credential',
    countries: [],
    reach: { maxLength: Math.max(UNSAID_LENGTH, max) },
    cues: words.map((literal) => ({ literal })),
    labels: labelsOf(words),
    findAtCue(passage: Passage, start: number, end: number, cue: Cue): void {
      if (isAlnum(byteAt(passage.text, start - 1)) && (line.isCommon === true || line.before !== undefined)) return;
      const found = valueBehind(passage, end, { body, min, max, form });
      if (found === null || passage.isRead(name, found.start)) return;
      // `box_token` says both who and what.
      const isAssigned = found.isAssigned || NAMES_SECRET.test(cue.literal);
      if (!isAssigned && (line.isCommon === true || line.before !== undefined || found.isFar)) return;
      passage.markRead(name, found.end);
      passage.report(recognizer, found.start, found.end, isAssigned ? 0.85 : 0.6);
    },
    findLabelled(passage: Passage): void {
      const { text, label } = passage;
      if (text.length < min || text.length > max || runEnd(text, 0, DOTTED, max + 1) !== text.length) return;
      const last = label.list.at(-1) ?? '';
      if (OTHER.has(last) || !label.list.some((word) => ASSIGNS.test(word))) return;
      const written = passage.ascii(0, text.length);
      if (isSecret(written, { body, min, max, form }, true)) passage.report(recognizer, 0, text.length, 0.85);
    },
    hits: [
      {
        text: /^[a-z0-9_]+$/.test(first) ? `${first.toUpperCase()}_API_KEY=${value}` : `${first} api key: ${value}`,
        value,
        atLeast: 0.8,
      },
    ],
    misses: [
      { text: value },
      { text: `${first}_id = ${value}` },
      { text: `${first} key: your-${first}-api-key-goes-here` },
    ],
  };
  return recognizer;
}

export function prefixRecognizer(line: PrefixLine): Recognizer {
  const prefixes = line.prefixes.split(',').map((prefix) => prefix.trim());
  const [first = ''] = prefixes;
  const value = first + line.example;
  return tokenRecognizer({
    name: `${line.entity.toLowerCase().replaceAll('_', '-')}-prefix`,
    entity: line.entity,
    prefixes,
    body: line.body === undefined ? PLAIN : byteSet(line.body),
    min: line.min,
    max: line.max,
    score: (written) => (line.form.test(written) ? (line.score ?? 0.9) : 0),
    hits: [{ text: `token = "${value}"`, value }],
    misses: [{ text: first + 'x'.repeat(line.example.length) }, { text: `${first}your-token-here` }],
  });
}

/** What a word that may mean anything stands before, where it names an issuer. */
const SECRETS = ['api', 'key', 'token', 'secret', 'access'];
/** The issuer's words in all spellings, the first that was given first. */
function spelled({ words = '', before }: IssuerLine): readonly string[] {
  const given = words.split(',').map((word) => word.trim());
  const named = before === undefined ? [] : SECRETS.map((secret) => `${before} ${secret}`);
  return [...new Set([...given.filter((word) => word !== ''), ...named].flatMap(spellings))];
}

function labelsOf(words: readonly string[]): ContextWords {
  return contextWords(...new Set(words.map((word) => wordsOf(word).text.trim())));
}

/** What is looked for behind an issuer's word. */
interface Wanted {
  readonly body: Uint8Array;
  readonly min: number;
  readonly max: number;
  readonly form: RegExp | undefined;
}

/** Whether a value is a secret. Where it `isAssigned`, less noise will do: it need only be no name. */
function isSecret(value: string, { min, form }: Wanted, isAssigned: boolean): boolean {
  if (isStandIn(value)) return false;
  if (form !== undefined) return form.test(value);
  if (UUID.test(value)) return !/^0{8}/.test(value);
  // Hexadecimal reads as words to nobody, but `abcdef` and its like are frequent pairs of letters.
  if (/^(?=.*\d\D*\d)(?=.*[a-f])[0-9a-f]{16,}$/.test(value)) return true;
  if (min < 16) return /\d/.test(value) && (isAssigned || /[a-zA-Z]/.test(value));
  if (looksRandom(value)) return true;
  return isAssigned && isRandom(value) && (noiseOf(value) >= 8 || /^[A-Z0-9]{20,}$/.test(value));
}

interface Found {
  readonly start: number;
  readonly end: number;
  /** A word for a secret stands between. */
  readonly isAssigned: boolean;
  /** Words stand between. */
  readonly isFar: boolean;
}

/** The value that stands behind the issuer's word, which ends at `from`; null where none does. */
function valueBehind(passage: Passage, from: number, wanted: Wanted): Found | null {
  const { text } = passage;
  const { min, max } = wanted;
  let at = from;
  let isAssigned = false;
  let fillers = 0;
  let lines = 0;
  let isOf = false;
  let isOther = false;
  for (let count = 0; count < MAX_WORDS; count++) {
    const gap = at;
    at = runEnd(text, at, BETWEEN, MAX_GAP);
    for (let i = gap; i < at; i++) if (text[i] === 0x0a && ++lines > MAX_LINES) return null;
    const whole = startsValue(text, at, from) ? valueAt(passage, at, wanted, isAssigned, fillers > 0) : null;
    if (whole !== null) return isOther ? null : whole;
    let end = at;
    let digits = 0;
    while (end < text.length && end - at <= max && isAlnum(text[end] as number)) {
      if (isDigit(text[end] as number)) digits++;
      end++;
    }
    if (end === at) return null;
    const written = digits === 0 && end - at <= 40 ? passage.ascii(at, end) : '';
    if (written !== '' && (end - at <= 20 || HUMP.test(written))) {
      const word = written.toLowerCase();
      // `ApiKeyId`: the last part says what it is.
      const parts = written.split(HUMP).map((part) => part.toLowerCase());
      isOther = OTHER.has(word) || OTHER.has(parts.at(-1) ?? '');
      if (isOther && !isOf) return null;
      isOf = OF.has(word) || (isOf && FREE.has(word) && !isOther);
      if (isOther) {
        at = end;
        continue;
      }
      if (ASSIGNS.test(word) || parts.some((part) => ASSIGNS.test(part))) isAssigned = true;
      else if (end - at >= min && end - at >= 16) return valueAt(passage, at, wanted, isAssigned, fillers > 0);
      else if (at > from && !FREE.has(word) && ++fillers > MAX_FILLERS) return null;
      at = end;
      continue;
    }
    return isOther ? null : valueAt(passage, at, wanted, isAssigned, fillers > 0);
  }
  return null;
}

/** A value begins behind space, a sign or a quote; what a dash or stop joins may be the rest of a name. */
function startsValue(text: Buffer, at: number, from: number): boolean {
  const before = byteAt(text, at - 1);
  return at > from && before !== 0x2d && before !== 0x5f && before !== 0x2e && before !== 0x2f;
}

function valueAt(passage: Passage, start: number, wanted: Wanted, isAssigned: boolean, isFar: boolean): Found | null {
  const { text } = passage;
  const { body, min, max } = wanted;
  let end = runEnd(text, start, body, max + 1);
  if (end - start > max) return null;
  const stop = end;
  while (end > start && !isAlnum(byteAt(text, end - 1)) && byteAt(text, end - 1) !== 0x3d) end--;
  while (byteAt(text, end) === 0x3d && end - start < max) end++;
  if (end - start < min) return null;
  const next = byteAt(text, Math.max(end, stop));
  if (isWord(next) || next === 0x28 || (next === 0x2f && !isIn(body, next))) return null;
  if (next === 0x2e && isAlnum(byteAt(text, Math.max(end, stop) + 1))) return null;
  return isSecret(passage.ascii(start, end), wanted, isAssigned) ? { start, end, isAssigned, isFar } : null;
}
