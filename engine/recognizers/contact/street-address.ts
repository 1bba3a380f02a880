/**
 * Postal addresses by the grammar in which countries write them: number and street, or street and number, then unit,
 * postal code and town, on one line or several. A street alone is medium; with a town or a word such as `address` it is
 * high. It knows no gazetteer of towns.
 */

import { byteAt, isAlnum, isDigit, isLetter, isUpper } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Cue, Recognizer } from '../../scan/recognizer.ts';
import { isNoName } from './person-words.ts';

/** How far an address may reach before and behind the word for its street, bytes. */
const BEFORE = 64;
const AFTER = 140;

const STATES =
  'A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY]|ON|QC|BC|AB|MB|SK|NS|NB|NL|PE|YT|NT|NU|NSW|VIC|QLD|TAS|ACT';
const STATE_NAMES =
  'Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin|Wyoming|Ontario|Quebec|British Columbia|Alberta';
const TOWN = String.raw`\p{Lu}[\p{L}\p{M}.'’-]+(?:[ -](?:(?:am|an der|a\.|im|bei|de|de la|del|la|le|les|sur|sous|en|upon|on|of|di|den|aan|of the|am Main)[ -])?\p{Lu}[\p{L}\p{M}.'’-]+){0,3}`;
/** Between parts of an address: a comma, a line end (also written as an escape), or both. */
const GAP = String.raw`(?:[ \u00a0]*(?:,|;|–|\||\r?\n|\\r?\\?n|\\n| - )[ \t\u00a0]*(?:\r?\n[ \t]*)?|[ \u00a0])`;
const LINE = String.raw`(?:[ \u00a0]*(?:,|;|\r?\n|\\r\\n|\\n)[ \t\u00a0]*(?:\r?\n[ \t]*)?)`;

const UNIT = new RegExp(
  `${GAP}(?:#\\s?|(?:apt|apartment|suite|ste|unit|floor|fl|flat|room|rm|bldg|building|lot|po box|p\\.o\\. box|etage|stock|appt|app|piso|int|interno|scala)\\.?\\s?#?\\s?)[A-Za-z0-9-]{1,6}(?![\\p{L}\\p{N}])|${GAP}(?:\\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|ground|top) floor`,
  'iuy',
);
const US_TOWN = new RegExp(
  `(?:${LINE}|${GAP})${TOWN}(?:,? ?| )(?:,? ?(?:${STATES})|,? (?:${STATE_NAMES}))(?:,? ?\\d{5}(?:-\\d{4})?|,? [A-Z]\\d[A-Z] ?\\d[A-Z]\\d|,? \\d{4})?(?![\\p{L}\\p{N}])`,
  'uy',
);
const UK_TOWN = new RegExp(
  `(?:${LINE}${TOWN}){0,3}(?:${GAP}|${LINE})[A-Z]{1,2}\\d[A-Z\\d]? ?\\d[A-Z]{2}(?![\\p{L}\\p{N}])`,
  'uy',
);
/** A postal code before its town: 10115 Berlin, 75008 Paris, 1012 AB Amsterdam, D-80331 München, 28013 Madrid. */
const CODE_TOWN = new RegExp(
  `(?:${LINE}|${GAP})(?:[A-Z]{1,3}-)?(?:\\d{5}(?:-\\d{3})?|\\d{4} ?[A-Z]{2}|\\d{4}|\\d{2}-\\d{3}|\\d{3} \\d{2})[ \\u00a0](?:${TOWN})(?: ?\\([A-Z]{2}\\)| [A-Z]{2}(?![\\p{L}]))?`,
  'uy',
);
const TOWN_ONLY = new RegExp(`[ \\u00a0]*,[ \\u00a0]${TOWN}`, 'uy');
const COUNTRY = new RegExp(
  `(?:${LINE})(?:USA|U\\.S\\.A\\.|US|United States(?: of America)?|UK|United Kingdom|England|Scotland|Wales|Ireland|Canada|Australia|Germany|Deutschland|France|Spain|España|Italy|Italia|Netherlands|Nederland|Austria|Österreich|Switzerland|Schweiz|Belgium|België|Belgique)(?![\\p{L}])`,
  'uy',
);

