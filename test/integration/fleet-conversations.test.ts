/** One conversation over two proxies of a fleet and a real bus: tokens, the same bytes, and what happens without the bus. */
import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type RunningWeir, startWeir } from '../../cli/start.ts';
import { loadConfig } from '../../config/load.ts';
import { busSettings } from '../../fleet/bus-settings.ts';
import { writeFleetKeys } from '../../store/fingerprint-keys.ts';
import { openHome } from '../../store/home.ts';
import { openReader } from '../../store/reader.ts';
import { afterwards } from '../store/samples.ts';
import { missingNats, type NatsServer, startNatsServer } from '../support/nats-server.ts';
import { filesHolding } from '../support/planted.ts';
import { providerAnswers } from '../support/provider-answers.ts';
import { makePlace, OPENAI, type Place } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

const skip = missingNats();
const ALICE = ['alice.archer', 'northmill-works.com'].join('@');
const BOB = ['bob.brewer', 'northmill-works.com'].join('@');
const CAROL = ['carol.carter', 'northmill-works.com'].join('@');
const KEYS = [{ epoch: 1, fromMs: 0, key: createSecretKey(randomBytes(32)) }];

interface Node {
  readonly place: Place;
  readonly weir: RunningWeir;
  readonly lines: string[];
}

/** A Weir of the fleet, as after joining it. */
async function node(t: TestContext, server: NatsServer, workers: number, waitMs = 20_000): Promise<Node> {
  const place = await makePlace({ config: { conversations: { waitMs } } });
  afterwards(t, () => place.remove());
  writeFleetKeys(openHome(place.home), KEYS);
  const config = loadConfig({ file: place.configFile, env: {}, cwd: place.folder });
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const weir = await startWeir(config, { port: 0, workers, bus: busSettings(server.url), log });
  afterwards(t, () => weir.close());
  return { place, weir, lines };
}

interface Sent {
  readonly answer: WireAnswer;
  readonly upstream: string;
}

async function post({ place, weir }: Node, path: string, body: object): Promise<Sent> {
  const wire = await connectThrough(weir.port, OPENAI, readFileSync(weir.caPath, 'utf8'));
  const at = place.standIn.requests.length;
  wire.write(jsonRequest('POST', path, OPENAI, body, 'Authorization: Bearer app\r\n'));
  const answer = await wire.answer('POST');
  wire.destroy();
  assert.equal(answer.status, 200, answer.text);
  return { answer, upstream: place.standIn.requests[at]?.body.toString() ?? assert.fail('nothing went upstream') };
}

/** What the app sends in a later turn: the values themselves, since it got them back. */
function chat(to: Node, ...said: string[]): Promise<Sent> {
  const turns = said.flatMap((content) => [
    { role: 'assistant', content: 'Yes?' },
    { role: 'user', content },
  ]);
  return post(to, '/v1/chat/completions', {
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'Good morning.' }, ...turns],
  });
}

function actionOf({ answer }: Sent): string | null {
  return answer.header('x-weir-action');
}

