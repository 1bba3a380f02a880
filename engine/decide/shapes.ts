/**
 * The shapes that a YAML file is checked against: what each key takes, and the value it becomes. Refuses null where it
 * was not asked for (`key:` with nothing behind it is more often a slip than a wish), and never converts a number or
 * a boolean to a string.
 */
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { INVALID, type JsonSchema, type Place, type Reader, type Shape, type TypeOf } from './checked-yaml.ts';
import { didYouMean } from './near-name.ts';

function got(node: Node | null): string {
  if (node === null) return 'nothing';
  if (isMap(node)) return 'an object';
  if (isSeq(node)) return 'a list';
  const value = isScalar(node) ? node.value : undefined;
  if (value === null) return 'nothing';
  return typeof value === 'object' ? 'something else' : `a ${typeof value}`;
}

function refuseKind(node: Node | null, reader: Reader, expected: string): typeof INVALID {
  const kind = got(node);
  const hint = expected === 'a string' && (kind === 'a number' || kind === 'a boolean') ? '; put it in quotes' : '';
  return reader.refuse(node, `expected ${expected}, found ${kind}${hint}`);
}

/** Text. With `check`, a sentence on what is wrong with it, or null. */
export function string(
  options: {
    readonly expected?: string;
    readonly allowEmpty?: boolean;
    readonly maxLength?: number;
    readonly pattern?: RegExp;
    readonly check?: (value: string) => string | null;
  } = {},
): Shape<string> {
  const expected = options.expected ?? 'a string';
  const maxLength = options.maxLength ?? 65_536;
  return {
    expected,
    read(node, reader) {
      if (!isScalar(node) || typeof node.value !== 'string') return refuseKind(node, reader, expected);
      const value = node.value;
      if (value === '' && options.allowEmpty !== true)
        return reader.refuse(node, `expected ${expected}, found an empty string`);
      if (value.length > maxLength) return reader.refuse(node, `longer than ${maxLength} characters`);
      if (options.pattern !== undefined && !options.pattern.test(value))
        return reader.refuse(node, `expected ${expected}`);
      const wrong = options.check?.(value) ?? null;
      return wrong === null ? value : reader.refuse(node, wrong);
    },
    schema: () => ({
      type: 'string',
      ...(options.allowEmpty === true ? {} : { minLength: 1 }),
      ...(options.pattern === undefined ? {} : { pattern: options.pattern.source }),
    }),
  };
}

/** A finite number within bounds (inclusive). */
export function number(
  options: { readonly min?: number; readonly max?: number; readonly integer?: boolean } = {},
): Shape<number> {
  const { min = -Infinity, max = Infinity, integer = false } = options;
  const kind = integer ? 'a whole number' : 'a number';
  const bounds =
    min === -Infinity && max === Infinity
      ? ''
      : max === Infinity
        ? ` of at least ${min}`
        : min === -Infinity
          ? ` of at most ${max}`
          : ` from ${min} to ${max}`;
  const expected = kind + bounds;
  return {
    expected,
    read(node, reader) {
      if (!isScalar(node) || typeof node.value !== 'number') return refuseKind(node, reader, expected);
      const value = node.value;
      const isTaken =
        Number.isFinite(value) && value >= min && value <= max && (!integer || Number.isSafeInteger(value));
      return isTaken ? value : reader.refuse(node, `expected ${expected}`);
    },
    schema: () => ({
      type: integer ? 'integer' : 'number',
      ...(min === -Infinity ? {} : { minimum: min }),
      ...(max === Infinity ? {} : { maximum: max }),
    }),
  };
}

/** `true` or `false`. */
export function boolean(): Shape<boolean> {
  return {
    expected: 'true or false',
    read: (node, reader) =>
      isScalar(node) && typeof node.value === 'boolean' ? node.value : refuseKind(node, reader, 'true or false'),
    schema: () => ({ type: 'boolean' }),
  };
}

