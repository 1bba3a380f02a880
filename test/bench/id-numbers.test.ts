import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { idExamples, idModules, measureIdNumbers } from '../../bench/accuracy/id-numbers.ts';
import { createScanner, ENTITIES } from '../../engine/scan/scanner.ts';

describe('published valid and invalid identification numbers', () => {
  it('every module is mapped to an entity with a word, or has the reason why not', () => {
    const modules = idModules();
    assert.deepEqual(
      modules.map(({ module }) => module).sort(),
      [...idExamples().keys()].sort(),
      'modules.tsv names each module of id-numbers.jsonl once',
    );
    for (const { module, entity, word, reason } of modules)
      assert.ok(entity === null ? reason !== '' : word !== '', `${module} has neither a word nor a reason`);
  });

  it('validators and scores agree with every label', (t) => {
    const figures = measureIdNumbers(createScanner(), new Set(ENTITIES.keys()));
    for (const { module, entity } of figures.pending) t.diagnostic(`no recognizer yet: ${module} (${entity})`);
    assert.deepEqual(
      figures.faults.map(({ module, entity, example, what }) => `${module} ${entity} example ${example}: ${what}`),
      [],
    );
  });
});
