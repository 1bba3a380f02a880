/**
 * Malformed and ambiguous HTTP/1, written from RFC 9110, 9112 and 3986: the upstream gets exactly what was inspected, cut
 * as a strict reader cuts it, or nothing whole; and the client an error. One proxy for all vectors; each is bytes on a socket.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RawUpstream, startRawUpstream } from '../support/raw-upstream.ts';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain } from '../support/wire.ts';

const H = 'plain.weir-test.example';
const T = `http://${H}/t`;
const GET = `GET ${T} HTTP/1.1\r\nHost: ${H}\r\n`;
const POST = `POST ${T} HTTP/1.1\r\nHost: ${H}\r\nContent-Type: text/plain\r\n`;
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n`;
const NEXT = `GET ${T}?smuggled HTTP/1.1\r\nHost: ${H}\r\n\r\n`;

let weir: UnderTest;
let upstream: RawUpstream;
before(async () => {
  upstream = await startRawUpstream();
  const place = `127.0.0.1:${upstream.port}`;
  weir = await startUnderTest({
    config: { proxy: { resolve: { [`${H}:80`]: place, [`${OPENAI}:80`]: place }, limits: { clientHeadMs: '3s' } } },
  });
});
after(async () => {
  await weir.close();
  await upstream.close();
});

/** What is answered to what was sent, all of it, once the connection has ended; the client ends its side as well. */
async function sent(bytes: string, ends: boolean): Promise<string> {
  const wire = await connectPlain(weir.port);
  wire.write(Buffer.from(bytes, 'latin1'));
  if (ends) wire.socket.end();
  return wire.ended();
}

/** Everything that was sent on before has arrived, once this one has. */
async function settle(): Promise<readonly string[]> {
  const wire = await connectPlain(weir.port);
  wire.write(`GET http://${H}/settled HTTP/1.1\r\nHost: ${H}\r\nConnection: close\r\n\r\n`);
  assert.equal((await wire.answer()).status, 200);
  const lines = upstream.requests.map(({ line }) => line);
  assert.equal(lines.pop(), 'GET /settled HTTP/1.1');
  return lines;
}

async function assertRefused(bytes: string, ends = false): Promise<void> {
  upstream.requests.length = 0;
  upstream.faults.length = 0;
  const answer = await sent(bytes, ends);
  assert.doesNotMatch(answer, /^HTTP\/1\.1 2/);
  assert.match(answer, /^(?:HTTP\/1\.1 (?:4\d\d|50[15]) |$)/);
  assert.deepEqual([await settle(), upstream.faults], [[], []]);
}

interface Passed {
  /** Of each request as the upstream has it. */
  readonly seen: readonly { readonly line: string; readonly body?: string }[];
  /** Statuses that the client gets, in order. */
  readonly statuses: readonly number[];
  /** Names that no request may have. */
  readonly without?: readonly string[];
}

async function assertPassed(bytes: string, { seen, statuses, without = [] }: Passed): Promise<void> {
  upstream.requests.length = 0;
  upstream.faults.length = 0;
  const wire = await connectPlain(weir.port);
  wire.write(Buffer.from(bytes, 'latin1'));
  const got: number[] = [];
  while (got.length < statuses.length) got.push((await wire.answer()).status);
  wire.destroy();
  assert.deepEqual(got, statuses);
  await settle();
  assert.deepEqual(upstream.faults, []);
  assert.deepEqual(
    upstream.requests.slice(0, -1).map(({ line, body }) => ({ line, body })),
    seen.map(({ line, body = '' }) => ({ line, body })),
  );
  for (const { headers } of upstream.requests)
    for (const name of without) assert.ok(!headers.some((header) => header.toLowerCase().startsWith(`${name}:`)), name);
}

