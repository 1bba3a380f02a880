/** Streams in a shape that nobody has told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AWS_KEY, CARD, MAIL } from '../../support/planted.ts';
import { engineFor, eventsOf, gateFor, HOLD_MS, passed, run } from './gates.ts';

const ENTITIES = '"category:credential", CREDIT_CARD, EMAIL_ADDRESS';

const asEvent = (value: object, id = ''): string => `${id}data: ${JSON.stringify(value)}\n\n`;
const asLine = (value: object): string => `${JSON.stringify(value)}\n`;

function told(stream: string): string {
  return eventsOf(stream)
    .map((event) => event['token'] ?? '')
    .join('');
}

test('a value that is cut between two events at one place is replaced, with a pause at the cut', () => {
  const engine = engineFor(ENTITIES);
  for (const [value, label] of [
    [AWS_KEY, '[AWS_ACCESS_KEY_ID]'],
    [CARD, '[CREDIT_CARD]'],
    [MAIL, '[EMAIL_ADDRESS]'],
  ] as const) {
    const text = `Here: ${value}, as asked.`;
    for (let cut = 1; cut < text.length; cut++) {
      const gate = gateFor(engine);
      const events = [text.slice(0, cut), text.slice(cut)].map((token, i) =>
        asEvent({ kind: 'piece', token, n: i }, `id: ${i}\n`),
      );
      const out = passed(gate, [asEvent({ kind: 'start' }), ...events, asEvent({ kind: 'end' })], 3 * HOLD_MS);
      assert.equal(told(out), text.replace(value, label), `cut ${cut}`);
      assert.match(out, /id: 1\ndata: /, 'other fields stay');
      assert.deepEqual(
        eventsOf(out).map((event) => event['kind']),
        ['start', 'piece', 'piece', 'end'],
      );
    }
  }
});

test('a value in one string is replaced, whatever comes at that place next', () => {
  const gate = gateFor(engineFor(ENTITIES));
  const out = passed(gate, [asEvent({ token: '4111111111111111' }), asEvent({ token: 'Hello' })]);
  assert.equal(told(out), '[CREDIT_CARD]Hello');
});

test('lines of JSON', () => {
  const gate = gateFor(engineFor(ENTITIES), 'json');
  const lines = ['card 4111 1111 ', '1111 1111', ' it is'].map((token) => asLine({ token }));
  const out = passed(gate, lines);
  assert.equal(
    out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { token: string }).token)
      .join(''),
    'card [CREDIT_CARD] it is',
  );
});

test('without a value every byte is as it came, and an event waits for no more than the next', () => {
  const engine = engineFor(ENTITIES);
  const events = 'It rains in the north today and \u{1f327} so on. '
    .match(/\S+ /gu)
    ?.map((token, i) => asEvent({ type: 'token', id: `e-${i}`, token, n: i }, `id: ${i}\nretry: 5\n`));
  assert.ok(events);
  const gate = gateFor(engine);
  let sent = '';
  events.forEach((event, i) => {
    sent += run(gate, gate.push(Buffer.from(event), 0)).toString();
    const before = events.slice(0, Math.max(0, i - 1)).join('');
    assert.ok(sent.length >= before.length, `event ${i}`);
  });
  sent += run(gate, gate.end(0)).toString();
  assert.equal(sent, events.join(''));
});

test('a stream that says one thing and waits for an answer is not held for ever', () => {
  const gate = gateFor(engineFor(ENTITIES));
  const event = asEvent({ prompt: 'name?' });
  assert.equal(run(gate, gate.push(Buffer.from(event), 1000)).length, 0);
  assert.equal(gate.dueAt, 1000 + 10 * HOLD_MS);
  assert.equal(run(gate, gate.tick(1000 + 10 * HOLD_MS)).toString(), event);
});

test('a rule that blocks lets no part of the value out', () => {
  for (let cut = 1; cut < AWS_KEY.length; cut++) {
    const gate = gateFor(engineFor(ENTITIES, 'block'));
    const out = passed(
      gate,
      [AWS_KEY.slice(0, cut), AWS_KEY.slice(cut), ' and more'].map((token) => asEvent({ token })),
    );
    assert.ok(gate.isBlocked);
    assert.ok(!out.includes('AK'));
  }
});

test('messages of MCP come whole and wait for nothing', () => {
  const gate = gateFor(engineFor(ENTITIES));
  const event = asEvent({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'done' }] } });
  assert.equal(run(gate, gate.push(Buffer.from(event), 0)).toString(), event);
});
