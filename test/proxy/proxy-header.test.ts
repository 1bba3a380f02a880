/** The PROXY header, both versions: what it says, and what is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readProxyHeader } from '../../proxy/proxy-header.ts';

const SIGNATURE = Buffer.from([13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]);

/** Version 2. `body` is what stands behind the length, unless `length` says another. */
function binary(command: number, family: number, body: readonly number[], length = body.length): Buffer {
  return Buffer.from([...SIGNATURE, command, family, length >> 8, length & 0xff, ...body]);
}

const V4 = [192, 0, 2, 7, 10, 0, 0, 1, 0xc0, 0x01, 0x01, 0xbb];
/** Of the whole header of the case below, by another implementation of CRC-32C. */
const CRC_OF_THE_NEXT = [0xfa, 0x84, 0x78, 0x81];
const V6 = [...Buffer.from('20010db8000000000000000000000007', 'hex'), ...new Array<number>(16).fill(1), 1, 2, 0, 80];

const HEADERS: readonly (readonly [what: string, bytes: Buffer, connection: object | null])[] = [
  ['version 1, IPv4', Buffer.from('PROXY TCP4 192.0.2.7 10.0.0.1 49153 443\r\n'), { peer: '192.0.2.7', port: 443 }],
  ['version 1, IPv6', Buffer.from('PROXY TCP6 2001:db8::7 ::1 1 80\r\n'), { peer: '2001:db8::7', port: 80 }],
  ['version 1, unknown', Buffer.from('PROXY UNKNOWN\r\n'), null],
  ['version 1, unknown with more', Buffer.from('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'), null],
  ['version 2, IPv4', binary(0x21, 0x11, V4), { peer: '192.0.2.7', port: 443 }],
  ['version 2, IPv6', binary(0x21, 0x21, V6), { peer: '2001:db8::7', port: 80 }],
  ['version 2 with further fields', binary(0x21, 0x11, [...V4, 4, 0, 2, 0, 0]), { peer: '192.0.2.7', port: 443 }],
  [
    'version 2 with its checksum',
    binary(0x21, 0x11, [...V4, 4, 0, 1, 9, 3, 0, 4, ...CRC_OF_THE_NEXT]),
    { peer: '192.0.2.7', port: 443 },
  ],
  ['version 2, LOCAL', binary(0x20, 0x00, []), null],
  ['version 2, LOCAL with an address', binary(0x20, 0x11, V4), null],
  ['version 2, a Unix socket', binary(0x21, 0x31, new Array<number>(216).fill(0)), null],
  ['version 2, unspecified', binary(0x21, 0x00, []), null],
  ['version 2, UDP', binary(0x21, 0x12, V4), null],
];

const NONE: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
  ['TLS', Buffer.from([0x16, 3, 1, 0, 5])],
  ['small letters', Buffer.from('proxy TCP4 1.2.3.4 1.2.3.4 1 1\r\n')],
  ['two spaces', Buffer.from('PROXY  TCP4 1.2.3.4 1.2.3.4 1 1\r\n')],
  ['another family', Buffer.from('PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n')],
  ['UDP in version 1', Buffer.from('PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n')],
  ['an address too few', Buffer.from('PROXY TCP4 1.2.3.4 1 1\r\n')],
  ['a field too many', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n')],
  ['a port over 65535', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n')],
  ['a port with a zero before it', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 1 080\r\n')],
  ['an address with zeros before it', Buffer.from('PROXY TCP4 01.2.3.4 1.2.3.4 1 80\r\n')],
  ['an address of the other family', Buffer.from('PROXY TCP6 1.2.3.4 1.2.3.4 1 80\r\n')],
  ['a zone', Buffer.from('PROXY TCP6 fe80::1%eth0 ::1 1 80\r\n')],
  ['a line without an end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(107)}\r\n`)],
  ['version 3', binary(0x31, 0x11, V4)],
  ['another command', binary(0x22, 0x11, V4)],
  ['addresses that are cut off', binary(0x21, 0x11, V4.slice(0, 11))],
  ['addresses of IPv6 that are cut off', binary(0x21, 0x21, V4)],
  ['a checksum that does not fit', binary(0x21, 0x11, [...V4, 4, 0, 1, 9, 3, 0, 4, 1, 2, 3, 4])],
  ['a checksum of three bytes', binary(0x21, 0x11, [...V4, 3, 0, 3, 1, 2, 3])],
  ['a further field that is cut off', binary(0x21, 0x11, [...V4, 4, 0, 9, 1])],
  ['a further field without its length', binary(0x21, 0x11, [...V4, 4, 0])],
  ['another signature', Buffer.from([13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 11])],
  ['empty lines before a request', Buffer.from('\r\n\r\nGET / HTTP/1.1\r\n')],
];

for (const [what, bytes, connection] of HEADERS) {
  test(`a PROXY header is read, however it is cut, and no further: ${what}`, () => {
    assert.deepEqual(readProxyHeader(Buffer.concat([bytes, Buffer.from('GET / HTTP/1.1')])), {
      kind: 'header',
      length: bytes.length,
      connection,
    });
    for (let end = 0; end < bytes.length; end++)
      assert.equal(readProxyHeader(bytes.subarray(0, end)).kind, 'need-more', `${end} bytes`);
  });
}

for (const [what, bytes] of NONE) {
  test(`is no PROXY header: ${what}`, () => {
    assert.equal(readProxyHeader(bytes).kind, 'none');
  });
}
