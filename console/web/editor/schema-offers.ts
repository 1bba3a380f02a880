/** What a JSON Schema lets stand at a place: keys of a mapping, values of a key. Pure; it takes the policy schema as it is. */
import type { YamlPlace } from './yaml-place.ts';

export interface SchemaOffer {
  readonly text: string;
  readonly kind: 'key' | 'value';
  readonly note: string;
  /** What begins behind a key: a mapping or list of its own on the next lines, or a value on this one. */
  readonly isBlock: boolean;
}

type Schema = Readonly<Record<string, unknown>>;

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The schema and all that it is made of. */
function parts(schema: unknown): readonly Schema[] {
  if (!isSchema(schema)) return [];
  const inner = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => listOf(schema[key]));
  return [schema, ...inner.flatMap(parts)];
}

function below(schema: Schema, step: string): readonly Schema[] {
  if (step === '[]') return parts(schema['items']);
  const properties = schema['properties'];
  return isSchema(properties) && Object.hasOwn(properties, step) ? parts(properties[step]) : [];
}

/** Every schema that may hold at a path. */
export function schemasAt(root: unknown, path: readonly string[]): readonly Schema[] {
  let at = parts(root);
  for (const step of path) at = at.flatMap((schema) => below(schema, step));
  return at;
}

function noteOf(schema: unknown): string {
  return isSchema(schema) && typeof schema['description'] === 'string' ? schema['description'] : '';
}

function isBlock(schema: unknown): boolean {
  return parts(schema).some((part) => isSchema(part['properties']) || part['type'] === 'array');
}

function keysOf(schema: Schema): readonly SchemaOffer[] {
  const properties = schema['properties'];
  if (!isSchema(properties)) return [];
  return Object.entries(properties).map(([text, value]) => ({
    text,
    kind: 'key',
    note: noteOf(value),
    isBlock: isBlock(value),
  }));
}

function valuesOf(schema: Schema): readonly SchemaOffer[] {
  const words = [
    ...listOf(schema['enum']),
    ...('const' in schema ? [schema['const']] : []),
    ...(schema['type'] === 'boolean' ? [true, false] : []),
  ];
  return words.map((word) => ({ text: String(word), kind: 'value', note: noteOf(schema), isBlock: false }));
}

function distinct(offers: readonly SchemaOffer[]): readonly SchemaOffer[] {
  const seen = new Map<string, SchemaOffer>();
  for (const offer of offers)
    if (!seen.has(`${offer.kind} ${offer.text}`)) seen.set(`${offer.kind} ${offer.text}`, offer);
  return [...seen.values()];
}

/** `entities`: names for every place that takes entities, which the schema does not list. */
export function schemaOffers(
  root: unknown,
  { path, kind }: YamlPlace,
  entities: readonly string[],
): readonly SchemaOffer[] {
  const schemas = schemasAt(root, path);
  const isEntity =
    path.at(-1) === 'entities' || (path.at(-1) === '[]' && path.at(-2) === 'entities') || path.at(-1) === 'entity';
  const names = isEntity && (kind === 'value' || path.at(-1) === '[]') ? entities : [];
  const values = [
    ...schemas.flatMap(valuesOf),
    ...names.map((text) => ({ text, kind: 'value' as const, note: '', isBlock: false })),
  ];
  // Behind a dash stands either: a key of a mapping, or a value of a list of words.
  return distinct(kind === 'key' ? [...schemas.flatMap(keysOf), ...values] : values);
}
