/** The documents that are made from, or follow, the code: they may not fall behind it. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROVIDER_NAMES } from '../../catalog/providers.ts';
import { configShape } from '../../config/grammar.ts';
import { loadConfig } from '../../config/load.ts';
import { packageRoot } from '../../config/package-root.ts';
import { errorsDocument } from '../../docs/write-errors.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';

const configuration = readFileSync(join(packageRoot, 'docs', 'configuration.md'), 'utf8');

/** `proxy.limits.holdMs`, `apps[].name`: every key that takes a value. */
function keysOf(schema: unknown, prefix: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if ('properties' in schema && typeof schema.properties === 'object' && schema.properties !== null) {
    return Object.entries(schema.properties).flatMap(([key, inner]) =>
      keysOf(inner, prefix === '' ? key : `${prefix}.${key}`),
    );
  }
  if ('items' in schema) {
    const inside = keysOf(schema.items, `${prefix}[]`);
    return inside.length > 1 ? inside : [prefix];
  }
  return [prefix];
}

test('docs/errors.md is what flow/errors.ts says; `node docs/write-errors.ts` writes it', () => {
  assert.equal(readFileSync(join(packageRoot, 'docs', 'errors.md'), 'utf8'), errorsDocument());
});

test('docs/configuration.md lists every key of the grammar', () => {
  const keys = keysOf(configShape({ folder: '/', homeFolder: '/' }, {}).schema(), '');
  assert.ok(keys.length > 45, `${keys.length} keys`);
  assert.deepEqual(
    keys.filter((key) => !configuration.includes(`\`${key}\``)),
    [],
  );
});

test('docs/configuration.md lists every gateway name', () => {
  assert.deepEqual(
    PROVIDER_NAMES.filter((name) => !configuration.includes(`\`${name}\``)),
    [],
  );
});

test('the example in docs/configuration.md can be started with', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-docs-'));
  try {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(configuration) ?? [];
    writeFileSync(join(folder, 'weir.yaml'), example);
    writeFileSync(join(folder, 'corp-root.pem'), loadOrCreateAuthority(join(folder, 'ca')).certPem);
    mkdirSync(join(folder, 'policies'));
    const config = loadConfig({ file: null, env: { HOME: folder }, cwd: folder });
    assert.equal(config.apps.length, 1);
    assert.equal(config.destinations[0]?.sanctioned, true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
