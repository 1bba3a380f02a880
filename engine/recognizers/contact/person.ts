/**
 * Names of persons where the text says that it is one: after a title, in a greeting, a signature or an introduction,
 * beside a label or key, before an e-mail address. It reads no running text for names: that takes a model of language.
 * High scores need two words and such evidence, since a word taken for a name in error costs the reader its meaning.
 */

import { byteAt, byteSet, isAlnum, isUpper, runEnd, runStart } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Cue, Recognizer } from '../../scan/recognizer.ts';
import { isGivenName } from './given-names.ts';
import {
  FIRST,
  isKnownName,
  LOWER_NAME,
  NAME_IN_CAPITALS,
  type Name,
  NEXT,
  nameAt,
  REVERSED,
  startsGiven,
  WINDOW,
  weight,
} from './person-name.ts';
import { endsTitledName, isNoName } from './person-words.ts';

/** End of the run of these characters that begins at `at`. */
function skip(text: Buffer, at: number, characters: string): number {
  let set = SKIPPED.get(characters);
  if (set === undefined) {
    set = byteSet(characters);
    SKIPPED.set(characters, set);
  }
  return runEnd(text, at, set, 200);
}
const SKIPPED = new Map<string, Uint8Array>();

type Finder = (passage: Passage, start: number, end: number) => void;

function report(passage: Passage, name: Name, score: number): void {
  if (score > 0) passage.report(person, name.start, name.end, score);
}

/** `Mr. John Smith`, `Dr. Jane`, `Frau Müller`. */
const afterTitle: Finder = (passage, start, end) => {
  const text = passage.text;
  const at = skip(text, byteAt(text, end) === 0x2e ? end + 1 : end, ' ');
  if (at === end || at > end + 3) return;
  // `Prof. Dr. Jane Doe`: the last title of a row finds it.
  const name = nameAt(passage, at, undefined, endsTitledName);
  if (name === null) return;
  const isGreeted = /(?:dear|geehrte[rs]?|liebe[rs]?|estimad[oa]|cher|chère)\s$/i.test(
    passage.slice(Math.max(0, start - 12), start),
  );
  report(passage, name, weight(name) >= 2 ? 0.9 : isGreeted ? 0.8 : 0.7);
};

/** `Dear Jane Doe,` `Hi Jane,` */
const afterGreeting: Finder = (passage, start, end) => {
  const text = passage.text;
  if (!isUpper(byteAt(text, start)) && start > 0 && byteAt(text, start - 1) !== 0x0a) return;
  const at = skip(text, end, ' ,');
  if (at === end) return;
  const name = nameAt(passage, at);
  if (name === null) return;
  const isFormal = /^(?:dear|liebe|sehr|estimad|querid|ch[eè]r|beste|gentile|prezad)/i.test(passage.slice(start, end));
  const isClosed = /^\s*(?:[,!:.\n\r-]|–|—|and\b|&|$)/.test(name.rest);
  const isGiven = startsGiven(name);
  if (weight(name) >= 2) report(passage, name, isGiven ? 0.85 : isFormal && isClosed ? 0.8 : 0.3);
  else report(passage, name, isGiven ? (isFormal ? 0.7 : isClosed ? 0.6 : 0.3) : isFormal && isClosed ? 0.5 : 0.2);
};

