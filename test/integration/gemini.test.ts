import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fetchThrough } from '../support/clients.ts';
import { CARD, MAIL, SENTENCE } from '../support/planted.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const MODEL = 'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro';

let weir: UnderTest;
let proxied: ReturnType<typeof fetchThrough>;
before(async () => {
  weir = await startUnderTest();
  proxied = fetchThrough(weir);
});
after(async () => {
  await proxied.close();
  await weir.close();
});

function generate(call: string, text: string): Promise<Response> {
  const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text }] }] });
  return proxied.fetch(`${MODEL}:${call}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': 'test-key' },
    body,
  });
}

/** All text parts of one or many chunks, joined. */
function textIn(chunks: readonly unknown[]): string {
  return chunks
    .map(
      (chunk) =>
        (chunk as { candidates: { content: { parts: { text: string }[] } }[] }).candidates[0]?.content.parts[0]?.text,
    )
    .join('');
}

test('generateContent: pseudonyms out, values back', async () => {
  const response = await generate('generateContent', SENTENCE);
  assert.equal(textIn([await response.json()]), `You wrote: ${SENTENCE}`);
  const sent = weir.standIn.requests.at(-1)?.body.toString() ?? '';
  assert.ok(!sent.includes(MAIL));
  assert.match(sent, /<EMAIL_ADDRESS_1>/);
  const event = await weir.event(response.headers.get('x-weir-event'));
  assert.equal(event.model, 'gemini-2.5-pro');
});

test('streamGenerateContent: the values come back in server-sent events', async () => {
  const response = await generate('streamGenerateContent?alt=sse', SENTENCE);
  const events = (await response.text()).split(/\r?\n\r?\n/).filter((event) => event.startsWith('data: '));
  assert.equal(textIn(events.map((event) => JSON.parse(event.slice(6)) as unknown)), `You wrote: ${SENTENCE}`);
});

test('streamGenerateContent: the values come back in a JSON array that is streamed', async () => {
  const response = await generate('streamGenerateContent', SENTENCE);
  assert.equal(textIn(JSON.parse(await response.text()) as unknown[]), `You wrote: ${SENTENCE}`);
});

test("a card is a 400 in Gemini's error shape", async () => {
  const before = weir.standIn.requests.length;
  const response = await generate('generateContent', CARD);
  assert.equal(response.status, 400);
  const { error } = (await response.json()) as { error: { code: number; message: string; status: string } };
  assert.equal(error.code, 400);
  assert.match(error.message, /1 CREDIT_CARD in \/contents\/0\/parts\/0\/text/);
  assert.equal(response.headers.get('x-should-retry'), 'false');
  assert.equal(weir.standIn.requests.length, before);
});
