/** What sources have used of their limits, over a kill. */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type RunningCommand, startWeirCommand } from '../support/weir-command.ts';
import { makePlace, OPENAI, type Place } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest } from '../support/wire.ts';

const POLICY = `apiVersion: weir/v1
kind: Policy
name: pace
rules:
  - {name: calls, match: {directions: [request]}, limit: {requests: 3, per: 31d}, action: block}
`;
const CHAT = jsonRequest('POST', '/v1/chat/completions', OPENAI, { messages: [{ role: 'user', content: 'Hello' }] });

let place: Place;
let running: RunningCommand | null = null;
before(async () => {
  place = await makePlace({ config: { policies: ['pace.yaml'], apps: [] } });
  writeFileSync(join(place.folder, 'pace.yaml'), POLICY);
});
after(async () => {
  running?.signal('SIGKILL');
  await running?.ended;
  await place.remove();
});

/** Starts `weir up`; the status of one call through it. */
async function up(workers: number): Promise<() => Promise<number>> {
  const config = JSON.parse(readFileSync(place.configFile, 'utf8')) as { proxy: object };
  writeFileSync(place.configFile, JSON.stringify({ ...config, proxy: { ...config.proxy, workers } }));
  const command = startWeirCommand(['up', '--config', place.configFile]);
  running = command;
  const port = Number((await command.shows(/127\.0\.0\.1:(\d+)/))[1]);
  return async () => {
    const wire = await connectThrough(port, OPENAI, readFileSync(join(place.home, 'ca/ca.pem'), 'utf8'));
    wire.write(CHAT);
    const { status } = await wire.answer('POST');
    wire.destroy();
    return status;
  };
}

const file = (): string => join(place.home, 'limits.counts');

/** Calls as the file has them; the last line of a source counts. */
function written(): number {
  let lines: string[] = [];
  try {
    lines = readFileSync(file(), 'utf8').trim().split('\n');
  } catch {
    return 0;
  }
  const [, , , counts] = JSON.parse(lines.at(-1) ?? '[0, 0, 0, []]') as [unknown, unknown, unknown, number[][]];
  return counts.reduce((total, [, requests = 0]) => total + requests, 0);
}

test('limits go on counting after a kill -9, whichever process counts', {
  timeout: 180_000,
}, async () => {
  const first = await up(2);
  assert.deepEqual([await first(), await first()], [200, 200]);
  const until = performance.now() + 60_000;
  while (written() < 2 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(written(), 2);
  assert.equal(statSync(file()).mode & 0o777, 0o600);
  running?.signal('SIGKILL');
  await running?.ended;

  const second = await up(1);
  assert.deepEqual([await second(), await second()], [200, 400]);
  assert.ok(!readFileSync(file(), 'utf8').includes('pace'), 'neither rules nor sources stand there by name');
});
