/** Values cut between the messages of a stream of which nobody has told how its texts grow. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extract } from '../../../engine/extract/extract.ts';
import { type Engine, inspectExtraction } from '../../../engine/inspect.ts';
import { CutValues, type Passed } from '../../../engine/transform/stream/cut-values.ts';
import type { Message } from '../../../flow/message.ts';
import { AWS_KEY, CARD, MAIL } from '../../support/planted.ts';
import { protobuf } from '../../support/protobuf.ts';
import { GENAI, SOURCE } from '../extract/messages.ts';
import { engineFor, HOLD_MS } from './gates.ts';

const ENTITIES = '"category:credential", CREDIT_CARD, EMAIL_ADDRESS';
const VALUES = [
  [CARD, 'CREDIT_CARD'],
  [AWS_KEY, 'AWS_ACCESS_KEY_ID'],
  [MAIL, 'EMAIL_ADDRESS'],
] as const;

interface Given {
  readonly isBeside?: boolean;
  readonly mayBePieces?: boolean;
  readonly type?: string;
}

/** Messages go in one after another; what left, and what was found across them. */
function stream(engine: Engine, { isBeside = false, mayBePieces = true, type = 'application/json' }: Given = {}) {
  let now = 1000;
  const cuts = new CutValues<Buffer>(engine, {
    source: SOURCE,
    destination: GENAI,
    direction: 'response',
    holdMs: HOLD_MS,
    mayBePieces,
    isBeside,
    overrides: () => [],
    now: () => now,
  });
  const left: Buffer[] = [];
  const found: string[] = [];
  let isBlocked = false;
  const carryOut = (work: ReturnType<typeof cuts.take>): Passed<Buffer> => {
    for (;;) {
      const step = work.next();
      if (step.done !== true) {
        cuts.tokens?.issue(step.value);
        continue;
      }
      const { leaving, inspection } = step.value;
      left.push(...leaving.map(({ item, body }) => body ?? item));
      found.push(...(inspection?.findings.map(({ entity }) => entity) ?? []));
      isBlocked ||= step.value.isBlocked;
      return step.value;
    }
  };
  return {
    cuts,
    left,
    found,
    get isBlocked() {
      return isBlocked;
    },
    wait(ms: number): void {
      const until = now + ms;
      while (cuts.dueAt !== null && cuts.dueAt <= until) {
        now = cuts.dueAt;
        carryOut(cuts.tick(now));
      }
      now = until;
    },
    say(body: Buffer | object, mayWait = true): void {
      const payload = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
      const message: Message = {
        direction: 'response',
        source: SOURCE,
        destination: GENAI,
        method: 'POST',
        target: '/',
        status: 200,
        headers: ['content-type', type],
        body: payload,
        isWithinStream: true,
      };
      const extraction = extract(message, engine);
      const inspection = inspectExtraction(engine, message, extraction, {
        now: new Date(now),
        held: true,
        conversation: () => cuts.tokens,
      });
      if (inspection.decision.enforced.action === 'block') throw new Error('it is blocked by itself');
      carryOut(cuts.take({ item: payload, message, ...inspection }, now, mayWait));
    },
    end: () => void carryOut(cuts.end()),
    text: () => left.map((one) => JSON.parse(one.toString('utf8')).text ?? '').join(''),
  };
}

test('a value cut between two messages that follow one another is replaced whole, at every cut', () => {
  const engine = engineFor(ENTITIES);
  for (const [value, entity] of VALUES) {
    const text = `It is ${value}, I think.`;
    for (let cut = 1; cut < text.length; cut++) {
      const one = stream(engine);
      // The first has shown that pieces come.
      for (const piece of ['So. ', 'Well. ', text.slice(0, cut), text.slice(cut)])
        one.say({ n: 1, text: piece, to: 'x' });
      one.end();
      assert.equal(one.text(), `So. Well. ${text.replace(value, `[${entity}]`)}`, `${entity} at ${cut}`);
      assert.equal(one.left.length, 4, 'no message is added or dropped');
      const at = text.indexOf(value);
      assert.deepEqual(one.found, cut > at && cut < at + value.length ? [entity] : [], `${entity} at ${cut}`);
    }
  }
});

