import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { coverageText, FULL } from '../../../flow/coverage.ts';
import type { HeardExchange, HeardMessage } from '../../../sensor/reassemble/heard.ts';
import { storeOfExchange } from '../../../sensor/stores/http-store.ts';
import { seeded } from '../../support/every-split.ts';
import { lineOf } from '../../support/heard-stores.ts';

const OPTIONS = { messageBytes: 4096, decode: { maxDecodedBytes: 65_536 } };
const SIGNED =
  'AWS4-HMAC-SHA256 Credential=EXAMPLE/20260301/eu-central-1/s3/aws4_request, SignedHeaders=host, Signature=0';

interface Part {
  readonly headers?: readonly string[];
  readonly body?: string | Buffer;
  readonly status?: number;
}

function heard(method: string, target: string, { headers = [], body = '', status }: Part): HeardMessage {
  const bytes = Buffer.from(body as string);
  return { method, target, status: status ?? null, headers, body: bytes, bytes: bytes.length, coverage: FULL };
}

function exchange(
  method: string,
  target: string,
  request: Part,
  response: Part | null = {},
  authority = 'store.internal:9000',
): HeardExchange {
  return {
    protocol: 'http',
    authority,
    request: heard(method, target, request),
    response: response === null ? null : heard('', '', { status: 200, ...response }),
    isWithinStream: false,
    isComplete: true,
    startedAt: 0,
    endedAt: 1,
  };
}

function told(...args: Parameters<typeof exchange>): readonly string[] | null {
  const found = storeOfExchange(exchange(...args), OPTIONS);
  return found === null ? null : [found.protocol, ...found.messages.map(lineOf)];
}

describe('S3', () => {
  const headers = ['Authorization', SIGNED, 'Content-Type', 'application/json', 'x-amz-meta-owner', 'ann@mail.example'];

  test('an object that is put has bucket, key, what is said of it and its text, by path or by host', () => {
    const body = '{"card":"4111111111111111"}';
    const line =
      'out PutObject exports full: /key=2026/people.json | /metadata/owner=ann@mail.example | /card=4111111111111111';
    assert.deepEqual(told('PUT', '/exports/2026/people.json', { headers, body }), ['s3', line]);
    assert.deepEqual(told('PUT', '/2026/people.json', { headers, body }, {}, 'exports.s3.eu-central-1.amazonaws.com'), [
      's3',
      line,
    ]);
  });

  test('an object that is got is an answer, gzip undone', () => {
    const response = {
      headers: ['content-type', 'text/csv', 'content-encoding', 'gzip'],
      body: gzipSync('email\nann@mail.example\n'),
    };
    assert.deepEqual(told('GET', '/exports/a.csv', { headers: headers.slice(0, 2) }, response), [
      's3',
      'out GetObject exports full: /key=a.csv',
      'in GetObject exports full: =email\nann@mail.example\n',
    ]);
  });

  test('signed chunks are taken apart', () => {
    const chunk = (text: string): string =>
      `${text.length.toString(16)};chunk-signature=${'0'.repeat(64)}\r\n${text}\r\n`;
    const body = `${chunk('ann@mail.')}${chunk('example')}${chunk('')}`;
    const chunked = [
      'Authorization',
      SIGNED,
      'Content-Type',
      'text/plain',
      'x-amz-content-sha256',
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'content-encoding',
      'aws-chunked',
    ];
    assert.deepEqual(told('PUT', '/b/k', { headers: chunked, body }), [
      's3',
      'out PutObject b full: /key=k | =ann@mail.example',
    ]);
  });

  test('the other operations are told by method and query', () => {
    const operation = (method: string, target: string) =>
      storeOfExchange(exchange(method, target, { headers }), OPTIONS)?.messages[0]?.operation;
    const cases = [
      ['GET', '/b', 'ListObjects'],
      ['GET', '/b?list-type=2', 'ListObjects'],
      ['POST', '/b/k?uploads', 'CreateMultipartUpload'],
      ['PUT', '/b/k?partNumber=1&uploadId=x', 'UploadPart'],
      ['DELETE', '/b/k', 'DeleteObject'],
      ['HEAD', '/b/k', 'HeadObject'],
    ] as const;
    for (const [method, target, name] of cases) assert.equal(operation(method, target), name, target);
  });

  test('what cannot be read is said', () => {
    const found = storeOfExchange(
      exchange('PUT', '/b/k', {
        headers: ['Authorization', SIGNED, 'Content-Type', 'image/png'],
        body: Buffer.from('89504e470d0a1a0a0000', 'hex'),
      }),
      OPTIONS,
    );
    assert.equal(found?.messages[0]?.coverage.level, 'opaque');
  });
});

