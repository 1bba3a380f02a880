import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUILT_IN } from '../../../engine/recognizers/built-in.ts';
import { AWS_KEY, CARD, MAIL } from '../../support/planted.ts';
import { ARGUMENT_WIRES, engineFor, gateFor, HOLD_MS, passed, run, THINKING, WIRES } from './gates.ts';

const PAUSE = 3 * HOLD_MS;
const SECRETS = `"category:credential", CREDIT_CARD, EMAIL_ADDRESS`;

/** A text in two pieces, cut at each place. */
function* cuts(text: string): Generator<[string, string]> {
  for (let at = 1; at < text.length; at++) yield [text.slice(0, at), text.slice(at)];
}

for (const [name, wire] of Object.entries(WIRES)) {
  test(`${name}: a value that is cut anywhere, with a pause at the cut, is replaced`, () => {
    const engine = engineFor(SECRETS);
    for (const value of [AWS_KEY, CARD, MAIL]) {
      const label = value === CARD ? '[CREDIT_CARD]' : value === MAIL ? '[EMAIL_ADDRESS]' : '[AWS_ACCESS_KEY_ID]';
      const text = `Here it is: ${value}, as asked.`;
      for (const pieces of cuts(text)) {
        const gate = gateFor(engine, wire.framing);
        const out = passed(gate, wire.write(pieces), PAUSE);
        assert.equal(wire.read(out), text.replace(value, label), `cut behind ${pieces[0].length}`);
        assert.ok(!out.includes(value), 'nowhere else does it stand');
        assert.equal(gate.inspection(0).decision.enforced.action, 'redact');
      }
    }
  });

  test(`${name}: a rule that blocks lets nothing of the value out, wherever it is cut`, () => {
    const engine = engineFor(SECRETS, 'block');
    for (const pieces of cuts(`Here it is: ${AWS_KEY}, as asked.`)) {
      const gate = gateFor(engine, wire.framing);
      const out = passed(gate, wire.write(pieces), PAUSE);
      assert.ok(gate.isBlocked, `cut behind ${pieces[0].length}`);
      assert.ok(!out.includes('AKIA'));
      const { decision, findings } = gate.inspection(0);
      assert.equal(decision.enforced.action, 'block');
      assert.ok(findings.some(({ entity }) => entity === 'AWS_ACCESS_KEY_ID'));
    }
  });

  test(`${name}: prose reaches the client but for the word at its end, and unchanged`, () => {
    const text = 'The quick brown fox jumps over the lazy dog, and 3 hens watch. Then it is over.';
    const gate = gateFor(engineFor(SECRETS), wire.framing);
    const pieces = text.match(/.{1,7}/gs) ?? [];
    let sent = '';
    for (const piece of wire.write(pieces)) sent += run(gate, gate.push(Buffer.from(piece), 0)).toString();
    sent += run(gate, gate.end(0)).toString();
    assert.equal(wire.read(sent), text);
  });
}

test('what is not the beginning of a value is there before the next event comes', () => {
  const gate = gateFor(engineFor(SECRETS));
  const wire = WIRES['OpenAI chat'];
  assert.ok(wire);
  const [role = '', first = ''] = wire.write(['Name three rivers of Fra', 'nce.']);
  assert.equal(run(gate, gate.push(Buffer.from(role), 0)).toString(), role);
  assert.match(run(gate, gate.push(Buffer.from(first), 0)).toString(), /"content":"Name three rivers of "/);
  assert.equal(gate.dueAt, null, 'the clock lets nothing go');
});

test('comments and keep-alives wait for nothing', () => {
  const gate = gateFor(engineFor(SECRETS));
  run(gate, gate.push(Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"held"}}]}\n\n'), 0));
  assert.equal(run(gate, gate.push(Buffer.from(': ping\n\n'), 0)).toString(), ': ping\n\n');
});

