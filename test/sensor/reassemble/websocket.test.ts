import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
import { coverageText, FULL } from '../../../flow/coverage.ts';
import { everySplit, seeded } from '../../support/every-split.ts';
import { Listener } from '../../support/heard-transcripts.ts';

const ASK =
  'GET /v1/realtime?model=m HTTP/1.1\r\nHost: api.openai.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const AGREED = (extensions = '') =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${extensions}\r\n`;

function message(text: string | Buffer, options: { mask?: number; opcode?: number; first?: number } = {}): Buffer {
  const payload = Buffer.from(text);
  const { mask, opcode = 1, first = 0x80 } = options;
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
  if (mask === undefined) return Buffer.concat([Buffer.from([first | opcode, ...length]), payload]);
  const key = Buffer.alloc(4);
  key.writeUInt32BE(mask);
  const masked = payload.map((byte, i) => byte ^ (key[i & 3] ?? 0));
  length[0] = (length[0] ?? 0) | 0x80;
  return Buffer.concat([Buffer.from([first | opcode, ...length]), key, masked]);
}

function opened(extensions = ''): Listener {
  return new Listener().say('out', ASK).say('in', AGREED(extensions));
}

describe('a WebSocket', () => {
  test('each message is told when it is whole, however it is cut, and its end once', () => {
    const bytes = Buffer.concat([
      message('part one, ', { mask: 0x1234_5678, first: 0 }),
      message('ping', { mask: 7, opcode: 9 }),
      message('part two', { mask: 0x0bad_cafe, opcode: 0 }),
      message('x'.repeat(300), { mask: 99 }),
      message('', { mask: 1 }),
    ]);
    everySplit(bytes, (pieces) => {
      const listener = opened();
      for (const piece of pieces) listener.say('out', piece);
      listener.say('in', message('answer')).end();
      const said = listener.exchanges.filter((one) => one.protocol === 'websocket' && one.isWithinStream);
      assert.deepEqual(
        said.map(({ request, response }) => request?.body.toString() ?? `< ${response?.body.toString()}`),
        ['part one, part two', 'x'.repeat(300), '', '< answer'],
      );
      assert.equal(said[0]?.authority, 'api.openai.com');
      assert.equal(said[0]?.request?.target, '/v1/realtime?model=m');
      assert.equal(listener.exchanges.filter((one) => one.protocol === 'websocket' && !one.isWithinStream).length, 1);
      assert.equal(listener.room.usedBytes, 0);
    });
  });

  test('permessage-deflate is undone, over messages too', () => {
    const texts = ['{"card":"4111 1111 1111 1111"}', '{"card":"4111 1111 1111 1111","again":true}'];
    let dictionary = Buffer.alloc(0);
    const listener = opened('Sec-WebSocket-Extensions: permessage-deflate\r\n');
    for (const text of texts) {
      const packed = deflateRawSync(text, {
        finishFlush: constants.Z_SYNC_FLUSH,
        ...(dictionary.length === 0 ? {} : { dictionary }),
      }).subarray(0, -4);
      dictionary = Buffer.concat([dictionary, Buffer.from(text)]);
      listener.say('out', message(packed, { mask: 0x0102_0304, first: 0xc0 }));
    }
    const bodies = listener.exchanges.flatMap(({ request }) => (request === null ? [] : [request.body.toString()]));
    assert.deepEqual(bodies.slice(1), texts);
  });

  test('a gap ends the message; the next one is read', () => {
    const listener = opened();
    listener.say('out', message('never to be joined', { mask: 5 }).subarray(0, 12)).miss('out', 6);
    listener.say('out', message('whole', { mask: 6 }));
    const [cut, whole] = listener.exchanges.filter((one) => one.protocol === 'websocket');
    assert.equal(coverageText(cut?.request?.coverage ?? FULL), 'truncated: lost 6 bytes');
    assert.equal(whole?.request?.body.toString(), 'whole');
  });

  test('random bytes neither throw, hang nor grow', () => {
    const random = seeded(6455);
    for (let round = 0; round < 300; round++) {
      const listener = opened(random() < 0.5 ? 'Sec-WebSocket-Extensions: permessage-deflate\r\n' : '');
      for (let i = 0; i < 30; i++) {
        const noise = Buffer.from(Array.from({ length: Math.floor(random() * 50) }, () => Math.floor(random() * 256)));
        const way = random() < 0.5 ? 'out' : 'in';
        listener.say(way, random() < 0.5 ? noise : message(noise, { mask: 3, first: random() < 0.5 ? 0x80 : 0xc0 }));
      }
      listener.end();
      assert.equal(listener.room.usedBytes, 0);
    }
  });
});
