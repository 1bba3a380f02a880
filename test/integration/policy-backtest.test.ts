/** `weir policy backtest` on what a running Weir has recorded of real calls. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { COMMANDS, main } from '../../cli/main.ts';
import { startWeir } from '../../cli/start.ts';
import { loadConfig } from '../../config/load.ts';
import { CARD, MAIL } from '../support/planted.ts';
import { ANTHROPIC, eventsOf, makePlace, OPENAI, type Place } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest } from '../support/wire.ts';

const policy = (name: string, rule: string): string =>
  `apiVersion: weir/v1\nkind: Policy\nname: ${name}\nmatch: {directions: [request]}\nrules:\n  - ${rule}\n`;
const CARDS = policy('cards', '{name: pan, detect: {entities: [CREDIT_CARD]}, action: block}');

let place: Place;
before(async () => {
  place = await makePlace({ config: { policies: ['cards.yaml'] } });
  writeFileSync(join(place.folder, 'cards.yaml'), CARDS);
  const weir = await startWeir(loadConfig({ file: place.configFile, env: {}, cwd: place.folder }), {
    workers: 1,
    port: 0,
    eventLog: null,
  });
  const ca = readFileSync(weir.caPath, 'utf8');
  try {
    for (const [host, content] of [
      [OPENAI, `card ${CARD}`],
      [ANTHROPIC, `card ${CARD}`],
      [OPENAI, `write to ${MAIL}`],
      [OPENAI, 'hello'],
    ] as const) {
      const wire = await connectThrough(weir.port, host, ca);
      const target = host === ANTHROPIC ? '/v1/messages' : '/v1/chat/completions';
      wire.write(jsonRequest('POST', target, host, { model: 'm', messages: [{ role: 'user', content }] }));
      const { status } = await wire.answer('POST');
      assert.equal(status, content.includes(CARD) ? 400 : 200);
      wire.destroy();
    }
    await eventsOf(place.home, 4);
  } finally {
    await weir.close();
  }
});
after(() => place.remove());

async function backtest(files: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const printed = { out: '', err: '' };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place.folder, name), text);
  const context = {
    ...{ env: {}, cwd: place.folder, stdin: Readable.from([]), isTerminal: false },
    out: (text: string) => {
      printed.out += text;
    },
    err: (text: string) => {
      printed.err += text;
    },
  };
  const words = ['policy', 'backtest', ...Object.keys(files), ...args, '--config', place.configFile];
  const code = await main(words, context, COMMANDS);
  return { code, ...printed };
}

test('the policies in force change nothing of what they decided', async () => {
  const { code, out, err } = await backtest({});
  assert.deepEqual([code, err], [0, '']);
  assert.match(out, /^4 events: 4 unchanged, 0 changed, 0 undecidable\n/);
});

test('others are told by what each event would have become, with its id', async () => {
  const softer = CARDS.replace('action: block', 'action: redact');
  const mails = policy('mails', '{name: mail, detect: {entities: [EMAIL_ADDRESS]}, action: tokenize}');
  const { out } = await backtest({ 'softer.yaml': softer, 'mails.yaml': mails }, '--json');
  const { events, unchanged, undecidable, changed, rules } = JSON.parse(out);
  assert.deepEqual([events, unchanged, undecidable], [4, 1, 0]);
  const short = changed.map(({ before, after, policy, rule, events }: Record<string, unknown>) =>
    [before, after, policy, rule, events].join(' '),
  );
  assert.deepEqual(short.toSorted(), ['allow tokenize mails mail 1', 'block redact cards pan 2']);
  const recorded = await eventsOf(place.home, 4);
  const blocked = recorded.filter(({ action }) => action === 'block').map(({ id }) => id);
  const samples = changed.find(({ before }: Record<string, unknown>) => before === 'block').samples;
  assert.deepEqual(samples.toSorted(), blocked.toSorted());
  assert.deepEqual(rules.map(({ rule, decides }: Record<string, unknown>) => `${rule} ${decides}`).toSorted(), [
    'mail 1',
    'pan 2',
  ]);
  const one = await backtest({ 'softer.yaml': softer, 'mails.yaml': mails }, '--destination', ANTHROPIC, '--json');
  assert.equal(JSON.parse(one.out).events, 1);
});

test('what only the text could tell is counted as undecidable, never as unchanged', async () => {
  const exception = 'apiVersion: weir/v1\nkind: Exception\npolicy: cards\npatterns: ["4.*"]\nexpires: 2099-01-01\n';
  const { out, err } = await backtest({ 'cards.yaml': CARDS, 'exception.yaml': exception }, '--json');
  assert.equal(err, '');
  const { unchanged, undecidable, reasons, changed } = JSON.parse(out);
  assert.deepEqual([unchanged, undecidable, reasons, changed], [2, 2, { 'a pattern of an exception': 2 }, []]);
});

test('a policy with an error is refused, and nothing is counted', async () => {
  const { code, out, err } = await backtest({ 'bad.yaml': CARDS.replace('detect', 'detekt') });
  assert.deepEqual([code, out], [2, '']);
  assert.match(err, /bad\.yaml:6:17: unknown key "detekt"; did you mean "detect"\?/);
});
