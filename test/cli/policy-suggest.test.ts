import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { EventBody } from '../../flow/event.ts';
import { afterwards, closingOf, FINDING, OPENAI, SOURCE, sampleEvent, startRecorder } from '../store/samples.ts';
import { makePlace, type Place } from './run-context.ts';

async function placeWith(t: TestContext, ...events: readonly EventBody[]): Promise<Place> {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const { recorder } = await startRecorder(t, {}, place.home);
  for (const event of events) recorder.close(closingOf(event));
  await recorder.flush();
  return place;
}

/** Prints the suggestion, and has `policy check` and `policy test` take it. */
async function suggested(place: Place, id: string): Promise<string> {
  const { code, out, err } = await place.call(['policy', 'suggest', id]);
  assert.deepEqual([code, err], [0, '']);
  writeFileSync(join(place.folder, 'stop.yaml'), out);
  const checked = await place.call(['policy', 'check', 'stop.yaml']);
  assert.deepEqual([checked.code, checked.err], [0, ''], out);
  const tested = await place.call(['policy', 'test', 'stop.yaml']);
  assert.equal(tested.code, 0, tested.out);
  return out;
}

const KINDS = ['CREDIT_CARD', 'EMAIL_ADDRESS', 'PERSON', 'US_SSN', 'AWS_ACCESS_KEY_ID', 'IBAN_CODE', 'PHONE_NUMBER'];

test('a rule that would have stopped an event is a policy that passes check and its own tests', async (t) => {
  const findings = KINDS.map((entity) => ({ ...FINDING, entity }));
  const event = sampleEvent({ findings });
  const place = await placeWith(t, event);
  const yaml = await suggested(place, event.id.slice(0, 20));
  assert.match(yaml, new RegExp(`^# Would have stopped event ${event.id}: billing -> api\\.openai\\.com`));
  assert.match(
    yaml,
    /\n {2}destinations: \{hosts: \["api\.openai\.com"\]\}\n {2}sources: \{apps: \["billing"\]\}\n {2}directions: \[request\]\n/,
  );
  assert.match(yaml, /\n {4}action: block\n/);
  for (const entity of ['CREDIT_CARD', 'EMAIL_ADDRESS', 'US_SSN'])
    assert.match(yaml, new RegExp(`expect: block, entities: \\["${entity}"\\]`), entity);
});

test('the rule stops the very call, and not what carries nothing of the kind', async (t) => {
  const event = sampleEvent({ findings: [{ ...FINDING, entity: 'EMAIL_ADDRESS' }] });
  const place = await placeWith(t, event);
  await suggested(place, event.id);
  const explained = async (...args: string[]) => {
    const { out } = await place.call(['policy', 'explain', 'stop.yaml', '--json', '--app', 'billing', ...args]);
    return JSON.parse(out).decision.action;
  };
  const mail = ['--text', 'write to jane.doe@example.com'];
  assert.equal(await explained(...mail, '--to', 'api.openai.com'), 'block');
  assert.equal(await explained(...mail, '--to', 'api.mistral.ai'), 'allow');
  assert.equal(await explained('--text', 'hello', '--to', 'api.openai.com'), 'allow');
});

test('an edge is stopped by its id, at its port, and an unverified label narrows no rule', async (t) => {
  const source = { ...SOURCE, app: 'chat\n"x', verified: false };
  const event = sampleEvent({ source, destination: { ...OPENAI, host: 'files.example', port: 8443 } });
  const place = await placeWith(t, event);
  const [edge] = (await place.call(['flows', 'list', '--json'])).out.split('\n');
  const yaml = await suggested(place, JSON.parse(edge ?? '').id);
  assert.match(yaml, /\nname: stop-any-to-files\.example\n/);
  assert.match(yaml, /\n {2}- name: everything\n {4}action: block\n/);
  assert.match(yaml, /to: "files\.example:8443", expect: block\}/);
  assert.ok(!yaml.includes('sources:'));
});

test('no literal that looks like a credential stands in a suggestion', async (t) => {
  const event = sampleEvent({ findings: [{ ...FINDING, entity: 'AWS_ACCESS_KEY_ID', category: 'credential' }] });
  const place = await placeWith(t, event);
  const yaml = await suggested(place, event.id);
  const literal = new RegExp(`${['AK', 'IA'].join('')}[A-Z0-9]{16}`);
  assert.ok(!literal.test(yaml));
  assert.match(yaml, /\\x41KIA/);
});

test('a class that no recognizer finds any more is left out, and said', async (t) => {
  const findings = ['OLD_KIND', 'US_SSN'].map((entity) => ({ ...FINDING, entity }));
  const event = sampleEvent({ findings });
  const place = await placeWith(t, event);
  const { out, err } = await place.call(['policy', 'suggest', event.id]);
  assert.equal(err, 'weir: no recognizer finds OLD_KIND any more: it is left out\n');
  assert.match(out, /detect: \{entities: \["US_SSN"\]\}/);
});

test('an id of nothing is told, with exit 1', async (t) => {
  const place = await placeWith(t);
  const { code, out, err } = await place.call(['policy', 'suggest', 'nothing\x07']);
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /^weir: no event and no edge has the id nothing·\n/);
  assert.equal((await place.call(['policy', 'suggest'])).code, 2);
});
