/** Readers of logs: lines as the programs write them, and what is no line of theirs. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LOG_FORMATS, type LogFormat, logReading } from '../../../map/imports/formats.ts';
import type { Entry, LoggedFlow } from '../../../map/imports/logged-flow.ts';

/** What the lines of one file tell, each entry in short. */
function read(format: LogFormat, ...files: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const reading = logReading(format, { host: 'shop.example' });
  if (reading.learn !== null)
    for (const lines of files) for (const line of lines) lines && learnOf(reading, lines, line);
  return files.map((lines) => {
    const reader = reading.read();
    return lines.flatMap((line) => reader(line)).flatMap(short);
  });
}

const learners = new WeakMap<readonly string[], (line: string) => void>();
function learnOf(reading: ReturnType<typeof logReading>, lines: readonly string[], line: string): void {
  let learn = learners.get(lines);
  if (learn === undefined) {
    learn = reading.learn?.() ?? (() => {});
    learners.set(lines, learn);
  }
  learn(line);
}

function short(entry: Entry): readonly string[] {
  if (entry.kind !== 'flows') return [`${entry.kind}: ${entry.reason}`];
  return entry.flows.map(flowText);
}

function flowText({ source, destination, via, protocol, direction, bytes, time }: LoggedFlow): string {
  const who = [source.user, source.host].filter((part) => part !== null).join('@');
  return `${who} ${direction} ${destination.host}:${destination.port} ${protocol} ${bytes} ${via} ${time.slice(0, 19)}`;
}

test('VPC flow logs: the client is the end with the higher port, and each direction is a flow of it', () => {
  const lines = [
    '2 123456789010 eni-1235b8ca 172.31.16.139 203.0.113.12 49761 443 6 20 4249 1418530010 1418530070 ACCEPT OK',
    '2 123456789010 eni-1235b8ca 203.0.113.12 172.31.16.139 443 49761 6 20 9000 1418530010 1418530070 ACCEPT OK',
    '2 123456789010 eni-1235b8ca 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 1418530010 1418530070 REJECT OK',
    '2 123456789010 eni-1235b8ca - - - - - - - 1431280876 1431280934 - NODATA',
    '2 123456789010 eni-1235b8ca 10.0.0.1 10.0.0.2 0 0 1 4 336 1432917027 1432917142 ACCEPT OK',
    '2 123456789010 eni-1235b8ca 10.0.0.1',
    '2 123456789010 eni-1235b8ca 10.0.0.1 10.0.0.2 50000 443 6 4 many 1432917027 1432917142 ACCEPT OK',
  ];
  assert.deepEqual(read('vpc', lines), [
    [
      '172.31.16.139 out 203.0.113.12:443 tcp 4249 none 2014-12-14T04:06:50',
      '172.31.16.139 in 203.0.113.12:443 tcp 9000 none 2014-12-14T04:06:50',
      'skipped: rejected',
      'skipped: no data',
      'skipped: neither TCP nor UDP',
      'broken: 4 fields, the format has 14',
      'broken: no number of bytes',
    ],
  ]);
});

test('VPC flow logs: a header names other fields, and the packet’s own addresses are the ends behind a gateway', () => {
  const lines = [
    'srcaddr dstaddr srcport dstport pkt-srcaddr pkt-dstaddr protocol bytes start action',
    '10.0.1.5 10.0.0.220 39812 80 10.0.1.5 203.0.113.5 6 568 1566848875 ACCEPT',
  ];
  assert.deepEqual(read('vpc', lines), [
    ['skipped: header', '10.0.1.5 out 203.0.113.5:80 tcp 568 none 2019-08-26T19:47:55'],
  ]);
  assert.deepEqual(read('vpc', ['srcaddr dstaddr srcport dstport start']), [['broken: the header lacks bytes']]);
});

function s3(eventName: string, rest: object = {}): object {
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      arn: 'arn:aws:sts::111122223333:assumed-role/billing/i-0abc',
      sessionContext: { sessionIssuer: { arn: 'arn:aws:iam::111122223333:role/billing' } },
    },
    eventTime: '2026-11-01T10:00:00Z',
    eventSource: 's3.amazonaws.com',
    eventName,
    awsRegion: 'eu-central-1',
    requestParameters: { bucketName: 'invoices', key: 'secret/4111.pdf' },
    additionalEventData: { bytesTransferredIn: 10, bytesTransferredOut: 2000 },
    ...rest,
  };
}