test('a conversation goes on at the other proxy with the same bytes, and without the bus it is redacted, on record', {
  skip,
}, async (t) => {
  const server = await startNatsServer();
  afterwards(t, () => server.stop());
  const a = await node(t, server, 2);
  const b = await node(t, server, 1, 2000);
  const first = await chat(a, `Write to ${ALICE}.`);
  assert.match(first.upstream, /Write to <EMAIL_ADDRESS_1>/, a.lines.join('\n'));
  const second = await chat(b, `Write to ${ALICE}.`, `And copy ${BOB}.`);
  assert.match(second.upstream, /Write to <EMAIL_ADDRESS_1>.*And copy <EMAIL_ADDRESS_2>/);
  assert.ok(second.answer.text.includes(BOB), second.answer.text);
  // The provider's cache of the prompt stays warm: the second turn is the first one's bytes, and more.
  assert.ok(second.upstream.startsWith(first.upstream.replace(/\]\}$/, '')));
  const third = await chat(a, `Write to ${ALICE}.`, `And copy ${BOB}.`, `No, ${ALICE} only.`);
  assert.ok(third.upstream.startsWith(second.upstream.replace(/\]\}$/, '')));

  await server.kill();
  assert.deepEqual(filesHolding(server.folder, [ALICE, BOB, 'EMAIL_ADDRESS', 'northmill']), []);
  // What has a token keeps it; what has none is redacted, and the event says why.
  const without = await chat(b, `Write to ${ALICE}.`, `And copy ${BOB}.`, `And ${CAROL}.`);
  assert.match(without.upstream, /Write to <EMAIL_ADDRESS_1>.*And copy <EMAIL_ADDRESS_2>.*And \[EMAIL_ADDRESS\]/);
  assert.equal(actionOf(without), 'redact');
  const known = await chat(b, `Write to ${ALICE}.`, `And copy ${BOB}.`);
  assert.equal(known.upstream, second.upstream);
  assert.equal(actionOf(known), 'tokenize');

  await server.restart();
  const deadline = Date.now() + 120_000;
  for (;;) {
    const again = await chat(b, `Write to ${ALICE}.`, `And copy ${BOB}.`, `And ${CAROL}.`);
    if (actionOf(again) === 'tokenize') {
      assert.match(again.upstream, /And copy <EMAIL_ADDRESS_2>.*And <EMAIL_ADDRESS_3>/);
      break;
    }
    assert.ok(Date.now() < deadline, 'it does not tokenize again');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  await b.weir.committed();
  const reader = openReader(b.place.home);
  try {
    const told = [...reader.events({ kinds: ['admin'] })].map(({ action, severity, reason }) => ({
      action,
      severity,
      reason,
    }));
    const outage = told.find(({ reason }) => reason?.includes('cannot keep the tokens'));
    assert.deepEqual([outage?.action, outage?.severity], ['alert', 'high']);
    assert.ok(told.some(({ reason }) => reason?.includes('keeps the tokens of conversations again')));
    const redacted = [...reader.events({ actions: ['redact'] })];
    assert.ok(redacted.length > 0);
    assert.ok(redacted.every(({ explanation }) => explanation.some((text) => text.includes('in place of tokenized'))));
  } finally {
    reader.close();
  }
  for (const { place, lines } of [a, b]) {
    assert.deepEqual(filesHolding(place.home, [ALICE, BOB, CAROL]), []);
    assert.ok(!lines.join('\n').includes('northmill'));
  }
});

test('by the id of an answer, another proxy finds its conversation and puts its values back', { skip }, async (t) => {
  const server = await startNatsServer();
  afterwards(t, () => server.stop());
  const a = await node(t, server, 2);
  const b = await node(t, server, 2);
  let count = 0;
  const ask = async (to: Node, input: string, previous: string | null) => {
    to.place.standIn.use(providerAnswers({ responseId: () => `resp_${++count}` }));
    const body = { model: 'gpt-5', input, ...(previous === null ? {} : { previous_response_id: previous }) };
    const { answer, upstream } = await post(to, '/v1/responses', body);
    return { said: answer.text, upstream, id: /resp_[0-9]+/.exec(answer.text)?.[0] ?? null };
  };
  const first = await ask(a, `Write to ${ALICE}.`, null);
  assert.match(first.upstream, /Write to <EMAIL_ADDRESS_1>/, a.lines.join('\n'));
  // Nothing to tokenize: only the id tells that there is something to put back.
  const second = await ask(b, 'Say <EMAIL_ADDRESS_1> again.', first.id);
  assert.ok(second.said.includes(`Say ${ALICE} again.`), second.said);
  const third = await ask(b, `Write to ${BOB}.`, second.id);
  assert.match(third.upstream, /Write to <EMAIL_ADDRESS_2>/);
  const fourth = await ask(a, 'Say <EMAIL_ADDRESS_1> and <EMAIL_ADDRESS_2>.', third.id);
  assert.ok(fourth.said.includes(`Say ${ALICE} and ${BOB}.`), fourth.said);
  const other = await ask(b, 'Say <EMAIL_ADDRESS_1> again.', 'resp_unknown');
  assert.ok(!other.said.includes(ALICE));
});
