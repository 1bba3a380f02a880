import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parsePolicies } from '../../../engine/decide/policy-file.ts';
import { compilePolicies } from '../../../engine/decide/policy-set.ts';
import { contentOf, readProtobuf, varintOf } from '../../../engine/extract/protobuf.ts';
import { type Engine, inspect } from '../../../engine/inspect.ts';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { Conversation } from '../../../engine/transform/conversation.ts';
import { restoreBody } from '../../../engine/transform/restore.ts';
import type { Message } from '../../../flow/message.ts';
import { seeded } from '../../support/every-split.ts';
import { protobuf, varint } from '../../support/protobuf.ts';
import { extracted, lines, request } from './messages.ts';

const CARD = '4111 1111 1111 1111';

const sent = (body: Buffer): Message => request('/x.Y/Z', body, { headers: ['content-type', 'application/proto'] });
const linesOf = (body: Buffer): string[] => lines(extracted(sent(body)));

const { documents } = parsePolicies(
  'own.yaml',
  `{apiVersion: weir/v1, kind: Policy, name: own, rules: [
    {name: card, detect: {entities: [CREDIT_CARD]}, action: redact},
    {name: mail, detect: {entities: [EMAIL_ADDRESS]}, action: tokenize}]}`,
);
const engine: Engine = {
  scanner: createScanner(),
  policies: compilePolicies(documents),
  fingerprint: () => 'f',
  onOpaque: { media: 'alert', encoded: 'block' },
  maxDecodedBytes: 1 << 25,
};
const inspected = (body: Buffer, conversation = new Conversation()) =>
  inspect(engine, sent(body), { now: new Date(0), held: true, conversation: () => conversation });

describe('the wire format', () => {
  const read = (bytes: Buffer) => readProtobuf(bytes, { left: 1000 });

  test('fields of all wire types are read with their places', () => {
    const bytes = Buffer.concat([
      varint(1n << 3n),
      varint(150),
      varint((2n << 3n) | 1n),
      Buffer.alloc(8, 7),
      varint((3n << 3n) | 2n),
      varint(2),
      Buffer.from('hi'),
      varint((4n << 3n) | 3n),
      varint(1n << 3n),
      varint(1),
      varint((4n << 3n) | 4n),
      varint((536870911n << 3n) | 5n),
      Buffer.alloc(4, 9),
    ]);
    const message = read(bytes);
    assert.deepEqual(
      message?.fields.map(({ number, wire, start, end, value, items }) => [
        number,
        wire,
        end - start,
        value,
        items.length,
      ]),
      [
        [1, 0, 2, 150, 0],
        [2, 1, 8, -1, 0],
        [3, 2, 2, -1, 0],
        [4, 3, 3, -1, 1],
        [536870911, 5, 4, -1, 0],
      ],
    );
    assert.equal(message?.isCanonical, true);
    for (let end = 1; end < bytes.length; end++) {
      const part = read(bytes.subarray(0, end));
      // Cut at the border of a field it is a message too.
      if (part !== null) assert.ok(part.fields.length < 5);
    }
  });

  test('no message: field 0, unknown wire types, a group without its end or with that of another, a length past the end', () => {
    for (const hex of [
      '00',
      '06',
      '07',
      '0b',
      '0b14',
      '0c',
      '0a05',
      '08',
      '0a',
      '09000000',
      'ffffffffff01',
      '08ffffffffffffffffffff01',
    ]) {
      assert.equal(read(Buffer.from(hex, 'hex')), null, hex);
    }
  });

  test('a varint that is longer than need be, in a tag, a length or a value, is not canonical', () => {
    for (const hex of ['880001', '0a810041', '088100', '08ffffffffffffffffff02']) {
      assert.equal(read(Buffer.from(hex, 'hex'))?.isCanonical, false, hex);
    }
    assert.equal(read(Buffer.from('08ffffffffffffffffff01', 'hex'))?.isCanonical, true);
  });

  test('lengths are written as short as they can be, and read back only where they fit', () => {
    for (const length of [0, 1, 127, 128, 16383, 16384, 2097152]) {
      const bytes = Buffer.concat([varintOf(length), Buffer.alloc(length, 1)]);
      assert.equal(contentOf(bytes)?.length, length);
      assert.equal(contentOf(Buffer.concat([bytes, Buffer.of(0)])), null);
    }
  });
});

