/** What was encoded beyond the bound is told with the message, as coverage. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePolicies } from '../../engine/decide/policy-set.ts';
import { type Engine, inspectText } from '../../engine/inspect.ts';
import { createScanner } from '../../engine/scan/scanner.ts';
import type { Message } from '../../flow/message.ts';

const engine: Engine = {
  scanner: createScanner({ names: 'off' }),
  policies: compilePolicies([]),
  fingerprint: () => 'f',
  onOpaque: { media: 'alert', encoded: 'block' },
  maxDecodedBytes: 1 << 25,
};
const context = { now: new Date(0), held: true, conversation: () => null };
const assume = { role: 'user', position: 'latest', model: null } as const;
const message = {
  direction: 'request',
  method: 'POST',
  target: '/',
  headers: [],
  body: Buffer.alloc(0),
  source: { app: null },
  destination: { host: 'api.openai.com', category: 'genai' },
} as unknown as Message;

test('a text with more that is encoded than is decoded has coverage truncated: decoding', () => {
  const line = `${Buffer.from('nothing to see here, move along now please. ').toString('base64')} `;
  const inspect = (lines: number): unknown =>
    inspectText(engine, message, line.repeat(lines), assume, context).coverage;
  assert.deepEqual(inspect(10), { level: 'full', reason: null });
  assert.deepEqual(inspect(20_000), { level: 'truncated', reason: 'decoding' });
});
