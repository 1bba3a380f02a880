/** Pages that keep the history themselves: what a later answer says of an earlier turn is put back, and no number is given twice. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Script } from '../../cli/demo/stand-in.ts';
import { fetchThrough } from '../support/clients.ts';
import { PERSON } from '../support/planted.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const OTHER = ['Henrik', 'Aaltonen'].join(' ');
const CHATGPT = 'https://chatgpt.com/backend-api/f/conversation';
const GEMINI = 'https://gemini.google.com/_/BardChatUi/data/assistant.lamda.BardFrontendService/StreamGenerate?rt=c';

/** Answers with all tokens that a conversation has seen, as a model that knows its history. */
const script: Script = async ({ request, response, received }) => {
  const body = decodeURIComponent((await received).body.toString('utf8'));
  for (const token of body.match(/<PERSON_\d>/g) ?? []) if (!said.includes(token)) said.push(token);
  const text = `Both: ${said.join(', ')}.`;
  if (request.url?.includes('conversation') === true) {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    const events = [
      { p: '', o: 'add', v: { message: { content: { parts: [''] } }, conversation_id: '67aa-11' } },
      { p: '/message/content/parts/0', o: 'append', v: text.slice(0, 10) },
      ...[...text.slice(10)].map((v) => ({ v })),
      { type: 'message_stream_complete', conversation_id: '67aa-11' },
    ];
    response.end(
      `${events.map((event) => `event: delta\ndata: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`,
    );
    return;
  }
  const list = JSON.stringify([
    ['wrb.fr', null, JSON.stringify([null, ['c_0123456789abcdef', 'r_1'], null, null, [['rc_1', [text]]]])],
  ]);
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  response.end(`)]}'\n\n${list.length + 2}\n${list}\n`);
};

let said: string[] = [];
let weir: UnderTest;
let proxied: ReturnType<typeof fetchThrough>;
before(async () => {
  weir = await startUnderTest({ script, hosts: ['chatgpt.com:443', 'gemini.google.com:443'] });
  proxied = fetchThrough(weir);
});
after(async () => {
  await proxied.close();
  await weir.close();
});

function lastSent(): string {
  return decodeURIComponent(weir.standIn.requests.at(-1)?.body.toString('utf8') ?? '');
}

async function askChatGpt(text: string, conversation: string | null): Promise<string> {
  const message = { id: 'm', author: { role: 'user' }, content: { content_type: 'text', parts: [text] } };
  const body = {
    action: 'next',
    messages: [message],
    model: 'auto',
    ...(conversation ? { conversation_id: conversation } : {}),
  };
  const answer = await proxied.fetch(CHATGPT, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: 'session=one' },
    body: JSON.stringify(body),
  });
  let said = '';
  for (const [, data = ''] of (await answer.text()).matchAll(/^data: (\{.*)$/gm)) {
    const event = JSON.parse(data) as { v?: unknown };
    if (typeof event.v === 'string') said += event.v;
  }
  return said;
}

async function askGemini(text: string, conversation: string | null): Promise<string> {
  const inner = JSON.stringify([[text, 0, null], ['en'], conversation === null ? null : [conversation, 'r_1']]);
  const form = new URLSearchParams({ 'f.req': JSON.stringify([null, inner]), at: 'AFakeToken:1760000000000' });
  const answer = await proxied.fetch(GEMINI, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8', cookie: 'session=one' },
    body: form.toString(),
  });
  const whole = await answer.text();
  const [, length = '', list = ''] = /^\)\]\}'\n\n(\d+)\n(.*)\n$/s.exec(whole) ?? [];
  assert.equal(Number(length), list.length + 2, 'the length stands before its list');
  const [[, , json]] = JSON.parse(list) as [[string, null, string]];
  return (JSON.parse(json) as [null, string[], null, null, [[string, [string]]]])[4][0][1][0];
}

for (const [name, ask, conversation] of [
  ['ChatGPT', askChatGpt, '67aa-11'],
  ['Gemini', askGemini, 'c_0123456789abcdef'],
] as const) {
  test(`${name}: the answer's own id names the conversation for the turns that follow`, async () => {
    said = [];
    assert.equal(await ask(`Please greet Mrs. ${PERSON}.`, null), `Both: ${PERSON}.`);
    assert.ok(!lastSent().includes(PERSON));
    assert.equal(await ask(`Please greet Mr. ${OTHER} too.`, conversation), `Both: ${PERSON}, ${OTHER}.`);
    assert.ok(!lastSent().includes(OTHER));
    assert.match(lastSent(), /<PERSON_2>/);
  });
}