describe('segments', () => {
  test('each text has the numbers of its fields as path, those of a repeated one with their place', () => {
    const body = protobuf(
      [1, 'a model'],
      [
        3,
        [
          [1, 'first'],
          [2, [[7, 'deep']]],
        ],
      ],
      [3, [[1, 'second']]],
      [16, 'far'],
      [2, 7],
    );
    assert.deepEqual(linesOf(body), [
      '/1 user latest a model',
      '/3/0/1 user latest first',
      '/3/0/2/7 user latest deep',
      '/3/1/1 user latest second',
      '/16 user latest far',
    ]);
    assert.deepEqual(extracted(sent(body)).coverage, { level: 'full', reason: null });
    assert.equal(extracted(sent(body)).format, 'protobuf');
  });

  test('JSON and base64 within a text are read again', () => {
    const body = protobuf(
      [1, JSON.stringify({ a: { b: 'inside' } })],
      [2, Buffer.from('some words in base64').toString('base64')],
    );
    assert.ok(linesOf(body).includes('/1/a/b user latest inside'));
    assert.ok(linesOf(body).some((line) => line.endsWith(' some words in base64')));
  });

  test('a group is walked, a map lends its keys as labels, a long integer is a text that is not edited', () => {
    const group = Buffer.concat([varint((4n << 3n) | 3n), protobuf([1, 'in a group']), varint((4n << 3n) | 4n)]);
    const body = Buffer.concat([
      group,
      protobuf(
        [
          5,
          [
            [1, 'password'],
            [2, [[3, 'words']]],
          ],
        ],
        [6, 4111111111111111n],
        [7, 1234567],
      ),
    ]);
    const { segments } = extracted(sent(body));
    assert.deepEqual(
      segments
        .filter(({ part, across }) => part.kind === 'body' && across === undefined)
        .map(({ path, label, text, immutable }) => [path, label, text.toString(), immutable]),
      [
        ['/4/1', null, 'in a group', false],
        ['/5/1', null, 'password', false],
        ['/5/2/3', 'password', 'words', false],
        ['/6', null, '4111111111111111', true],
      ],
    );
  });

  test('bytes: short ones are searched, numbers are numbers, a picture is opaque, text with a broken byte is text', () => {
    const of = (content: Buffer) => extracted(sent(protobuf([1, content])));
    const random = seeded(1);
    const noise = (length: number) => Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
    assert.equal(of(noise(32)).coverage.level, 'full');
    assert.deepEqual(of(noise(9000)).coverage, { level: 'opaque', reason: 'media' });
    const floats = Buffer.alloc(4 * 500);
    for (let i = 0; i < 500; i++) floats.writeFloatLE(random() * 2 - 1, 4 * i);
    assert.equal(of(floats).coverage.level, 'full');
    const latin = Buffer.from(`M\xfcller zahlt mit ${CARD}, sagt er, und das schon seit Jahren immer so.`, 'latin1');
    assert.ok(lines(of(latin)).some((line) => line.includes(CARD)));
    assert.equal(of(latin).coverage.level, 'full');
  });
});