const line = (text: string): string => `${text}\r\nHost: ${H}\r\n\r\n`;
const get = (headers: string): string => `${GET}${headers}\r\n`;
const sized = (length: string, body = 'hello'): string => `${POST}Content-Length: ${length}\r\n\r\n${body}`;
const coded = (headers: string): string => `${POST}${headers}\r\n5\r\nhello\r\n0\r\n\r\n`;
const chunks = (text: string): string => `${CHUNKED}\r\n${text}`;

type Vectors = Readonly<Record<string, string>>;

const REQUEST_LINES: Vectors = {
  'a method in small letters': line(`get ${T} HTTP/1.1`),
  'a method that nobody knows': line(`SMUGGLE ${T} HTTP/1.1`),
  'a method with a control character': line(`GE\x01T ${T} HTTP/1.1`),
  'a method that is empty': line(` ${T} HTTP/1.1`),
  'a tab between method and target': line(`GET\t${T} HTTP/1.1`),
  'a tab before the version': line(`GET ${T}\tHTTP/1.1`),
  'no version: HTTP/0.9': `GET ${T}\r\n\r\n`,
  'version 0.9 by name': line(`GET ${T} HTTP/0.9`),
  'version 1.2': line(`GET ${T} HTTP/1.2`),
  'version 1.10': line(`GET ${T} HTTP/1.10`),
  'version 2.0': line(`GET ${T} HTTP/2.0`),
  'version 3.0': line(`GET ${T} HTTP/3.0`),
  'a version in small letters': line(`GET ${T} http/1.1`),
  'a version with a space': line(`GET ${T} HTTP/ 1.1`),
  'a version without a point': line(`GET ${T} HTTP/11`),
  'a version with a comma': line(`GET ${T} HTTP/1,1`),
  'a version with something behind it': line(`GET ${T} HTTP/1.1x`),
  'a version of another protocol': line(`GET ${T} ICE/1.0`),
  'a space behind the version': line(`GET ${T} HTTP/1.1 `),
  'NUL in the target': line(`GET ${T}\0x HTTP/1.1`),
  'a bare CR in the target': line(`GET ${T}\rx HTTP/1.1`),
  'DEL in the target': line(`GET ${T}\x7f HTTP/1.1`),
  'a form feed in the target': line(`GET ${T}\x0c HTTP/1.1`),
  'a byte over 127 in the target': line(`GET ${T}\xe9 HTTP/1.1`),
  'a fragment in the target': line(`GET ${T}#x HTTP/1.1`),
  'a bare LF behind the request line': `GET ${T} HTTP/1.1\nHost: ${H}\r\n\r\n`,
  'bare LFs all through': `GET ${T} HTTP/1.1\nHost: ${H}\n\n`,
  'a bare CR behind the request line': `GET ${T} HTTP/1.1\rHost: ${H}\r\n\r\n`,
  'a request line that is a header': `Host: ${H}\r\n\r\n`,
};

