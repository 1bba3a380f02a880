/**
 * Credentials of vendors by their published examples (test/corpus/secrets): a value of the same shape with other characters
 * in each place. What the examples of a rule begin with in common, or up to a first `_` or `-`, is a prefix and stays.
 */

import { vendorEntityOf } from './secret-vendors.ts';
import { judgedExamples, type SecretExample, secretExamples } from './secrets.ts';
import { letters, pick, type Random } from './shapes.ts';

export interface VendorKind {
  readonly words: readonly string[];
  make(random: Random): string;
}

interface Example {
  readonly word: string;
  readonly value: string;
  readonly prefix: number;
  readonly suffix: number;
}

/** Vendors whose entity is spelled otherwise than their rule. */
const SPELLED: Readonly<Record<string, string>> = {
  cannyio: 'canny',
  checio: 'chec',
  checklyhq: 'checkly',
  d7network: 'd7networks',
  django: 'djangosecretkey',
  dtrack: 'dependencytrack',
  fixerio: 'fixer',
  flatio: 'flat',
  geoipifi: 'ipify',
  ibm: 'ibmcloud',
  line: 'linemessaging',
  moderation: 'moderationapi',
  mongodb: 'mongodbatlas',
  notifyline: 'linenotify',
  opencagedata: 'opencage',
  paydirtapp: 'paydirt',
  paymoapp: 'paymo',
  readme: 'readmeio',
  scrutinizerci: 'scrutinizer',
  skrappio: 'skrapp',
  sportsmonk: 'sportmonks',
  tatumio: 'tatum',
  teamworkcrm: 'teamwork',
  teamworkdesk: 'teamwork',
  toggltrack: 'toggl',
  wireguard: 'wireguardkey',
  zohocrm: 'zoho',
};

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** By the vendor's name, lower case, without separators. */
function examplesByVendor(): ReadonlyMap<string, readonly Example[]> {
  const judged = judgedExamples();
  const usable = secretExamples().filter((one) => one.label === 1 && !judged.has(one.row) && one.end - one.start >= 8);
  const vendors = new Map<string, Example[]>();
  for (const [rule, all] of Map.groupBy(usable, ({ rule }) => rule)) {
    // Some are marked with the query that they stand in.
    const examples = all.filter((one) => !/&\w+=/.test(writtenValue(one)));
    const values = examples.map(writtenValue);
    const vendor = plain(rule.replace(/^kingfisher\./, '').replace(/\.\d+$/, ''));
    const made = examples.map(({ name }, at) => ({
      word: name,
      value: values[at] ?? '',
      prefix: prefixOf(values),
      suffix: suffixOf(values),
    }));
    for (const key of [SPELLED[vendor] ?? vendor, plain(vendorEntityOf(rule, values[0] ?? '') ?? '')])
      if (key !== '') vendors.set(key, [...(vendors.get(key) ?? []), ...made]);
  }
  return vendors;
}

function writtenValue({ text, start, end }: SecretExample): string {
  return text.toString('utf8', start, end);
}

/** `pk_live_`, `oa2-client-id_`: words with a joint behind each. */
const WRITTEN_PREFIX = /^(?:[A-Za-z]{2,8}\d?[-_]){1,3}/;

function prefixOf(values: readonly string[]): number {
  const [first = ''] = values;
  let common = 0;
  if (new Set(values).size > 1)
    while (common < first.length && values.every((value) => value[common] === first[common])) common++;
  const written = WRITTEN_PREFIX.exec(first)?.[0].length ?? 0;
  return Math.max(common < 3 ? 0 : common, first.length - written < LEAST_VARIED ? 0 : written);
}

/** Characters of a value that are not a prefix, at least. */
const LEAST_VARIED = 8;
/** Longest ending that an issuer gives all values; a longer one comes of examples that were made by one hand. */
const MAX_SUFFIX = 10;

/** What different values end with in common, from three characters. */
function suffixOf(values: readonly string[]): number {
  const [first = ''] = values;
  let common = 0;
  if (new Set(values).size > 1)
    while (common < first.length && values.every((value) => value.at(-1 - common) === first.at(-1 - common))) common++;
  return common < 3 || common > MAX_SUFFIX ? 0 : common;
}

const HEX = /^(?=.*\d)[0-9a-f]{8,}$/i;

/** Other characters in each place: of hexadecimal such, of a name before a sign (`client_secret=`) the same. */
function varied(random: Random, { value, prefix, suffix }: Example): string {
  const body = value.slice(prefix, value.length - suffix);
  const other = body.replace(/[A-Za-z0-9]+(?![A-Za-z0-9_]*=[A-Za-z0-9])/g, (run) => {
    const isHex = HEX.test(run) || /^[0-9a-f-]+$/.test(body);
    return run.replace(/./g, (char) => {
      if (isHex) return letters(random, char >= 'A' && char <= 'F' ? 'H' : 'h', 1);
      return letters(random, char <= '9' ? 'd' : char < 'a' ? 'L' : 'l', 1);
    });
  });
  return value.slice(0, prefix) + other + value.slice(value.length - suffix);
}

const VENDORS = examplesByVendor();

/** A way to make a credential of an entity that is named after a vendor with examples; null where none are. */
export function vendorKind(entity: string): VendorKind | null {
  const examples = VENDORS.get(plain(entity));
  const first = examples?.[0];
  if (examples === undefined || first === undefined) return null;
  const words = [
    ...new Set([...examples.map(({ word }) => word), `${entity.toLowerCase().replaceAll('_', ' ')} api key`]),
  ];
  return { words, make: (random) => varied(random, pick(random, examples)) };
}
