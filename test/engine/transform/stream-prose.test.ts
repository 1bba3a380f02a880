/** Prose with values in it, as a model writes it: what is sent in pieces reads as what is sent whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../../../engine/inspect.ts';
import { assembled } from '../../../engine/scan/recognizer.ts';
import { seeded } from '../../support/every-split.ts';
import { AWS_KEY, CARD, MAIL, OPENAI_KEY } from '../../support/planted.ts';
import { response } from '../extract/messages.ts';
import { engineFor, gateFor, HOLD_MS, passed, run, WIRES, type Wire } from './gates.ts';

const WORDS =
  'the report of last week shows that our teams in both towns have met their goals while prices went up and stayed there so we think it is time to look at what comes next before anyone asks for more than can be done with what we have at hand'.split(
    ' ',
  );

/** A value of each class, by the entity that it is found as, with words that lead to it. */
const VALUES: readonly (readonly [entity: string, lead: string, value: string])[] = [
  ['CREDIT_CARD', 'pay with', CARD],
  ['EMAIL_ADDRESS', 'write to', MAIL],
  ['AWS_ACCESS_KEY_ID', 'the key is', AWS_KEY],
  ['OPENAI_KEY', 'use', OPENAI_KEY],
  ['US_SSN', 'social security number', '536-22-8145'],
  ['IBAN_CODE', 'account', 'DE89 3704 0044 0532 0130 00'],
  ['PHONE_NUMBER', 'call my phone', '+1 415 555 2671'],
  ['UK_NINO', 'national insurance number', 'YM 79 82 45 D'],
  ['PERSON', 'Yours sincerely, Dr.', 'Katarzyna Wi\u015bniewska'],
  ['STREET_ADDRESS', 'our office is at', '123 Main Street, Springfield, IL 62704'],
  ['DATE_OF_BIRTH', 'date of birth:', '6 May 1984'],
  ['PASSWORD_ASSIGNMENT', 'password =', `"${assembled('h7 Kd', '2L m9!x')}"`],
  [
    'BIP39_MNEMONIC',
    'seed:',
    assembled('legal winner thank year wave sausage ', 'worth useful legal winner thank yellow'),
  ],
];

function proseOf(random: () => number, count: number): string {
  return Array.from({ length: count }, () => WORDS[Math.floor(random() * WORDS.length)] ?? '').join(' ');
}

function wireOf(name: string): Wire {
  const wire = WIRES[name];
  assert.ok(wire);
  return wire;
}

test('a value of each class in prose, cut at each place with a pause, never comes out in part', () => {
  const random = seeded(11);
  const wire = wireOf('OpenAI chat');
  for (const [entity, lead, value] of VALUES) {
    const engine = engineFor(entity);
    const text = `${proseOf(random, 12)}. ${lead} ${value}, ${proseOf(random, 8)}.`;
    const whole = wire.read(passed(gateFor(engine), wire.write([text])));
    assert.ok(whole.includes(`[${entity}]`), `${entity} is found at all: ${whole}`);
    const start = text.indexOf(value);
    for (let cut = start - 2; cut <= start + value.length + 1; cut++) {
      const gate = gateFor(engine);
      const out = wire.read(passed(gate, wire.write([text.slice(0, cut), text.slice(cut)]), 3 * HOLD_MS));
      assert.equal(out, whole, `${entity} cut ${cut - start}`);
    }
  }
});

