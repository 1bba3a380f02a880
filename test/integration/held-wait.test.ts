/** A body for which there is no room for ten seconds: a file of its own, so that other tests run meanwhile. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest } from '../support/wire.ts';

let weir: UnderTest;
before(async () => {
  const limits = { inspectBytes: '64KiB', heldBytes: '64KiB', clientBodyBytesPerSecond: 0 };
  weir = await startUnderTest({ config: { proxy: { limits } } });
});
after(() => weir.close());

test('it is 503 with a time to try again, on record, and room that is free later is used', async () => {
  const holder = await connectThrough(weir.port, OPENAI, weir.ca);
  holder.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: ${OPENAI}\r\nContent-Type: application/json\r\n` +
      'Expect: 100-continue\r\nContent-Length: 60000\r\n\r\n',
  );
  assert.equal((await holder.answer('POST')).status, 100);
  const ask = async () => {
    const wire = await connectThrough(weir.port, OPENAI, weir.ca);
    const messages = [{ role: 'user', content: 'word '.repeat(2000) }];
    wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, { model: 'm', messages }));
    const answer = await wire.answer('POST');
    wire.destroy();
    return answer;
  };
  const answer = await ask();
  assert.equal(answer.status, 503);
  assert.equal(answer.header('retry-after'), '10');
  assert.match(answer.text, /limits\.heldBytes/);
  const { outcome, reason } = await weir.event(answer.header('x-weir-event'));
  assert.equal(outcome, 'failed');
  assert.match(reason ?? '', /^503 no room/);
  holder.destroy();
  assert.equal((await ask()).status, 200);
});
