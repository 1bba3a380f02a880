/** A rule for answers blocks what a model says: each SDK raises, whole and in the middle of a stream, before the value. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CARD } from '../support/planted.ts';
import { type Ask, SDK_SETTINGS, sdkClients } from '../support/sdk-clients.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const { hosts, proxy, destinations } = SDK_SETTINGS;
const POLICY = `apiVersion: weir/v1
kind: Policy
name: answers
description: No model says a card number.
severity: high
match: {directions: [response]}
rules:
  - name: pan
    detect: {entities: [CREDIT_CARD]}
    action: block
`;

let folder: string;
let weir: UnderTest;
let clients: Readonly<Record<string, Ask>>;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-answers-'));
  writeFileSync(join(folder, 'answers.yaml'), POLICY);
  weir = await startUnderTest({ hosts, config: { proxy, destinations, policies: [join(folder, 'answers.yaml')] } });
  clients = sdkClients(weir.port);
});
after(async () => {
  await weir.close();
  rmSync(folder, { recursive: true });
});

for (const name of Object.keys(sdkClients(0))) {
  test(`${name}: a card in the answer is an error, whole and streamed`, async () => {
    for (const way of ['whole', 'streamed'] as const) {
      const error = await clients[name]?.[way](`my card is ${CARD}`).then(
        (text) => assert.fail(`${way}: it came through: ${text.replaceAll(/[0-9]/g, '#')}`),
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof Error, way);
      assert.ok(!error.message.includes('4111'), way);
      // These two read no error within a stream: an event that is none of their own is what they raise about.
      if (way === 'streamed' && (name === 'mistral' || name === 'cohere')) continue;
      assert.match(`${error.message} ${JSON.stringify(error)}`, /answers\/pan: 1 CREDIT_CARD/, way);
    }
    assert.equal(await clients[name]?.streamed('Hello there'), 'You wrote: Hello there');
  });
}