const TARGETS: Vectors = {
  'a relative path': line('GET t HTTP/1.1'),
  'an asterisk for GET': line('GET * HTTP/1.1'),
  'an asterisk for OPTIONS': line('OPTIONS * HTTP/1.1'),
  'user information': line(`GET http://user@${H}/t HTTP/1.1`),
  'user and password': line(`GET http://u:p@${H}/t HTTP/1.1`),
  'a host behind user information that looks like one': line(`GET http://${H}@evil.example/t HTTP/1.1`),
  'another scheme': line(`GET ftp://${H}/t HTTP/1.1`),
  'a scheme without slashes': line(`GET http:${H}/t HTTP/1.1`),
  'a scheme with one slash': line(`GET http:/${H}/t HTTP/1.1`),
  'no host': line('GET http:///t HTTP/1.1'),
  'a port alone': line('GET http://:80/t HTTP/1.1'),
  'port 0': `GET http://${H}:0/t HTTP/1.1\r\nHost: ${H}:0\r\n\r\n`,
  'port 65536': `GET http://${H}:65536/t HTTP/1.1\r\nHost: ${H}:65536\r\n\r\n`,
  'a port with a sign': `GET http://${H}:+80/t HTTP/1.1\r\nHost: ${H}\r\n\r\n`,
  'a port in hex': `GET http://${H}:0x50/t HTTP/1.1\r\nHost: ${H}\r\n\r\n`,
  'two ports': `GET http://${H}:80:80/t HTTP/1.1\r\nHost: ${H}\r\n\r\n`,
  'a backslash in the host': line(`GET http://${H}\\@evil.example/t HTTP/1.1`),
  'a percent sign in the host': line(`GET http://%70lain.weir-test.example/t HTTP/1.1`),
  'an empty label': `GET http://a..example/t HTTP/1.1\r\nHost: a..example\r\n\r\n`,
  'a label of more than 63 characters': `GET http://${'a'.repeat(64)}.example/ HTTP/1.1\r\nHost: ${'a'.repeat(64)}.example\r\n\r\n`,
  'IPv6 without brackets': `GET http://::1/t HTTP/1.1\r\nHost: ::1\r\n\r\n`,
  'IPv6 with a zone': `GET http://[fe80::1%25eth0]/t HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n`,
  'a bracket that is not closed': `GET http://[::1/t HTTP/1.1\r\nHost: [::1\r\n\r\n`,
  'CONNECT with a path': `CONNECT ${H}:443/t HTTP/1.1\r\nHost: ${H}:443\r\n\r\n`,
  'CONNECT with a URL': `CONNECT http://${H}/ HTTP/1.1\r\nHost: ${H}\r\n\r\n`,
  'CONNECT with user information': `CONNECT u@${H}:443 HTTP/1.1\r\nHost: ${H}:443\r\n\r\n`,
  'CONNECT to port 0': `CONNECT ${H}:0 HTTP/1.1\r\nHost: ${H}:0\r\n\r\n`,
  'CONNECT with a length': `CONNECT ${H}:443 HTTP/1.1\r\nHost: ${H}:443\r\nContent-Length: 5\r\n\r\nhello`,
  'CONNECT with chunks': `CONNECT ${H}:443 HTTP/1.1\r\nHost: ${H}:443\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'CONNECT with two Hosts': `CONNECT ${H}:443 HTTP/1.1\r\nHost: ${H}:443\r\nHost: evil.example\r\n\r\n`,
};

const HOSTS: Vectors = {
  none: `GET ${T} HTTP/1.1\r\nAccept: */*\r\n\r\n`,
  'two that are the same': get(`Host: ${H}\r\n`),
  'two that differ': get('Host: evil.example\r\n'),
  'two in other letters': get('hOST: evil.example\r\n'),
  'an empty one': `GET ${T} HTTP/1.1\r\nHost:\r\n\r\n`,
  'another than the authority': `GET ${T} HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
  'another port than the authority': `GET ${T} HTTP/1.1\r\nHost: ${H}:81\r\n\r\n`,
  'with user information': `GET ${T} HTTP/1.1\r\nHost: u@${H}\r\n\r\n`,
  'with a path': `GET ${T} HTTP/1.1\r\nHost: ${H}/t\r\n\r\n`,
  'with a scheme': `GET ${T} HTTP/1.1\r\nHost: http://${H}\r\n\r\n`,
  'a list': `GET ${T} HTTP/1.1\r\nHost: ${H}, evil.example\r\n\r\n`,
  'with a space inside': `GET ${T} HTTP/1.1\r\nHost: ${H} evil.example\r\n\r\n`,
  'with a tab inside': `GET ${T} HTTP/1.1\r\nHost: ${H}\tx\r\n\r\n`,
  'with NUL': `GET ${T} HTTP/1.1\r\nHost: ${H}\0\r\n\r\n`,
  'a space before its colon': `GET ${T} HTTP/1.1\r\nHost : ${H}\r\n\r\n`,
  'a space before its name': `GET ${T} HTTP/1.1\r\n Host: ${H}\r\n\r\n`,
  folded: `GET ${T} HTTP/1.1\r\nHost:\r\n ${H}\r\n\r\n`,
  'folded behind another header': `GET ${T} HTTP/1.1\r\nAccept: x\r\n Host: ${H}\r\n\r\n`,
};

const LENGTHS: Vectors = {
  'two that differ': `${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`,
  'two that are the same': `${POST}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
  'two in other letters': `${POST}Content-Length: 5\r\ncontent-LENGTH: 0\r\n\r\nhello`,
  'a list of the same': sized('5, 5'),
  'a list': sized('5, 6'),
  'a plus sign': sized('+5'),
  'a minus sign': sized('-5'),
  'minus zero': sized('-0'),
  'in hex': sized('0x5'),
  'with a point': sized('5.0'),
  'with an exponent': sized('5e0'),
  'with a space inside': sized('5 5'),
  'with a semicolon': sized('5;'),
  'with a comma before it': sized(',5'),
  'in quotes': sized('"5"'),
  empty: sized(''),
  'a word': sized('five'),
  'digits of another script': sized('\xd9\xa5'),
  'a vertical tab before it': sized('\x0b5'),
  'NUL behind it': sized('5\0'),
  'over 64 bits': sized('18446744073709551621'),
  'over 53 bits': sized('9007199254740997'),
  'a space before its colon': `${POST}Content-Length : 5\r\n\r\nhello`,
  'NUL in its name': `${POST}Content-Length\0: 5\r\n\r\nhello`,
  folded: `${POST}Content-Length:\r\n 5\r\n\r\nhello`,
  'behind a bare LF': `${POST}X: y\nContent-Length: 5\r\n\r\nhello`,
  'behind a bare CR': `${POST}X: y\rContent-Length: 5\r\n\r\nhello`,
};

const CODINGS: Vectors = {
  'beside a length': coded('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'),
  'behind a length': coded('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'),
  'beside a length of 0': coded('Content-Length: 0\r\nTransfer-Encoding: chunked\r\n'),
  twice: coded('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'),
  'twice in a list': coded('Transfer-Encoding: chunked, chunked\r\n'),
  'and another, in two headers': coded('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n'),
  'another before it, in two headers': coded('Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n'),
  'behind gzip': coded('Transfer-Encoding: gzip, chunked\r\n'),
  'before gzip': coded('Transfer-Encoding: chunked, gzip\r\n'),
  'before identity': coded('Transfer-Encoding: chunked, identity\r\n'),
  identity: coded('Transfer-Encoding: identity\r\n'),
  gzip: coded('Transfer-Encoding: gzip\r\n'),
  'an empty one': coded('Transfer-Encoding:\r\n'),
  'with a parameter': coded('Transfer-Encoding: chunked;q=1\r\n'),
  'in quotes': coded('Transfer-Encoding: "chunked"\r\n'),
  'with a letter before it': coded('Transfer-Encoding: xchunked\r\n'),
  'a letter short': coded('Transfer-Encoding: chunke\r\n'),
  'a comma before it': coded('Transfer-Encoding: , chunked\r\n'),
  'a comma behind it': coded('Transfer-Encoding: chunked,\r\n'),
  'a vertical tab before it': coded('Transfer-Encoding: \x0bchunked\r\n'),
  'NUL behind it': coded('Transfer-Encoding: chunked\0\r\n'),
  'a no-break space before it': coded('Transfer-Encoding: \xa0chunked\r\n'),
  'a space before its colon': coded('Transfer-Encoding : chunked\r\n'),
  'a tab before its colon': coded('Transfer-Encoding\t: chunked\r\n'),
  'a vertical tab in its name': coded('Transfer-Encoding\x0b: chunked\r\n'),
  folded: coded('Transfer-Encoding:\r\n chunked\r\n'),
  'folded behind its value': coded('Transfer-Encoding: chunked\r\n , identity\r\n'),
  'behind a bare LF': coded('X: y\nTransfer-Encoding: chunked\r\n'),
  'behind a bare CR': coded('X: y\rTransfer-Encoding: chunked\r\n'),
  'in HTTP/1.0': `POST ${T} HTTP/1.0\r\nHost: ${H}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
  'in HTTP/1.0 beside a length': `POST ${T} HTTP/1.0\r\nHost: ${H}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello`,
};

const CHUNKS: Vectors = {
  'a size that is no number': chunks('zz\r\nhello\r\n0\r\n\r\n'),
  'a size with 0x': chunks('0x5\r\nhello\r\n0\r\n\r\n'),
  'a size with a plus sign': chunks('+5\r\nhello\r\n0\r\n\r\n'),
  'a size with a minus sign': chunks('-5\r\nhello\r\n0\r\n\r\n'),
  'a size with a space before it': chunks(' 5\r\nhello\r\n0\r\n\r\n'),
  'a size with a space behind it': chunks('5 \r\nhello\r\n0\r\n\r\n'),
  'a size with a tab behind it': chunks('5\t\r\nhello\r\n0\r\n\r\n'),
  'a size with an underscore': chunks('0_5\r\nhello\r\n0\r\n\r\n'),
  'a size over 64 bits': chunks('10000000000000005\r\nhello\r\n0\r\n\r\n'),
  'no size': chunks('\r\nhello\r\n0\r\n\r\n'),
  'a size behind a bare LF': chunks('5\nhello\r\n0\r\n\r\n'),
  'a size behind a bare CR': chunks('5\rhello\r\n0\r\n\r\n'),
  'a size behind two CRs': chunks('5\r\r\nhello\r\n0\r\n\r\n'),
  'data without its end': chunks('5\r\nhello0\r\n\r\n'),
  'data longer than its size': chunks('5\r\nhello!\r\n0\r\n\r\n'),
  'data with a bare LF behind it': chunks('5\r\nhello\n0\r\n\r\n'),
  'data with a bare CR behind it': chunks('5\r\nhello\r0\r\n\r\n'),
  'an extension with NUL': chunks('5;a=\0\r\nhello\r\n0\r\n\r\n'),
  'an extension with a bare LF': chunks('5;a\nhello\r\n0\r\n\r\n'),
  'an extension with a bare CR': chunks('5;a\rb\r\nhello\r\n0\r\n\r\n'),
  'an extension of 80 KiB': chunks(`5;a=${'x'.repeat(80 * 1024)}\r\nhello\r\n0\r\n\r\n`),
  'a trailer with a length': chunks('5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n'),
  'a trailer with a coding': chunks('5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'),
  'a trailer without a colon': chunks('5\r\nhello\r\n0\r\nbroken\r\n\r\n'),
  'a trailer with a bare LF': chunks('5\r\nhello\r\n0\r\nA: b\nC: d\r\n\r\n'),
  'a trailer with NUL': chunks('5\r\nhello\r\n0\r\nA: \0\r\n\r\n'),
  'a last chunk behind a bare LF': chunks('5\r\nhello\r\n0\n\r\n'),
};

const HEADERS: Vectors = {
  'a header without a colon': get('broken\r\n'),
  'a header without a name': get(': x\r\n'),
  'a space in a name': get('A b: x\r\n'),
  'a tab in a name': get('A\tb: x\r\n'),
  'a bracket in a name': get('A(b): x\r\n'),
  'an at sign in a name': get('A@b: x\r\n'),
  'a high byte in a name': get('A\xe9: x\r\n'),
  'NUL in a name': get('A\0: x\r\n'),
  'a space before a colon': get('A : x\r\n'),
  'NUL in a value': get('A: x\0y\r\n'),
  'a bare CR in a value': get('A: x\ry\r\n'),
  'a bare LF in a value': get('A: x\n\r\n'),
  'BEL in a value': get('A: x\x07y\r\n'),
  'ESC in a value': get('A: x\x1by\r\n'),
  'DEL in a value': get('A: x\x7f\r\n'),
  'a vertical tab in a value': get('A: x\x0by\r\n'),
  'a folded value': get('A: x\r\n y\r\n'),
  'a value folded by a tab': get('A: x\r\n\ty\r\n'),
  'a line of white space': get(' \r\n'),
  'more headers than are kept': get('a:b\r\n'.repeat(2100)),
  'a framing behind more headers than are kept': `${POST}${'a:b\r\n'.repeat(2100)}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${NEXT}`,
  'a head of 80 KiB': get(`A: ${'x'.repeat(80 * 1024)}\r\n`),
  'an expectation that nobody knows': `${POST}Expect: magic\r\nContent-Length: 5\r\n\r\nhello`,
  'an upgrade to WebSocket with a body': `${GET}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello`,
  'an upgrade to WebSocket with chunks': `${GET}Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
};

const NOT_HTTP: Vectors = {
  'TLS on the plain port': '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00',
  SSH: 'SSH-2.0-OpenSSH_9.6\r\n',
  SMTP: 'EHLO mail.example\r\n',
  Redis: '*1\r\n$4\r\nPING\r\n',
  'a NUL': '\0\0\0\0',
  'a PROXY header, version 1': `PROXY TCP4 1.2.3.4 1.2.3.4 1 80\r\n${NEXT}`,
  'a PROXY header, version 2': `\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00${NEXT}`,
  'an answer': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
};

const ALL: Readonly<Record<string, Vectors>> = {
  'a request line': REQUEST_LINES,
  'a target': TARGETS,
  'a Host': HOSTS,
  'a Content-Length': LENGTHS,
  'a Transfer-Encoding': CODINGS,
  'a chunk': CHUNKS,
  'a head': HEADERS,
  'not HTTP/1': NOT_HTTP,
};

test('there are 150 vectors and more, each once', () => {
  const all = Object.values(ALL).flatMap((vectors) => Object.values(vectors));
  assert.ok(all.length >= 150, String(all.length));
  assert.equal(new Set(all).size, all.length);
});

for (const [where, vectors] of Object.entries(ALL)) {
  describe(`refused, with nothing whole upstream: ${where}`, () => {
    for (const [what, bytes] of Object.entries(vectors)) {
      test(what, () => assertRefused(bytes, /^[^\r]*\r\n$|^\0|^\x16|^\*/.test(bytes)));
    }
  });
}

