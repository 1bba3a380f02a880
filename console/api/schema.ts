/**
 * Shapes of the API, each written once: a TypeScript type, a JSON Schema (2020-12, for the OpenAPI document) and a check of
 * what came from outside. It knows nothing of HTTP.
 */

export type JsonSchema = Readonly<Record<string, unknown>>;

/** `check` gives what is wrong, with its place, or null; it never quotes the value. */
export interface Schema<T> {
  readonly name: string | null;
  readonly json: JsonSchema;
  /** Those that `json` refers to by name, or holds. */
  readonly parts: readonly Schema<unknown>[];
  readonly check: (value: unknown, place: string) => string | null;
  /** Of a query: from the texts given under one name; undefined where they are not of this shape. */
  readonly parse: ((texts: readonly string[]) => unknown) | null;
  /** Carries the type alone; nothing is ever there. */
  readonly type?: T;
}

export interface OptionalSchema<T> extends Schema<T> {
  readonly isOptional: true;
}

export type Of<S> = S extends Schema<infer T> ? T : never;

type Fields = Readonly<Record<string, Schema<unknown>>>;
type RequiredKeys<F> = { [K in keyof F]: F[K] extends { readonly isOptional: true } ? never : K }[keyof F];
type OptionalKeys<F> = { [K in keyof F]: F[K] extends { readonly isOptional: true } ? K : never }[keyof F];
export type ObjectOf<F> = { readonly [K in RequiredKeys<F>]: Of<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: Of<F[K]> | undefined;
};

function plain<T>(
  json: JsonSchema,
  check: (value: unknown) => boolean,
  expected: string,
  parse: ((texts: readonly string[]) => unknown) | null = null,
): Schema<T> {
  return {
    name: null,
    json,
    parts: [],
    check: (value, place) => (check(value) ? null : `${place}: expected ${expected}`),
    parse,
  };
}

function single(read: (text: string) => unknown): (texts: readonly string[]) => unknown {
  return (texts) => (texts.length === 1 && texts[0] !== undefined ? read(texts[0]) : undefined);
}

function described(description: string | undefined): JsonSchema {
  return description === undefined ? {} : { description };
}

export interface TextLimits {
  readonly max?: number;
  readonly min?: number;
  readonly pattern?: RegExp;
}

/** Text; of a request at most 1,000 characters unless it says otherwise. */
export function text(description?: string, { max = 1000, min = 0, pattern }: TextLimits = {}): Schema<string> {
  const json = {
    type: 'string',
    ...described(description),
    ...(min > 0 ? { minLength: min } : {}),
    ...(pattern === undefined ? {} : { pattern: pattern.source }),
  };
  const fits = (value: unknown): boolean =>
    typeof value === 'string' &&
    value.length >= min &&
    value.length <= max &&
    (pattern === undefined || pattern.test(value));
  const expected = `text of ${min > 0 ? `${min} to` : 'at most'} ${max} characters${pattern === undefined ? '' : ' of the form that the description names'}`;
  return plain(
    json,
    fits,
    expected,
    single((one) => one),
  );
}

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** RFC 3339. */
export function moment(description?: string): Schema<string> {
  const fits = (value: unknown): boolean =>
    typeof value === 'string' && MOMENT.test(value) && !Number.isNaN(Date.parse(value));
  return plain(
    { type: 'string', format: 'date-time', ...described(description) },
    fits,
    'a moment (RFC 3339)',
    single((one) => one),
  );
}

export function integer(description?: string, { min, max }: { min?: number; max?: number } = {}): Schema<number> {
  const json = {
    type: 'integer',
    ...described(description),
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
  };
  const fits = (value: unknown): boolean =>
    Number.isSafeInteger(value) && Number(value) >= (min ?? -Infinity) && Number(value) <= (max ?? Infinity);
  const expected = `a whole number${min === undefined ? '' : ` from ${min}`}${max === undefined ? '' : ` to ${max}`}`;
  return plain(
    json,
    fits,
    expected,
    single((one) => (/^-?\d{1,15}$/.test(one) ? Number(one) : undefined)),
  );
}

export function number(description?: string): Schema<number> {
  return plain({ type: 'number', ...described(description) }, (value) => Number.isFinite(value), 'a number');
}

/** True or false. */
export function flag(description?: string): Schema<boolean> {
  const read = (one: string): unknown => (one === 'true' ? true : one === 'false' ? false : undefined);
  return plain(
    { type: 'boolean', ...described(description) },
    (value) => typeof value === 'boolean',
    'true or false',
    single(read),
  );
}

export function oneOf<const V extends readonly string[]>(values: V, description?: string): Schema<V[number]> {
  const json = { type: 'string', enum: values, ...described(description) };
  return plain(
    json,
    (value) => values.some((one) => one === value),
    `one of ${values.join(', ')}`,
    single((one) => one),
  );
}

export function constant<const V extends string>(value: V): Schema<V> {
  return plain({ type: 'string', const: value }, (one) => one === value, value);
}

/** Any JSON, as another document describes it. */
export function anything(description: string): Schema<unknown> {
  return plain(described(description), () => true, 'anything');
}

