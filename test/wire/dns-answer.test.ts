import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DnsOverTcp, ipv6Text, readDnsAnswer } from '../../wire/dns-answer.ts';
import { everySplit, seeded } from '../support/every-split.ts';

function name(text: string): Buffer {
  const labels = text.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function pointer(at: number): Buffer {
  return u16(0xc000 | at);
}

function record(owner: Buffer, type: number, ttl: number, data: Buffer): Buffer {
  const seconds = Buffer.alloc(4);
  seconds.writeUInt32BE(ttl);
  return Buffer.concat([owner, u16(type), u16(1), seconds, u16(data.length), data]);
}

/** The question stands at 12. */
function message(question: string, records: readonly Buffer[], flags = 0x8180): Buffer {
  const counts = [1, records.length, 0, 0].map(u16);
  return Buffer.concat([u16(0x1234), u16(flags), ...counts, name(question), u16(1), u16(1), ...records]);
}

const A = 1;
const CNAME = 5;
const AAAA = 28;
const ASKED = pointer(12);
const V6 = Buffer.from('20010db8000000000000000000000001', 'hex');

test('an address is known by the name that was asked for, in lower case', () => {
  const bytes = message('API.OpenAI.com', [record(ASKED, A, 60, Buffer.from([192, 0, 2, 7]))]);
  assert.deepEqual(readDnsAnswer(bytes), { name: 'api.openai.com', addresses: [{ address: '192.0.2.7', ttl: 60 }] });
});

test('aliases are followed in any order, and the least TTL holds', () => {
  const bytes = message('db.example', [
    record(name('c.example'), AAAA, 500, V6),
    record(name('c.example'), A, 20, Buffer.from([192, 0, 2, 1])),
    record(name('b.example'), CNAME, 30, name('c.example')),
    record(ASKED, CNAME, 300, name('B.example')),
    record(name('other.example'), A, 5, Buffer.from([192, 0, 2, 9])),
  ]);
  assert.deepEqual(readDnsAnswer(bytes), {
    name: 'db.example',
    addresses: [
      { address: '2001:db8::1', ttl: 30 },
      { address: '192.0.2.1', ttl: 20 },
    ],
  });
});

test('an IPv4-mapped address is told as IPv4', () => {
  assert.equal(ipv6Text(Buffer.from('00000000000000000000ffffc0000207', 'hex')), '192.0.2.7');
});

test('aliases in a circle, queries, errors and answers without an address are none', () => {
  const address = record(ASKED, A, 60, Buffer.from([192, 0, 2, 7]));
  const circle = [record(ASKED, CNAME, 9, name('b.example')), record(name('b.example'), CNAME, 9, name('a.example'))];
  const cases: readonly (readonly [string, Buffer])[] = [
    ['circle', message('a.example', circle)],
    ['query', message('a.example', [address], 0x0100)],
    ['NXDOMAIN', message('a.example', [address], 0x8183)],
    ['nothing', message('a.example', [])],
    ['another owner', message('a.example', [record(name('b.example'), A, 60, Buffer.from([192, 0, 2, 7]))])],
    ['an address of three bytes', message('a.example', [record(ASKED, A, 60, Buffer.from([192, 0, 2]))])],
    ['an odd name', message('a b.example', [address])],
  ];
  for (const [what, bytes] of cases) assert.equal(readDnsAnswer(bytes), null, what);
});

test('a name whose pointers loop or point ahead is refused', () => {
  const data = Buffer.from([192, 0, 2, 7]);
  const self = message('a.example', []).length;
  for (const owner of [pointer(self), pointer(self + 2), Buffer.concat([pointer(self + 2), pointer(self)])]) {
    assert.equal(readDnsAnswer(message('a.example', [record(owner, A, 60, data)])), null);
  }
});

test('of an answer that was cut off, the whole records count', () => {
  const records = [1, 2].map((last) => record(ASKED, A, 60, Buffer.from([192, 0, 2, last])));
  const whole = message('a.example', records, 0x8380);
  const answer = readDnsAnswer(whole.subarray(0, -1));
  assert.deepEqual(answer?.addresses, [{ address: '192.0.2.1', ttl: 60 }]);
});

test('over TCP the answers are the same however the bytes are cut', () => {
  const one = message('a.example', [record(ASKED, A, 60, Buffer.from([192, 0, 2, 1]))]);
  const two = message('b.example', [record(ASKED, A, 60, Buffer.from([192, 0, 2, 2]))]);
  const stream = Buffer.concat([u16(one.length), one, u16(two.length), two]);
  everySplit(stream, (chunks) => {
    const reader = new DnsOverTcp();
    const names = chunks.flatMap((chunk) => reader.push(chunk).map((answer) => answer.name));
    assert.deepEqual(names, ['a.example', 'b.example']);
  });
});

test('what is no DNS ends a stream for good', () => {
  const reader = new DnsOverTcp();
  const good = message('a.example', [record(ASKED, A, 60, Buffer.from([192, 0, 2, 1]))]);
  assert.deepEqual(reader.push(Buffer.from([0, 3, 1, 2, 3])), []);
  assert.deepEqual(reader.push(Buffer.concat([u16(good.length), good])), []);
});

test('random and damaged bytes never throw or hang', () => {
  const random = seeded(11);
  const whole = message('db.example', [
    record(ASKED, CNAME, 300, name('b.example')),
    record(name('b.example'), AAAA, 500, V6),
  ]);
  for (let round = 0; round < 5000; round++) {
    const bytes = Buffer.from(whole);
    for (let i = 0; i < 4; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    readDnsAnswer(bytes.subarray(0, Math.floor(random() * (bytes.length + 1))));
    const noise = Buffer.from(Array.from({ length: 40 }, () => Math.floor(random() * 256)));
    readDnsAnswer(noise);
    new DnsOverTcp().push(noise);
  }
});
