/** Bodies large enough for a thread of their own, through the proxy. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CARD, MAIL } from '../support/planted.ts';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

const FILLER = 'The quarterly review of the warehouse is on Tuesday.\nNothing else is planned. ';

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest();
});
after(() => weir.close());

async function ask(content: string): Promise<WireAnswer> {
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  wire.write(
    jsonRequest('POST', '/v1/chat/completions', OPENAI, { model: 'gpt-4o', messages: [{ role: 'user', content }] }),
  );
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer;
}

test('are judged alike before the thread is ready and afterwards, and arrive byte for byte', async () => {
  const clean = FILLER.repeat(2500);
  for (let round = 0; round < 4; round += 1) {
    const passed = await ask(`${round} ${clean}`);
    assert.equal(passed.status, 200);
    assert.ok(weir.standIn.requests.at(-1)?.body.equals(bodyOf(`${round} ${clean}`)));

    const blocked = await ask(`${clean} card ${CARD}`);
    assert.equal(blocked.status, 400);
    assert.match(blocked.text, /1 CREDIT_CARD in \/messages\/0\/content/);

    const answer = await ask(`${clean} Write to ${MAIL}.`);
    assert.equal(answer.status, 200);
    const sent = weir.standIn.requests.at(-1)?.body.toString() ?? '';
    assert.ok(!sent.includes(MAIL) && sent.includes('<EMAIL_ADDRESS_1>'));
    assert.ok(answer.text.includes(`Write to ${MAIL}.`) && !answer.text.includes('<EMAIL_ADDRESS_1>'));
    // Long enough for a thread to start meanwhile, on any machine sooner or later.
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
});

test('whose answers are as large have every value put back, and end with their last byte', async () => {
  const content = `Write to ${MAIL}.\n${FILLER.repeat(12_000)}Then to ${MAIL} again.`;
  const answer = await ask(content);
  assert.equal(answer.status, 200);
  const { choices } = JSON.parse(answer.text);
  assert.equal(choices[0].message.content, `You wrote: ${content}`);
});

test('of which many come at once are each answered for themselves', async () => {
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, at) =>
      ask(at % 3 === 0 ? `${FILLER.repeat(800)} card ${CARD}` : `${at} ${FILLER.repeat(800)}`),
    ),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    Array.from({ length: 12 }, (_, at) => (at % 3 === 0 ? 400 : 200)),
  );
});

function bodyOf(content: string): Buffer {
  return Buffer.from(JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }] }));
}