const CONTEXT =
  contextWords(`address, addresses, live, lives, living, lived, resides, residing, residence, located, ship,
shipping, deliver, delivery, delivered, mail, mailing, billing, home, visit, moved, adresse,
anschrift, wohnhaft, wohnt, wohne, lieferung, dirección, direccion, domicilio, vive, vivo, indirizzo,
abita, residente, adres, woont, habite, domicilié, livraison`);

interface Street {
  readonly start: number;
  readonly end: number;
  /** Score without town, unit or context. */
  readonly score: number;
}

/** Place of the first character behind what `GAP` and `LINE` are made of. */
function behindGap(window: string, from: number): number {
  let at = from;
  for (; at < window.length; at++) {
    const one = window.charAt(at);
    if (one === '\\') {
      // An escape that nobody has undone.
      if (window.charAt(at + 1) === 'r') at++;
      if (window.charAt(at + 1) === 'n') at++;
    } else if (!GAP_SIGNS.includes(one)) break;
  }
  return at;
}

const GAP_SIGNS = ' \u00a0\t\r\n,;–|-';

/** `UNIT` opens with `#`, a letter, or a number of two digits at most with letters behind it. */
function mayBeUnit(window: string): boolean {
  const at = behindGap(window, 0);
  const first = window.charCodeAt(at);
  if (!isDigit(first)) return at > 0 && (first === 0x23 || first >= 0x80 || isLetter(first));
  return isLetter(window.charCodeAt(at + (isDigit(window.charCodeAt(at + 1)) ? 2 : 1)));
}

/** Reports a street with what follows of its address. */
function reportFrom(passage: Passage, street: Street): void {
  const text = passage.text;
  const window = passage.slice(street.end, Math.min(text.length, street.end + AFTER));
  let at = 0;
  const take = (form: RegExp): boolean => {
    form.lastIndex = at;
    const match = form.exec(window);
    if (match === null) return false;
    at += match[0].length;
    return true;
  };
  const hasUnit = mayBeUnit(window) && take(UNIT);
  // What can stand there follows from its first character, which costs less to look at.
  const opening = window.charCodeAt(behindGap(window, at));
  const mayBeTown = opening >= 0x80 || isUpper(opening);
  let hasTown = (mayBeTown && take(US_TOWN)) || ((mayBeTown || isDigit(opening)) && take(CODE_TOWN));
  if (!hasTown && mayBeTown) hasTown = take(UK_TOWN);
  if (!hasTown) {
    const back = at;
    // `221B Baker Street, London`: the town belongs to it where context or a country says that this is an address.
    if (mayBeTown && take(TOWN_ONLY) && !take(COUNTRY)) {
      const town =
        window
          .slice(back, at)
          .replace(/^[\s,]+/, '')
          .split(/[ -]/)[0] ?? '';
      if (isNoName(town)) at = back;
    } else hasTown = at > back;
  } else take(COUNTRY);
  const end = street.end + Buffer.byteLength(window.slice(0, at));
  const alone = hasTown ? Math.max(0.9, street.score) : hasUnit ? Math.max(0.75, street.score) : street.score;
  passage.report(streetAddress, street.start, end, alone, Math.max(alone, 0.85));
}

const NUMBER_BEFORE = String.raw`(?<![\p{L}\p{N}.,/#$€£_-])(\d{1,5}(?:[-–/]\d{1,5})?[A-Za-z]?(?: ?½| 1/2)?)`;
const STREET_NAME = String.raw`(?:(?:[NSEW]|N\.?[EW]\.?|S\.?[EW]\.?|North|South|East|West|Old|New|Upper|Lower|Great|St\.?|Mt\.?|Van|De|La|El|Las|Los|Le|Du|of|the|and|\d{1,3}(?:st|nd|rd|th)|\p{Lu}[\p{L}\p{M}.'’-]*)[ \u00a0]){1,5}`;
const ENGLISH = new RegExp(`${NUMBER_BEFORE},?[ \\u00a0](${STREET_NAME})$`, 'u');
const ENGLISH_LOWER = new RegExp(`${NUMBER_BEFORE} ((?:[\\p{Ll}'’]{3,}[ ]){1,2})$`, 'u');
const DIRECTION =
  /[ \u00a0](?:N\.?[EW]?\.?|S\.?[EW]?\.?|E|W|North|South|East|West|Northwest|Northeast|Southwest|Southeast)(?![\p{L}\p{N}])/uy;

const COMMON = /^(?:North|South|East|West|Church|School|College|Park|March|May|August|Spring|Union|Bank|Center|Main)$/i;

