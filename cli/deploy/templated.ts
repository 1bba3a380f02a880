/**
 * Manifests with places for values: one tree, from which `weir deploy k8s` makes objects and scripts/write-chart.ts the
 * templates of a Helm chart. A place names its value by a path into the values; what can stand there is little on purpose, so that
 * both readings are sure to agree (a test renders the templates and compares).
 */

const PLACE: unique symbol = Symbol('place');

/** Something that only the values decide. */
export type Place =
  /** The value at a path, whatever it is. With `required`, null is refused with these words. */
  | { readonly [PLACE]: 'value'; readonly path: string; readonly required: string | null }
  /** A text with the namespace, or the item of the `each` around it, in it. */
  | { readonly [PLACE]: 'text'; readonly parts: readonly TextPart[] }
  /** Of the item of the `each` around it: its key in a map, itself, or the value of a field of it. */
  | { readonly [PLACE]: 'item'; readonly what: 'key' | 'itself' | { readonly field: string } }
  /** A map from the values as YAML text, with some of its keys set. */
  | { readonly [PLACE]: 'yaml'; readonly path: string; readonly set: readonly Setting[] };

export type TextPart = string | typeof NAMESPACE | typeof ITEM;
/** The namespace of it all. */
export const NAMESPACE: unique symbol = Symbol('namespace');
/** What the `each` around it is at. */
export const ITEM: unique symbol = Symbol('item');

/** A key of a map in the values that is taken from elsewhere. */
export interface Setting {
  /** One or two keys deep; the outer one is there in the values. */
  readonly key: readonly [string] | readonly [string, string];
  /** A value, or a list of texts that stands before the list that is there. */
  readonly to:
    | { readonly kind: 'value'; readonly path: string }
    | { readonly kind: 'before'; readonly texts: readonly Place[] };
}

/** Holds where a value is neither null, false, 0, nor empty; with `is`, where it is that word. */
export interface Condition {
  readonly path: string;
  readonly is?: string;
  readonly isNot?: string | boolean;
}

export interface When {
  readonly [PLACE]: 'when';
  readonly all: readonly Condition[];
  readonly body: Tree;
}

export interface Each {
  readonly [PLACE]: 'each';
  /** Of a list, or of a map, whose keys come in order. */
  readonly path: string;
  readonly body: Tree;
}

/** What a manifest is made of: data, lists and maps of it, and places. Interfaces of the cluster's objects count as maps. */
export type Tree = string | number | boolean | null | undefined | object;

/** A type of which any part may be a place. Entries of a list and of an object may depend on a condition. */
export type Templated<T> =
  | T
  | Place
  | (T extends readonly (infer U)[]
      ? readonly (Templated<U> | When | Each)[]
      : T extends object
        ? { readonly [K in keyof T]: Templated<T[K]> | When }
        : never);

export function value(path: string, required: string | null = null): Place {
  return { [PLACE]: 'value', path, required };
}

export function text(...parts: readonly TextPart[]): Place {
  return { [PLACE]: 'text', parts };
}

export function yamlText(path: string, set: readonly Setting[] = []): Place {
  return { [PLACE]: 'yaml', path, set };
}

export function when(conditions: string | Condition | readonly Condition[], body: Tree): When {
  const all =
    typeof conditions === 'string' ? [{ path: conditions }] : 'path' in conditions ? [conditions] : conditions;
  return { [PLACE]: 'when', all, body };
}

/** `make` is handed the key of an item, and its fields by name; null is the item itself. */
export function eachOf(path: string, make: (key: Place, field: (name: string | null) => Place) => Tree): Each {
  const key: Place = { [PLACE]: 'item', what: 'key' };
  const field = (name: string | null): Place => ({ [PLACE]: 'item', what: name === null ? 'itself' : { field: name } });
  return { [PLACE]: 'each', path, body: make(key, field) };
}

export function isPlaced(tree: Tree): tree is Place | When | Each {
  return typeof tree === 'object' && tree !== null && PLACE in tree;
}

/** Which of the kinds a place is. */
export function kindOf<T extends Place | When | Each>(place: T): T[typeof PLACE] {
  return place[PLACE];
}

/** Plain data. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

export interface Filling {
  readonly values: Plain;
  readonly namespace: string;
  /** Turns a map into the text of a configuration file. */
  readonly toYaml: (map: Plain) => string;
}

/** A value that the manifests cannot do without is null. */
export class MissingValue extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MissingValue';
  }
}

