import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { openApiDocument } from '../../../console/api/openapi.ts';
import { ROUTES } from '../../../console/api/routes.ts';

function parsed(): Record<string, unknown> {
  return JSON.parse(JSON.stringify(openApiDocument('1.2.3')));
}

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const result = await validator.validate(parsed());
  assert.deepEqual(result, { valid: true });
  assert.equal(validator.version, '3.1');
});

test('a broken document is refused by the same check', async () => {
  const { info: _, ...broken } = parsed();
  assert.equal((await new Validator().validate(broken)).valid, false);
});

test('each route of the table stands in it under an absolute path, with its role', () => {
  const { paths } = openApiDocument('1');
  for (const { method, path, access } of Object.values(ROUTES)) {
    const operation = Object(paths)[`/api/v1${path}`]?.[method.toLowerCase()];
    assert.ok(operation, `${method} ${path}`);
    assert.match(operation.description, new RegExp(access));
  }
});

test('every reference leads somewhere', () => {
  const text = JSON.stringify(openApiDocument('1'));
  const { schemas } = Object(openApiDocument('1')['components']);
  for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) assert.ok(schemas[name], name);
});