/** One of a fixed set of words, numbers or booleans; a near word is named. */
export function oneOf<const V extends string | number | boolean>(values: readonly V[]): Shape<V> {
  const expected = values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`;
  return {
    expected,
    read(node, reader) {
      if (!isScalar(node)) return refuseKind(node, reader, expected);
      const found = values.find((value) => value === node.value);
      if (found !== undefined) return found;
      const words = values.filter((value) => typeof value === 'string');
      const near = typeof node.value === 'string' ? didYouMean(node.value, words) : '';
      return reader.refuse(node, `expected ${expected}${near}`);
    },
    schema: () => ({ enum: [...values] }),
  };
}

/** A list; every item is read, so that all problems are told at once. */
export function list<T>(
  item: Shape<T>,
  options: { readonly min?: number; readonly max?: number } = {},
): Shape<readonly T[]> {
  const expected = 'a list';
  const { min = 0, max = 10_000 } = options;
  return {
    expected,
    read(node, reader) {
      if (!isSeq(node)) return refuseKind(node, reader, `a list of ${item.expected.replace(/^an? /, '')}`);
      if (node.items.length < min) return reader.refuse(node, `expected a list of at least ${min}`);
      if (node.items.length > max) return reader.refuse(node, `expected a list of at most ${max}`);
      const values: T[] = [];
      let isValid = true;
      for (const child of node.items) {
        const value = reader.read(child as Node | null, item);
        if (value === INVALID) isValid = false;
        else values.push(value);
      }
      return isValid ? values : INVALID;
    },
    schema: () => ({ type: 'array', items: item.schema(), ...(min > 0 ? { minItems: min } : {}) }),
  };
}

interface Pairs {
  readonly items: readonly (readonly [key: string, keyNode: Node, value: Node | null])[];
  /** False when a key was refused: a duplicate, or one that is not text. */
  readonly isValid: boolean;
}

function pairsOf(node: Node, reader: Reader): Pairs {
  const seen = new Set<string>();
  const items: (readonly [string, Node, Node | null])[] = [];
  let isValid = true;
  for (const pair of isMap(node) ? node.items : []) {
    if (reader.isFull) return { items, isValid: false };
    const key = pair.key as Node;
    if (!isScalar(key) || typeof key.value !== 'string') {
      reader.refuse(key, 'expected a string as key; put it in quotes');
      isValid = false;
    } else if (seen.has(key.value)) {
      reader.refuse(key, `duplicate key ${quoted(key.value)}`);
      isValid = false;
    } else {
      seen.add(key.value);
      items.push([key.value, key, pair.value as Node | null]);
    }
  }
  return { items, isValid };
}

/** A mapping with keys of the user's own choice. `key` says what is wrong with a key, or null. */
export function map<T>(
  value: Shape<T>,
  options: { readonly key?: (key: string) => string | null } = {},
): Shape<ReadonlyMap<string, T>> {
  const expected = 'an object';
  return {
    expected,
    read(node, reader) {
      if (!isMap(node)) return refuseKind(node, reader, expected);
      const pairs = pairsOf(node, reader);
      let isValid = pairs.isValid;
      const values = new Map<string, T>();
      for (const [key, keyNode, child] of pairs.items) {
        const wrong = options.key?.(key) ?? null;
        if (wrong !== null) {
          reader.refuse(keyNode, wrong);
          isValid = false;
        }
        const read = reader.read(child, value);
        if (read === INVALID) isValid = false;
        else values.set(key, read);
      }
      return isValid ? values : INVALID;
    },
    schema: () => ({ type: 'object', additionalProperties: value.schema() }),
  };
}

/** A key that may be left out: `T | null` without a default, else the default. */
export interface Optional<T> {
  readonly optional: Shape<unknown>;
  readonly fallback: T;
}

export function optional<T>(shape: Shape<T>): Optional<T | null>;
export function optional<T>(shape: Shape<T>, fallback: T): Optional<T>;
export function optional<T>(shape: Shape<T>, ...rest: readonly T[]): Optional<T | null> {
  return { optional: shape, fallback: rest.length === 0 ? null : (rest[0] as T) };
}

export type Fields = { readonly [key: string]: Shape<unknown> | Optional<unknown> };
type ValueOf<F> = F extends Optional<infer T> ? T : F extends Shape<infer T> ? T : never;
export type ObjectOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** An object with known keys only. Every key of the shape is there in the value. */
export function object<const F extends Fields>(
  fields: F,
  options: { readonly description?: string } = {},
): Shape<ObjectOf<F>> {
  const expected = 'an object';
  const known = Object.keys(fields);
  return {
    expected,
    read(node, reader) {
      if (!isMap(node)) return refuseKind(node, reader, expected);
      const pairs = pairsOf(node, reader);
      let isValid = pairs.isValid;
      const values = new Map<string, unknown>();
      const isThere = new Set<string>();
      for (const [key, keyNode, child] of pairs.items) {
        if (reader.isFull) return INVALID;
        isThere.add(key);
        const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
        if (field === undefined) {
          const hint = key === '<<' ? '; merge keys are not read' : didYouMean(key, known) || knownKeys(known);
          reader.refuse(keyNode, `unknown key ${quoted(key)}${hint}`);
          isValid = false;
          continue;
        }
        const value = readField(reader, keyNode, child, 'optional' in field ? field.optional : field);
        if (value === INVALID) isValid = false;
        else values.set(key, value);
      }
      for (const key of known) {
        const field = fields[key];
        if (field === undefined || isThere.has(key)) continue;
        if ('optional' in field) values.set(key, field.fallback);
        else {
          reader.refuse(node, `missing key "${key}", expected ${field.expected}`);
          isValid = false;
        }
      }
      return isValid ? (Object.fromEntries(values) as ObjectOf<F>) : INVALID;
    },
    schema() {
      const required = known.filter((key) => !('optional' in (fields[key] ?? {})));
      return {
        type: 'object',
        ...(options.description === undefined ? {} : { description: options.description }),
        properties: Object.fromEntries(
          Object.entries(fields)
            .map(([key, field]) => [key, ('optional' in field ? field.optional : field).schema()] as const)
            .filter(([, schema]) => schema !== NOT_BUILT),
        ),
        ...(required.length > 0 ? { required } : {}),
        additionalProperties: false,
      };
    },
  };
}

/** A null value has no place of its own in `key:`; the key's is told then. */
function readField(reader: Reader, key: Node, child: Node | null, shape: Shape<unknown>): unknown {
  const isBare = child === null || (isScalar(child) && child.value === null && child.range?.[0] === child.range?.[1]);
  return isBare && !('takesNull' in shape) && !(NOT_BUILT_KEY in shape)
    ? reader.refuse(key, `expected ${shape.expected}, found nothing`)
    : reader.read(NOT_BUILT_KEY in shape ? key : child, shape);
}

function quoted(key: string): string {
  return key.length <= 64 ? JSON.stringify(key) : 'of over 64 characters';
}

function knownKeys(known: readonly string[]): string {
  return known.length <= 24 ? `; known keys: ${known.join(', ')}` : '';
}

/** The shape, or `null` written out. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> & { readonly takesNull: true } {
  return {
    takesNull: true,
    expected: `${shape.expected} or null`,
    read: (node, reader) =>
      node === null || (isScalar(node) && node.value === null) ? null : reader.read(node, shape),
    schema: () => ({ anyOf: [shape.schema(), { type: 'null' }] }),
  };
}

/** The first shape that takes the node; problems inside are told by the one of the node's own kind. */
export function either<A, B>(first: Shape<A>, second: Shape<B>, expected?: string): Shape<A | B> {
  const words = expected ?? `${first.expected} or ${second.expected}`;
  return {
    expected: words,
    read(node, reader) {
      const before = reader.problems.length;
      const one = reader.read(node, first);
      if (one !== INVALID) return one;
      const ofFirst = reader.problems.splice(before);
      const other = reader.read(node, second);
      if (other !== INVALID) return other;
      const ofSecond = reader.problems.splice(before);
      // A problem deeper inside means that the kind was right and that shape was meant.
      const at = reader.placeOf(node);
      const isDeeper = (problems: readonly { line: number; column: number; message: string }[]): boolean =>
        problems.some(
          (problem) =>
            problem.line !== at.line || problem.column !== at.column || !problem.message.startsWith('expected '),
        );
      if (isDeeper(ofFirst)) reader.problems.push(...ofFirst);
      else if (isDeeper(ofSecond)) reader.problems.push(...ofSecond);
      else reader.refuse(node, `expected ${words}`);
      return INVALID;
    },
    schema: () => ({ anyOf: [first.schema(), second.schema()] }),
  };
}

/** The shape read, then turned into something else. */
export function as<T, U>(shape: Shape<T>, turn: (value: T) => U): Shape<U> {
  return {
    ...shape,
    read(node, reader) {
      const value = shape.read(node, reader);
      return value === INVALID ? INVALID : turn(value);
    },
  };
}

/** The shape with a JSON Schema of its own, for what a pattern says better. */
export function withSchema<T>(shape: Shape<T>, schema: JsonSchema): Shape<T> {
  return { ...shape, schema: () => schema };
}

/** `report(message, path)` notes a problem at the value, or at what `path` (keys and indices) leads to inside it. */
export type Report = (message: string, path?: readonly (string | number)[]) => void;

/** A check of one's own over a value that has the right shape. */
export function checked<T>(shape: Shape<T>, check: (value: T, report: Report) => void): Shape<T> {
  return {
    ...shape,
    read(node, reader) {
      const value = shape.read(node, reader);
      if (value === INVALID) return INVALID;
      let isValid = true;
      check(value, (message, path = []) => {
        isValid = false;
        reader.refuse(nodeAt(node, path, reader), message);
      });
      return isValid ? value : INVALID;
    },
  };
}

function nodeAt(node: Node | null, path: readonly (string | number)[], reader: Reader): Node | null {
  let at = node;
  for (const step of path) {
    const inside: Node | null = reader.resolve(at);
    let next: Node | null = null;
    if (isSeq(inside) && typeof step === 'number') next = (inside.items[step] ?? null) as Node | null;
    else if (isMap(inside)) {
      const pair = inside.items.find((one) => isScalar(one.key) && one.key.value === step);
      next = (pair?.value ?? pair?.key ?? null) as Node | null;
    }
    if (next === null) return at;
    at = next;
  }
  return at;
}

export interface Placed<T> {
  readonly value: T;
  readonly place: Place;
}

/** The value together with where it stands, for problems that are found later. */
export function placed<T>(shape: Shape<T>): Shape<Placed<T>> {
  return {
    ...shape,
    read(node, reader) {
      const value = shape.read(node, reader);
      return value === INVALID ? INVALID : { value, place: reader.placeOf(node) };
    },
  };
}

/** Which of several objects is meant is said by one of their keys: `kind: Policy`. */
export function byKey<const M extends { readonly [name: string]: Shape<unknown> }>(
  key: string,
  shapes: M,
): Shape<TypeOf<M[keyof M]>> {
  const names = Object.keys(shapes);
  return {
    expected: 'an object',
    read(node, reader) {
      if (!isMap(node)) return refuseKind(node, reader, 'an object');
      const pair = node.items.find((one) => isScalar(one.key) && one.key.value === key);
      if (pair === undefined) return reader.refuse(node, `missing key "${key}", expected ${words(names)}`);
      const value = reader.resolve(pair.value as Node | null);
      const name = isScalar(value) && typeof value.value === 'string' ? value.value : '';
      const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
      if (shape === undefined) {
        return reader.refuse((pair.value ?? pair.key) as Node, `expected ${words(names)}${didYouMean(name, names)}`);
      }
      return shape.read(node, reader) as TypeOf<M[keyof M]> | typeof INVALID;
    },
    schema: () => ({ anyOf: names.map((name) => shapes[name]?.schema()) }),
  };
}

function words(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]}` : `one of ${names.join(', ')}`;
}

