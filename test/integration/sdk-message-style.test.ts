/** `block: {style: message}`: each SDK reads the answer of a blocked call as something that the assistant said. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CARD } from '../support/planted.ts';
import { type Ask, SDK_SETTINGS, sdkClients } from '../support/sdk-clients.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const { hosts, proxy, destinations } = SDK_SETTINGS;

let weir: UnderTest;
let clients: Readonly<Record<string, Ask>>;
before(async () => {
  weir = await startUnderTest({
    hosts,
    config: { proxy: { ...proxy, block: { style: 'message' } }, destinations },
  });
  clients = sdkClients(weir.port);
});
after(() => weir.close());

for (const name of Object.keys(sdkClients(0))) {
  test(`${name}: what is blocked is said as a message, whole and streamed`, async () => {
    const before = weir.standIn.requests.length;
    for (const way of ['whole', 'streamed'] as const) {
      const text = await clients[name]?.[way](`pay with ${CARD}`);
      assert.match(text ?? '', /^Blocked by policy default\/card-in-prompt: 1 CREDIT_CARD in \//, way);
    }
    assert.equal(weir.standIn.requests.length, before);
    assert.equal(await clients[name]?.whole('Hello'), 'You wrote: Hello');
  });
}