test('CloudTrail: a role’s sessions are the role, reads flow in and writes out', () => {
  const role = 'arn:aws:iam::111122223333:role/billing';
  const host = 'invoices.s3.eu-central-1.amazonaws.com:443';
  const file = JSON.stringify({
    Records: [
      s3('GetObject'),
      s3('PutObject'),
      s3('GetObject', { errorCode: 'AccessDenied' }),
      s3('ListBuckets', { requestParameters: null }),
      s3('GetItem', { eventSource: 'dynamodb.amazonaws.com' }),
      s3('GetObject', { eventTime: 'yesterday' }),
      7,
    ],
  });
  const withoutIssuer = s3('GetObject', {
    userIdentity: { type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/billing/other' },
  });
  assert.deepEqual(read('cloudtrail', [file, JSON.stringify(withoutIssuer), '{"Records": [', '{"Records": 1}']), [
    [
      `${role} in ${host} s3 2000 catalog 2026-11-01T10:00:00`,
      `${role} out ${host} s3 10 catalog 2026-11-01T10:00:00`,
      'skipped: refused by AWS',
      'skipped: names no bucket',
      'skipped: not of S3',
      'broken: no eventTime',
      'broken: a record is no object',
      `${role} in ${host} s3 2000 catalog 2026-11-01T10:00:00`,
      'broken: no JSON object',
      'broken: Records is no list',
    ],
  ]);
});

test('Envoy: default text, Istio’s text and JSON name the authority that was asked for', () => {
  const lines = [
    '[2026-11-01T10:00:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 70 226 100 "10.0.35.28" "nsq2http" "cc21d9b0" "locations.example" "10.0.2.1:80"',
    '[2026-11-01T10:00:00.427Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 3 1 "-" "curl/7.73.0" "84961386" "httpbin:8000" "127.0.0.1:80" inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 outbound_.8000 default',
    '{"start_time":"2026-11-01T10:00:00.000Z","method":"GET","authority":"[2001:db8::1]:8443","bytes_sent":5,"bytes_received":"6","downstream_remote_address":"10.0.0.9:5000"}',
    '[2026-11-01T10:00:00.310Z] "- - -" 0 - 154 70 226 - "-" "-" "-" "-" "10.0.2.1:5432"',
    '{"start_time":"2026-11-01T10:00:00.000Z","bytes_sent":5,"bytes_received":6}',
    'GET / 200',
    '{"start_time":"now","authority":"a.example"}',
  ];
  assert.deepEqual(read('envoy', lines), [
    [
      '10.0.35.28 out locations.example:443 https 154 proxy 2026-11-01T10:00:00',
      '10.0.35.28 in locations.example:443 https 70 proxy 2026-11-01T10:00:00',
      '10.44.1.23 out httpbin:8000 http 0 proxy 2026-11-01T10:00:00',
      '10.44.1.23 in httpbin:8000 http 135 proxy 2026-11-01T10:00:00',
      '10.0.0.9 out 2001:db8::1:8443 http 6 proxy 2026-11-01T10:00:00',
      '10.0.0.9 in 2001:db8::1:8443 http 5 proxy 2026-11-01T10:00:00',
      ' out 10.0.2.1:5432 tcp 154 none 2026-11-01T10:00:00',
      ' in 10.0.2.1:5432 tcp 70 none 2026-11-01T10:00:00',
      'skipped: reached no upstream',
      'broken: neither Envoy’s default format nor JSON',
      'broken: no time',
    ],
  ]);
});

test('nginx: the combined format is of the server that was named, a virtual host in front is another', () => {
  const lines = [
    '203.0.113.9 - alice [01/Nov/2026:11:00:00 +0100] "GET /x?token=1 HTTP/1.1" 200 612 "-" "Mozilla \\"5\\""',
    'api.shop.example:8443 203.0.113.9 - - [01/Nov/2026:10:00:00 +0000] "POST / HTTP/1.1" 200 99 "-" "-"',
    '{"time_iso8601":"2026-11-01T10:00:00+00:00","remote_addr":"203.0.113.9","host":"www.shop.example","scheme":"https","request_length":50,"body_bytes_sent":60}',
    '203.0.113.9 - - [yesterday] "GET / HTTP/1.1" 200 612',
    '203.0.113.9 - - [01/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1 200 612',
    '{"host":"www.shop.example"}',
  ];
  assert.deepEqual(read('nginx', lines), [
    [
      'alice@203.0.113.9 out shop.example:443 https 0 proxy 2026-11-01T10:00:00',
      'alice@203.0.113.9 in shop.example:443 https 612 proxy 2026-11-01T10:00:00',
      '203.0.113.9 out api.shop.example:8443 http 0 proxy 2026-11-01T10:00:00',
      '203.0.113.9 in api.shop.example:8443 http 99 proxy 2026-11-01T10:00:00',
      '203.0.113.9 out www.shop.example:443 https 50 proxy 2026-11-01T10:00:00',
      '203.0.113.9 in www.shop.example:443 https 60 proxy 2026-11-01T10:00:00',
      'broken: neither the combined format nor JSON',
      'broken: a quote is not closed',
      'broken: no time_iso8601, msec or time_local',
    ],
  ]);
});

test('Squid: native and combined lines name what the client asked for, and no path', () => {
  const lines = [
    '1793520000.123    512 10.0.0.7 TCP_TUNNEL/200 8123 CONNECT api.openai.com:443 alice HIER_DIRECT/203.0.113.1 -',
    '1793520000.123     45 10.0.0.7 TCP_MISS/200 930 GET http://user:pw@files.example/a?b=c - HIER_DIRECT/203.0.113.2 text/html',
    '1793520000.123      0 10.0.0.7 TCP_DENIED/403 3900 CONNECT evil.example:443 - HIER_NONE/- text/html',
    '1793520000.123      0 10.0.0.7 NONE/400 3900 NONE error:invalid-request - HIER_NONE/- text/html',
    '10.0.0.7 - bob [01/Nov/2026:10:00:00 +0000] "CONNECT claude.ai:443 HTTP/1.1" 200 77 "-" "-" TCP_TUNNEL:HIER_DIRECT',
    '1793520000.123 45 10.0.0.7 TCP_MISS/200',
    '1793520000.123     45 10.0.0.7 TCP_MISS/200 930 GET /no-host - HIER_DIRECT/203.0.113.2 text/html',
  ];
  assert.deepEqual(read('squid', lines), [
    [
      'alice@10.0.0.7 out api.openai.com:443 tunnel 0 proxy 2026-11-01T08:00:00',
      'alice@10.0.0.7 in api.openai.com:443 tunnel 8123 proxy 2026-11-01T08:00:00',
      '10.0.0.7 out files.example:80 http 0 proxy 2026-11-01T08:00:00',
      '10.0.0.7 in files.example:80 http 930 proxy 2026-11-01T08:00:00',
      'skipped: denied',
      'skipped: no request',
      'bob@10.0.0.7 out claude.ai:443 tunnel 0 proxy 2026-11-01T10:00:00',
      'bob@10.0.0.7 in claude.ai:443 tunnel 77 proxy 2026-11-01T10:00:00',
      'broken: 4 fields, the native format has 10',
      'broken: no host in the URL',
    ],
  ]);
});

test('Zeek: a connection takes its name from ssl.log, in whichever order the files are given', () => {
  const conn = [
    '#separator \\x09',
    '#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\torig_bytes\tresp_bytes\tconn_state',
    '1793520000.1\tC1\t10.0.0.7\t50000\t203.0.113.1\t443\ttcp\tssl\t700\t900\tSF',
    '1793520000.1\tC2\t10.0.0.7\t50001\t203.0.113.2\t80\ttcp\thttp\t10\t20\tSF',
    '1793520000.1\tC3\t10.0.0.7\t50002\t203.0.113.2\t81\ttcp\t-\t-\t-\tS0',
    '1793520000.1\tC4',
  ];
  const ssl = [
    '{"ts":1793520000.2,"uid":"C1","id.orig_h":"10.0.0.7","id.orig_p":50000,"id.resp_h":"203.0.113.1","id.resp_p":443,"version":"TLSv13","cipher":"x","server_name":"api.openai.com"}',
    '{"ts":1793520000.2,"uid":"C9","id.orig_h":"10.0.0.7","id.orig_p":50009,"id.resp_h":"203.0.113.9","id.resp_p":443,"version":"TLSv13","cipher":"x","server_name":"claude.ai"}',
    'C9',
  ];
  const ofConn = [
    'skipped: header',
    'skipped: header',
    '10.0.0.7 out api.openai.com:443 https 700 sni 2026-11-01T08:00:00',
    '10.0.0.7 in api.openai.com:443 https 900 sni 2026-11-01T08:00:00',
    '10.0.0.7 out 203.0.113.2:80 http 10 none 2026-11-01T08:00:00',
    '10.0.0.7 in 203.0.113.2:80 http 20 none 2026-11-01T08:00:00',
    'skipped: not established',
    'broken: neither a line under a #fields header nor JSON',
  ];
  const ofSsl = [
    'skipped: told by its connection',
    '10.0.0.7 out claude.ai:443 https 0 sni 2026-11-01T08:00:00',
    'broken: neither a line under a #fields header nor JSON',
  ];
  assert.deepEqual(read('zeek', conn, ssl), [ofConn, ofSsl]);
  assert.deepEqual(read('zeek', [...ssl], [...conn]), [ofSsl, ofConn]);
});

describe('what is no log', () => {
  const noise = [
    '',
    '\0\u2028"',
    '[',
    '"',
    '{',
    '{}',
    '[]',
    'null',
    '{"Records":[null]}',
    'a '.repeat(5000),
    '#fields',
    '-',
  ];
  for (const format of LOG_FORMATS) {
    test(`${format} takes nothing from it and throws nothing`, () => {
      for (const entry of read(format, noise)[0] ?? []) assert.match(entry, /^(?:broken|skipped): [^"\0]+$/);
    });
  }
});
