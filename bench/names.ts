/**
 * Names, places, organisations and addresses measured with the scanner as it ships: on labelled sentences kept back from
 * training, on made-up ones of templates, locales and address forms kept back, on technical text of packages kept back;
 * and the speed. Each figure stands beside what it is to reach. `--mode thorough` measures the other mode, `--show NAME`
 * prints what went wrong in a part, from data that is public or made up.
 */
import { parseArgs } from 'node:util';
import { FAVOUR } from '../engine/names/favour.ts';
import { ADDRESS, type NameKind, ORGANISATION, PERSON, PLACE } from '../engine/names/labels.ts';
import { shippedModel } from '../engine/names/model.ts';
import { Tagger } from '../engine/names/tagger.ts';
import { createScanner, type Scanner } from '../engine/scan/scanner.ts';
import { MEDIUM, type TextFinding } from '../flow/finding.ts';
import { ADDRESS_COUNTRIES, makeAddress } from '../scripts/names/addresses.ts';
import { isRole, type KeptBack, keptBackSamples } from '../scripts/names/corpora.ts';
import { MEASURED_LOCALES } from '../scripts/names/locales.ts';
import { makeProductSentences } from '../scripts/names/products.ts';
import { Random } from '../scripts/names/random.ts';
import { type Sample, withNoise } from '../scripts/names/sample.ts';
import { type Made, makeSentences } from '../scripts/names/sentences.ts';
import { makeLogs, readTechnical } from '../scripts/names/technical.ts';

const { values } = parseArgs({
  options: { mode: { type: 'string', default: 'fast' }, show: { type: 'string' }, only: { type: 'string' } },
});
const SEED = 777;
const scanner = createScanner({ names: values.mode === 'thorough' ? 'thorough' : 'fast' });
const show = values.show === undefined ? null : new RegExp(values.show);
const only = values.only === undefined ? null : new RegExp(values.only);

