/** What a running Weir learns of a field beside the turns, and what it makes of it after the next start. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { COMMANDS, main } from '../../cli/main.ts';
import { startWeir } from '../../cli/start.ts';
import { loadConfig } from '../../config/load.ts';
import { eventsOf, makePlace, OPENAI, type Place } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

const POLICIES = `apiVersion: weir/v1
kind: Policy
name: fields
match: {destinations: {hosts: ["${OPENAI}"]}, directions: [request]}
rules:
  - {name: sure, detect: {entities: [UK_NHS], minScore: 0.8}, action: block}
  - {name: bank, detect: {entities: [ABA_ROUTING_NUMBER]}, action: block}
`;

/** A number with its check digit by weights from the left, modulo: NHS numbers (11), ABA routing numbers (10). */
function checked(digits: string, weights: readonly number[], modulus: number): string | null {
  const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * (weights[at] ?? 0), 0);
  const check = (modulus - (sum % modulus)) % modulus;
  return check > 9 ? null : `${digits}${check}`;
}

/** So many different ones, of an area that no other rule of these numbers takes. */
function numbers(count: number, from: number, make: (digits: string) => string | null): readonly string[] {
  const made: string[] = [];
  for (let at = from; made.length < count; at += 7919) {
    const number = make(String(at));
    if (number !== null) made.push(number);
  }
  return made;
}

const nhs = (digits: string) => checked(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2], 11);
const aba = (digits: string) => checked(`0${digits}`, [3, 7, 1, 3, 7, 1, 3, 7], 10);

async function withWeir<T>(place: Place, work: (post: (metadata: object) => Promise<WireAnswer>) => Promise<T>) {
  const config = loadConfig({ file: place.configFile, env: {}, cwd: place.folder });
  const weir = await startWeir(config, { workers: 1, port: 0, eventLog: null });
  const ca = readFileSync(weir.caPath, 'utf8');
  try {
    return await work(async (metadata) => {
      const wire = await connectThrough(weir.port, OPENAI, ca);
      const body = { model: 'm', messages: [{ role: 'user', content: 'hello' }], metadata };
      wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, body));
      const answer = await wire.answer('POST');
      wire.destroy();
      return answer;
    });
  } finally {
    await weir.close();
  }
}

async function review(place: Place, id: string): Promise<void> {
  let err = '';
  const context = {
    ...{ env: {}, cwd: place.folder, stdin: Readable.from([]), isTerminal: false, out: () => {} },
    err: (text: string) => {
      err += text;
    },
  };
  const args = ['log', 'review', id, '--state', 'false_positive', '--by', 'ana', '--config', place.configFile];
  assert.equal(await main(args, context, COMMANDS), 0, err);
}

test('fifty values of one kind lift the next in their field; five false alarms lower theirs; both say so', async (t) => {
  const place = await makePlace({ config: { policies: ['policies.yaml'] } });
  t.after(() => place.remove());
  writeFileSync(join(place.folder, 'policies.yaml'), POLICIES);
  const [last = '', ...patients] = numbers(53, 415_555_267, nhs);
  const [spare = '', ...routes] = numbers(6, 7_805_112, aba);
  await withWeir(place, async (post) => {
    for (const number of patients) assert.equal((await post({ nhs_number: number })).status, 200);
    // No more than the rule's score in a field that is seen for the first time.
    assert.equal((await post({ other: { nhs_number: last } })).status, 200);
    for (const number of routes) assert.equal((await post({ routing_number: number })).status, 400);
  });
  const blocked = (await eventsOf(place.home, patients.length)).filter(({ action }) => action === 'block');
  assert.equal(blocked.length, 5);
  for (const { id } of blocked) await review(place, id);

  await withWeir(place, async (post) => {
    assert.equal((await post({ other: { nhs_number: last } })).status, 200);
    assert.equal((await post({ nhs_number: last })).status, 400);
    assert.equal((await post({ routing_number: spare })).status, 200);
    // Of another field nothing is known.
    assert.equal((await post({ other: { routing_number: spare } })).status, 400);
  });
  const [, lifted, lowered] = (await eventsOf(place.home, 0)).filter(({ kind }) => kind === 'exchange').slice(-4);
  assert.deepEqual([lifted?.action, lifted?.rule], ['block', 'sure']);
  assert.match(lifted?.explanation.join() ?? '', /score lifted: 100% of 52 values of this field were UK_NHS/);
  assert.equal(lowered?.action, 'allow');
  const [finding] = lowered?.findings ?? [];
  assert.deepEqual([finding?.entity, finding?.maxScore], ['ABA_ROUTING_NUMBER', 0.49]);
});
