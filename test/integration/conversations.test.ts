/** Conversations over two workers and a restart: one user's values never in another's answer, and the same bytes again. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startWeir } from '../../cli/start.ts';
import { loadConfig } from '../../config/load.ts';
import { filesHolding } from '../support/planted.ts';
import { providerAnswers } from '../support/provider-answers.ts';
import { makePlace, OPENAI, type Place } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

const ALICE = ['alice.archer', 'northmill-works.com'].join('@');
const BOB = ['bob.brewer', 'northmill-works.com'].join('@');
/** So many connections that the system gives each of two workers some of them (but for one time in 2^23). */
const CONNECTIONS = 24;

interface Turn {
  readonly role: 'user' | 'assistant' | 'tool' | 'system';
  readonly content: string;
  readonly tool_call_id?: string;
}

let place: Place;
let weir: Awaited<ReturnType<typeof startWeir>>;
before(async () => {
  place = await makePlace();
  await start();
});
after(async () => {
  await weir.close();
  await place.remove();
});

async function start(): Promise<void> {
  const config = loadConfig({ file: place.configFile, env: {}, cwd: place.folder });
  weir = await startWeir(config, { port: 0, workers: 2, log: () => {} });
}

async function post(path: string, body: object, key = 'app'): Promise<{ answer: WireAnswer; upstream: Buffer }> {
  const wire = await connectThrough(weir.port, OPENAI, readFileSync(weir.caPath, 'utf8'));
  const at = place.standIn.requests.length;
  wire.write(jsonRequest('POST', path, OPENAI, body, `Authorization: Bearer ${key}\r\n`));
  const answer = await wire.answer('POST');
  wire.destroy();
  assert.equal(answer.status, 200, answer.text);
  return { answer, upstream: place.standIn.requests[at]?.body ?? assert.fail('nothing went upstream') };
}

const chat = (messages: readonly Turn[], key?: string) =>
  post('/v1/chat/completions', { model: 'gpt-4o', messages }, key);

/** What the app sends in a later turn: the values themselves, since it got them back. */
function history(...said: string[]): Turn[] {
  return [
    { role: 'user', content: 'Good morning.' },
    ...said.flatMap((text): Turn[] => [
      { role: 'assistant', content: 'Yes?' },
      { role: 'user', content: text },
    ]),
  ];
}

test('the same history gives the same bytes, whichever worker has it, and after a restart', async () => {
  const first = `Write to ${ALICE}.`;
  const turns = [
    history(first),
    history(first, `And copy ${BOB}.`),
    history(first, `And copy ${BOB}.`, `No, ${ALICE} only.`),
  ];
  const seen: string[] = [];
  for (const turn of turns) {
    const { answer, upstream } = await chat(turn, 'warm');
    assert.ok(!upstream.includes(ALICE) && !upstream.includes(BOB));
    assert.match(answer.text, /northmill-works/);
    seen.push(upstream.toString());
  }
  // Each turn is what was sent before, and more: so the provider's cache of a prompt stays warm.
  for (const [at, text] of seen.entries()) {
    const begun = seen[at - 1]?.replace(/\]\}$/, '') ?? '';
    assert.ok(text.startsWith(begun));
  }
  assert.match(seen[2] ?? '', /<EMAIL_ADDRESS_1>.*<EMAIL_ADDRESS_2>.*<EMAIL_ADDRESS_1>/);
  const again = async (): Promise<void> => {
    for (let i = 0; i < CONNECTIONS; i++) {
      const { answer, upstream } = await chat(turns[2] ?? [], 'warm');
      assert.equal(upstream.toString(), seen[2]);
      assert.ok(answer.text.includes(ALICE));
    }
  };
  await again();
  await weir.close();
  await start();
  await again();
});

test('two workers at once give each value one token, and each token one value', async () => {
  const values = Array.from({ length: CONNECTIONS }, (_, at) => [`writer${at}`, 'northmill-works.com'].join('@'));
  const from = place.standIn.requests.length;
  const sent = await Promise.all(
    values.map((value) => chat(history(`Write to ${value}, then to ${values[0]}.`), 'at-once')),
  );
  for (const [at, { answer }] of sent.entries()) {
    assert.ok(answer.text.includes(`Write to ${values[at]}, then to ${values[0]}.`), answer.text);
  }
  const upstream = place.standIn.requests.slice(from).map(({ body }) => body.toString());
  const tokens = upstream.map((body) => body.match(/<EMAIL_ADDRESS_[0-9]+>/g) ?? []);
  // The second one of each is that of the same value.
  assert.equal(new Set(tokens.map(([, second]) => second)).size, 1);
  assert.equal(new Set(tokens.map(([one]) => one)).size, values.length);
});

test('of two users of one app who begin with the same words, neither gets the values of the other', async () => {
  await chat(history(`Write to ${ALICE}.`), 'shared');
  for (let i = 0; i < CONNECTIONS / 2; i++) {
    const { answer } = await chat(history(`Say <EMAIL_ADDRESS_1> and ${BOB} aloud.`), 'shared');
    assert.ok(!answer.text.includes(ALICE), answer.text);
    assert.ok(answer.text.includes(`Say <EMAIL_ADDRESS_1> and ${BOB} aloud.`), answer.text);
  }
});

test('a token that stands literally in a tool result is given to no value', async () => {
  const messages: Turn[] = [
    { role: 'user', content: 'Read the file.' },
    { role: 'tool', tool_call_id: 'call_1', content: 'Dear <EMAIL_ADDRESS_1>, dear <EMAIL_ADDRESS_2>' },
    { role: 'user', content: `Now write to ${ALICE}.` },
  ];
  for (let i = 0; i < 4; i++) {
    const { answer, upstream } = await chat(messages, 'literal');
    assert.match(upstream.toString(), /Now write to <EMAIL_ADDRESS_3>/);
    assert.ok(answer.text.includes(`Now write to ${ALICE}.`));
  }
});

test('by the id of an answer another worker finds its conversation', async () => {
  let count = 0;
  // As the provider does: each answer has an id of its own, and the next request refers to it.
  place.standIn.use(providerAnswers({ responseId: () => `resp_${++count}` }));
  const ask = async (input: string, previous: string | null) => {
    const body = { model: 'gpt-5', input, ...(previous === null ? {} : { previous_response_id: previous }) };
    const { answer, upstream } = await post('/v1/responses', body, 'by-id');
    return { said: answer.text, upstream: upstream.toString(), id: /resp_[0-9]+/.exec(answer.text)?.[0] ?? null };
  };
  const first = await ask(`Write to ${ALICE}.`, null);
  assert.match(first.upstream, /Write to <EMAIL_ADDRESS_1>/);
  let previous = first.id;
  for (let i = 0; i < CONNECTIONS; i++) {
    // Nothing to tokenize: only the id tells that there is something to put back.
    const next = await ask('Say <EMAIL_ADDRESS_1> again.', previous);
    assert.ok(next.said.includes(`Say ${ALICE} again.`), next.said);
    previous = next.id;
  }
  const other = await ask('Say <EMAIL_ADDRESS_1> again.', 'resp_unknown');
  assert.ok(!other.said.includes(ALICE));
  place.standIn.use(providerAnswers());
});

test('no value of a conversation lies in clear below home', () => {
  assert.deepEqual(filesHolding(place.home, [ALICE, BOB]), []);
});