interface Found {
  readonly kind: NameKind | null;
  readonly entity: string;
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

const ENTITIES: readonly string[] = ['PERSON', 'LOCATION', 'ORGANIZATION', 'STREET_ADDRESS'];
const KINDS = [PERSON, PLACE, ORGANISATION, ADDRESS] as const;

/** Findings of medium and higher, in UTF-16. */
function find(text: string): readonly Found[] {
  const bytes = Buffer.from(text);
  const at = (byte: number): number => bytes.toString('utf8', 0, byte).length;
  return scanner
    .scan(bytes, { label: null, role: null })
    .filter((one) => one.score >= MEDIUM)
    .map((one: TextFinding) => {
      const index = ENTITIES.indexOf(one.entity);
      const kind = index === -1 ? null : (KINDS[index] ?? null);
      return { kind, entity: one.entity, score: one.score, start: at(one.start), end: at(one.end) };
    });
}

interface Extent {
  readonly start: number;
  readonly end: number;
}

function overlaps(a: Extent, b: Extent): boolean {
  return a.start < b.end && b.start < a.end;
}

function note(part: string, what: string, text: string, span: Extent): void {
  if (show?.test(part) !== true) return;
  const round = text.slice(Math.max(0, span.start - 40), span.end + 40).replaceAll('\n', '⏎');
  console.log(`  ${part} ${what} «${text.slice(span.start, span.end).replaceAll('\n', '⏎')}» in ${round}`);
}

function line(what: string, figure: number, target: string, isReached: boolean): void {
  console.log(`${isReached ? ' ' : '!'} ${what.padEnd(58)} ${figure.toFixed(3).padStart(8)}   ${target}`);
}

function atLeast(what: string, figure: number, target: number): void {
  line(what, figure, `≥ ${target}`, figure >= target);
}

function atMost(what: string, figure: number, target: number): void {
  line(what, figure, `≤ ${target}`, figure <= target);
}

function wants(part: string): boolean {
  return only === null || only.test(part);
}

interface Counts {
  right: number;
  wrong: number;
  missed: number;
}

function f(beta: number, { right, wrong, missed }: Counts): number {
  const squared = beta * beta;
  return ((1 + squared) * right) / Math.max(1, (1 + squared) * right + squared * missed + wrong);
}

function recall({ right, missed }: Counts): number {
  return right / Math.max(1, right + missed);
}

/** Spans that overlap one of the same kind. */
function countSpans(part: string, samples: readonly Sample[], kind: NameKind): Counts {
  const counts: Counts = { right: 0, wrong: 0, missed: 0 };
  for (const { text, spans } of samples) {
    const found = find(text).filter((one) => one.kind === kind);
    const wanted = spans.filter((one) => one.kind === kind);
    for (const one of wanted) {
      if (found.some((other) => overlaps(one, other))) counts.right++;
      else {
        counts.missed++;
        note(part, 'missed', text, one);
      }
    }
    for (const one of found) {
      if (wanted.some((other) => overlaps(one, other))) continue;
      counts.wrong++;
      note(part, 'wrong', text, one);
    }
  }
  return counts;
}

function measureLabelled(sets: readonly KeptBack[], how: string): void {
  const of = (name: string): readonly Sample[] => sets.find((one) => one.name === name)?.samples ?? [];
  atLeast(
    `wikigold, a fifth, PERSON, span F1${how}`,
    f(1, countSpans('wikigold-person', of('wikigold'), PERSON)),
    0.88,
  );
  atLeast(
    `wikigold, a fifth, LOCATION, span F1${how}`,
    f(1, countSpans('wikigold-location', of('wikigold'), PLACE)),
    0.85,
  );
  atLeast(`BTC h, PERSON, span F1${how}`, f(1, countSpans('btc-person', of('btc-h'), PERSON)), 0.65);
  atLeast(`SEC FIN3, PERSON, recall${how}`, recall(countSpans('sec-person', of('sec-fin3'), PERSON)), 0.8);
  let roles = 0;
  for (const { text } of of('sec-fin3'))
    for (const one of find(text)) if (one.kind === PERSON && isRole(text.slice(one.start, one.end))) roles++;
  atMost(`SEC FIN3, role words that are a PERSON${how}`, roles, 0);
}

const KNOWN_OTHERS = new Set(['email', 'phone', 'iban', 'card', 'ssn']);

/** Words that are personal data of any kind against those that are none. */
function measureMixed(made: readonly Made[]): void {
  const counts: Counts = { right: 0, wrong: 0, missed: 0 };
  for (const { text, spans, others } of made) {
    const found = find(text).filter((one) => one.entity !== 'DATE_TIME' && one.entity !== 'URL');
    const wanted = [...spans, ...others.filter((one) => KNOWN_OTHERS.has(one.what))];
    const open = others.filter((one) => !KNOWN_OTHERS.has(one.what));
    for (const match of text.matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
      const word = { start: match.index, end: match.index + match[0].length };
      if (open.some((one) => overlaps(one, word))) continue;
      const isWanted = wanted.some((one) => overlaps(one, word));
      const isFound = found.some((one) => overlaps(one, word));
      if (isWanted && isFound) counts.right++;
      else if (isWanted) counts.missed++;
      else if (isFound) counts.wrong++;
      if (isWanted !== isFound) note('mixed', isWanted ? 'missed' : 'wrong', text, word);
    }
  }
  atLeast('mixed sentences, kept-back templates and locales, F2', f(2, counts), 0.95);
  atLeast('  of that, recall', recall(counts), 0.95);
}

const CARRIERS = [
  'Please send it to %a by Friday.',
  '%a',
  'The parcel for %a was returned.',
  'Lives at %a.',
  'Anschrift: %a',
];

function measureAddresses(): void {
  const random = new Random(SEED);
  let [covered, characters, extra] = [0, 0, 0];
  for (let n = 0; n < 200; n++) {
    const country = ADDRESS_COUNTRIES[n % ADDRESS_COUNTRIES.length] ?? 'us';
    const address = makeAddress(country, 'kept-back', random, random.isWithin(0.4) ? '\n' : ', ');
    const carrier = random.oneOf(CARRIERS);
    const start = carrier.indexOf('%a');
    const text = carrier.replace('%a', () => address);
    const found = find(text).filter((one) => one.kind === ADDRESS || one.kind === PLACE);
    for (let i = 0; i < text.length; i++) {
      const isWanted = i >= start && i < start + address.length;
      const isFound = found.some((one) => one.start <= i && i < one.end && (isWanted || one.kind === ADDRESS));
      if (isWanted) characters++;
      if (isWanted && isFound) covered++;
      if (!isWanted && isFound) extra++;
    }
    if (!found.some((one) => one.kind === ADDRESS && one.end - one.start >= address.length * 0.9))
      note('addresses', country, text, { start, end: start + address.length });
  }
  atLeast(`200 addresses of ${ADDRESS_COUNTRIES.length} countries, characters`, covered / characters, 0.9);
  atMost('  characters beside them, share', extra / characters, 0.05);
}

/** `isDense`: sentences with product after product, as no text has them; told without a target. */
function measureTechnical(what: string, texts: readonly string[], isDense = false): void {
  let [count, bytes, high] = [0, 0, 0];
  for (const text of texts) {
    bytes += Buffer.byteLength(text);
    for (const one of find(text)) {
      if (one.kind === null || one.kind === ADDRESS) continue;
      count++;
      if (one.kind === PERSON && one.score >= 0.8) high++;
      note(`technical-${what}`, `${one.entity} ${one.score}`, text, one);
    }
  }
  const name = `technical text (${what}, ${Math.round(bytes / 1024)} KB): names a KB`;
  if (isDense) line(name, (count * 1024) / bytes, '(no target)', true);
  else atMost(name, (count * 1024) / bytes, 0.5);
  atMost('  of them PERSON of 0.8 and higher', (high * 1024) / bytes, 0.1);
}

/** Best of some runs, CPU time: other programs take some of the clock. */
function megabytesPerSecond(run: (text: Buffer) => void, text: Buffer): number {
  let best = Number.POSITIVE_INFINITY;
  for (let k = 0; k < 5; k++) {
    const before = process.cpuUsage();
    run(text);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, user + system);
  }
  return text.length / best;
}