/**
 * The last sign before `to` that neither a name nor the number before it holds, or how far an address reaches: a comma
 * stands behind the number alone.
 */
function nameFrom(text: Uint8Array, to: number): number {
  const first = Math.max(0, to - BEFORE);
  for (let i = to - 1; i > first; i--) {
    const byte = text[i] as number;
    if (isAlnum(byte) || byte >= 0x80 || byte === 0x20 || byte === 0x27 || (byte >= 0x2d && byte <= 0x2f)) continue;
    if (byte !== 0x2c || !endsNumber(text, i)) return i;
  }
  return first;
}

/** `12`, `12a` or `12½` may end there. */
function endsNumber(text: Uint8Array, end: number): boolean {
  const last = byteAt(text, end - 1);
  return isDigit(last) || last >= 0x80 || (isLetter(last) && isDigit(byteAt(text, end - 2)));
}

/** `123 Main Street`, `5 W. 42nd St.` : the number stands before the name. */
function english(passage: Passage, start: number, end: number): void {
  const text = passage.text;
  // Something has to stand before it, and a capital or digit before that, or it is no address.
  if (byteAt(text, start - 1) !== 0x20 && byteAt(text, start - 2) !== 0xc2) return;
  if (!holdsDigit(text, start)) return;
  const before = passage.slice(nameFrom(text, start), start);
  const isCapital = isUpper(byteAt(text, start));
  const match = isCapital ? ENGLISH.exec(before) : ENGLISH_LOWER.exec(before);
  if (match === null) return;
  const number = match[1] ?? '';
  const name = (match[2] ?? '').trim();
  const words = name.split(/[ \u00a0]/u);
  const isCommon = words.every((word) => isNoName(word) && !COMMON.test(word));
  if (isCommon) return;
  let to = end;
  if (byteAt(text, to) === 0x2e && !isCapitalAfter(text, to + 1)) to++;
  else if (
    byteAt(text, to) === 0x2e &&
    (byteAt(text, to + 1) === 0x2c || byteAt(text, to + 1) === 0x0a || byteAt(text, to + 1) === 0x20)
  )
    to++;
  DIRECTION.lastIndex = 0;
  const direction = DIRECTION.exec(passage.slice(to, Math.min(text.length, to + 16)));
  if (direction !== null) to += Buffer.byteLength(direction[0]);
  // `In 2008 Wall Street …`
  const isYear = /^(?:19|20)\d\d$/.test(number);
  reportFrom(passage, {
    // Counted from the end: what stands before it need not be valid UTF-8.
    start: start - Buffer.byteLength(before.slice(match.index)),
    end: to,
    score: isYear ? 0.3 : isCapital ? 0.6 : 0.4,
  });
}

function isCapitalAfter(text: Uint8Array, at: number): boolean {
  return byteAt(text, at) === 0x20 && isUpper(byteAt(text, at + 1));
}

function holdsDigit(text: Uint8Array, to: number): boolean {
  for (let i = to - 1; i >= 0 && to - i <= BEFORE; i--) {
    const byte = text[i] ?? 0;
    if (isDigit(byte)) return true;
    // No street name holds these; they end the look back early.
    if (byte === 0x0a || byte === 0x7b || byte === 0x3a || byte === 0x3d || byte === 0x22) return false;
  }
  return false;
}

const HOUSE =
  /[ \u00a0]*,?[ \u00a0](?:Nr\.? ?|No[.:]? ?|n[°ºo]\.? ?)?(?<number>\d{1,4}(?:[ -]?[a-z](?![\p{L}\p{N}]))?(?:[-–/]\d{1,4}[a-z]?)?)(?![\p{L}\p{N}]|[.,:]\d|[%°€$])/uy;

/** A digit, or a number sign (`No`, `Nr`, `n°`), stands within a few bytes: asked before anything is decoded. */
function mayBeHouse(text: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 4; i++) {
    const byte = byteAt(text, i);
    if (isDigit(byte)) return true;
    if ((byte | 0x20) !== 0x6e) continue;
    const next = byteAt(text, i + 1);
    if (next === 0x6f || next === 0x72 || next === 0xc2) return true;
  }
  return false;
}

function houseEnd(passage: Passage, at: number): number {
  HOUSE.lastIndex = 0;
  const match = HOUSE.exec(passage.slice(at, Math.min(passage.text.length, at + 24)));
  return match === null ? -1 : at + Buffer.byteLength(match[0]);
}

