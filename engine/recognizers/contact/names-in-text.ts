/**
 * Names of persons, places and organisations, and postal addresses, in running text: what the tagger of engine/names
 * takes for one. It alone makes them medium; a person is high only with evidence beside it: a given and a family name
 * that are both known, or an e-mail address near that holds the name. They have no cues; the scanner calls `findNames`.
 */
import { HIGH, MEDIUM } from '../../../flow/finding.ts';
import { COMMON, FAMILY, FAMILY_RARE, GIVEN } from '../../names/gazetteer.ts';
import { ADDRESS, ORGANISATION, PERSON } from '../../names/labels.ts';
import type { Name } from '../../names/tagger.ts';
import { byteAt, isAlnum, isDigit, isLetter } from '../../scan/bytes.ts';
import type { Passage, Sighting } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { isAskedFor, isNoName } from './person-words.ts';

export const personInText: Recognizer = {
  name: 'person-in-text',
  entity: 'PERSON',
  category: 'personal',
  countries: [],
  reach: { words: 7, maxLength: 120 },
  hits: [
    { text: 'The report was written by Katarzyna Wiśniewska last week.', value: 'Katarzyna Wiśniewska' },
    { text: 'I talked to Michael Thompson about it yesterday.', value: 'Michael Thompson', atLeast: 0.8 },
    { text: 'Yesterday Oluwaseun Adeyemi moved to Leeds.', value: 'Oluwaseun Adeyemi' },
  ],
  misses: [
    { text: 'The Borrower shall repay the Lender.' },
    { text: 'Install Node.js and run npm test.' },
    { text: 'const Person = new Class(Smith);' },
    { text: 'Click Save and then Close Window.' },
    { text: 'Shorten the text below and keep what it says.' },
  ],
};

export const location: Recognizer = {
  name: 'location',
  entity: 'LOCATION',
  category: 'personal',
  countries: [],
  reach: { words: 6, maxLength: 100 },
  hits: [
    { text: 'She moved from Hamburg to Lisbon in May.', value: 'Hamburg' },
    { text: 'He was born in New Zealand.', value: 'New Zealand' },
  ],
  misses: [{ text: 'The value of Local Storage is read at start.' }, { text: 'Run it in Docker or in Kubernetes.' }],
};

export const organization: Recognizer = {
  name: 'organization',
  entity: 'ORGANIZATION',
  category: 'business',
  countries: [],
  reach: { words: 8, maxLength: 140 },
  hits: [
    { text: 'He works for Baker & Sons Ltd in the city.', value: 'Baker & Sons Ltd' },
    { text: 'She studied at the University of Bristol.', value: 'University of Bristol' },
  ],
  misses: [{ text: 'The Test Runner prints a Summary.' }, { text: 'import Foo from "Bar Baz";' }],
};

export const addressInText: Recognizer = {
  name: 'address-in-text',
  entity: 'STREET_ADDRESS',
  category: 'personal',
  countries: [],
  reach: { words: 16, maxLength: 204 },
  isWhole: true,
  hits: [
    {
      text: 'Please deliver it to 14 Willow Crescent, Flat 2, Leeds LS6 2AB by noon.',
      value: '14 Willow Crescent, Flat 2, Leeds LS6 2AB',
    },
  ],
  misses: [
    { text: 'Section 12 Main Loop, page 3' },
    { text: 'Since 1998 Fleet Street has been empty.' },
    { text: 'The clerk asked for Postleitzahl 18366 again.' },
    { text: 'Could you look up Steuernummer 115/631/81402 for me?' },
    { text: 'find Hausnummer 12 in the list' },
  ],
};

export const NAMES_IN_TEXT: readonly Recognizer[] = [personInText, location, organization, addressInText];

/** A name of which the tagger is sure, of which it is not quite, and how sure that is, in units of its weights a token. */
const SURE = 0.6;
const LIKELY = 0.55;
const SURE_FROM = 120;
const EVIDENT = 0.85;
/** How far from a name an e-mail address is looked for, bytes. */
const NEAR = 120;