function measureSpeed(technical: readonly string[], prose: readonly Sample[]): void {
  const turns = prose.flatMap((one, n) => [
    { role: 'user', content: one.text },
    { role: 'assistant', content: technical[n % technical.length]?.slice(0, 400) ?? '' },
  ]);
  const unlike = Array.from({ length: 120_000 }, (_, n) => `A${((n * 7919) % 999_983).toString(36)}x`);
  const texts: Readonly<Record<string, string>> = {
    prose: prose
      .map((one) => one.text)
      .join(' ')
      .repeat(30),
    json: JSON.stringify({ model: 'm', messages: turns }).repeat(5),
    'names and addresses': makeSentences(3000, SEED, MEASURED_LOCALES, 'kept-back')
      .map((one) => one.text)
      .join('\n'),
    code: technical.join('\n'),
    'words that are all different': unlike.join(' '),
    'capitals alone': 'A b C d '.repeat(100_000),
    'at signs': '@A '.repeat(300_000),
  };
  const modes = { fast: createScanner({ names: 'fast' }), thorough: createScanner({ names: 'thorough' }) };
  const off = createScanner({ names: 'off' });
  const targets: Readonly<Record<string, number>> = { prose: 8, json: 8, code: 8 };
  for (const [what, text] of Object.entries(texts)) {
    const bytes = Buffer.from(text);
    const rateOf = (one: Scanner): number =>
      megabytesPerSecond((own) => void one.scan(own, { label: null, role: null }), bytes);
    line(`MB/s a core, all recognizers, names off, ${what}`, rateOf(off), '(no target)', true);
    for (const [mode, one] of Object.entries(modes)) {
      const target = targets[what] === undefined ? 1 : mode === 'fast' ? 8 : 2;
      atLeast(`MB/s a core, all recognizers, ${mode}, ${what}`, rateOf(one), target);
    }
    const tagger = new Tagger(shippedModel(), { isThorough: false, favour: FAVOUR });
    const rate = megabytesPerSecond((own) => tagger.tag(own, () => {}), bytes);
    line(`MB/s a core, the tagger alone, fast, ${what}`, rate, '(no target)', true);
  }
}

console.log(`names: ${values.mode}`);
const technical = readTechnical('technical-measured.tsv');
if (technical.missing.length > 0)
  console.log(`  ${technical.missing.length} technical files are not installed or differ`);
const texts = technical.files.map((one) => one.text);
if (wants('labelled')) {
  measureLabelled(keptBackSamples(false), '');
  measureLabelled(keptBackSamples(true), ', tokens spaced');
}
if (wants('mixed')) {
  const random = new Random(SEED);
  measureMixed(
    makeSentences(3000, SEED, MEASURED_LOCALES, 'kept-back').map((one) => ({ ...one, ...withNoise(one, random, 0.1) })),
  );
}
if (wants('addresses')) measureAddresses();
if (wants('technical')) {
  measureTechnical('packages', texts);
  measureTechnical(
    'logs',
    makeLogs(300, SEED).map((one) => one.text),
  );
  const products = makeProductSentences(2000, SEED, 'kept-back').map((one) => one.text);
  measureTechnical('about products', [products.join('\n')], true);
}
if (wants('speed')) measureSpeed(texts, keptBackSamples(false)[0]?.samples ?? []);