describe('Elasticsearch and OpenSearch', () => {
  const type = ['Content-Type', 'application/x-ndjson'];

  test('_bulk has its index and the fields of its documents', () => {
    const body = '{"index":{"_id":"1"}}\n{"email":"ann@mail.example","card":"4111111111111111"}\n';
    const [protocol, out] =
      told('POST', '/people/_bulk', { headers: type, body }, { body: '{"took":1,"errors":false}' }) ?? [];
    assert.equal(protocol, 'elasticsearch');
    assert.match(out ?? '', /^out _bulk people full: .*\/1\/email=ann@mail\.example \| \/1\/card=4111111111111111/);
  });

  test('_search has what was asked for and what came back', () => {
    const answer = '{"took":3,"hits":{"hits":[{"_index":"people","_source":{"email":"ann@mail.example"}}]}}';
    const [, out, received] =
      told(
        'POST',
        '/people/_search?size=1',
        { headers: ['Content-Type', 'application/json'], body: '{"query":{"match":{"email":"ann@mail.example"}}}' },
        { headers: ['x-elastic-product', 'Elasticsearch', 'content-type', 'application/json'], body: answer },
      ) ?? [];
    assert.match(out ?? '', /^out _search people full: \/query\/match\/email=ann@mail\.example$/);
    assert.match(received ?? '', /\/hits\/hits\/0\/_source\/email=ann@mail\.example/);
  });

  test('a path alone is no evidence', () => {
    assert.equal(
      told(
        'POST',
        '/Patient/_search',
        { headers: ['content-type', 'application/x-www-form-urlencoded'], body: 'a=b' },
        { body: '{"resourceType":"Bundle"}' },
      ),
      null,
    );
  });
});

describe('ClickHouse over HTTP', () => {
  const headers = ['X-ClickHouse-User', 'app', 'X-ClickHouse-Key', 'a-password', 'X-ClickHouse-Database', 'crm'];

  test('a query in the body has its literals, and its answer the columns where they are named', () => {
    const response = {
      headers: ['X-ClickHouse-Format', 'TabSeparatedWithNames'],
      body: 'id\temail\n1\tann@mail.example\n',
    };
    assert.deepEqual(
      told('POST', '/', { headers, body: "SELECT id, email FROM people WHERE email = 'ann@mail.example'" }, response),
      [
        'clickhouse',
        'out SELECT crm.people full: /rows/0/email=ann@mail.example',
        'in SELECT crm.people full: /rows/0/id=1 | /rows/0/email=ann@mail.example',
      ],
    );
  });

  test('an INSERT has its rows, as JSON, CSV or tabs', () => {
    const of = (format: string, body: string) =>
      told(
        'POST',
        `/?query=${encodeURIComponent(`INSERT INTO people (id, email) FORMAT ${format}`)}`,
        { headers, body },
        null,
      )?.[1];
    const line = 'out INSERT crm.people full: /rows/0/id=1 | /rows/0/email=ann@mail.example';
    assert.equal(of('CSV', '1,"ann@mail.example"\n'), line);
    assert.equal(of('TabSeparated', '1\tann@mail.example\n'), line);
    assert.match(
      of('JSONEachRow', '{"id":1,"email":"ann@mail.example"}\n') ?? '',
      /\/rows(?:\/0)?\/email=ann@mail\.example/,
    );
    const inBody = told(
      'POST',
      '/',
      { headers, body: 'INSERT INTO people (id, email) FORMAT CSV\n1,ann@mail.example\n' },
      null,
    );
    assert.equal(inBody?.[1], line);
  });

  test('parameters of a query have their names, passwords are nowhere', () => {
    const found = told(
      'POST',
      '/?param_email=ann@mail.example&password=a-password',
      { headers, body: 'SELECT 1 WHERE x = {email:String}' },
      null,
    );
    assert.deepEqual(found, ['clickhouse', 'out SELECT crm full: /parameters/email=ann@mail.example']);
  });
});

test('other calls are none, and no call makes it throw', () => {
  assert.equal(told('POST', '/v1/chat/completions', { headers: ['authorization', 'Bearer x'], body: '{}' }), null);
  const random = seeded(2);
  const noise = (): Buffer => Buffer.from(Array.from({ length: 300 }, () => Math.floor(random() * 256)));
  for (let round = 0; round < 300; round++) {
    for (const [target, headers] of [
      ['/%ff/%zz?X-Amz-Credential=a/s3/aws4_request', ['authorization', SIGNED, 'x-amz-content-sha256', 'STREAMING-X']],
      ['/people/_bulk', ['content-type', 'application/vnd.elasticsearch+json', 'content-encoding', 'gzip']],
      ['/?query=INSERT', ['x-clickhouse-user', 'a', 'content-encoding', 'br']],
    ] as const) {
      const found = storeOfExchange(
        exchange('POST', target, { headers, body: noise() }, { headers, body: noise() }),
        OPTIONS,
      );
      assert.ok(found !== null);
      for (const { coverage } of found.messages) coverageText(coverage);
    }
  }
});