describe('edits', () => {
  /** The text of the field that these numbers lead to. */
  function textAt(bytes: Buffer, numbers: readonly number[]): string {
    let content = bytes;
    for (const number of numbers) {
      const message = readProtobuf(content, { left: 10_000 });
      assert.ok(message?.isCanonical === true);
      const field = message.fields.find((one) => one.number === number);
      assert.ok(field !== undefined);
      content = content.subarray(field.start, field.end);
    }
    return content.toString();
  }

  test('all lengths around an edit are corrected, whatever their width', () => {
    for (const padding of [0, 60, 90, 95, 100, 105, 110, 120, 16_200, 16_270, 16_360]) {
      const before = protobuf(
        [9, 1],
        [
          1,
          [
            [
              2,
              [
                [3, `${CARD} ${'x'.repeat(padding)}`],
                [4, 'beside'],
              ],
            ],
            [5, 'after'],
          ],
        ],
        [6, 'end'],
      );
      const { edited, findings } = inspected(before);
      assert.deepEqual(
        findings.map(({ entity, path }) => `${entity} ${path}`),
        ['CREDIT_CARD /1/2/3'],
        String(padding),
      );
      assert.ok(edited !== null);
      const expected = protobuf(
        [9, 1],
        [
          1,
          [
            [
              2,
              [
                [3, `[CREDIT_CARD] ${'x'.repeat(padding)}`],
                [4, 'beside'],
              ],
            ],
            [5, 'after'],
          ],
        ],
        [6, 'end'],
      );
      assert.deepEqual(edited.body, expected, String(padding));
    }
  });

  test('an edit within JSON within base64 within a message goes through all layers', () => {
    const json = JSON.stringify({ note: `"${CARD}"` });
    const { edited } = inspected(
      protobuf([
        1,
        [
          [1, `see ${Buffer.from(json).toString('base64')} there`],
          [2, CARD],
        ],
      ]),
    );
    const text = textAt(edited?.body ?? Buffer.alloc(0), [1, 1]);
    assert.deepEqual(JSON.parse(Buffer.from(text.split(' ')[1] ?? '', 'base64').toString()), {
      note: '"[CREDIT_CARD]"',
    });
    assert.equal(textAt(edited?.body ?? Buffer.alloc(0), [1, 2]), '[CREDIT_CARD]');
  });

  test('what was tokenized comes back out of a message', () => {
    const conversation = new Conversation();
    const before = protobuf([
      1,
      [
        [1, 'to ann@example.com and bob@example.com'],
        [2, 'ann@example.com'],
      ],
    ]);
    const { edited } = inspected(before, conversation);
    assert.equal(textAt(edited?.body ?? Buffer.alloc(0), [1, 1]), 'to <EMAIL_ADDRESS_1> and <EMAIL_ADDRESS_2>');
    const answer = sent(edited?.body ?? Buffer.alloc(0));
    const restored = restoreBody(answer, extracted(answer), { byToken: conversation.tokens });
    assert.deepEqual(restored, { body: before, restored: 3 });
  });

  test('a message of one text that reads as text too keeps its length right', () => {
    for (let length = 32; length < 127; length++) {
      const text = `${CARD} `.padEnd(length, 'x');
      const { edited, findings } = inspected(protobuf([4, [[1, text]]]));
      assert.deepEqual(
        findings.map(({ path }) => path),
        ['/4/1'],
        String(length),
      );
      assert.deepEqual(edited?.body, protobuf([4, [[1, text.replace(CARD, '[CREDIT_CARD]')]]]), String(length));
    }
  });
});

describe('ways round', () => {
  test('a card that reads as a message of numbers is found as text', () => {
    // `5` is the tag of a field of 4 bytes.
    const card = '5555555555554444 12';
    assert.equal(readProtobuf(Buffer.from('5555555555'), { left: 100 })?.fields.length, 2);
    for (const body of [protobuf([2, card]), protobuf([2, card.slice(0, 16)])]) {
      assert.match(inspected(body).edited?.body.toString() ?? '', /\[CREDIT_CARD\]/);
    }
  });

  test('a value that only the text across borders shows is blocked, since no edit would leave a message', () => {
    // `"` and `2` are tags, `Z` and `0` lengths: two fields, or one text with a card in it.
    const text = `"Z${'card '.padEnd(84, '.')}4111112011111110${' and so on'.padEnd(40, '.')}`;
    assert.deepEqual(
      readProtobuf(Buffer.from(text), { left: 100 })?.fields.map(({ number, start, end }) => [number, end - start]),
      [
        [4, 90],
        [6, 48],
      ],
    );
    for (const body of [protobuf([1, text]), Buffer.from(text)]) {
      const { findings, decision } = inspected(body);
      assert.ok(findings.some(({ entity, path }) => entity === 'CREDIT_CARD' && path === ''));
      assert.equal(decision.enforced.action, 'block');
    }
  });

  test('varints longer than need be, bytes left over and broken groups are not read, and blocked as such', () => {
    const plain = protobuf([1, `card ${CARD}`]);
    for (const body of [
      Buffer.concat([varint(10, 2), varint(24, 3), plain.subarray(2)]),
      Buffer.concat([plain, Buffer.of(0)]),
      Buffer.concat([plain, Buffer.of(0x0b)]),
    ]) {
      const { coverage, decision } = inspected(body);
      assert.deepEqual(coverage, { level: 'opaque', reason: 'encoded' });
      assert.equal(decision.enforced.action, 'block');
    }
    const within = Buffer.concat([varint(10, 2), varint(200, 3), Buffer.alloc(200, 0xfe)]);
    assert.deepEqual(inspected(protobuf([1, within])).coverage, { level: 'opaque', reason: 'encoded' });
  });

  test('text or JSON under the name of protobuf is read as what it is', () => {
    assert.deepEqual(inspected(Buffer.from(`my card is ${CARD}`)).coverage, { level: 'full', reason: 'unparsed' });
    assert.equal(inspected(Buffer.from(`my card is ${CARD}`)).edited?.body.toString(), 'my card is [CREDIT_CARD]');
    const json = inspected(Buffer.from(`{"a":"${CARD}"}`));
    assert.equal(json.edited?.body.toString(), '{"a":"[CREDIT_CARD]"}');
  });

  test('messages within messages past any depth, and any number of fields, end', () => {
    let deep = Buffer.from(CARD);
    for (let i = 0; i < 5000; i++) deep = Buffer.concat([Buffer.of(0x0a), varint(deep.length), deep]);
    assert.deepEqual(extracted(sent(deep)).coverage, { level: 'opaque', reason: 'encoded' });
    const wide = Buffer.concat(Array.from({ length: 300_000 }, () => Buffer.from([0x0a, 0x01, 0x41])));
    assert.equal(inspected(wide).decision.enforced.action, 'block');
    assert.equal(extracted(sent(Buffer.alloc(200_000, 0x0b))).coverage.level, 'opaque');
  });

  test('random bytes neither throw nor hang', () => {
    const random = seeded(7);
    const strings = ['a', CARD, 'x'.repeat(130), '{"a":1}', '\n0'];
    for (let round = 0; round < 3000; round++) {
      const length = Math.floor(random() * 80);
      const noise = Buffer.from(Array.from({ length }, () => Math.floor(random() * (round % 2 === 0 ? 256 : 0x60))));
      const text = strings[Math.floor(random() * strings.length)] ?? '';
      inspected(
        round % 3 === 0
          ? noise
          : protobuf(
              [1 + (round % 20), noise],
              [2, text],
              [
                3,
                [
                  [1, noise],
                  [2, text],
                ],
              ],
            ),
      );
    }
  });
});