const GERMANIC_NAME =
  /(?:^|[^\p{L}\p{N}_.-])(?<name>(?:(?:Am|An der|Auf der|Im|In der|Zum|Zur|Alte[rn]?|Neue[rn]?|Große|Kleine|Obere|Untere|Sankt|St\.|Oude|Nieuwe|Eerste|Tweede|Van|De|Den)[ -])?\p{Lu}[\p{L}\p{M}-]*(?:[ -]\p{Lu}[\p{L}\p{M}-]*){0,2}[ -]?)$/u;

/** `Hauptstraße 12a`, `Berliner Allee 33`, `Keizersgracht 100-2`: the number stands behind the name. */
function germanic(passage: Passage, start: number, end: number, cue: Cue): void {
  const text = passage.text;
  let streetEnd = end;
  if (cue.literal.endsWith('str') && byteAt(text, end) === 0x2e) streetEnd++;
  const after = byteAt(text, streetEnd);
  if (after !== 0x20 && after !== 0xc2 && after !== 0x2c) return;
  if (!mayBeHouse(text, streetEnd)) return;
  const houseTo = houseEnd(passage, streetEnd);
  if (houseTo === -1) return;
  const isJoined =
    isAlnum(byteAt(text, start - 1)) || byteAt(text, start - 1) === 0x2d || byteAt(text, start - 1) >= 0x80;
  const from = Math.max(0, start - BEFORE);
  const before = passage.slice(from, start);
  const match = GERMANIC_NAME.exec(before.slice(-50));
  let streetStart = start;
  let name = '';
  if (match?.groups !== undefined) {
    name = match.groups['name'] ?? '';
    streetStart = start - Buffer.byteLength(name);
  } else if (isJoined) return;
  // A word of its own begins with a capital: `Am Alten Weg 3`, but not `der Weg 3`.
  if (!isJoined && ((!isUpper(byteAt(text, start)) && !SMALL.has(cue.literal)) || name === '')) return;
  const word = `${name}${passage.slice(start, end)}`;
  if (
    name.trim().length < 2 ||
    /^(?:\w*(?:String|Spring|Wiring|Monitoring|Scoring|Ring|Rating|Engineering|Platz)|Data\w*|Token\w*)$/.test(
      word.trim(),
    )
  )
    return;
  const isWeak = WEAK.has(cue.literal);
  // English words end in `ring` and `dam`; only a postal code and town make a street of them.
  const street: Street = { start: streetStart, end: houseTo, score: isWeak ? 0.3 : 0.6 };
  reportFrom(passage, street);
}

/** Words for a street that are written small behind a name: `Petőfi utca 5`. */
const SMALL = new Set(['utca', 'körút', 'gate', 'gata', 'katu', 'sokak']);

const WEAK = new Set([
  'ring',
  'damm',
  'weg',
  'platz',
  'ufer',
  'kade',
  'dijk',
  'plein',
  'allee',
  'laan',
  'steig',
  'gasse',
  'markt',
  'gränd',
  'torget',
  'gata',
  'gate',
  'gade',
  'vej',
  'polku',
]);

