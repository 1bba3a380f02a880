import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicies } from '../../engine/decide/policy-file.ts';
import { compilePolicies } from '../../engine/decide/policy-set.ts';
import { type Engine, inspect } from '../../engine/inspect.ts';
import { createScanner } from '../../engine/scan/scanner.ts';
import type { Message } from '../../flow/message.ts';
import type { Closing, Recorder } from '../../flow/recorder.ts';
import { Account } from '../../proxy/account.ts';
import { GENAI, request, response, SOURCE } from '../engine/extract/messages.ts';

const { documents, problems } = parsePolicies(
  'own.yaml',
  `{apiVersion: weir/v1, kind: Policy, name: own, rules: [
    {name: card, detect: {entities: [CREDIT_CARD]}, action: block},
    {name: mail, detect: {entities: [EMAIL_ADDRESS]}, action: redact}]}`,
);
assert.deepEqual(problems, []);
const policies = compilePolicies(documents);
const engine: Engine = {
  scanner: createScanner(),
  policies,
  fingerprint: () => 'f',
  onOpaque: { media: 'alert', encoded: 'block' },
  maxDecodedBytes: 1 << 20,
};

function recorded(): { account: Account; closings: Closing[]; take: (message: Message) => Promise<string | null> } {
  const closings: Closing[] = [];
  const recorder: Recorder = {
    open: () => {},
    openSoon: async () => {},
    close: (closing) => void closings.push(closing),
    closeSoon: async (closing) => void closings.push(closing),
  };
  const start = { id: 'X', startedAt: 0, source: SOURCE, destination: GENAI, protocol: 'https', provider: null };
  const account = new Account(start, recorder, () => 1000);
  const take = (message: Message) =>
    account.enterMessage(
      message,
      inspect(engine, message, { now: new Date(0), held: true, conversation: () => null }),
      { id: `M${closings.length + 1}`, excerptChars: 10 },
    );
  return { account, closings, take };
}

const said = (text: string): Message => request('/s', { text }, { headers: [] });

test('a message with a finding has an event of its own, which refers to the exchange', async () => {
  const { account, closings, take } = recorded();
  assert.equal(await take(said('nothing')), null);
  assert.equal(await take(said('mail a@example.com')), 'M1');
  const event = closings[0]?.event;
  assert.equal(event?.exchange, 'X');
  assert.equal(event?.outcome, 'completed');
  assert.equal(event?.action, 'redact');
  assert.deepEqual(
    event?.findings.map(({ entity, path }) => `${entity} ${path}`),
    ['EMAIL_ADDRESS /text'],
  );
  assert.deepEqual(
    closings[0]?.edges.map(({ direction, calls, bytesOut, bytesIn }) => [direction, calls, bytesOut, bytesIn]),
    [['out', 0, 0, 0]],
  );
  assert.equal(account.action, 'redact');
});

test('the end of a stream has the strongest of its decisions, no finding twice, and the edges of all', async () => {
  const { account, closings, take } = recorded();
  await take(said('mail a@example.com and b@example.com'));
  await take(response('/s', { text: 'mail c@example.com' }, { headers: [] }));
  await take(said('card 4111 1111 1111 1111'));
  account.bytesOut = 7;
  account.bytesIn = 5;
  account.close('blocked', 200, null);
  assert.deepEqual(
    closings.map(
      ({ event }) => `${event.id} ${event.exchange} ${event.outcome} ${event.action} ${event.findings.length}`,
    ),
    ['M1 X completed redact 1', 'M2 X completed redact 1', 'M3 X blocked block 1', 'X X blocked block 0'],
  );
  const end = closings.at(-1);
  assert.deepEqual(
    end?.event.decisions.map(({ direction, action }) => `${direction} ${action}`),
    ['request block', 'response redact'],
  );
  assert.deepEqual(
    closings.flatMap(({ edges }) =>
      edges.map(({ direction, entities, calls, bytesOut, bytesIn }) => [direction, entities, calls, bytesOut, bytesIn]),
    ),
    [
      ['out', { EMAIL_ADDRESS: 2 }, 0, 0, 0],
      ['in', { EMAIL_ADDRESS: 1 }, 0, 0, 0],
      ['out', { CREDIT_CARD: 1 }, 0, 0, 0],
      ['out', {}, undefined, 7, 0],
      ['in', {}, undefined, 0, 5],
    ],
  );
});
