import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import { entitiesDocument } from '../../docs/write-entities.ts';
import { ENTITIES } from '../../engine/scan/scanner.ts';

it('docs/entities.md is what the recognizers say; `node docs/write-entities.ts` writes it', () => {
  assert.equal(readFileSync(join(packageRoot, 'docs', 'entities.md'), 'utf8'), entitiesDocument());
});

it('docs/entities.md names every entity', () => {
  const page = entitiesDocument();
  for (const entity of ENTITIES.keys()) assert.ok(page.includes(`\`${entity}\``), entity);
});
