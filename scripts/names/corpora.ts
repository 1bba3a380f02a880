/**
 * The labelled sentences of test/corpus/names, as text: a token and its label a line, sentences apart by an empty line,
 * documents by -DOCSTART-. Which part is kept back for measuring is decided here.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import { type NameKind, ORGANISATION, PERSON, PLACE } from '../../engine/names/labels.ts';
import type { Random } from './random.ts';
import type { Sample, Span } from './sample.ts';

export interface Sentence {
  readonly tokens: readonly string[];
  readonly labels: readonly string[];
  readonly document: number;
}

const FOLDER = join(packageRoot, 'test/corpus/names');

export function readSentences(file: string): readonly Sentence[] {
  const sentences: Sentence[] = [];
  let tokens: string[] = [];
  let labels: string[] = [];
  let document = 0;
  const flush = (): void => {
    if (tokens.length > 0) sentences.push({ tokens, labels, document });
    tokens = [];
    labels = [];
  };
  for (const line of readFileSync(join(FOLDER, file), 'utf8').split('\n')) {
    const [token = '', label = 'O'] = line.split('\t');
    if (token === '') flush();
    else if (token === '-DOCSTART-') {
      flush();
      document++;
    } else {
      tokens.push(token);
      labels.push(label);
    }
  }
  flush();
  return sentences;
}

const KINDS: Readonly<Record<string, NameKind>> = { PER: PERSON, LOC: PLACE, ORG: ORGANISATION };

/** Parties of a contract by their role; the corpus of filings takes them for persons, and for organisations. */
const ROLES =
  /^(?:borrowers?|lenders?|guarantors?|agents?|obligors?|debtors?|grantors?|pledgors?|lessees?|lessors?|trustees?|holders?|bank|banks|company|party|parties|secured|parent|tenant|landlord|buyer|seller|purchaser|executive|employee|consultant)$/i;

export function isRole(word: string): boolean {
  return ROLES.test(word);
}

const OPENING = /^[([{“‘#$£€]$/;
const CLOSING = /^(?:[.,;:!?)\]}”’%…]|'s|’s|n't|'(?:re|ve|ll|d|m)|\.{2,})$/;

/** Adjectives of nations, which tweets have as places where the encyclopedia has them as neither. */
const NATIONAL =
  /^(?:(?:afghan|albani|alger|americ|angol|armeni|asi|australi|austri|belgi|boliv|bosni|brazili|bulgari|cambodi|cameroon|canadi|chile|colombi|croati|cub|egypti|estoni|ethiopi|europe|fijiy|georgi|germ|ghanai|haiti|hungari|indi|indonesi|irani|israel|itali|jamaic|jordani|keny|kore|latvi|liberi|liby|lithuani|macedoni|malaysi|mexic|mongoli|morocc|nigeri|norwegi|palestini|peruvi|romani|russi|rwand|scandinavi|serbi|slovaki|sloveni|somali|syri|tanzani|tunisi|ugand|ukraini|venezuel|victori|zambi|afric|christi)(?:an|ans)|(?:british|english|irish|scottish|welsh|french|dutch|danish|swedish|finnish|polish|turkish|spanish|kurdish|jewish|czech|greek|swiss|thai|arab|iraqi|pakistani|saudi|kuwaiti|israeli|bengali|punjabi|somali|filipino|argentine)s?|(?:chin|japan|vietnam|portugu|leban|taiwan|sudan|burm|nepal|sri lank|tai|bali|siam|congol|senegal|malt)ese)$/i;

/** Joins tokens as they were written before they were taken apart; `isSpaced` leaves a space between all. */
export function textOf(sentence: Sentence, isSpaced: boolean): Sample {
  let text = '';
  const spans: Span[] = [];
  let open: { kind: NameKind; start: number } | null = null;
  let glues = true;
  let quotes = 0;
  const close = (): void => {
    if (open !== null) spans.push({ ...open, end: text.length });
    open = null;
  };
  let labelBefore = 'O';
  let wasHandle = false;
  for (let i = 0; i < sentence.tokens.length; i++) {
    const token = sentence.tokens[i] ?? '';
    const label = isRole(token) || NATIONAL.test(token) ? 'O' : (sentence.labels[i] ?? 'O');
    const kind = KINDS[label.slice(2)];
    const isHandle = wasHandle;
    wasHandle = token === '@' && label !== 'O';
    // A handle is one name with its sign.
    const goesOn = kind !== undefined && label.slice(2) === labelBefore.slice(2) && (label.startsWith('I') || isHandle);
    if (!goesOn) close();
    const isQuote = token === '"';
    const closes = CLOSING.test(token) || (isQuote && quotes % 2 === 1);
    if (!(text === '' || (!isSpaced && (glues || closes)))) text += ' ';
    if (!goesOn && kind !== undefined) open = { kind, start: text.length };
    text += token;
    if (isQuote) quotes++;
    glues = OPENING.test(token) || (token === '@' && label !== 'O') || (isQuote && quotes % 2 === 1);
    if (token === '-' || token === '/') glues = !/^\d/.test(sentence.tokens[i + 1] ?? '') && sentence.document === -1;
    labelBefore = label;
  }
  close();
  return { text, spans };
}

/** Every fifth sentence of Wikipedia is kept back. */
function isKeptBack(_sentence: Sentence, at: number): boolean {
  return at % 5 === 4;
}

const TWEETS = ['btc-a.tsv', 'btc-b.tsv', 'btc-e.tsv', 'btc-f.tsv', 'btc-g.tsv'];
/** Copies of a source in the training: the encyclopedia is small beside what it teaches. */
const WIKIPEDIA_COPIES = 5;
const OTHER_COPIES = 2;

/** One collection of tweets does not take handles for names, against all others. */
function hasUnnamedHandle(sentence: Sentence): boolean {
  return sentence.tokens.some((token, at) => token === '@' && sentence.labels[at] === 'O');
}

export function trainingSamples(random: Random): Sample[] {
  const wikipedia = readSentences('wikigold.tsv').filter((one, at) => !isKeptBack(one, at));
  const others = [
    ...TWEETS.flatMap(readSentences).filter((one) => !hasUnnamedHandle(one)),
    ...readSentences('sec-fin5.tsv'),
  ];
  const copies = [
    ...Array.from({ length: WIKIPEDIA_COPIES }, () => wikipedia).flat(),
    ...Array.from({ length: OTHER_COPIES }, () => others).flat(),
  ];
  return copies.map((one) => textOf(one, random.isWithin(0.3)));
}

export interface KeptBack {
  readonly name: string;
  readonly samples: readonly Sample[];
}

/** As text in both ways of joining. */
export function keptBackSamples(isSpaced: boolean): readonly KeptBack[] {
  const of = (name: string, sentences: readonly Sentence[]): KeptBack => ({
    name,
    samples: sentences.map((one) => textOf(one, isSpaced)),
  });
  return [
    of('wikigold', readSentences('wikigold.tsv').filter(isKeptBack)),
    of('btc-h', readSentences('btc-h.tsv')),
    of('sec-fin3', readSentences('sec-fin3.tsv')),
  ];
}
