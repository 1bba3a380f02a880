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
  for (const [rule, examples] of Map.groupBy(usable, ({ rule }) => rule)) {
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

function prefixOf(values: readonly string[]): number {
  const [first = ''] = values;
  let common = 0;
  if (new Set(values).size > 1)
    while (common < first.length && values.every((value) => value[common] === first[common])) common++;
  const written = /^[A-Za-z]{2,8}[-_]/.exec(first)?.[0].length ?? 0;
  return Math.max(common < 3 ? 0 : common, written);
}

/** What different values end with in common, from three characters. */
function suffixOf(values: readonly string[]): number {
  const [first = ''] = values;
  let common = 0;
  if (new Set(values).size > 1)
    while (common < first.length && values.every((value) => value.at(-1 - common) === first.at(-1 - common))) common++;
  return common < 3 ? 0 : common;
}

function varied(random: Random, { value, prefix, suffix }: Example): string {
  const body = value.slice(prefix, value.length - suffix);
  const isHex = /^[0-9a-f-]+$/.test(body);
  const other = body.replace(/[A-Za-z0-9]/g, (char) =>
    letters(random, isHex ? 'h' : char <= '9' ? 'd' : char < 'a' ? 'L' : 'l', 1),
  );
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
