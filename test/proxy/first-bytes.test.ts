/** What the first bytes of a client begin: TLS, HTTP, something else, or nothing that can be told yet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify, classifyHello } from '../../proxy/first-bytes.ts';

const OF: readonly (readonly [text: string, kind: string | null])[] = [
  ['G', null],
  ['GET', null],
  ['GET ', null],
  ['GET /', 'http'],
  ['get / ', 'http'],
  ['GET ht', null],
  ['GET http:/', null],
  ['GET http://a', 'http'],
  ['GET HTTPS://a', 'http'],
  ['GET hx', 'other'],
  ['OPTIONS *', 'http'],
  ['PRI * HTTP/2.0\r\n', 'http'],
  ['CONNECT a.example:443 HTTP/1.1', 'http'],
  ['CONNECT ', null],
  ['\r\n', null],
  ['\r\n\r\n\r\nGET / HTTP/1.1', 'http'],
  ['\n\nGET /', 'http'],
  [`${'\r\n'.repeat(500)}GET /`, 'http'],
  ['\r\n'.repeat(9000), 'broken'],
  // Of others that begin with a word: SMTP, POP3 and FTP, IMAP, Redis, SSH.
  ['EHLO mail.example\r\n', 'other'],
  ['USER anonymous\r\n', 'other'],
  ['QUIT\r\n', 'other'],
  ['a001 LOGIN x y', 'other'],
  ['*1\r\n$4\r\nPING\r\n', 'other'],
  ['SSH-2.0-OpenSSH_9.6\r\n', 'other'],
  ['{"jsonrpc":"2.0"}', 'other'],
  ['\x05\x01\x00', 'other'],
  ['\x00', 'other'],
  ['x'.repeat(70), 'other'],
  // TLS as far as it goes: a record that is not a hello is not something else.
  ['\x16', null],
  ['\x16\x03', null],
  ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc', null],
  ['\x16\x03\x01\x00\x00', 'broken'],
  ['\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00', 'broken'],
  ['\x16\x03\x09\x00\x05\x01', 'broken'],
  ['\x16\x03\x01\x3f\xff\x01\xff\xff\xff', 'broken'],
  ['\x16\x04', 'other'],
];

for (const [text, kind] of OF) {
  test(`first bytes: ${JSON.stringify(text.slice(0, 40))} are ${kind ?? 'not enough'}`, () => {
    assert.equal(classify(Buffer.from(text, 'latin1'))?.kind ?? null, kind);
  });
}

test('who looks for a hello alone waits for nothing else', () => {
  assert.equal(classifyHello(Buffer.from('GE'))?.kind, 'other');
  assert.equal(classifyHello(Buffer.from('\x16', 'latin1')), null);
  assert.equal(classifyHello(Buffer.from('\x16\x03\x01\x00\x00', 'latin1'))?.kind, 'broken');
});

test('no bytes throw, and what is told does not change as more of them come', () => {
  let seed = 7;
  const next = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed;
  };
  for (let round = 0; round < 2000; round++) {
    const start = ['', 'GET ', '\x16\x03\x01', '\r\n'][next() % 4] ?? '';
    const bytes = Buffer.concat([
      Buffer.from(start, 'latin1'),
      Buffer.from(Array.from({ length: 40 }, () => next() % 256)),
    ]);
    let told: string | null = null;
    for (let end = 1; end <= bytes.length; end++) {
      const kind = classify(bytes.subarray(0, end))?.kind ?? null;
      if (told !== null) assert.equal(kind, told);
      told = kind;
    }
  }
});