export function nullable<T>(of: Schema<T>, description?: string): Schema<T | null> {
  const inner = refer(of);
  const type = inner['type'];
  const isPlain = typeof type === 'string' && inner['enum'] === undefined && inner['const'] === undefined;
  const json = isPlain ? { ...inner, type: [type, 'null'] } : { anyOf: [inner, { type: 'null' }] };
  return {
    name: null,
    json: { ...json, ...described(description) },
    parts: [of],
    check: (value, place) => (value === null ? null : of.check(value, place)),
    parse: of.parse,
  };
}

export function list<T>(of: Schema<T>, description?: string, { max = 1000 } = {}): Schema<readonly T[]> {
  const { parse } = of;
  return {
    name: null,
    json: { type: 'array', items: refer(of), ...described(description) },
    parts: [of],
    check: (value, place) => {
      if (!Array.isArray(value) || value.length > max) return `${place}: expected a list of at most ${max}`;
      for (const [at, one] of value.entries()) {
        const problem = of.check(one, `${place}[${at}]`);
        if (problem !== null) return problem;
      }
      return null;
    },
    parse: parse === null ? null : (texts) => texts.map((one) => parse([one])),
  };
}

/** An object whose keys are names of any kind. */
export function record<T>(of: Schema<T>, description?: string): Schema<Readonly<Record<string, T>>> {
  return {
    name: null,
    json: { type: 'object', additionalProperties: refer(of), ...described(description) },
    parts: [of],
    check: (value, place) => {
      if (!isObject(value)) return `${place}: expected an object`;
      for (const one of Object.values(value)) {
        const problem = of.check(one, `${place}.*`);
        if (problem !== null) return problem;
      }
      return null;
    },
    parse: null,
  };
}

export function optional<T>(of: Schema<T>): OptionalSchema<T> {
  return { ...of, isOptional: true };
}

function isOptional(schema: Schema<unknown>): boolean {
  return 'isOptional' in schema;
}

export interface ObjectSchema<F extends Fields> extends Schema<ObjectOf<F>> {
  readonly fields: F;
}

/** What a request sends beyond the fields is refused; an answer may get more of them with a later version. */
export function object<const F extends Fields>(fields: F, description?: string): ObjectSchema<F> {
  const entries = Object.entries(fields);
  const required = entries.filter(([, field]) => !isOptional(field)).map(([key]) => key);
  return {
    name: null,
    json: {
      type: 'object',
      ...described(description),
      properties: Object.fromEntries(entries.map(([key, field]) => [key, refer(field)])),
      ...(required.length === 0 ? {} : { required }),
    },
    parts: entries.map(([, field]) => field),
    check: (value, place) => {
      if (!isObject(value)) return `${place}: expected an object`;
      for (const key of Object.keys(value)) {
        if (!Object.hasOwn(fields, key))
          return `${place}: has a field that is not known here; there are ${Object.keys(fields).join(', ')}`;
      }
      for (const [key, field] of entries) {
        const one = Object.hasOwn(value, key) ? value[key] : undefined;
        if (one === undefined) {
          if (isOptional(field)) continue;
          return `${place}.${key}: is missing`;
        }
        const problem = field.check(one, `${place}.${key}`);
        if (problem !== null) return problem;
      }
      return null;
    },
    parse: null,
    fields,
  };
}

/** Told apart by a field of fixed value. */
export function union<const S extends readonly Schema<unknown>[]>(of: S, description?: string): Schema<Of<S[number]>> {
  return {
    name: null,
    json: { oneOf: of.map(refer), ...described(description) },
    parts: of,
    check: (value, place) =>
      of.some((one) => one.check(value, place) === null) ? null : `${place}: fits none of its shapes`,
    parse: null,
  };
}

/** Gives it a name of its own in the document. */
export function named<S extends Schema<unknown>>(name: string, schema: S): S {
  return { ...schema, name };
}

function refer(schema: Schema<unknown>): JsonSchema {
  return schema.name === null ? schema.json : { $ref: `#/components/schemas/${schema.name}` };
}

/** How a document names the shape where it is used. */
export function reference(schema: Schema<unknown>): JsonSchema {
  return refer(schema);
}

/** All named shapes that these use, by name. */
export function definitions(schemas: Iterable<Schema<unknown>>): Readonly<Record<string, JsonSchema>> {
  const found = new Map<string, JsonSchema>();
  const walk = (schema: Schema<unknown>): void => {
    if (schema.name !== null) {
      if (found.has(schema.name)) return;
      found.set(schema.name, schema.json);
    }
    schema.parts.forEach(walk);
  };
  for (const schema of schemas) walk(schema);
  return Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value where it fits, or what is wrong with it. */
export function read<T>(
  schema: Schema<T>,
  value: unknown,
  place = 'body',
): { readonly value: T } | { readonly problem: string } {
  const problem = schema.check(value, place);
  return problem === null ? { value: value as T } : { problem };
}

/** A query by the fields of an object; unknown names are refused. */
export function readQuery<F extends Fields>(
  schema: ObjectSchema<F>,
  query: URLSearchParams,
): { readonly value: ObjectOf<F> } | { readonly problem: string } {
  const value: Record<string, unknown> = {};
  for (const key of new Set(query.keys())) {
    const field = Object.hasOwn(schema.fields, key) ? schema.fields[key] : undefined;
    if (field === undefined || field.parse === null) {
      return {
        problem: `query: has a name that is not known here; there are ${Object.keys(schema.fields).join(', ') || 'none'}`,
      };
    }
    value[key] = field.parse(query.getAll(key)) ?? null;
  }
  return read(schema, value, 'query');
}
