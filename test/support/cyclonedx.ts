/** CycloneDX's own schemas, from its library: for documents that Weir writes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

/** The schemas of @cyclonedx/cyclonedx-library, which is Apache-2.0. */
export function cyclonedxValidator(): ValidateFunction {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('@cyclonedx/cyclonedx-library/package.json')), 'res', 'schema');
  const read = (name: string): object => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  // ajv-formats has no IRIs; ours are plain URIs.
  const reference = ajv.formats['uri-reference'];
  assert.ok(reference);
  ajv.addFormat('iri-reference', reference);
  ajv.addFormat('idn-email', true);
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs']) {
    const file = `${name}.SNAPSHOT.schema.json`;
    ajv.addSchema(read(file), `http://cyclonedx.org/schema/${file}`);
  }
  return ajv.compile(read('bom-1.7.SNAPSHOT.schema.json'));
}
