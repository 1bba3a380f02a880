/** `weir flows import`: what it adds, what it says of lines it cannot read, and that twice is once. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { afterwards } from '../store/samples.ts';
import { makePlace, type Place } from './run-context.ts';

const TUNNEL = (host: string, bytes = 1000) =>
  `1793520000.123    512 10.0.0.7 TCP_TUNNEL/200 ${bytes} CONNECT ${host}:443 alice HIER_DIRECT/203.0.113.1 -`;

function place(t: TestContext): Place {
  const made = makePlace();
  afterwards(t, () => made.remove());
  return made;
}

function file(at: Place, name: string, text: string | Buffer): string {
  const path = join(at.folder, name);
  writeFileSync(path, text);
  return path;
}

async function edges(at: Place): Promise<readonly Record<string, unknown>[]> {
  const { out } = await at.call(['flows', 'list', '--json']);
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

test('a log becomes edges that name who, where and how much, and no kind of data', async (t) => {
  const at = place(t);
  const log = file(at, 'access.log', `${TUNNEL('api.openai.com')}\n${TUNNEL('api.openai.com')}\n`);
  const { code, out, err } = await at.call(['flows', 'import', '--format', 'squid', log]);
  assert.deepEqual([code, err], [0, '']);
  assert.equal(out, '2 lines of 1 files: 2 added, 0 known before, 0 broken\n');
  const [inward, outward] = (await edges(at)).toSorted((a, b) =>
    String(a['direction']) < String(b['direction']) ? -1 : 1,
  );
  assert.deepEqual(outward?.['destination'], {
    host: 'api.openai.com',
    port: 443,
    vendor: 'OpenAI',
    category: 'genai',
    country: 'US',
  });
  assert.deepEqual([outward?.['channel'], outward?.['entities'], outward?.['calls']], ['log', {}, 2]);
  assert.deepEqual(outward?.['coverage'], { level: 'opaque', reason: 'log' });
  assert.deepEqual([inward?.['direction'], inward?.['bytesIn']], ['in', 2000]);
});

test('importing again changes nothing, and a longer copy adds what is new', async (t) => {
  const at = place(t);
  const log = file(at, 'access.log', `${TUNNEL('api.openai.com')}\n`);
  await at.call(['flows', 'import', '--format', 'squid', log]);
  const before = await edges(at);
  const again = await at.call(['flows', 'import', '--format', 'squid', '--json', log]);
  assert.deepEqual(JSON.parse(again.out), {
    ...{ format: 'squid', files: 1, lines: 1, added: 0, known: 1, broken: 0, skipped: {} },
  });
  assert.deepEqual(await edges(at), before);
  const longer = file(at, 'longer.log.gz', gzipSync(`${TUNNEL('api.openai.com')}\n${TUNNEL('claude.ai')}\n`));
  const more = await at.call(['flows', 'import', '--format', 'squid', '--json', longer]);
  const { added, known } = JSON.parse(more.out);
  assert.deepEqual([added, known], [1, 1]);
});

test('a broken line is named by file, line and reason, and the rest is taken', async (t) => {
  const at = place(t);
  const log = file(at, 'access.log', `\nnonsense 4111111111111111\n${TUNNEL('claude.ai')}\n${TUNNEL('a..b')}\n`);
  const { code, out, err } = await at.call(['flows', 'import', '--format', 'squid', log]);
  assert.equal(code, 0);
  assert.equal(err, `${log}:2: neither the native nor the common format\n${log}:4: the destination is no host\n`);
  assert.match(out, /^3 lines of 1 files: 1 added, 0 known before, 2 broken\n$/);
});

test('a file that cannot be read is named, exit 2, and the others are taken', async (t) => {
  const at = place(t);
  const log = file(at, 'access.log', `${TUNNEL('claude.ai')}\n`);
  const cut = file(at, 'cut.log.gz', gzipSync(`${TUNNEL('kimi.com')}\n`.repeat(1000)).subarray(0, 60));
  const { code, out, err } = await at.call(['flows', 'import', '--format', 'squid', join(at.folder, 'none'), cut, log]);
  assert.equal(code, 2);
  assert.match(err, /none cannot be read: ENOENT/);
  assert.match(err, /cut\.log\.gz cannot be read: unexpected end of file/);
  assert.match(out, /of 1 files/);
});

test('bad usage says what is missing', async (t) => {
  const at = place(t);
  for (const [args, text] of [
    [['flows', 'import', 'x.log'], /needs --format, one of vpc, cloudtrail/],
    [['flows', 'import', '--format', 'squid'], /needs the files/],
    [['flows', 'import', '--format', 'syslog', 'x'], /--format/],
    [['flows', 'import', '--format', 'nginx', '--host', 'a b', 'x'], /--host is no host name/],
  ] as const) {
    const { code, err } = await at.call([...args]);
    assert.equal(code, 2);
    assert.match(err, text);
  }
});

const BUCKET_EVENT = (bucket: string, name = 'GetObject') => ({
  eventTime: '2026-11-01T10:00:00Z',
  eventSource: 's3.amazonaws.com',
  eventName: name,
  awsRegion: 'eu-west-1',
  userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::123456789012:user/ana "}{" \\' },
  requestParameters: { bucketName: bucket },
  additionalEventData: { bytesTransferredOut: 12, bytesTransferredIn: 0 },
});

test('CloudTrail over several lines is what it is on one; a broken object takes no other with it', async (t) => {
  const at = place(t);
  const [one, two, three] = [BUCKET_EVENT('one'), BUCKET_EVENT('two'), BUCKET_EVENT('three', 'PutObject')];
  const whole = file(at, 'whole.json', JSON.stringify({ Records: [one, two] }, null, 2));
  const first = await at.call(['flows', 'import', '--format', 'cloudtrail', '--json', whole]);
  assert.deepEqual([first.err, JSON.parse(first.out).added], ['', 1]);
  assert.equal((await edges(at)).length, 2);

  const cut = JSON.stringify(two, null, 2).split('\n').slice(0, 4).join('\n');
  const mixed = [cut, JSON.stringify(three, null, 2), JSON.stringify(one), cut].join('\n');
  const log = file(at, 'mixed.json', mixed);
  const { out, err } = await at.call(['flows', 'import', '--format', 'cloudtrail', '--json', log]);
  const { added, broken, lines } = JSON.parse(out);
  assert.deepEqual([lines, added, broken], [4, 2, 2]);
  const lastOf = 4 + JSON.stringify(three, null, 2).split('\n').length + 2;
  assert.equal(err, `${log}:1: no JSON object\n${log}:${lastOf}: no JSON object\n`);
  assert.equal((await edges(at)).length, 3);
});