/** `Best regards,` and the name alone on the next line that is not empty, or all that follows on the same one. */
const afterClosing: Finder = (passage, _start, end) => {
  const text = passage.text;
  let at = skip(text, end, ' ,.!-');
  let isSameLine = false;
  // The line end may be written as an escape.
  if (byteAt(text, at) === 0x5c && (byteAt(text, at + 1) === 0x6e || byteAt(text, at + 1) === 0x72)) {
    while (byteAt(text, at) === 0x5c && /[nr]/.test(String.fromCharCode(byteAt(text, at + 1)))) at += 2;
  } else if (byteAt(text, at) === 0x0a || byteAt(text, at) === 0x0d) at = skip(text, at, ' \r\n\t>-');
  else isSameLine = true;
  const name = nameAt(passage, at);
  if (name === null || (isSameLine && (at === end || !startsGiven(name)))) return;
  if (!/^(?:[\s.,|(<]*(?:[\r\n\\|(<,]|$))/.test(name.rest.slice(0, 6))) return;
  const isGiven = startsGiven(name);
  if (weight(name) >= 2) report(passage, name, isGiven ? 0.9 : 0.75);
  else report(passage, name, isGiven ? (isSameLine ? 0.5 : 0.65) : 0.3);
};

/** `my name is Jane Doe`: sure of it. */
const afterIntroduction: Finder = (passage, _start, end) => {
  const at = skip(passage.text, end, ' :');
  if (at === end) return;
  const name = nameAt(passage, at) ?? nameAt(passage, at, NAME_IN_CAPITALS);
  if (name !== null) {
    report(passage, name, weight(name) >= 2 ? 0.9 : 0.8);
    return;
  }
  const lower = nameAt(passage, at, LOWER_NAME);
  if (lower === null || !startsGiven(lower)) return;
  // Of lower-case words only the first two can be told to belong to it, and the second only by what follows.
  const first = lower.words[0] ?? '';
  const isTwo =
    lower.words.length >= 2 &&
    !isNoName(lower.words[1] ?? '') &&
    lower.words.length === 2 &&
    /^[\s]*[,.!\n]|^$/.test(lower.rest);
  const taken = isTwo ? lower.words.slice(0, 2).join(' ') : first;
  passage.report(person, at, at + Buffer.byteLength(taken), 0.8);
};

/** `I'm Jane Doe`, `I am Jane`: as often something else follows. */
const afterIAm: Finder = (passage, _start, end) => {
  const at = skip(passage.text, end, ' ');
  if (at === end) return;
  const name = nameAt(passage, at);
  if (name === null) return;
  if (startsGiven(name)) report(passage, name, weight(name) >= 2 ? 0.85 : 0.6);
  else report(passage, name, 0.3);
};

/** `patient John Smith`, `client: Jane Doe`. */
const afterRole: Finder = (passage, _start, end) => {
  const text = passage.text;
  const isLabel = byteAt(text, end) === 0x3a;
  const at = skip(text, isLabel ? end + 1 : end, ' ,');
  if (at === end || (isLabel && at === end + 1)) return;
  const name = nameAt(passage, at) ?? (isLabel ? nameAt(passage, at, REVERSED) : null);
  if (name === null || weight(name) < 2) return;
  report(passage, name, startsGiven(name) ? 0.85 : isLabel ? 0.6 : 0.45);
};

/** Keys and labels that name a person and nothing else. */
const STRONG_KEY =
  /(?:^|[^a-z])(?:full|first|last|middle|maiden|given|family|sur|patient|customer|client|employee|contact|recipient|cardholder|card ?holder|account ?holder|passenger|guest|student|applicant|candidate|insured|beneficiary|spouse|mother'?s?|father'?s?|legal|preferred|sender|payee|tenant|member|borrower|nominee|holder)[\s_-]?name$/i;
const NAME_KEY =
  /(?:^|[^a-z])(?:nom|nombre|apellidos?|vorname|nachname|familienname|nome|cognome|naam|voornaam|achternaam|pr[ée]nom)$/i;

/** `name: Jane Doe`, `"full_name": "Jane Doe"`, `firstName=Jane`. */
const afterNameKey: Finder = (passage, start, end) => {
  const text = passage.text;
  let i = skip(text, end, '"\'\\`*');
  const isQuotedKey = i > end;
  i = skip(text, i, ' \t');
  const sign = byteAt(text, i);
  if ((sign !== 0x3a && sign !== 0x3d) || byteAt(text, i + 1) === sign) return;
  i = skip(text, i + 1, ' \t>*');
  const quoteAt = skip(text, i, '\\');
  const quote = byteAt(text, quoteAt);
  const isQuoted = quote === 0x22 || quote === 0x27 || quote === 0x60;
  if (isQuoted) i = quoteAt + 1;
  const first = byteAt(text, i);
  const isCapital = isUpper(first) || first >= 0xc3;
  if (!isCapital && !isQuoted) return;
  // `"name":` alone, the most common key of all, needs a name that is known; nothing else is read for it.
  const before = byteAt(text, start - 1);
  const mayBeStrong =
    isAlnum(before) ||
    before === 0x5f ||
    before === 0x2d ||
    before === 0x20 ||
    byteAt(text, end - 4) !== byteAt(text, start);
  const key = mayBeStrong ? passage.slice(Math.max(0, start - 18), end).replace(/([a-z])([A-Z])/g, '$1 $2') : '';
  const isStrong = mayBeStrong && (STRONG_KEY.test(key) || NAME_KEY.test(key));
  if (isStrong) reportStrong(passage, i, isQuoted, isQuotedKey || sign === 0x3a);
  else if (isCapital && !/[\w$.-]$/.test(key.slice(0, -4))) reportPlain(passage, i, isQuoted, isQuotedKey);
};

/** In quotes the name is all of the value; elsewhere the line or the sentence goes on behind it. */
function isAllOf(name: Name, isQuoted: boolean): boolean {
  return isQuoted ? /^\\?["'`]/.test(name.rest) : /^\s*(?:[\r\n,;|)}&<\\]|\.(?!\p{L})|$|\s\s|\()/u.test(name.rest);
}

/** `isLabel`: a key in quotes or a colon, rather than an assignment in code. */
function reportStrong(passage: Passage, at: number, isQuoted: boolean, isLabel: boolean): void {
  const name = nameAt(passage, at, REVERSED) ?? nameAt(passage, at) ?? nameAt(passage, at, NAME_IN_CAPITALS);
  if (name === null) {
    const lower = isQuoted ? nameAt(passage, at, LOWER_NAME) : null;
    if (lower === null || !isAllOf(lower, true)) return;
    report(passage, lower, startsGiven(lower) ? 0.7 : isLabel && isKnownName(lower) ? 0.6 : 0);
    return;
  }
  const isFull = weight(name) >= 2;
  const isGiven = startsGiven(name);
  if (!isAllOf(name, isQuoted)) report(passage, name, isFull && isGiven && !isQuoted ? 0.8 : 0);
  else if (isFull || isGiven) report(passage, name, isGiven || isLabel || !isQuoted ? 0.85 : 0.7);
  else report(passage, name, isLabel ? 0.8 : 0.4);
}

function reportPlain(passage: Passage, at: number, isQuoted: boolean, isQuotedKey: boolean): void {
  const text = passage.text;
  let wordEnd = at;
  while (wordEnd - at < 24 && (isAlnum(byteAt(text, wordEnd)) || byteAt(text, wordEnd) >= 0x80)) wordEnd++;
  if (!isGivenName(passage.slice(at, wordEnd))) return;
  const name = nameAt(passage, at);
  if (name === null) return;
  const isAll = isAllOf(name, isQuoted);
  if (weight(name) >= 2) report(passage, name, isAll ? 0.85 : 0.6);
  else report(passage, name, isAll && !isQuoted && !isQuotedKey ? 0.5 : 0);
}

/** `Jane Doe <jane@example.com>`, `Jane Doe, jane.doe@example.com`. */
const beforeAddress: Finder = (passage, at) => {
  const text = passage.text;
  const local = runStart(text, at, LOCAL, 64);
  if (local === at) return;
  const touching = byteAt(text, local - 1);
  if (isAlnum(touching) || touching === 0x40 || touching === 0x2f) return;
  const from = Math.max(0, local - 72);
  const before = passage.slice(from, local);
  const match = BEFORE_ADDRESS.exec(before);
  if (match?.groups === undefined) return;
  const written = match.groups['name'] ?? '';
  const joint = match.groups['joint'] ?? '';
  const words = written.split(/[ \u00a0]/u).filter((word) => /^\p{Lu}[\p{Ll}'’]/u.test(word));
  if (words.length < 2) return;
  const plain = passage
    .ascii(local, at)
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  const isInAddress = words.some(
    (word) =>
      word.length >= 3 &&
      plain.includes(
        word
          .normalize('NFD')
          .toLowerCase()
          .replace(/[^a-z]/g, ''),
      ),
  );
  if (!isInAddress && words.some((word) => isNoName(word))) return;
  const isGiven = isGivenName(words[0] ?? '');
  const isBracketed = joint.includes('<') || joint.includes('(');
  const score = isInAddress ? 0.85 : isGiven ? (isBracketed ? 0.85 : 0.5) : isBracketed ? 0.6 : 0;
  const lead = match.groups['lead'] ?? '';
  // Counted from the end: what stands before the name need not be valid UTF-8.
  const begin = local - Buffer.byteLength(before.slice(match.index + lead.length));
  if (score > 0) passage.report(person, begin, begin + Buffer.byteLength(written), score);
};
const LOCAL = byteSet("a-zA-Z0-9_.+%'-");
const BEFORE_ADDRESS = new RegExp(
  `(?<lead>^|[^\\p{L}])(?<name>${FIRST}${NEXT}{1,3})(?<joint>["']?(?: at| via)?[ ,:;\\u00a0]{0,3}[<(\\[]?(?:mailto:)?)$`,
  'u',
);

const TITLES = `Mr, Mrs, Ms, Miss, Mx, Dr, Prof, Professor, Sir, Madam, Herr, Herrn, Frau, Monsieur, Madame, Mme,
Mlle, Señor, Señora, Sra, Signor, Signora, Sig, Dhr, Mevr, Mevrouw, Meneer, Senhor, Senhora, Pan,
Pani, Doctor, MR, MRS`.split(/,\s/);
const GREETINGS = `dear, hi, hello, hey, hallo, liebe, lieber, estimado, estimada, querido, querida, cher, chère,
bonjour, ciao, beste, gentile, prezado, prezada, hola, good morning, good afternoon, good evening,
guten tag`.split(/,\s/);
const CLOSINGS = `regards, sincerely, thanks, thank you, cheers, best wishes, yours truly, yours faithfully, warmly,
respectfully, cordially, many thanks, all the best, freundlichen grüßen, freundlichen grüssen,
viele grüße, liebe grüße, cordialement, saludos, atentamente, cordiali saluti, vriendelijke groet,
vriendelijke groeten, atenciosamente, best, signed`.split(/,\s/);
const INTRODUCTIONS = `my name is, name is, my full name is, mein name ist, ich heiße, ich heisse, je m'appelle,
je m’appelle, mon nom est, me llamo, mi nombre es, mi chiamo, il mio nome è, ik heet, mijn naam is,
meu nome é, me chamo, patient name is, nazywam się`.split(/,\s/);
const I_AM = `i'm, i’m, i am, this is, ich bin, je suis, soy, sono, ik ben, named, called`.split(/,\s/);
const ROLES = `patient, client, customer, employee, applicant, tenant, claimant, insured, cardholder,
account holder, passenger, plaintiff, defendant, attn, attention, c/o, signed-off-by, co-authored-by,
reviewed-by, acked-by, tested-by, reported-by, author, contact person, ansprechpartner, patientin,
kunde, kundin`.split(/,\s/);
const NAME_KEYS = `name, surname, cardholder, nombre, apellido, apellidos, vorname, nachname, familienname, nome,
cognome, naam, voornaam, achternaam, nom, prénom, prenom`.split(/,\s/);

const TITLE = new RegExp(`^(?:(?:${TITLES.join('|')}|Sr|Ing|Dipl|Rev|Hon)\\.? ){1,2}`);

/** Where a name begins that is all of a field: behind its titles. */
function titleEnd(passage: Passage): number {
  return Buffer.byteLength(TITLE.exec(passage.slice(0, Math.min(24, passage.text.length)))?.[0] ?? '');
}

const FINDERS = new Map<string, Finder>();
function cues(literals: readonly string[], finder: Finder, options: Omit<Cue, 'literal'>): Cue[] {
  return literals.map((literal) => {
    FINDERS.set(literal, finder);
    return { literal, ...options };
  });
}

const WHOLE = { startsWord: true, endsWord: true };

export const person: Recognizer = {
  name: 'person',
  entity: 'PERSON',
  category: 'personal',
  countries: [],
  reach: { words: 7, maxLength: 120 },
  cues: [
    ...cues(TITLES, afterTitle, { ...WHOLE, exact: true }),
    ...cues(GREETINGS, afterGreeting, WHOLE),
    ...cues(CLOSINGS, afterClosing, WHOLE),
    ...cues(INTRODUCTIONS, afterIntroduction, WHOLE),
    ...cues(I_AM, afterIAm, WHOLE),
    ...cues(ROLES, afterRole, WHOLE),
    ...cues(NAME_KEYS, afterNameKey, { endsWord: true }),
    ...cues(['@'], beforeAddress, {}),
  ],
  labels:
    contextWords(`full name, fullname, first name, firstname, last name, lastname, surname, given name, family name,
middle name, maiden name, patient name, customer name, client name, employee name, contact name,
cardholder, cardholder name, card holder, account holder, recipient name, passenger name, patient,
vorname, nachname, familienname, nombre completo, apellidos, apellido, nom de famille, prénom,
prenom, cognome, voornaam, achternaam, guest name, student name, applicant name, beneficiary name,
legal name, person name, sender name, name`),
  findAtCue(passage: Passage, start: number, end: number, cue: Cue): void {
    FINDERS.get(cue.literal)?.(passage, start, end);
  },
  findLabelled(passage: Passage): void {
    const length = passage.text.length;
    if (length > WINDOW) return;
    const at = titleEnd(passage);
    const name = nameAt(passage, at, REVERSED) ?? nameAt(passage, at) ?? nameAt(passage, at, NAME_IN_CAPITALS);
    if (name === null) {
      const lower = passage.label.text === ' name ' ? null : nameAt(passage, at, LOWER_NAME);
      if (lower !== null && lower.end === length && isKnownName(lower)) report(passage, lower, 0.6);
      return;
    }
    if (name.end !== length) return;
    // A key called `name` alone names tools, files and fields as well.
    const isPlain =
      passage.label.text === ' name ' ||
      /(?:tool|function|file|field|class|type|variable|host|user|display|brand|product|project|event|package|display) name $/.test(
        passage.label.text,
      );
    if (isPlain) report(passage, name, weight(name) >= 2 && startsGiven(name) ? 0.85 : 0.3);
    else report(passage, name, weight(name) >= 2 || startsGiven(name) ? 0.85 : 0.8);
  },
  hits: [
    { text: 'Dear Jane Doe,', value: 'Jane Doe', atLeast: 0.8 },
    { text: 'Please ask Mr. John Smith about it', value: 'John Smith', atLeast: 0.8 },
    { text: 'name: Jane Doe', value: 'Jane Doe', atLeast: 0.8 },
    { text: 'Hello, my name is Zoltán Kovács.', value: 'Zoltán Kovács', atLeast: 0.8 },
    { text: "I'm Maria Garcia and I need help", value: 'Maria Garcia', atLeast: 0.8 },
    { text: 'I saw patient John Smith today', value: 'John Smith', atLeast: 0.8 },
    { text: '{"full_name": "Jane Doe", "x": 1}', value: 'Jane Doe', atLeast: 0.8 },
    { text: '{\\"firstName\\": \\"Jane\\"}', value: 'Jane', atLeast: 0.8 },
    { text: 'Best regards,\nAnna Schmidt\nHead of Sales', value: 'Anna Schmidt', atLeast: 0.8 },
    { text: 'Kind regards\r\n\r\nPeter van den Berg\r\n', value: 'Peter van den Berg', atLeast: 0.8 },
    { text: 'Sehr geehrte Frau Müller-Lüdenscheidt,', value: 'Müller-Lüdenscheidt' },
    { text: "Dr. Siobhan O'Brien will see you", value: "Siobhan O'Brien", atLeast: 0.8 },
    { text: 'Jane Doe', label: 'customer_name', value: 'Jane Doe', atLeast: 0.8 },
    { text: 'Write to Jane Doe <jane.doe@example.com>', value: 'Jane Doe', atLeast: 0.8 },
    { text: 'ask John Smith at john.smith@acme.com', value: 'John Smith', atLeast: 0.8 },
    { text: 'my name is jane', value: 'jane', atLeast: 0.8 },
    { text: 'Patient: DOE, no\nSigned-off-by: Linus Berg <lb@example.org>', value: 'Linus Berg', atLeast: 0.8 },
    { text: 'Last name: Nguyen\n', value: 'Nguyen' },
    { text: 'Hi Jane,\nthanks', value: 'Jane' },
    { text: '{"last_name": "thompson"}', value: 'thompson' },
    { text: 'anna thompson', label: 'patient_name', value: 'anna thompson' },
    { text: 'Full Name: Łukasz Żółć', value: 'Łukasz Żółć', atLeast: 0.8 },
  ],
  misses: [
    { text: 'Dear Customer,' },
    { text: 'Dear Hiring Manager,' },
    { text: 'Dear Mrs. <PERSON_1>, the parcel' },
    { text: 'Beste Mevr. <PERSON_1>,' },
    { text: 'Doctor Professor <PERSON_1>' },
    { text: 'my name is <PERSON_1>' },
    { text: '<PERSON_1>', label: 'full_name' },
    { text: 'Hello World' },
    { text: 'name: Build Docs' },
    { text: 'Hi All,' },
    { text: 'MS Word and Dr. Who' },
    { text: "I'm Feeling Lucky" },
    { text: '{"name": "get_weather"}' },
    { text: 'first_name: "First name"' },
    { text: 'Regards\nThe Team' },
    { text: 'name: Node.js' },
    { text: 'const fullName = User.FullName;' },
    { text: 'OID_GIVEN_NAME = NameOID.GIVEN_NAME' },
    { text: 'export type MemberName = Identifier | PrivateIdentifier;' },
    { text: 'my name is required' },
    { text: 'this is The Way' },
    { text: 'Thanks, see you' },
    { text: '{"last_name": "desc", "first_name": "required"}' },
    { text: 'string', label: 'last_name' },
    { text: 'ascending order', label: 'last_name' },
    { text: 'get_weather', label: 'name' },
    { text: 'Weather Service', label: 'name' },
  ],
};
