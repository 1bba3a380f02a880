import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import { entitiesDocument, shippedNames, surveyedKinds } from '../../docs/write-entities.ts';
import { ENTITIES } from '../../engine/scan/scanner.ts';

it('docs/entities.md is what the recognizers say; `node docs/write-entities.ts` writes it', () => {
  assert.equal(readFileSync(join(packageRoot, 'docs', 'entities.md'), 'utf8'), entitiesDocument());
});

it('the names that a setting may hold are those of the recognizers; the same command writes them', () => {
  const file = join(packageRoot, 'engine', 'recognizers', 'shipped-names.ts');
  assert.equal(readFileSync(file, 'utf8'), shippedNames());
});

it('docs/entities.md names every entity', () => {
  const page = entitiesDocument();
  for (const entity of ENTITIES.keys()) assert.ok(page.includes(`\`${entity}\``), entity);
});

it('every surveyed kind has entities that exist, or the reason why it has none', () => {
  const surveyed = readFileSync(join(packageRoot, 'test', 'corpus', 'entity-rows', 'rows.txt'), 'utf8');
  const kinds = surveyedKinds();
  assert.deepEqual(kinds.map(({ id }) => id).sort(), surveyed.trimEnd().split('\n').sort());
  for (const { id, entities, reason } of kinds) {
    assert.ok(entities.length > 0 !== reason.length > 0, `${id} has entities or a reason`);
    for (const entity of entities) assert.ok(ENTITIES.has(entity), `${id} names ${entity}, which is no entity`);
  }
});

it('docs/entities.md tells the entities of every surveyed kind', () => {
  const page = entitiesDocument();
  for (const { id, entities, reason } of surveyedKinds()) {
    const line = page.split('\n').find((one) => one.startsWith(`| ${id} |`));
    assert.ok(line !== undefined, id);
    for (const entity of entities) assert.ok(line.includes(`\`${entity}\``), id);
    assert.ok(line.includes(reason), id);
  }
});
