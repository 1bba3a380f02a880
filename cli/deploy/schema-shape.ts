/**
 * A shape made from the JSON Schema of another: it checks keys, kinds and words, and nothing that only the host that runs the
 * configuration can know (whether a file is there, what it holds). For a configuration that is written here and read elsewhere.
 */
import type { JsonSchema, Shape } from '../../engine/decide/checked-yaml.ts';
import {
  boolean,
  either,
  list,
  map,
  nullable,
  number,
  object,
  oneOf,
  optional,
  string,
} from '../../engine/decide/shapes.ts';

/** Throws where a schema says what is not known here. */
export function shapeOfSchema(schema: JsonSchema): Shape<unknown> {
  const { anyOf, enum: words, type } = schema;
  if (Array.isArray(anyOf)) return anyShape(anyOf.map(schemaOf));
  if (Array.isArray(words)) return words.every(isWord) ? oneOf(words) : literal(words);
  switch (type) {
    case 'object':
      return objectShape(schema);
    case 'array':
      return list(shapeOfSchema(schemaOf(schema['items'])), { min: numberOf(schema['minItems']) ?? 0 });
    case 'string': {
      const { pattern, minLength } = schema;
      return string({
        allowEmpty: minLength === undefined,
        ...(typeof pattern === 'string'
          ? { pattern: new RegExp(pattern), expected: `text that matches ${pattern}` }
          : {}),
      });
    }
    case 'integer':
    case 'number':
      return number({
        integer: type === 'integer',
        min: numberOf(schema['minimum']) ?? -Infinity,
        max: numberOf(schema['maximum']) ?? Infinity,
      });
    case 'boolean':
      return boolean();
    default:
      throw new Error(`a schema has a type that is not known here: ${JSON.stringify(type)}`);
  }
}

function anyShape(schemas: readonly JsonSchema[]): Shape<unknown> {
  const shapes = schemas.filter(({ type }) => type !== 'null').map(shapeOfSchema);
  const shape = shapes.reduce((one, next) => either(one, next));
  return shapes.length < schemas.length ? nullable(shape) : shape;
}

function objectShape({ properties, additionalProperties, required }: JsonSchema): Shape<unknown> {
  if (properties === undefined) return map(shapeOfSchema(schemaOf(additionalProperties)));
  const needed: readonly unknown[] = Array.isArray(required) ? required : [];
  return object(
    Object.fromEntries(
      Object.entries(schemaOf(properties)).map(([key, one]) => {
        const shape = shapeOfSchema(schemaOf(one));
        return [key, needed.includes(key) ? shape : optional(shape)];
      }),
    ),
  );
}

/** One of values that need be no words. */
function literal(values: readonly unknown[]): Shape<unknown> {
  const texts = values.map((one) => JSON.stringify(one));
  const expected = `one of ${texts.join(', ')}`;
  return {
    expected,
    read: (node, reader) => {
      const found = node === null ? null : JSON.parse(JSON.stringify(node));
      return texts.includes(JSON.stringify(found)) ? found : reader.refuse(node, `expected ${expected}`);
    },
    schema: () => ({ enum: [...values] }),
  };
}

function schemaOf(value: unknown): JsonSchema {
  if (typeof value !== 'object' || value === null) throw new Error('a schema has no schema where one belongs');
  return Object.fromEntries(Object.entries(value));
}

function isWord(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