describe('refused together with what stands behind it on the connection', () => {
  for (const [what, bytes] of Object.entries({
    'a length beside chunks': coded('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'),
    'a coding behind gzip': coded('Transfer-Encoding: gzip, chunked\r\n'),
    'a repeated coding': coded('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'),
    'two Hosts': get('Host: evil.example\r\n'),
    'a control character': get('A: x\x07y\r\n'),
    'a fragment': line(`GET ${T}#x HTTP/1.1`),
    'a broken chunk': chunks('5\r\nhello!\r\n0\r\n\r\n'),
    'HTTP/1.0 with chunks': `POST ${T} HTTP/1.0\r\nHost: ${H}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  })) {
    test(what, () => assertRefused(bytes + NEXT));
  }
});

const OK = { line: 'POST /t HTTP/1.1', body: 'hello' };

describe('passed on as one reading and no other', () => {
  const PASSED: Readonly<Record<string, readonly [string, Passed]>> = {
    'empty lines before a request': [`\r\n\r\n${GET}\r\n`, { seen: [{ line: 'GET /t HTTP/1.1' }], statuses: [200] }],
    'more spaces than one in the request line': [
      line(`GET  ${T}   HTTP/1.1`),
      { seen: [{ line: 'GET /t HTTP/1.1' }], statuses: [200] },
    ],
    'a Host in another spelling of the same': [
      `GET ${T} HTTP/1.1\r\nHost: \t${H.toUpperCase()}.:80 \t\r\n\r\n`,
      { seen: [{ line: 'GET /t HTTP/1.1' }], statuses: [200] },
    ],
    'HTTP/1.0 without a Host': [`GET ${T} HTTP/1.0\r\n\r\n`, { seen: [{ line: 'GET /t HTTP/1.1' }], statuses: [200] }],
    'a length with zeros before it': [sized('0005'), { seen: [OK], statuses: [200] }],
    'white space round a length': [sized(' \t5\t '), { seen: [OK], statuses: [200] }],
    'chunked in other letters': [coded('TRANSFER-encoding: \tChunked \r\n'), { seen: [OK], statuses: [200] }],
    'a size in capitals and with zeros before it': [
      chunks(`000A\r\nhellohello\r\n00\r\n\r\n`),
      { seen: [{ ...OK, body: 'hellohello' }], statuses: [200] },
    ],
    'extensions of chunks': [chunks('5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n'), { seen: [OK], statuses: [200] }],
    'trailers that would name or let in': [
      chunks('5\r\nhello\r\n0\r\nHost: evil.example\r\nTE: trailers\r\nCookie: a\r\nX-Sum: 1\r\n\r\n'),
      { seen: [OK], statuses: [200] },
    ],
    'a body that looks like a request': [
      sized(String(NEXT.length), NEXT),
      { seen: [{ ...OK, body: NEXT }], statuses: [200] },
    ],
    'a chunk that looks like a request': [
      chunks(`${NEXT.length.toString(16)}\r\n${NEXT}\r\n0\r\n\r\n`),
      { seen: [{ ...OK, body: NEXT }], statuses: [200] },
    ],
    'a GET with a body': [
      `${GET}Content-Length: ${NEXT.length}\r\n\r\n${NEXT}`,
      { seen: [{ line: 'GET /t HTTP/1.1', body: NEXT }], statuses: [200] },
    ],
    'two requests at once': [
      `${GET}\r\n${NEXT}`,
      { seen: [{ line: 'GET /t HTTP/1.1' }, { line: 'GET /t?smuggled HTTP/1.1' }], statuses: [200, 200] },
    ],
    'a body shorter than what was sent': [
      sized('5', `hello${NEXT}`),
      { seen: [OK, { line: 'GET /t?smuggled HTTP/1.1' }], statuses: [200, 200] },
    ],
    'headers that belong to one hop': [
      get(
        'Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\nTrailer: X\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nProxy-Authorization: Basic eDo=\r\nX-Weir-App: x:\r\n',
      ),
      {
        seen: [{ line: 'GET /t HTTP/1.1' }],
        statuses: [200],
        without: ['x-hop', 'upgrade', 'http2-settings', 'keep-alive'],
      },
    ],
    'a Connection that names what the message is': [
      `${POST}Connection: Host, Content-Length, Content-Type\r\nContent-Length: 5\r\n\r\nhello`,
      { seen: [OK], statuses: [200] },
    ],
    'a name with an underscore that looks like a framing': [
      `${POST}Content_Length: 5\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello`,
      { seen: [OK], statuses: [200] },
    ],
    'a wish to go on': [
      `${POST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello`,
      { seen: [OK], statuses: [100, 200] },
    ],
    'a byte over 127 in a value': [get('A: \xe9\r\n'), { seen: [{ line: 'GET /t HTTP/1.1' }], statuses: [200] }],
  };
  for (const [what, [bytes, passed]] of Object.entries(PASSED)) test(what, () => assertPassed(bytes, passed));
});

test('a request and a broken one behind it: the first is all that the upstream gets', async () => {
  upstream.requests.length = 0;
  await sent(`${GET}\r\nBROKEN\r\n\r\n`, false);
  assert.ok((await settle()).every((line) => line === 'GET /t HTTP/1.1'));
  assert.deepEqual(upstream.faults, []);
});

describe('not a byte of it upstream where a rule may hold the body', () => {
  for (const [what, bytes] of Object.entries({ ...CHUNKS, ...CODINGS, ...LENGTHS })) {
    test(what, async () => {
      const { open } = upstream;
      await assertRefused(bytes.replaceAll(H, OPENAI), /^$/.test(bytes));
      assert.ok(upstream.open <= open + 1);
    });
  }
});