const NOT_BUILT: JsonSchema = {};
const NOT_BUILT_KEY: unique symbol = Symbol('not built');

/** A key that the grammar has and this version does not act on: refused wherever it is written, never ignored. */
export function notBuilt(what: string): Optional<null> {
  const shape: Shape<null> & { readonly [NOT_BUILT_KEY]: true } = {
    [NOT_BUILT_KEY]: true,
    expected: 'nothing',
    read: (node, reader) => reader.refuse(node, `${what} is not built yet; remove this key`),
    schema: () => NOT_BUILT,
  };
  return { optional: shape, fallback: null };
}

const DURATION_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

function quantity(
  expected: string,
  units: Readonly<Record<string, number>>,
  bounds: { readonly min?: number; readonly max?: number; readonly takesNumber: boolean },
): Shape<number> {
  const pattern = new RegExp(`^([0-9]{1,12}) ?(${Object.keys(units).join('|')})$`);
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds;
  return {
    expected,
    read(node, reader) {
      const value = isScalar(node) ? node.value : null;
      let amount: number | null = null;
      if (typeof value === 'number' && bounds.takesNumber) amount = value;
      else if (typeof value === 'string') {
        const [, digits, unit] = pattern.exec(value) ?? [];
        if (digits !== undefined && unit !== undefined) amount = Number(digits) * (units[unit] ?? Number.NaN);
      }
      if (amount === null || !Number.isSafeInteger(amount)) return reader.refuse(node, `expected ${expected}`);
      if (amount < min || amount > max) return reader.refuse(node, `out of range: expected ${expected}`);
      return amount;
    },
    schema: () => {
      const text = { type: 'string', pattern: pattern.source };
      return bounds.takesNumber ? { anyOf: [text, { type: 'integer', minimum: 0 }] } : text;
    },
  };
}

/** `200ms`, `10s`, `15m`, `24h`, `90d` in milliseconds. Bounds are in milliseconds, inclusive. */
export function duration(bounds: { readonly min?: number; readonly max?: number } = {}): Shape<number> {
  return quantity('a duration such as 10s, 15m, 24h or 90d', DURATION_MS, { ...bounds, takesNumber: false });
}

/** `64KiB`, `32MiB`, `10GiB` or a plain number of bytes, in bytes. Bounds are in bytes, inclusive. */
export function size(bounds: { readonly min?: number; readonly max?: number } = {}): Shape<number> {
  return quantity('a size such as 64KiB, 32MiB, 10GiB or a number of bytes', SIZE_BYTES, {
    ...bounds,
    takesNumber: true,
  });
}
