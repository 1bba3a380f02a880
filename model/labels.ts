/**
 * What the labels of a model mean here: PER, LOC and ORG in the spellings that models use, with or without B-, I- and
 * the like before them. All others, MISC among them, are no name.
 */
import { type NameKind, ORGANISATION, PERSON, PLACE } from '../engine/names/labels.ts';
import { isObject, type JsonObject } from './json-reading.ts';

export interface Label {
  /** Null: no name that counts here. */
  readonly kind: NameKind | null;
  /** A new name begins with it, whatever stands before. */
  readonly isBegin: boolean;
}

const KINDS: Readonly<Record<string, NameKind>> = {
  PER: PERSON,
  PERS: PERSON,
  PERSON: PERSON,
  LOC: PLACE,
  LOCATION: PLACE,
  GPE: PLACE,
  ORG: ORGANISATION,
  ORGANIZATION: ORGANISATION,
  ORGANISATION: ORGANISATION,
};

function labelOf(name: string): Label {
  const [, place = '', kind = ''] = /^(?:([BIESLU])[-_])?(.*)$/.exec(name.toUpperCase().trim()) ?? [];
  return { kind: KINDS[kind] ?? null, isBegin: place === 'B' || place === 'S' || place === 'U' };
}

/** From `id2label` of config.json, by number. Throws Error where it is none, or none of its labels counts here. */
export function labelsOf(config: JsonObject): readonly Label[] {
  const names = config['id2label'];
  if (!isObject(names)) throw new Error('config.json has no id2label');
  const labels: Label[] = [];
  for (const [id, name] of Object.entries(names)) {
    if (!/^\d{1,4}$/.test(id) || typeof name !== 'string') throw new Error('id2label of config.json has a bad entry');
    labels[Number(id)] = labelOf(name);
  }
  if (labels.length === 0 || labels.length !== Object.keys(names).length)
    throw new Error('id2label of config.json has gaps');
  if (labels.every(({ kind }) => kind === null)) {
    throw new Error('id2label of config.json has no label for persons, places or organisations (PER, LOC, ORG)');
  }
  return labels;
}
