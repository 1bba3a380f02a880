/** Answers off a connection: the same however they are cut, and nothing that two readers could end at different places. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AnswerParser, MalformedAnswer } from '../../proxy/answer-parser.ts';
import { everySplit, seeded } from '../support/every-split.ts';

interface Read {
  readonly log: readonly string[];
  readonly body: string;
  /** Bytes that no answer took. */
  readonly left: number;
  readonly isKept: boolean;
  readonly keepSeconds: number;
}

/** Reads one answer; `closes`: the connection ends behind the bytes. */
function read(chunks: readonly Buffer[], method = 'GET', closes = false): Read {
  const log: string[] = [];
  let body = '';
  const parser = new AnswerParser(
    {
      information: (status, headers) => log.push(`${status} ${headers.join('|')}`),
      head: (status, text, headers) => log.push(`${status} ${text} ${headers.join('|')}`),
      data: (piece) => {
        assert.ok(piece.length > 0);
        body += piece.toString('latin1');
      },
      trailers: (headers) => log.push(`trailers ${headers.join('|')}`),
      end: () => log.push('end'),
    },
    1000,
  );
  parser.begin(method);
  let left = 0;
  for (const chunk of chunks) left += chunk.length - parser.push(chunk);
  if (closes) log.push(`closed ${parser.close()}`);
  return { log, body, left, isKept: parser.isKept, keepSeconds: parser.keepSeconds };
}

function readText(text: string, method = 'GET', closes = false): Read {
  return read([Buffer.from(text, 'latin1')], method, closes);
}

const OK = 'HTTP/1.1 200 OK\r\n';