const NUMBER_FIRST =
  /(?<![\p{L}\p{N}.,/#$€£_-])(?:n[°º]? ?)?\d{1,4}(?:[ ]?(?:bis|ter|quater|[A-Da-d])(?![\p{L}\p{N}]))?(?:[-–/]\d{1,4})?,?[ \u00a0]$/u;
const ROMANCE_NAME =
  /[ \u00a0](?:(?:de la|de l['’]|de las|de los|del|de|du|des|la|le|les|l['’]|d['’]|della|dello|dei|degli|delle|di|da|do|dos|das|San|Saint|Sainte|Santa|Sant['’])[ \u00a0]?)*(?:\p{Lu}|[0-9]{1,2}(?:er)? )[\p{L}\p{M}.'’-]*(?:[ \u00a0-](?:(?:de la|de|du|des|del|di|da|la|le|et|y|e|d['’]|l['’])[ \u00a0]?)?\p{Lu}[\p{L}\p{M}.'’-]*){0,4}/uy;

/** `12 rue de la Paix`, `5 bis, avenue Victor Hugo`. */
function numberThenRomance(passage: Passage, start: number, end: number): boolean {
  const text = passage.text;
  if (!holdsDigit(text, start)) return false;
  const before = passage.slice(Math.max(0, start - 20), start);
  const match = NUMBER_FIRST.exec(before);
  if (match === null) return false;
  ROMANCE_NAME.lastIndex = 0;
  const name = ROMANCE_NAME.exec(passage.slice(end, Math.min(text.length, end + 70)));
  if (name === null) return false;
  const numberStart = start - Buffer.byteLength(before.slice(match.index));
  reportFrom(passage, { start: numberStart, end: end + Buffer.byteLength(name[0]), score: 0.6 });
  return true;
}

/** `Calle Mayor, 5`, `Via Giuseppe Verdi 12`. */
function romanceThenNumber(passage: Passage, start: number, end: number, cue: Cue): void {
  const text = passage.text;
  const isShort = cue.literal === 'via';
  if (isShort && byteAt(text, start) !== 0x56) return;
  ROMANCE_NAME.lastIndex = 0;
  const at = cue.literal === 'c/' && byteAt(text, end) !== 0x20 ? end - 1 : byteAt(text, end) === 0x2e ? end + 1 : end;
  const window = passage.slice(at, Math.min(text.length, at + 70));
  const padded = window.startsWith('/') ? ` ${window.slice(1)}` : window;
  const name = ROMANCE_NAME.exec(padded);
  if (name === null) return;
  const to = houseEnd(passage, at + Buffer.byteLength(name[0]));
  if (to === -1) return;
  const first = name[0].trim().split(/[ \u00a0]/u)[0] ?? '';
  const isWeak = isShort && (isNoName(first) || /^[A-Z]+$/.test(first));
  reportFrom(passage, { start, end: to, score: isWeak ? 0.2 : isShort ? 0.5 : 0.6 });
}

type Finder = (passage: Passage, start: number, end: number, cue: Cue) => void;
const FINDERS = new Map<string, Finder>();
function cues(literals: string, finder: Finder, options: Omit<Cue, 'literal'>): Cue[] {
  return literals.split(' ').map((literal) => {
    FINDERS.set(literal, finder);
    return { literal, ...options };
  });
}

const WHOLE = { startsWord: true, endsWord: true };

export const streetAddress: Recognizer = {
  name: 'street-address',
  entity: 'STREET_ADDRESS',
  category: 'personal',
  countries: [],
  reach: { words: 16, maxLength: 204 },
  cues: [
    ...cues(
      'street st road rd ave lane ln drive dr court ct circle cir terrace ter way parkway pkwy square sq highway hwy trail trl crescent close grove mews gardens alley broadway blvd turnpike walk',
      english,
      WHOLE,
    ),
    ...cues(
      'straße strasse str gasse weg platz allee ring damm ufer chaussee steig straat laan gracht plein kade dijk markt gatan vägen gränd torget gata gate veien gade vej stræde katu polku utca körút caddesi sokak sokağı bulvarı',
      germanic,
      { endsWord: true },
    ),
    ...cues('rue chemin impasse quai allée', (passage, start, end) => numberThenRomance(passage, start, end), WHOLE),
    ...cues(
      'avenue boulevard place',
      (passage, start, end) => {
        if (!numberThenRomance(passage, start, end)) english(passage, start, end);
      },
      WHOLE,
    ),
    ...cues(
      'calle avenida avda plaza paseo via viale piazza corso vicolo rua largo carrer camino travessa praceta alameda calzada ul ulica',
      romanceThenNumber,
      WHOLE,
    ),
    ...cues('c/', romanceThenNumber, { startsWord: true }),
  ],
  labels: contextWords(`address, street, street address, address line, address1, address line1, shipping address,
home address, billing address, adresse, anschrift, straße, strasse, indirizzo, dirección, direccion,
domicilio, adres`),
  context: CONTEXT,
  findAtCue(passage: Passage, start: number, end: number, cue: Cue): void {
    FINDERS.get(cue.literal)?.(passage, start, end, cue);
  },
  findLabelled(passage: Passage): void {
    const length = passage.text.length;
    if (length < 6 || length > 200) return;
    const value = passage.slice(0, length);
    if (/:\/\/|@|[{}<>=_]|^\d+(?:\.\d+)+/.test(value) || !/\p{L}{3}/u.test(value)) return;
    // A number first and a capitalised word, or the other way round.
    if (
      /^\s*#?\d{1,5}[A-Za-z]?(?:[-/]\d+)?,? (?:[NSEW]\.? )?(?:\d+(?:st|nd|rd|th)|\p{Lu})/u.test(value) ||
      /^\p{Lu}[\p{L}\p{M}.'’ -]{3,},? \d{1,4}[a-z]?(?:$|[ ,\n/-])/u.test(value)
    ) {
      passage.report(streetAddress, 0, length, 0.8);
    }
  },
  hits: [
    {
      text: 'I live at 123 Main Street, Springfield, IL 62704.',
      value: '123 Main Street, Springfield, IL 62704',
      atLeast: 0.8,
    },
    { text: 'Ship to 742 Evergreen Terrace', value: '742 Evergreen Terrace', atLeast: 0.8 },
    {
      text: '1600 Pennsylvania Avenue NW, Washington, DC 20500',
      value: '1600 Pennsylvania Avenue NW, Washington, DC 20500',
      atLeast: 0.8,
    },
    { text: '350 5th Ave, Suite 3301', value: '350 5th Ave, Suite 3301' },
    { text: 'Jane Doe\n221B Baker Street\nLondon NW1 6XE\n', value: '221B Baker Street\nLondon NW1 6XE', atLeast: 0.8 },
    {
      text: 'Jane\r\n45 W. 34th St.\r\nNew York, NY 10001\r\n',
      value: '45 W. 34th St.\r\nNew York, NY 10001',
      atLeast: 0.8,
    },
    { text: 'Hauptstraße 12a, 10115 Berlin', value: 'Hauptstraße 12a, 10115 Berlin', atLeast: 0.8 },
    { text: 'wohnt Am Alten Weg 3\n80331 München', value: 'Am Alten Weg 3\n80331 München', atLeast: 0.8 },
    { text: 'Musterstr. 5, D-80331 München', value: 'Musterstr. 5, D-80331 München', atLeast: 0.8 },
    { text: 'habite 12 rue de la Paix, 75002 Paris', value: '12 rue de la Paix, 75002 Paris', atLeast: 0.8 },
    { text: '5 bis, avenue Victor Hugo\n69002 Lyon', value: '5 bis, avenue Victor Hugo\n69002 Lyon' },
    { text: 'Calle Mayor, 5, 28013 Madrid', value: 'Calle Mayor, 5, 28013 Madrid', atLeast: 0.8 },
    {
      text: 'indirizzo: Via Giuseppe Verdi 12, 20121 Milano (MI)',
      value: 'Via Giuseppe Verdi 12, 20121 Milano (MI)',
      atLeast: 0.8,
    },
    { text: 'Keizersgracht 100-2, 1015 AA Amsterdam', value: 'Keizersgracht 100-2, 1015 AA Amsterdam', atLeast: 0.8 },
    { text: '{"a":"10 Downing Street\\nLondon SW1A 2AA"}', value: '10 Downing Street\\nLondon SW1A 2AA' },
    { text: 'bor på Kungsgatan 12, 111 43 Stockholm', value: 'Kungsgatan 12, 111 43 Stockholm', atLeast: 0.8 },
    { text: 'ul. Marszałkowska 12/3, 00-590 Warszawa', value: 'ul. Marszałkowska 12/3, 00-590 Warszawa', atLeast: 0.8 },
    { text: 'Petőfi utca 5\n1052 Budapest', value: 'Petőfi utca 5\n1052 Budapest', atLeast: 0.8 },
    { text: 'Atatürk Caddesi No: 12, 34349 İstanbul', value: 'Atatürk Caddesi No: 12, 34349 İstanbul', atLeast: 0.8 },
    { text: 'Vestergade 7, 8000 Aarhus', value: 'Vestergade 7, 8000 Aarhus', atLeast: 0.8 },
    { text: '12 Kingsway Park', label: 'street_address', value: '12 Kingsway Park' },
  ],
  misses: [
    { text: 'Main Street' },
    { text: 'in 2008 Wall Street fell' },
    { text: 'ring 0' },
    { text: 'String 5' },
    { text: 'via Node 24' },
    { text: 'take 2 by way of' },
    { text: 'the 3 drive letters' },
    { text: 'v1.2.3 Place Holder' },
    { text: 'case 5: return Court' },
    { text: 'http://10.0.0.1:80', label: 'address' },
    { text: 'der Weg 3 ist' },
    { text: 'Step 4 Close the window' },
  ],
};