test('the first two messages of a stream as well, where the first ends in digits or a long run', () => {
  const engine = engineFor(ENTITIES);
  for (let cut = 1; cut < CARD.length; cut++) {
    const one = stream(engine);
    one.say({ text: `pay with ${CARD.slice(0, cut)}` });
    one.say({ text: `${CARD.slice(cut)} please` });
    one.end();
    assert.equal(one.text(), 'pay with [CREDIT_CARD] please', `cut ${cut}`);
  }
});

test('a letter a message, with pauses shorter than the wait', () => {
  const engine = engineFor(ENTITIES);
  for (const [value, entity] of VALUES) {
    const one = stream(engine);
    for (const letter of `say: ${value} and go on`) {
      one.say({ text: letter });
      one.wait(HOLD_MS / 5);
    }
    one.end();
    assert.equal(one.text(), `say: [${entity}] and go on`);
    assert.deepEqual(one.found, [entity]);
  }
});

test('in protobuf, where lengths around the value are corrected', () => {
  const engine = engineFor(ENTITIES);
  const of = (text: string): Buffer => protobuf([1, [[2, text]]], [3, 7]);
  for (let cut = 1; cut < CARD.length; cut++) {
    const one = stream(engine, { type: 'application/protobuf' });
    for (const piece of [`card ${CARD.slice(0, cut)}`, CARD.slice(cut), ' is mine']) one.say(of(piece));
    one.end();
    assert.deepEqual(one.left, [of('card [CREDIT_CARD]'), of(''), of(' is mine')], `cut ${cut}`);
  }
});

test('who speaks in turns is not kept waiting; what is cut is found with its last piece, and its rest replaced', () => {
  const engine = engineFor(ENTITIES);
  const one = stream(engine);
  one.say({ text: 'hello there' });
  assert.equal(one.left.length, 1);
  const half = CARD.slice(0, 10);
  one.cuts.heard();
  one.say({ text: `my card is ${half}` });
  assert.equal(one.left.length, 2, 'nothing is waited for');
  one.cuts.heard();
  one.say({ text: `${CARD.slice(10)}, thanks` });
  assert.equal(one.left.length, 3);
  assert.equal(one.text(), `hello theremy card is ${half}[CREDIT_CARD], thanks`);
  assert.deepEqual(one.found, ['CREDIT_CARD']);
});

test('a message waits once for a next one that does not come, and never again', () => {
  const engine = engineFor(ENTITIES);
  const one = stream(engine);
  one.say({ text: 'number 17' });
  assert.equal(one.left.length, 0);
  assert.equal(one.cuts.dueAt, 1000 + HOLD_MS);
  one.wait(HOLD_MS);
  assert.equal(one.left.length, 1);
  one.wait(HOLD_MS);
  one.say({ text: 'number 18' });
  assert.equal(one.left.length, 2);
});

test('where messages are known to be whole, they wait only once pieces have been seen', () => {
  const engine = engineFor(ENTITIES);
  const one = stream(engine, { mayBePieces: false });
  one.say({ text: 'number 17' });
  assert.equal(one.left.length, 1);
  one.say({ text: 'number 18' });
  assert.equal(one.left.length, 1);
  one.say({ kind: 'commit' });
  assert.equal(one.left.length, 3, 'a message of another kind says that nothing goes on');
});

test('with a pause longer than the wait at the cut it is found, and what comes behind it is replaced', () => {
  const engine = engineFor(ENTITIES);
  for (const [value, entity] of VALUES) {
    for (let cut = 1; cut < value.length; cut++) {
      const one = stream(engine);
      one.say({ text: `so: ${value.slice(0, cut)}` });
      one.wait(3 * HOLD_MS);
      one.say({ text: `${value.slice(cut)} it was` });
      one.end();
      // An address is one without the last letter of its domain.
      const isWholeBefore = one.text() === `so: [${entity}] it was`;
      if (!isWholeBefore)
        assert.equal(one.text(), `so: ${value.slice(0, cut)}[${entity}] it was`, `${entity} at ${cut}`);
      assert.deepEqual(one.found, [entity]);
    }
  }
});