/** The tree with its places filled. Nothing is left where a condition does not hold. Throws MissingValue. */
export function fill(tree: Tree, filling: Filling): readonly Plain[] {
  return filled(tree, filling, null);
}

interface Item {
  /** Empty in a list. */
  readonly key: string;
  readonly value: Plain;
}

/** None, one, or, of an `each`, many. */
function filled(tree: Tree, filling: Filling, item: Item | null): readonly Plain[] {
  if (tree === undefined) return [];
  if (typeof tree !== 'object' || tree === null) return [tree];
  if (isPlaced(tree)) return filledPlace(tree, filling, item);
  if (isTrees(tree)) return [tree.flatMap((one) => filled(one, filling, item))];
  const entries = entriesOf(tree).flatMap(([key, one]) => filled(one, filling, item).map((value) => [key, value]));
  return [Object.fromEntries(entries)];
}

function filledPlace(place: Place | When | Each, filling: Filling, item: Item | null): readonly Plain[] {
  switch (place[PLACE]) {
    case 'value': {
      const found = valueAt(filling.values, place.path);
      if (found === null && place.required !== null) throw new MissingValue(place.required);
      return [found];
    }
    case 'text':
      return [textOf(place.parts, filling, item)];
    case 'yaml':
      return [filling.toYaml(withSettings(place.path, place.set, filling))];
    case 'when':
      return place.all.every((one) => holds(one, filling.values)) ? filled(place.body, filling, item) : [];
    case 'item':
      return [ofItem(place.what, item)];
    case 'each':
      return itemsOf(valueAt(filling.values, place.path)).flatMap((one) => filled(place.body, filling, one));
  }
}

function ofItem(what: 'key' | 'itself' | { readonly field: string }, item: Item | null): Plain {
  if (item === null) throw new Error('an item stands outside of what it is an item of');
  if (what === 'key') return item.key;
  return what === 'itself' ? item.value : valueAt(item.value, what.field);
}

/** In the order in which helm goes through them. */
function itemsOf(found: Plain): readonly Item[] {
  if (isList(found)) return found.map((one) => ({ key: '', value: one }));
  if (typeof found !== 'object' || found === null) return [];
  return Object.entries(found)
    .map(([key, one]) => ({ key, value: one }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function textOf(parts: readonly TextPart[], { namespace }: Filling, item: Item | null): string {
  return parts
    .map((part) => (part === NAMESPACE ? namespace : part === ITEM ? String(ofItem('itself', item)) : part))
    .join('');
}

function withSettings(path: string, set: readonly Setting[], filling: Filling): Plain {
  let map = mapAt(filling.values, path);
  for (const { key, to } of set) {
    const [outer, inner] = key;
    const settled = (before: Plain | undefined): Plain => {
      if (to.kind === 'value') return valueAt(filling.values, to.path);
      const texts = to.texts.flatMap((one) => filled(one, filling, null));
      return before !== undefined && isList(before) ? [...texts, ...before] : texts;
    };
    if (inner === undefined) map = { ...map, [outer]: settled(map[outer]) };
    else {
      const within = mapAt(map, outer);
      map = { ...map, [outer]: { ...within, [inner]: settled(within[inner]) } };
    }
  }
  return map;
}

function holds({ path, is, isNot }: Condition, values: Plain): boolean {
  const found = valueAt(values, path);
  if (is !== undefined) return found === is;
  if (isNot !== undefined) return found !== isNot;
  if (found === null || found === false || found === 0 || found === '') return false;
  return typeof found !== 'object' || (isList(found) ? found.length : Object.keys(found).length) > 0;
}

/** A path that names nothing is a slip of a manifest's author. */
function valueAt(values: Plain, path: string): Plain {
  let at: Plain = values;
  for (const key of path.split('.')) {
    const next: Plain | undefined =
      typeof at === 'object' && at !== null && !isList(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    if (next === undefined) throw new Error(`no value is named ${path}`);
    at = next;
  }
  return at;
}

function mapAt(values: Plain, path: string): { readonly [key: string]: Plain } {
  const found = valueAt(values, path);
  if (typeof found !== 'object' || found === null || isList(found)) throw new Error(`${path} is no map`);
  return found;
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

export function isTrees(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}

/** Of a map. */
export function entriesOf(tree: object): readonly (readonly [string, Tree])[] {
  return Object.entries(tree);
}