test('long prose with all of them, in pieces of any size, reads as it does whole', () => {
  const random = seeded(5);
  const entities = VALUES.map(([entity]) => entity).filter((entity) => entity !== 'PERSON');
  const engine = engineFor(entities.join(', '));
  for (const [name, wire] of Object.entries(WIRES)) {
    for (let round = 0; round < 4; round++) {
      const parts = VALUES.filter(([entity]) => entity !== 'PERSON').map(
        ([, lead, value]) =>
          `${proseOf(random, 15 + Math.floor(random() * 30))}. ${lead} ${value}, ${proseOf(random, 8)}.`,
      );
      const text = parts.join('\n');
      const pieces: string[] = [];
      for (let at = 0; at < text.length; ) {
        const size = 1 + Math.floor(random() * (round === 0 ? 3 : 25));
        pieces.push(text.slice(at, at + size));
        at += size;
      }
      const out = wire.read(passed(gateFor(engine, wire.framing), wire.write(pieces), 20));
      for (const [entity, , value] of VALUES) {
        if (entity === 'PERSON') continue;
        assert.ok(!out.includes(value), `${name}: ${entity} came out`);
        assert.ok(out.includes(`[${entity}]`), `${name}: ${entity} was replaced`);
      }
      // Nothing but the values is touched.
      let expected = text;
      for (const [entity, , value] of VALUES) expected = expected.replace(value, `[${entity}]`);
      assert.equal(out.replaceAll('"', ''), expected.replaceAll('"', ''), name);
    }
  }
});

test('a rule on credentials lags by a word in prose, one on names by seven', () => {
  const wire = wireOf('Anthropic');
  const text = `${proseOf(seeded(3), 60)} `;
  for (const [entities, most] of [
    ['"category:credential", CREDIT_CARD, EMAIL_ADDRESS', 24],
    ['PERSON', 70],
  ] as const) {
    const gate = gateFor(engineFor(entities));
    let sent = '';
    let given = 0;
    for (const piece of wire.write(text.match(/\S+ /g) ?? [])) {
      sent += run(gate, gate.push(Buffer.from(piece), 0)).toString();
      given = wire.read(piece).length + given;
      assert.ok(
        given - wire.read(sent).length <= most,
        `${entities}: ${given - wire.read(sent).length} characters wait`,
      );
    }
  }
});

test('what is recorded of a stream is what is recorded of one that was held', () => {
  const engine = engineFor('CREDIT_CARD, "category:credential"', 'alert');
  const acting = engineFor('CREDIT_CARD, "category:credential"');
  const text = `First ${CARD} and then ${AWS_KEY}, and ${MAIL} besides.`;
  for (const name of ['OpenAI chat', 'Anthropic', 'Gemini', 'OpenAI responses']) {
    const wire = wireOf(name);
    const body = wire.write(text.match(/.{1,4}/gs) ?? []).join('');
    const held = inspect(engine, response('/v1/x', body, { headers: ['content-type', 'text/event-stream'] }), {
      now: new Date(0),
      held: true,
      conversation: () => null,
    });
    const gate = gateFor(acting);
    passed(gate, [body]);
    const seen = gate.inspection(body.length);
    const told = ({ findings }: typeof seen): string[] =>
      findings
        .map(({ entity, path, start, end, role, position, score, fingerprint }) =>
          JSON.stringify({ entity, path, start, end, role, position, score, fingerprint }),
        )
        .sort();
    assert.deepEqual(told(seen), told(held), name);
    assert.deepEqual(seen.coverage, held.coverage);
    assert.equal(seen.extraction.model, held.extraction.model);
  }
});

test('random bytes and broken events never throw, and no document that is whole is lost', () => {
  const random = seeded(8);
  const engine = engineFor('CREDIT_CARD');
  const scraps = [
    'data: ',
    '\n',
    '\n\n',
    '{"choices":[{"delta":{"content":"',
    '"}}]}',
    '\\',
    '\\u',
    '4111',
    ' ',
    ': x',
    '\r\n',
    '[',
    ']',
    ',',
    '}',
    '<',
    'event: e',
  ];
  for (let round = 0; round < 400; round++) {
    const gate = gateFor(engine, round % 2 === 0 ? 'sse' : 'json');
    const pieces = Array.from({ length: 30 }, () => {
      if (random() < 0.1) return Buffer.from(Array.from({ length: 5 }, () => Math.floor(random() * 256)));
      return scraps[Math.floor(random() * scraps.length)] ?? '';
    });
    passed(gate, pieces, random() < 0.5 ? 0 : 3 * HOLD_MS);
  }
});