describe('metadata', () => {
  const bin = (message: Buffer, name = 'x-note-bin') =>
    request('/x.Y/Z', Buffer.alloc(0), {
      headers: ['content-type', 'application/grpc', name, message.toString('base64').replace(/=+$/, '')],
    });
  const judged = (message: Message) =>
    inspect(engine, message, { now: new Date(0), held: true, conversation: () => new Conversation() });

  test('a message in binary metadata is read and edited; several are read each for itself', () => {
    const message = bin(protobuf([1, 7], [2, `card ${CARD}`]));
    const { findings, edited } = judged(message);
    assert.deepEqual(
      findings.map(({ entity, path, role }) => `${entity} ${path} ${role}`),
      ['CREDIT_CARD /header/x-note-bin/2 metadata'],
    );
    assert.deepEqual(Buffer.from(edited?.headers[3] ?? '', 'base64'), protobuf([1, 7], [2, 'card [CREDIT_CARD]']));
    const two = bin(protobuf([2, CARD]));
    const value = `${two.headers[3]}, ${two.headers[3]}`;
    assert.equal(judged({ ...two, headers: [...two.headers.slice(0, 3), value] }).findings.length, 2);
  });

  test('text in binary metadata is found once, and bytes of a trace disturb nobody', () => {
    assert.equal(judged(bin(Buffer.from(`a card ${CARD}`))).findings.length, 1);
    const random = seeded(9);
    const trace = Buffer.from(Array.from({ length: 29 }, () => Math.floor(random() * 256)));
    const { coverage, findings } = judged(bin(trace, 'grpc-trace-bin'));
    assert.deepEqual([coverage.level, findings.length], ['full', 0]);
  });

  test('the message in the query of a call of Connect is read and edited', () => {
    const target = (message: Buffer, more = '') =>
      `/x.Y/Z?connect=v1&encoding=proto&base64=1${more}&message=${message.toString('base64url')}`;
    const sentBy = (path: string) => request(path, Buffer.alloc(0), { method: 'GET', headers: [] });
    const { edited, findings } = judged(sentBy(target(protobuf([1, 7], [2, `card ${CARD}`]))));
    assert.deepEqual(
      findings.map(({ path }) => path),
      ['/query/message/2'],
    );
    assert.equal(edited?.target, target(protobuf([1, 7], [2, 'card [CREDIT_CARD]'])));
    const packed = judged(sentBy(target(gzipSync(protobuf([2, CARD])), '&compression=gzip')));
    assert.equal(packed.decision.enforced.action, 'block');
    const json = `/x.Y/Z?connect=v1&encoding=json&message=${encodeURIComponent(JSON.stringify({ a: CARD }))}`;
    assert.match(judged(sentBy(json)).edited?.target ?? '', /%5BCREDIT_CARD%5D/);
  });
});
