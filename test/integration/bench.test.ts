import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../support/weir-command.ts';

test('the benchmark runs, every call of it is answered 200, and it prints both tables', async () => {
  const args = [
    'proxy',
    'bulk',
    '--quick',
    '--rounds',
    '1',
    '--seconds',
    '0.3',
    '--connections',
    '4',
    '--mib',
    '4',
    '--only',
    'naive,weir',
  ];
  const child = spawn(process.execPath, [join(ROOT, 'bench/main.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\| weir \| \d+ \| \d+\.\d\d \|/m);
  assert.match(stdout, /^\| weir \| upload \| \d+ \|/m);
  assert.match(stdout, /requests\/s beside the naive proxy, as shipped: \d+\.\d\d, target 0\.4 or more: (met|NOT met)/);
});