for (const [name, wire] of Object.entries(ARGUMENT_WIRES)) {
  test(`${name}: tool arguments, cut anywhere, escapes included, stay JSON with the value replaced`, () => {
    const engine = engineFor(SECRETS);
    const given = {
      to: 'Zoë "Z" \\ \u{1f600}',
      nested: JSON.stringify({ mail: MAIL }),
      card: 4111111111111111,
      list: [AWS_KEY, 7, true],
    };
    const text = JSON.stringify(given).replace('@', '\\u0040').replace('Zoë', 'Zo\\u00eb');
    const expected = {
      ...given,
      nested: JSON.stringify({ mail: '[EMAIL_ADDRESS]' }),
      card: '[CREDIT_CARD]',
      list: ['[AWS_ACCESS_KEY_ID]', 7, true],
    };
    for (const pieces of cuts(text)) {
      const gate = gateFor(engine, wire.framing);
      const out = wire.read(passed(gate, wire.write(pieces), PAUSE));
      assert.deepEqual(JSON.parse(out), expected, `cut behind ${pieces[0].length}: ${out}`);
    }
    const gate = gateFor(engine, wire.framing);
    assert.deepEqual(JSON.parse(wire.read(passed(gate, wire.write([...text])))), expected, 'a character at a time');
  });

  test(`${name}: tool arguments without a value arrive spelled as they were`, () => {
    const text = '{ "a" : "x\\u00e9\\/\\n\\ud83d\\ude00 y", "b":[1.50e+3, null,{}],"c":"{\\"d\\": [\\"e\\\\n\\"]}" }';
    for (const pieces of cuts(text)) {
      const gate = gateFor(engineFor(SECRETS), wire.framing);
      assert.equal(wire.read(passed(gate, wire.write(pieces), PAUSE)), text);
    }
  });
}

test('thinking is never changed: a value in it blocks where it would be replaced', () => {
  for (const pieces of cuts(`I should say ${CARD} now`)) {
    const gate = gateFor(engineFor('CREDIT_CARD'));
    const out = passed(gate, THINKING.write(pieces), PAUSE);
    assert.ok(gate.isBlocked);
    assert.ok(!out.includes('[CREDIT_CARD]'));
  }
  const clean = 'I should think about this for a while';
  const gate = gateFor(engineFor('CREDIT_CARD'));
  assert.equal(THINKING.read(passed(gate, THINKING.write([...clean]))), clean);
});

test('a private key is replaced from its first line on, and held no longer than it takes to know it', () => {
  const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ'.padEnd(64, 'x7Q');
  const lines = [
    ['-----BEGIN ', 'PRIVATE KEY-----'].join(''),
    ...Array.from({ length: 60 }, (_, i) => body.slice(i % 20) + body.slice(0, i % 20)),
    '-----END PRIVATE KEY-----',
  ];
  const text = `Your key:\n${lines.join('\n')}\nKeep it safe.`;
  const wire = WIRES['OpenAI chat'];
  assert.ok(wire);
  for (const size of [1, 3, 11, 64, 500, text.length]) {
    const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    const gate = gateFor(engineFor('PRIVATE_KEY_PEM'));
    const out = passed(gate, wire.write(pieces), PAUSE);
    assert.equal(wire.read(out), 'Your key:\n[PRIVATE_KEY_PEM]\nKeep it safe.', `pieces of ${size}`);
    const [finding, ...more] = gate.inspection(0).findings;
    assert.equal(more.length, 0);
    assert.equal(finding?.end, text.indexOf('\nKeep'));
  }
  const gate = gateFor(engineFor('PRIVATE_KEY_PEM'));
  const early = wire.write([text.slice(0, 200)]).slice(0, 2);
  const sent = early.map((piece) => run(gate, gate.push(Buffer.from(piece), 0)).toString()).join('');
  assert.match(wire.read(sent), /\[PRIVATE_KEY_PEM\]$/);
});

test('values are told by words that were let go before them', () => {
  const wire = WIRES['OpenAI chat'];
  assert.ok(wire);
  const text = 'the account number of the patient, and now the social security number: 536-22-8145, which is all';
  for (const pieces of cuts(text)) {
    const out = passed(gateFor(engineFor('US_SSN')), wire.write(pieces), PAUSE);
    assert.equal(wire.read(out), text.replace('536-22-8145', '[US_SSN]'));
  }
});

test('every example of every recognizer, cut anywhere with a pause, is replaced as it is in one piece', () => {
  const wire = WIRES['Anthropic'];
  assert.ok(wire);
  const failures: string[] = [];
  const engines = new Map<string, ReturnType<typeof engineFor>>();
  for (const { name, entity, category, hits } of BUILT_IN) {
    if (category === 'content') continue;
    const engine = engines.get(entity) ?? engineFor(entity);
    engines.set(entity, engine);
    hits.slice(0, 1).forEach(({ text, value, label }, number) => {
      if (label !== undefined || value === text) return;
      const whole = wire.read(passed(gateFor(engine), wire.write([text])));
      if (!whole.includes(`[${entity}]`)) return;
      const start = text.indexOf(value);
      for (let cut = start; cut <= start + value.length; cut += Math.ceil(value.length / 6)) {
        const out = wire.read(passed(gateFor(engine), wire.write([text.slice(0, cut), text.slice(cut)]), PAUSE));
        if (out === whole) continue;
        failures.push(`${name} hit ${number} cut ${cut - start} of ${value.length}`);
        break;
      }
    });
  }
  assert.deepEqual(failures, []);
});
