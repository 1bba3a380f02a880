/**
 * Persons, places and organisations where a key says that one is to come: the field `city`, `first_name=…`, `"employer": "…"`, `SET town = '…'`,
 * `--city …`. The key says of what kind the value is; the value has to be written as a name is, and one without quotes, or
 * behind a key that names other things as well, has to be a known place or to end as companies do. Running text is the
 * tagger's.
 */
import {
  COMMON,
  FAMILY,
  FAMILY_RARE,
  type Gazetteer,
  GIVEN,
  GIVEN_RARE,
  REGION,
  TOWN,
  TOWN_SMALL,
} from '../../names/gazetteer.ts';
import { shippedModel } from '../../names/model.ts';
import { folded, hashOf } from '../../names/words.ts';
import { byteAt, isAlnum, isLetter, isUpper } from '../../scan/bytes.ts';
import { contextWords, wordsOf } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Cue, Recognizer } from '../../scan/recognizer.ts';
import { nameAt } from './person-name.ts';

/** What such a key and value are worth: medium, as a name that the tagger is sure of. */
const SURE = 0.6;

/** Keys that hold a place and nothing else; `country` is left to the tagger, since most hold a code. */
const PLACE_KEYS = `city, town, village, municipality, hometown, home town, birthplace, birth place, place of birth, city of birth,
town of birth, birth city, place of residence, city of residence, residence, ville, commune, lieu de naissance, ciudad,
municipio, lugar de nacimiento, stadt, wohnort, geburtsort, ort, città, comune, luogo di nascita, cidade, município,
local de nascimento, miasto, miejscowość, woonplaats, geboorteplaats, stad, födelseort`;
/** Keys that hold places among other things: only a place that is known counts there. */
const WIDE_PLACE_KEYS = `location, region, province, county, destination, departure city, arrival city, locality, district,
suburb, state, place, provincia, région, département, landkreis`;

const COMPANY_KEYS = `company, company name, employer, employer name, organization, organisation, organization name,
organisation name, business name, legal entity, firm, corporation, firma, unternehmen, arbeitgeber, entreprise, société,
raison sociale, employeur, empresa, empleador, razón social, compañía, azienda, società, ragione sociale, datore di lavoro,
bedrijf, bedrijfsnaam, werkgever, organisatie, organización, organisation, empregador, razão social, pracodawca, företag,
arbetsgivare`;

const list = (keys: string): readonly string[] => keys.split(/,\s/).map((key) => key.trim());
const endsIn = (keys: string): RegExp => new RegExp(` (?:${list(keys).join('|')})(?: name)? $`);
const ENDS_IN_PLACE_KEY = endsIn(PLACE_KEYS);
const ENDS_IN_WIDE_KEY = endsIn(WIDE_PLACE_KEYS);
const ENDS_IN_COMPANY_KEY = endsIn(COMPANY_KEYS);