test('a block stops the message that completes the value, and those with a part of it that wait', () => {
  const engine = engineFor(ENTITIES, 'block');
  for (let cut = 1; cut < CARD.length; cut++) {
    const one = stream(engine);
    for (const text of ['One. ', 'Two. ', `card ${CARD.slice(0, cut)}`, `${CARD.slice(cut)} it is`]) {
      if (!one.isBlocked) one.say({ text });
    }
    if (!one.isBlocked) one.end();
    assert.ok(one.isBlocked, `cut ${cut}`);
    assert.match(one.text(), /^One\. (Two\. )?$/);
    assert.deepEqual(one.found, ['CREDIT_CARD']);
  }
});

test('a pseudonym stands for what had not left, and the same for the same', () => {
  const engine = engineFor(ENTITIES, 'tokenize');
  const one = stream(engine);
  one.say({ text: `to ${MAIL} and` });
  for (const text of [' to', ` ${MAIL.slice(0, 7)}`, MAIL.slice(7), ' only']) one.say({ text });
  one.end();
  assert.equal(one.text(), 'to <EMAIL_ADDRESS_1> and to <EMAIL_ADDRESS_1> only');
  // Told once: the message had it by itself already.
  assert.deepEqual(one.found, []);
});

test('a key over many messages is replaced from its first line to its last', () => {
  const engine = engineFor(ENTITIES);
  const [begin, end] = ['BEGIN', 'END'].map((word) => ['-----', word, ' PRIVATE', ' KEY', '-----'].join(''));
  const lines = Array.from({ length: 24 }, (_, i) =>
    Array.from({ length: 64 }, (__, j) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123456789+/'[(i * 31 + j * 7) % 44]).join(
      '',
    ),
  );
  for (const pause of [0, 3 * HOLD_MS]) {
    const one = stream(engine);
    one.say({ text: 'the key:\n' });
    for (const line of [begin, ...lines, end]) {
      one.say({ text: `${line}\n` });
      one.wait(pause);
    }
    one.say({ text: 'that was it' });
    one.end();
    const told = one.text();
    for (const line of lines.slice(2)) assert.ok(!told.includes(line), `pause ${pause}`);
    assert.ok(told.endsWith('that was it'));
    assert.ok(one.found.length > 0);
  }
});

test('names and states that come again and again are no pieces, nor are texts at different places', () => {
  const engine = engineFor(ENTITIES);
  const one = stream(engine);
  for (const text of ['4111 1111', ' 1111 1111']) one.say({ id: text, kind: text });
  one.say({ a: CARD.slice(0, 9), b: '' });
  one.say({ b: CARD.slice(9) });
  one.end();
  assert.deepEqual(one.found, []);
});

test('a message that is too long for a piece is not waited with, and its end is remembered', () => {
  const engine = engineFor(ENTITIES);
  const long = 'Words of no matter. '.repeat(400);
  const one = stream(engine);
  one.say({ text: 'A. ' });
  one.say({ text: 'B. ' });
  one.say({ text: `${long}card ${CARD.slice(0, 9)}` });
  assert.equal(one.left.length, 3);
  one.say({ text: `${CARD.slice(9)} ${long}` });
  one.end();
  assert.deepEqual(one.found, ['CREDIT_CARD']);
  assert.ok(one.text().includes(`card ${CARD.slice(0, 9)}[CREDIT_CARD] Words`));
});

test('so many messages, and so long, wait and no more', () => {
  const engine = engineFor(ENTITIES);
  const one = stream(engine);
  for (let n = 0; n < 1000; n++) one.say({ text: `${n % 10}` });
  assert.ok(one.left.length >= 700, `${one.left.length} have left`);
  const slow = stream(engine);
  for (let n = 0; n < 100; n++) {
    slow.say({ text: `${n % 10}` });
    slow.wait(HOLD_MS / 2);
  }
  assert.ok(slow.left.length >= 70, `${slow.left.length} have left`);
});

test('what only passes is told of, and waits for nothing', () => {
  const engine = engineFor(ENTITIES, 'alert');
  const one = stream(engine, { isBeside: true });
  for (let at = 0; at < CARD.length; at += 3) {
    one.say({ text: CARD.slice(at, at + 3) });
    assert.equal(one.cuts.dueAt, null);
  }
  one.end();
  assert.equal(one.text(), CARD);
  // A beginning of it may have been a number of another kind.
  assert.equal(one.found.at(-1), 'CREDIT_CARD');
});