describe('an answer', () => {
  const whole: readonly (readonly [what: string, bytes: string, body: string])[] = [
    ['with a length', `${OK}Content-Length: 5\r\nX-A:  b \r\n\r\nhello`, 'hello'],
    [
      'in chunks',
      `${OK}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n`,
      'hello0123456789',
    ],
    ['with trailers', `${OK}transfer-encoding: Chunked\r\n\r\n1\r\nx\r\n00\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n`, 'x'],
    ['with nothing in it', `${OK}Content-Length: 0\r\n\r\n`, ''],
    [
      'behind interim ones',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n${OK}Content-Length: 1\r\n\r\ny`,
      'y',
    ],
    ['without a reason', 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nz', 'z'],
  ];
  for (const [what, bytes, body] of whole) {
    test(`${what} is read the same however it is cut, and no further than its end`, () => {
      const expected = readText(bytes);
      assert.equal(expected.body, body);
      assert.equal(expected.log.at(-1), 'end');
      everySplit(Buffer.from(`${bytes}HTTP/1.1 200 next`, 'latin1'), (chunks) => {
        const found = read(chunks);
        assert.deepEqual({ ...found, left: 0 }, expected);
        assert.equal(found.left, 'HTTP/1.1 200 next'.length);
      });
    });
  }

  test('keeps names, order, case and repeats of its headers, without the blanks round the values', () => {
    const { log } = readText(
      `${OK}Set-Cookie: a=1, b\r\nX-Empty:\r\nset-cookie:\tc\xe9 \t\r\nContent-Length: 0\r\n\r\n`,
    );
    assert.equal(log[0], '200 OK Set-Cookie|a=1, b|X-Empty||set-cookie|c\xe9|Content-Length|0');
  });

  test('to HEAD, and 204 and 304, have no body whatever their head says', () => {
    for (const [status, method] of [
      ['200 OK', 'HEAD'],
      ['204 No', 'GET'],
      ['304 Not', 'GET'],
    ] as const) {
      const { log, left, isKept } = readText(`HTTP/1.1 ${status}\r\nContent-Length: 5\r\n\r\nhello`, method);
      assert.equal(log.at(-1), 'end');
      assert.equal(left, 5);
      assert.ok(isKept);
    }
  });

  test('without a length goes on until the connection ends, which is not kept', () => {
    everySplit(Buffer.from(`${OK}X: y\r\n\r\nall of it`), (chunks) => {
      const { body, log, isKept } = read(chunks, 'GET', true);
      assert.equal(body, 'all of it');
      assert.deepEqual(log.slice(-2), ['end', 'closed true']);
      assert.ok(!isKept);
    });
  });

  test('is not complete where the connection ends before its own end', () => {
    for (const bytes of [
      '',
      'HTTP/1.1 20',
      `${OK}Content-Length: 5\r\n\r\nhell`,
      `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`,
    ]) {
      assert.equal(readText(bytes, 'GET', true).log.at(-1), 'closed false');
    }
  });

  test('says whether the connection is kept, and for how long', () => {
    const of = (head: string): readonly [boolean, number] => {
      const { isKept, keepSeconds } = readText(`${head}Content-Length: 0\r\n\r\n`);
      return [isKept, keepSeconds];
    };
    assert.deepEqual(of(OK), [true, -1]);
    assert.deepEqual(of(`${OK}Connection: x, Close\r\n`), [false, -1]);
    assert.deepEqual(of(`${OK}Keep-Alive: max=3, timeout=7\r\n`), [true, 7]);
    assert.deepEqual(of('HTTP/1.0 200 OK\r\n'), [false, -1]);
    assert.deepEqual(of('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n'), [true, -1]);
  });
});

describe('malformed is', () => {
  const body = 'Content-Length: 1\r\n\r\nx';
  const cases: readonly (readonly [what: string, bytes: string])[] = [
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['another version', `HTTP/2.0 200 OK\r\n${body}`],
    ['a status of two digits', `HTTP/1.1 20 OK\r\n${body}`],
    ['a switch of protocols', 'HTTP/1.1 101 Switching\r\n\r\n'],
    ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`],
    ['a list of lengths', `${OK}Content-Length: 1, 1\r\n\r\nx`],
    ['a signed length', `${OK}Content-Length: +1\r\n\r\nx`],
    ['a length in hexadecimal', `${OK}Content-Length: 0x1\r\n\r\nx`],
    ['a length beside chunks', `${OK}Transfer-Encoding: chunked\r\n${body}`],
    ['another transfer coding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['chunked twice', `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a blank before the colon', `${OK}Content-Length : 1\r\n\r\nx`],
    ['a folded line', `${OK}X: a\r\n b\r\n${body}`],
    ['a line without a colon', `${OK}X\r\n${body}`],
    ['a line without a name', `${OK}: x\r\n${body}`],
    ['a line feed alone', `${OK}X: a\nY: b\r\n${body}`],
    ['a carriage return alone', `${OK}X: a\rY: b\r\n${body}`],
    ['a NUL in a value', `${OK}X: a\0\r\n${body}`],
    ['a control character in the reason', `HTTP/1.1 200 O\x08K\r\n${body}`],
    ['a chunk without a size', `${OK}Transfer-Encoding: chunked\r\n\r\n;x\r\n`],
    ['a chunk of a negative size', `${OK}Transfer-Encoding: chunked\r\n\r\n-1\r\n`],
    ['a chunk of a size beyond numbers', `${OK}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(13)}\r\n`],
    ['a chunk longer than its size', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n`],
    ['a chunk line ended by a line feed alone', `${OK}Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n`],
    ['a chunk line without an end', `${OK}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(5000)}`],
    ['a trailer without a name', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nnothing\r\n\r\n`],
    ['a control character in a trailer', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: \x00\r\n\r\n`],
    ['trailers without an end', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${'X-A: b\r\n'.repeat(200)}`],
    ['a head without an end', `${OK}${'X-A: b\r\n'.repeat(200)}`],
    ['a head too large', `${OK}${'X-A: b\r\n'.repeat(200)}\r\n`],
  ];
  for (const [what, bytes] of cases) {
    test(`${what}, however it is cut`, () => {
      everySplit(Buffer.from(bytes, 'latin1').subarray(0, 400), (chunks) => {
        if (bytes.length <= 400) assert.throws(() => read(chunks), MalformedAnswer);
      });
      assert.throws(() => readText(bytes), MalformedAnswer);
    });
  }
});

test('random bytes never hang it, and throw nothing but that they are malformed', () => {
  const random = seeded(7);
  const pieces = [
    OK,
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    '\r\n',
    '3\r\nabc\r\n',
    '0\r\n',
    'x',
    '\0',
    ': ',
    '\n',
  ];
  for (let i = 0; i < 3000; i++) {
    let text = random() < 0.7 ? OK : '';
    for (let n = random() * 8; n > 0; n--) text += pieces[Math.floor(random() * pieces.length)];
    try {
      readText(text, random() < 0.1 ? 'HEAD' : 'GET', true);
    } catch (error) {
      assert.ok(error instanceof MalformedAnswer);
    }
  }
});