/**
 * What the other recognizers have seen before the tagger runs, in the order of the text: names are weighed against it.
 * Asked with rising places, so that all questions together go through it once.
 */
export class SeenBefore {
  readonly #sightings: readonly Sighting[];
  #next = 0;

  constructor(sightings: readonly Sighting[]) {
    this.#sightings = sightings.filter((one) => one.score >= MEDIUM).sort((a, b) => a.start - b.start);
  }

  /** Those that overlap a span; of a crowd the first few. */
  within(start: number, end: number): readonly Sighting[] {
    const all = this.#sightings;
    while (this.#next < all.length && (all[this.#next]?.end ?? 0) <= start) this.#next++;
    const overlapping: Sighting[] = [];
    for (let k = this.#next; k < all.length && k < this.#next + CROWD; k++) {
      const one = all[k];
      if (one === undefined || one.start >= end) break;
      if (one.end > start) overlapping.push(one);
    }
    return overlapping;
  }
}

const CROWD = 16;
/** Places among the words that belong to no person's name. */
const CONTINENT = /^(?:america|europe|asia|africa)$/i;

/** Reports a name that the tagger found. What another recognizer has in its place, by the form of a value, goes before. */
export function reportName(passage: Passage, name: Name, seen: SeenBefore): void {
  const recognizer = NAMES_IN_TEXT[name.kind];
  if (recognizer === undefined || isPartOfAnother(passage.text, name) || !isWritten(passage.text, name)) return;
  const trimmed = withoutSentence(passage, name);
  if (trimmed === null) return;
  // `Bye`, `Hi`: a word alone in its line, capital as names are.
  const written = passage.slice(trimmed.start, trimmed.end);
  if (isAskedFor(written)) return;
  if (recognizer === personInText && isNoName(written)) return;
  if (recognizer === location && isNoName(written) && !CONTINENT.test(written)) return;
  let { start, end } = trimmed;
  let score =
    recognizer === personInText && isEvident(passage, name) ? EVIDENT : name.lead >= SURE_FROM ? SURE : LIKELY;
  for (const other of seen.within(start, end)) {
    const { entity, category } = other.recognizer;
    if (recognizer === addressInText && entity === 'STREET_ADDRESS') {
      // The grammar knows that it is one, the tagger how far it reaches.
      start = Math.min(start, other.start);
      end = Math.max(end, other.end);
      score = Math.max(score, other.score);
    } else if (entity === recognizer.entity) {
      // `my name is sarah thompson`: what says that it is a name does not say where it ends.
      if (start <= other.start && other.end <= end) score = Math.max(score, other.score);
    } else if (recognizer !== addressInText || category !== 'personal' || other.score >= HIGH) {
      return;
    }
  }
  passage.report(recognizer, start, end, score);
}

/** Longest name of each kind, bytes. */
const LONGEST = [90, 90, 120, 240];

/** A name is of letters, and an address of letters and digits, in no greater number than an address has. */
function isWritten(text: Buffer, { kind, start, end }: Name): boolean {
  if (end - start > (LONGEST[kind] ?? 0)) return false;
  let [letters, digits, run] = [0, 0, 0];
  let longest = 0;
  for (let i = start; i < end; i++) {
    const byte = byteAt(text, i);
    if (isDigit(byte)) digits++;
    if (isLetter(byte) || byte >= 0x80) {
      letters++;
      run++;
      longest = Math.max(longest, run);
    } else run = 0;
  }
  if (kind !== ADDRESS) return letters > 1 && letters > digits;
  return digits > 0 && longest >= 3 && digits <= letters * 2;
}

/** Words in lower case that an address begins or ends with, among those with capitals. */
const OF_ADDRESSES = new Set(
  `rue avenue boulevard place chemin allée impasse quai cours route résidence bât calle avda av plaza paseo carrer camino ronda
calzada carretera privada via viale piazza corso largo vicolo strada contrada rua avenida travessa praceta alameda rodovia praça
estrada ul ulica al aleja os osiedle pl plac nám náměstí utca u út tér körút flat apt unit house plot apartment suite floor no nr
km piso int interno scala bus bte hs bis ter tv th mf st fszt em as lgh top street road lane drive
strasse straße gasse weg`.split(/\s+/),
);
const FIRST_WORD = /^\p{Ll}[\p{Ll}\p{M}]*(?=[.\s])[.,]?\s+/u;
const LAST_WORD = /[\s,]+(\p{Ll}[\p{Ll}\p{M}]*)$/u;

/**
 * A name without the words of the sentence round it, which a language that the tagger has seen little of may leave at its
 * ends: in lower case, where the name has capitals. Null for a role such as Borrower or Customer, which is nobody's name.
 */
function withoutSentence(passage: Passage, name: Name): { readonly start: number; readonly end: number } | null {
  const isAddress = name.kind === ADDRESS;
  let { start, end } = name;
  // The quick brown fox: words in lower case that are names as well, or common.
  const isWeak = name.lead < SURE_FROM && (name.firstFlags & (GIVEN | COMMON)) !== GIVEN;
  const isDoubtful = isWeak || (name.firstFlags & name.lastFlags & COMMON) !== 0;
  if (isDoubtful && !isAddress && !/\p{Lu}|\p{Lo}/u.test(passage.slice(start, end))) return null;
  if (isAddress && isYear(passage, start, end)) return null;
  if (isAddress) {
    const written = passage.slice(start, end);
    if (NUMBERED.test(written)) return null;
    // A postal code bears its name where there is no street.
    const label = CODE_LABEL.exec(written)?.[0] ?? '';
    if (label !== '' && !/\p{Lu}\p{L}{2}/u.test(written.slice(label.length))) return null;
    start += Buffer.byteLength(label);
  }
  if (isAddress) end = withPostcode(passage, name);
  if (name.words === 1) return name.kind === PERSON && isRole(passage.slice(start, end)) ? null : { start, end };
  let written = passage.slice(start, end);
  if (!/\p{Lu}/u.test(written)) return { start, end };
  if (isAddress) {
    for (let match = FIRST_WORD.exec(written); match !== null; match = FIRST_WORD.exec(written)) {
      if (OF_ADDRESSES.has(match[0].replace(/[.,\s]+$/, ''))) break;
      start += Buffer.byteLength(match[0]);
      written = written.slice(match[0].length);
    }
  } else if (name.kind === ORGANISATION) return { start, end };
  for (let match = LAST_WORD.exec(written); match !== null; match = LAST_WORD.exec(written)) {
    if (isAddress && OF_ADDRESSES.has(match[1] ?? '')) break;
    end -= Buffer.byteLength(match[0]);
    written = written.slice(0, match.index);
  }
  if (name.kind === PERSON && written.split(/\s+/).every(isRole)) return null;
  return { start, end };
}

/** `Steuernummer 115/631/81402`, `Kundennummer 4711`: a word for a number that is no house's. */
const NUMBERED = /^(?!(?:haus|house|huis))\p{L}{3,}(?:nummer|number)\s/iu;
/** `Postleitzahl 10115 Berlin`, `Hausnummer 5`. */
const CODE_LABEL = /^(?:postleitzahl|postcode|zipcode|(?:haus|house|huis)(?:nummer|number))\s+(?=\d)/iu;

/** `in 2008 Wall Street fell`: a year behind a word for a time, and no house number. */
function isYear(passage: Passage, start: number, end: number): boolean {
  if (!/^(?:1[6-9]|20)\d\d\s/.test(passage.ascii(start, Math.min(end, start + 5)))) return false;
  return TIME_WORD.test(passage.slice(Math.max(0, start - 10), start));
}
const TIME_WORD =
  /(?:^|[^\p{L}])(?:in|since|by|until|during|im|seit|bis|en|depuis|desde|hasta|nel|dal|sinds|tot|em|até|od|do|sedan)\s$/iu;

const ROLES = new Set(
  `borrower lender guarantor agent obligor debtor grantor pledgor lessee lessor trustee holder bank company party parties parent
tenant landlord buyer seller purchaser executive employee consultant licensor licensee plaintiff defendant claimant respondent
applicant customer client patient supplier contractor subcontractor employer investor issuer underwriter participant indemnitee`.split(
    /\s+/,
  ),
);

function isRole(word: string): boolean {
  const plain = word.toLowerCase().replace(/['’]s?$|[^\p{L}]/gu, '');
  return ROLES.has(plain) || (plain.endsWith('s') && ROLES.has(plain.slice(0, -1)));
}

/** The second half of a British postcode belongs to the first. */
function withPostcode(passage: Passage, { start, end }: Name): number {
  const isOutward = /[\s,][A-Z]{1,2}\d[A-Z\d]?$/.test(passage.ascii(Math.max(start, end - 5), end));
  const isInward = /^ \d[A-Z]{2}(?![A-Za-z\d])/.test(passage.ascii(end, Math.min(passage.text.length, end + 5)));
  return isOutward && isInward ? end + 4 : end;
}

/** Within a path, an address of the network, an identifier: what stands there is named otherwise. */
function isPartOfAnother(text: Buffer, { start, end }: Name): boolean {
  const before = byteAt(text, start - 1);
  if (before === 0x40) return isAlnum(byteAt(text, start - 2)) || byteAt(text, start - 2) === 0x2e;
  if (before === 0x2f || before === 0x5f || before === 0x24 || before === 0x5c || before === 0x25) return true;
  if ((before === 0x2e || before === 0x2d || before === 0x3d) && isAlnum(byteAt(text, start - 2)))
    return before !== 0x3d;
  const after = byteAt(text, end);
  if (after === 0x5f || after === 0x40 || after === 0x28 || after === 0x5b) return true;
  if (after === 0x2e || after === 0x3a || after === 0x2f)
    return isAlnum(byteAt(text, end + 1)) || (after === 0x3a && byteAt(text, end + 1) === 0x3a);
  return false;
}

const BETWEEN = /[\s,.]+/u;

function isEvident(passage: Passage, name: Name): boolean {
  if (name.isTechnical || name.words < 2 || name.end - name.start > 80) return false;
  const words = passage
    .slice(name.start, name.end)
    .split(BETWEEN)
    .filter((word) => word.length > 1);
  const first = words[0] ?? '';
  const last = words.at(-1) ?? '';
  if (words.length < 2 || !isCapital(first) || !isCapital(last) || isNoName(first) || isNoName(last)) return false;
  if (
    (name.firstFlags & GIVEN) !== 0 &&
    (name.firstFlags & COMMON) === 0 &&
    (name.lastFlags & (FAMILY | FAMILY_RARE)) !== 0
  )
    return (name.lastFlags & COMMON) === 0 || (name.lastFlags & FAMILY) !== 0;
  return hasAddressOf(passage, name, last);
}

function isCapital(word: string): boolean {
  return /^\p{Lu}/u.test(word);
}

/** An e-mail address near by that holds the family name. */
function hasAddressOf(passage: Passage, { start, end }: Name, last: string): boolean {
  const from = Math.max(0, start - NEAR);
  const at = passage.indexOf('@', from);
  if (last.length < 4 || at === -1 || at > end + NEAR) return false;
  const round = passage.ascii(from, Math.min(passage.text.length, end + NEAR)).toLowerCase();
  const plain = last
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  return plain.length >= 4 && new RegExp(`[\\w.+-]*${plain}[\\w.+-]*@`).test(round);
}