/** Up to five words of letters. */
const PLACE = /^\p{L}[\p{L}\p{M}'’.-]+(?: [\p{L}\p{M}'’.(][\p{L}\p{M}'’.()-]*){0,4}$/u;
/** What stands for a value in schemas, forms and examples. */
const NO_PLACE =
  /\b(?:string|text|null|none|undefined|unknown|true|false|city|town|place|name|your|here|required|optional|other|any|all|default|value|field|example|todo|varchar|char|test|of|residence|location)\b/i;
/** `user.city`, `CityModel`: names of programs. */
const IS_CODE = /\p{L}\.\p{L}|\p{Ll}\p{Lu}/u;

function isPlace(value: string): boolean {
  return PLACE.test(value) && !NO_PLACE.test(value) && !IS_CODE.test(value);
}

const KNOWN = TOWN | TOWN_SMALL | REGION;

/** A place of the lists: its one word, or the two that its name begins with. */
function isKnownPlace(value: string): boolean {
  const { gazetteer } = shippedModel();
  const words = value.toLowerCase().split(/[ -]/);
  const [first = '', second] = words;
  if (second !== undefined && (gazetteer.pairFlags(hashOf(first, 0), hashOf(second, 0)) & KNOWN) !== 0) return true;
  return words.every((word) => isKnownWord(gazetteer, folded(word)));
}

function isKnownWord(gazetteer: Gazetteer, word: string): boolean {
  const flags = gazetteer.flags(word);
  return (flags & KNOWN) !== 0 && (flags & COMMON) === 0;
}

/** One to seven words, the first with a capital or a digit. */
const COMPANY =
  /^(?:(?:van|de|der|den|di|da|von|la|le|el|du) ){0,2}[\p{Lu}\p{Lo}\p{N}][\p{L}\p{M}\p{N}'’&.+/-]*(?:,? [\p{L}\p{M}\p{N}'’&.+/()-]+){0,6}$/u;
const NO_COMPANY =
  /^(?:string|text|null|none|undefined|unknown|true|false|other|any|all|default|value|field|example|todo|varchar|test|n\/a|self(?:[ -]employed)?|yes|no|private|public|(?:my |your |the )?(?:company|employer|organi[sz]ation|firm|business)(?: name)?s?)$/i;
/** Ends of names of companies in the countries whose languages are read. */
const LEGAL_FORM =
  /[ ,](?:Ltd|Limited|Inc|Incorporated|Corp|Corporation|Co|Company|LLC|LLP|PLC|GmbH|AG|KG|OHG|SE|eG|SARL|SAS|SA|S\.A|S\.A\.S|SL|S\.L|SpA|S\.p\.A|Srl|S\.r\.l|BV|B\.V|NV|N\.V|AB|AS|ASA|A\/S|ApS|Oy|Oyj|Lda|Ltda|Sp\. z o\.o|s\.r\.o|Kft|Zrt|Pty|Group|Holding|Holdings|Bank|Partners|e\.V)\.?$/;

function isCompany(value: string): boolean {
  return value.length > 1 && COMPANY.test(value) && /\p{L}{2}/u.test(value) && !NO_COMPANY.test(value);
}

/** Bytes behind a key that are looked at. */
const NEAR = 120;
const BEFORE_KEY = 28;

/** A key in front of a value, and how it stands there. */
interface Keyed {
  /** Words of the key, as a label has them. */
  readonly key: string;
  readonly start: number;
  readonly value: string;
  /**
   * `closed`: its end is marked, by a quote or a tag; `line`: it is all of the line behind a colon or equals sign; `said`:
   * a word in small letters and the name behind it; `open`: it ends where the words do.
   */
  readonly way: 'closed' | 'line' | 'said' | 'open';
}

const SIGNED = /^["'`*\\\]]{0,4}[ \t]{0,3}(?::|=>?|:=)[ \t>*]{0,3}(?<quote>\\?["'`])?/;
const OPTION = /^(?: |=)(?<quote>["'])?/;
/** The end of a tag, with or without a cell behind it; a form's `value`; a line of its own. */
const TAGGED = /^["']?\s?(?:\/?>|<\/[a-z]{1,12}>\s{0,4}<[a-z]{1,12}>)/i;
const FILLED_IN = /^["'] value=(?<quote>["'])/;
const OWN_LINE = /^["']?\r?\n\r?\n/;
/** `invalid city 'Turku'` */
const QUOTED = /^ (?<quote>["'])/;
/** The second and last cell of a row whose first is the key. */
const CELL = /^[*`]{0,2}[ \t]{0,20}\|[ \t]{1,3}(?=[^|\n]{2,80}\|[ \t]*(?:\r?\n|$))/;
/** Between a word and what it names. */
const SAID = /^(?: (?:is|was|ist|war|est|es|è|é))?[\s(]{1,8}(?=\p{Lu})/u;
/** Words with capitals, as a name without quotes has them. */
const WORDS =
  /^\p{Lu}[\p{L}\p{M}'’-]+(?:,? (?:(?:de|da|do|del|la|le|am|an|der|aan|den|im|sur|upon|and|und|y|e|& ?|-) ?)?(?:de |den )?\p{Lu}[\p{L}\p{M}'’-]+){0,5}/u;
const LINE = /^[^\r\n;|<>{}()"`=]{2,80}/;

/** The value behind a key that ends at `end`; null where none stands there as such. */
function behindKey(passage: Passage, start: number, end: number): Keyed | null {
  const text = passage.text;
  const next = byteAt(text, end);
  if (next === 0x5f || next === 0x2d || isAlnum(next) || next >= 0x80) return null;
  const behind = passage.slice(end, Math.min(text.length, end + NEAR));
  const isOption = isOptionAt(text, start);
  const signed = SIGNED.exec(behind);
  const opened = signed ?? FILLED_IN.exec(behind) ?? (isOption ? OPTION.exec(behind) : QUOTED.exec(behind));
  const tagged = opened === null ? TAGGED.exec(behind) : null;
  const before = opened ?? tagged ?? OWN_LINE.exec(behind) ?? CELL.exec(behind) ?? SAID.exec(behind);
  if (before === null) return null;
  const key = wordsOf(lastLine(passage.slice(start - Math.min(start, BEFORE_KEY), end))).text;
  const at = end + Buffer.byteLength(before[0]);
  const rest = behind.slice(before[0].length);
  const keyed = (value: string, way: Keyed['way']): Keyed | null =>
    value === '' ? null : { key, start: at, value, way };
  const quote = before.groups?.['quote'];
  if (quote !== undefined) return keyed(rest.slice(0, Math.max(0, rest.indexOf(quote))), 'closed');
  if (tagged !== null) return keyed(rest.slice(0, Math.max(0, rest.indexOf('<'))), 'closed');
  const isSigned = signed !== null || byteAt(text, at - 1) === 0x0a;
  const written = (isSigned ? LINE : WORDS).exec(rest)?.[0] ?? '';
  const after = rest[written.length];
  // `city=Osaka took=12ms`: the last word is the next key.
  if (isSigned && after === '=') return keyed(written.replace(/\s*\S+$/, ''), 'line');
  if (isSigned && (after === undefined || after === '\n' || after === '\r')) return keyed(written.trimEnd(), 'line');
  if (!isSigned && !isUpper(byteAt(text, start))) return keyed(written, 'said');
  return keyed((isSigned ? (WORDS.exec(rest)?.[0] ?? '') : written).trimEnd(), 'open');
}

function lastLine(text: string): string {
  return text.slice(text.lastIndexOf('\n') + 1);
}

/** `--home-city`: two dashes begin the word. */
function isOptionAt(text: Buffer, start: number): boolean {
  let i = start;
  while (i > 0 && start - i < BEFORE_KEY && (isLetter(byteAt(text, i - 1)) || byteAt(text, i - 1) === 0x2d)) i--;
  return byteAt(text, i) === 0x2d && byteAt(text, i + 1) === 0x2d;
}

function cuesOf(...keys: readonly string[]): readonly Cue[] {
  // The last word of a key: what stands before it is looked at where it stands.
  const last = new Set(keys.flatMap(list).map((key) => key.split(' ').at(-1) ?? ''));
  return [...last]
    .filter((word) => word.length > 3 && /^[a-z]+$/.test(word))
    .map((literal) => ({ literal, endsWord: true }));
}

/** With capitals as a name has them, behind a key that leaves no doubt where it ends, and not in words that are common. */
function isWrittenAsName({ value, way }: Keyed): boolean {
  if (way === 'open' || !CAPITALS.test(value)) return false;
  const { gazetteer } = shippedModel();
  return value.split(/[ ,-]+/).some((word) => (gazetteer.flags(folded(word.toLowerCase())) & COMMON) === 0);
}
const CAPITALS = /^\p{Lu}[\p{Ll}\p{M}'’][\p{L}\p{M}'’.-]*(?:[ ,]+[\p{L}\p{M}'’&.-]+){0,6}$/u;

function report(recognizer: Recognizer, passage: Passage, { start, value }: Keyed): void {
  passage.report(recognizer, start, start + Buffer.byteLength(value), SURE);
}

/** The word before `name` in a key that holds the name of a person. */
const WHOSE = new Set(
  `first last full given family middle maiden second customer client patient employee contact billing shipping recipient
cardholder holder passenger guest student applicant candidate beneficiary spouse legal preferred sender payee tenant member owner
driver buyer seller signer signatory doctor physician teacher parent guardian`.split(/\s+/),
);
const PERSON_KEYS = [
  'surname',
  'lastname',
  'firstname',
  'fullname',
  'vorname',
  'nachname',
  'apellidos',
  'apellido',
  'cognome',
];

function endsInPersonKey({ text }: Passage, start: number, end: number): boolean {
  if (end - start !== 4) return true;
  let to = start;
  const joint = byteAt(text, to - 1);
  if (joint === 0x20 || joint === 0x5f || joint === 0x2d) to--;
  else if (!isLetter(joint)) return false;
  let from = to;
  while (from > 0 && to - from < 12 && isLetter(byteAt(text, from - 1))) from--;
  return WHOSE.has(
    text
      .toString('latin1', from, to)
      .replace(/^.*[a-z](?=[A-Z])/, '')
      .toLowerCase(),
  );
}

/** Two words and more, or one that is known for a name, and none that is common and no name. */
function isPersonName(passage: Passage, { start, value, way }: Keyed): boolean {
  if (way === 'open' || !CAPITALS.test(value) || IS_CODE.test(value.replace(/\b(?:Mc|Mac|De|Van|Di)(?=\p{Lu})/u, '')))
    return false;
  const name = nameAt(passage, start);
  if (name === null || name.end !== start + Buffer.byteLength(value)) return false;
  const { gazetteer } = shippedModel();
  return name.words.every((word) => {
    const flags = gazetteer.flags(folded(word.toLowerCase()));
    return (flags & ANY_NAME) !== 0 || ((flags & COMMON) === 0 && (way === 'closed' || name.words.length > 1));
  });
}
const ANY_NAME = GIVEN | GIVEN_RARE | FAMILY | FAMILY_RARE;

export const personByKey: Recognizer = {
  name: 'person-by-key',
  entity: 'PERSON',
  category: 'personal',
  countries: [],
  reach: { words: 7, maxLength: 120 },
  cues: ['name', ...PERSON_KEYS].map((literal) => ({ literal, endsWord: true })),
  findAtCue(passage: Passage, start: number, end: number): void {
    if (!endsInPersonKey(passage, start, end)) return;
    const keyed = behindKey(passage, start, end);
    if (keyed !== null && isPersonName(passage, keyed)) report(personByKey, passage, keyed);
  },
  hits: [
    { text: '<tr><th>first name</th><td>Alcide</td></tr>', value: 'Alcide' },
    { text: "UPDATE members SET first_name = 'Anthelme' WHERE id = 3;", value: 'Anthelme' },
    { text: "const lastName = 'Barros';", value: 'Barros' },
    { text: './book --last-name Brambilla --quiet', value: 'Brambilla' },
    { text: 'saved user=7 first_name=Freek took=12ms', value: 'Freek' },
    { text: 'Content-Disposition: form-data; name="billing_name"\r\n\r\nLovisa Viklund\r\n', value: 'Lovisa Viklund' },
    { text: "no such customer name 'Lovisa Viklund'", value: 'Lovisa Viklund' },
  ],
  misses: [
    { text: "const firstName = 'First';" },
    { text: 'firstName: String,\n' },
    { text: "SET file_name = 'Report'" },
    { text: 'lastName = user.LastName' },
    { text: 'the last name Field is read' },
    { text: '<th>first name</th><th>Last Name</th>' },
  ],
};

export const locationByKey: Recognizer = {
  name: 'location-by-key',
  entity: 'LOCATION',
  category: 'personal',
  countries: [],
  reach: { words: 6, maxLength: 100 },
  labels: contextWords(PLACE_KEYS, WIDE_PLACE_KEYS),
  cues: cuesOf(PLACE_KEYS),
  findAtCue(passage: Passage, start: number, end: number): void {
    const keyed = behindKey(passage, start, end);
    if (keyed === null || !ENDS_IN_PLACE_KEY.test(keyed.key) || !isPlace(keyed.value)) return;
    if (keyed.way === 'closed' || isWrittenAsName(keyed) || isKnownPlace(keyed.value))
      report(locationByKey, passage, keyed);
  },
  findLabelled(passage: Passage): void {
    const { length } = passage.text;
    if (length < 3 || length > 60) return;
    const key = passage.label.text;
    const isSure = ENDS_IN_PLACE_KEY.test(key);
    if (!isSure && !ENDS_IN_WIDE_KEY.test(key)) return;
    const value = passage.slice(0, length);
    if (isPlace(value) && (isSure || (/^\p{Lu}/u.test(value) && isKnownPlace(value))))
      passage.report(locationByKey, 0, length, SURE);
  },
  hits: [
    { text: 'rovaniemi', label: 'city', value: 'rovaniemi' },
    { text: 'Sankt Pölten', label: 'billing_city', value: 'Sankt Pölten' },
    { text: 'Vis', label: 'birthPlace', value: 'Vis' },
    { text: 'Turku', label: 'placeOfResidence', value: 'Turku' },
    { text: 'Lisbon', label: 'destination', value: 'Lisbon' },
    { text: 'id,customer,city\n17,5512,lahti\n18,5513,porvoo\n', value: 'porvoo' },
    { text: "UPDATE members SET city_of_birth = 'Turku' WHERE id = 3;", value: 'Turku' },
    { text: './book --home-city Lisbon --quiet', value: 'Lisbon' },
    { text: 'is the town Salzburg still right?', value: 'Salzburg' },
    { text: 'Wohnort: Salzburg\n', value: 'Salzburg' },
    { text: 'saved user=7 city=Salzburg took=12ms', value: 'Salzburg' },
  ],
  misses: [
    { text: 'string', label: 'city' },
    { text: 'City of residence', label: 'city' },
    { text: 'city_name', label: 'city' },
    { text: 'about five million', label: 'city_population' },
    { text: 'fi-18', label: 'city' },
    { text: 'open', label: 'capacity' },
    { text: 'src/main', label: 'location' },
    { text: 'Header', label: 'location' },
    { text: 'city: String,\n' },
    { text: 'city: CityModel,\n' },
    { text: 'city = user.city;\n' },
    { text: 'const city = "required";' },
    { text: 'the city Council met' },
  ],
};

export const organizationByKey: Recognizer = {
  name: 'organization-by-key',
  entity: 'ORGANIZATION',
  category: 'business',
  countries: [],
  reach: { words: 8, maxLength: 140 },
  labels: contextWords(COMPANY_KEYS),
  cues: cuesOf(COMPANY_KEYS),
  findAtCue(passage: Passage, start: number, end: number): void {
    const keyed = behindKey(passage, start, end);
    if (keyed === null || !ENDS_IN_COMPANY_KEY.test(keyed.key) || !isCompany(keyed.value)) return;
    if (
      keyed.way === 'closed' ||
      (isWrittenAsName(keyed) && !IS_CODE.test(keyed.value)) ||
      LEGAL_FORM.test(keyed.value)
    )
      report(organizationByKey, passage, keyed);
  },
  findLabelled(passage: Passage): void {
    const { length } = passage.text;
    if (length < 2 || length > 100 || !ENDS_IN_COMPANY_KEY.test(passage.label.text)) return;
    if (isCompany(passage.slice(0, length))) passage.report(organizationByKey, 0, length, SURE);
  },
  hits: [
    { text: 'Okafor & Daughters', label: 'company', value: 'Okafor & Daughters' },
    { text: 'Quillfeather', label: 'employer_name', value: 'Quillfeather' },
    { text: '{"staff": {"employer": "Dellamonte S.A."}}', value: 'Dellamonte S.A.' },
    { text: "UPDATE staff SET employer = 'Dellamonte AG' WHERE id = 3;", value: 'Dellamonte AG' },
    { text: 'Arbeitgeber: Dellamonte GmbH\n', value: 'Dellamonte GmbH' },
    { text: 'id,company\n1,Okafor\n2,Dellamonte\n', value: 'Dellamonte' },
  ],
  misses: [
    { text: 'string', label: 'company' },
    { text: 'Company Name', label: 'company' },
    { text: '1984', label: 'company' },
    { text: 'company: Company,\n' },
    { text: 'organization: Types.ObjectId,' },
    { text: '"company": "acme-corp"' },
    { text: 'the company Said so' },
  ],
};
