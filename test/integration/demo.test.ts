import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AWS_KEY, CARD, MAIL, PERSON } from '../../cli/demo/values.ts';
import { weir } from '../support/weir-command.ts';

interface Demo {
  readonly ok: boolean;
  readonly checks: readonly { readonly claim: string; readonly holds: boolean }[];
  readonly calls: readonly {
    readonly app: {
      readonly step: number;
      readonly got: string | null;
      readonly error: string | null;
      readonly client: string;
    };
    readonly provider: { readonly body: string } | null;
    readonly event: { readonly action: string } | null;
  }[];
}

test('`weir demo --json` plays nine calls with the real SDK, all that it claims holds, and it leaves nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-demo-test-'));
  const { code, stdout, stderr } = await weir(['demo', '--json'], { env: { TMPDIR: folder, HOME: folder } });
  const demo = JSON.parse(stdout) as Demo;
  assert.deepEqual(
    demo.checks.filter((check) => !check.holds),
    [],
    stderr,
  );
  assert.equal(demo.ok, true);
  assert.equal(code, 0);
  assert.equal(demo.calls.length, 9);
  assert.ok(demo.calls.every((call) => call.app.client === 'openai'));
  assert.deepEqual(
    demo.calls.map((call) => call.event?.action),
    ['allow', 'tokenize', 'block', 'allow', 'allow', 'tokenize', 'tokenize', 'tokenize', 'tokenize'],
  );
  const provider = demo.calls.map((call) => call.provider?.body ?? '').join('\n');
  for (const value of [PERSON, MAIL, CARD, AWS_KEY])
    assert.ok(!provider.includes(value), 'a value reached the provider');
  assert.deepEqual(readdirSync(folder), []);
  rmSync(folder, { recursive: true });
});

test('`weir demo` prints the three sides next to each other, without colour where it was not asked for', async () => {
  const { code, stdout } = await weir(['demo'], { env: { COLUMNS: '110' } });
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^the app sent and got +the provider received +the log$/m);
  assert.match(stdout, /^> Book the hotel .*nothing: the call ended at the .*block by default\//m);
  assert.ok(!stdout.includes('\x1b'));
  const rows = stdout.slice(0, stdout.indexOf('\n  ok  ')).split('\n').slice(2);
  assert.deepEqual(
    rows.filter((line) => line.length > 110),
    [],
  );
});
