import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { parseMoment } from '../../cli/log/moment.ts';
import type { EventBody } from '../../flow/event.ts';
import { csvCell } from '../../map/csv-cell.ts';
import { openHome } from '../../store/home.ts';
import { Spool } from '../../store/spool.ts';
import { closingLine, openingLine } from '../../store/spool-reader.ts';
import { afterwards, closingOf, FINDING, openingOf, SOURCE, sampleEvent, startRecorder } from '../store/samples.ts';
import { makePlace, type Place } from './run-context.ts';

const EXCERPT = 'please charge [CREDIT_CARD] today';
const EVENTS: readonly EventBody[] = [
  sampleEvent({ id: '01KA0000000000000000000001', time: '2026-03-01T10:00:00.000Z' }),
  sampleEvent({
    id: '01KA0000000000000000000002',
    time: '2026-03-01T12:00:00.000Z',
    action: 'block',
    policy: 'card-data',
    rule: 'pan',
    severity: 'high',
    findings: [FINDING],
    explanation: ['card-data/pan: 2 CREDIT_CARD at /messages/1/content, score 1 >= 0.5'],
  }),
  sampleEvent({
    id: '01KB0000000000000000000003',
    time: '2026-03-01T13:00:00.000Z',
    action: 'block',
    enforced: false,
    policy: 'strict',
    rule: 'all',
    source: { ...SOURCE, app: '=cmd|calc\x1b[31m', verified: false },
  }),
];

/** A home with three events, its proxy still running. */
async function recorded(t: TestContext): Promise<Place> {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const { recorder } = await startRecorder(t, {}, place.home);
  for (const event of EVENTS) recorder.close(closingOf(event, event.action === 'block' ? EXCERPT : null));
  await recorder.flush();
  return place;
}

const lines = (out: string): Record<string, unknown>[] =>
  out
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test('log list --json prints one whole event a line, without its excerpt', async (t) => {
  const place = await recorded(t);
  const { code, out, err } = await place.call(['log', 'list', '--json']);
  assert.deepEqual([code, err], [0, '']);
  const events = lines(out);
  assert.deepEqual(
    events.map((event) => event['id']),
    EVENTS.map((event) => event.id),
  );
  const { seq: _, writer, hash, prevHash: __, review, ...body } = events[1] ?? {};
  assert.deepEqual(body, EVENTS[1]);
  assert.ok(writer && hash && review === null && !out.includes('please charge'));
});

test('log list filters by what was carried out, and with --observed by what was not', async (t) => {
  const place = await recorded(t);
  const ids = async (...args: string[]) =>
    lines((await place.call(['log', 'list', '--json', ...args])).out).map((event) => String(event['id']).slice(-1));
  assert.deepEqual(await ids('--action', 'block'), ['2']);
  assert.deepEqual(await ids('--action', 'block', '--observed'), ['3']);
  assert.deepEqual(await ids('--action', 'block', '--action', 'allow'), ['1', '2']);
  assert.deepEqual(await ids('--entity', 'credit_card'), ['2']);
  assert.deepEqual(await ids('--destination', 'API.OpenAI.com.'), ['1', '2', '3']);
  assert.deepEqual(await ids('--destination', '*.anthropic.com'), []);
  assert.deepEqual(await ids('--app', 'billing', '--since', '2026-03-01T11:00:00Z'), ['2']);
  assert.deepEqual(await ids('--since', '1h'), []);
  assert.deepEqual(await ids('--until', '2026-03-01T12:00:00+00:00'), ['1']);
  assert.deepEqual(await ids('--policy', 'strict'), ['3']);
  assert.deepEqual(await ids('--outcome', 'blocked', '--kind', 'exchange'), ['2', '3']);
  assert.deepEqual(await ids('--credential', SOURCE.credential ?? ''), ['1', '2', '3']);
  assert.deepEqual(await ids('--credential', 'x'.repeat(22)), []);
  assert.deepEqual(await ids('--limit', '1'), ['3']);
});

test('log list for people is a table in which nothing from outside acts on the terminal', async (t) => {
  const place = await recorded(t);
  const { code, out } = await place.call(['log', 'list']);
  assert.equal(code, 0);
  const rows = out.trimEnd().split('\n');
  assert.match(rows[0] ?? '', /^TIME +ACTION +APP +DESTINATION +FOUND +OUTCOME +STATUS +REVIEW +ID$/);
  assert.match(
    rows[2] ?? '',
    /^2026-03-01 12:00:00 +block +billing +api\.openai\.com +CREDIT_CARD 2 +blocked +400 +- +01KA0{21}2$/,
  );
  assert.match(rows[3] ?? '', / \(block\) +=cmd\|calc·\[31m\? /);
  assert.ok(!/[^\n\P{Cc}]/u.test(out));
});

test('log list of nothing prints nothing on stdout and succeeds', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  assert.deepEqual(await place.call(['log', 'list', '--json']), { code: 0, out: '', err: '' });
  assert.deepEqual(await place.call(['log', 'list']), { code: 0, out: '', err: 'no event matches\n' });
});

test('a bad value is refused with exit code 2 and what was expected', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['list', '--action', 'blok'], /--action must be one of allow, alert, tokenize, redact, block.*"block"/],
    [['list', '--outcome', 'done'], /--outcome must be one of completed, blocked/],
    [['list', '--kind', 'x'], /--kind must be one of exchange/],
    [['list', '--since', 'yesterday'], /--since must be like 24h, 7d, 2026-11-23/],
    [['list', '--until', '2026-02-30'], /--until must be like/],
    [['list', '--credential', 'x'.repeat(51)], /--credential must be a fingerprint, 22 characters/],
    [['list', '--limit', '0'], /--limit must be a whole number from 1/],
    [['list', '--destination', 'http://x/'], /--destination must be a host/],
    [['export'], /needs --format, one of ndjson, csv, ocsf/],
    [['export', '--format', 'xml'], /--format must be one of ndjson, csv, ocsf/],
    [['show'], /needs the id of one event/],
    [['review', '01KA'], /needs --state, one of open, confirmed/],
    [['review', '01KA', '--state', 'fine'], /--state must be one of/],
    [['review', '01KA', '--state', 'open', '--note', 'x'.repeat(2001)], /--note has 2001 characters; 2000 are kept/],
    [[], /needs one of list, show, review, allow, verify, export/],
    [['purge'], /purge|needs one of/],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = await place.call(['log', ...args]);
    assert.deepEqual([code, out], [2, ''], args.join(' '));
    assert.match(err, message);
  }
});

test('every command of log and flows has a help with an example', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const names = [
    'log',
    'log list',
    'log show',
    'log review',
    'log verify',
    'log export',
    'flows',
    'flows list',
    'flows graph',
  ];
  for (const name of names) {
    const { code, out } = await place.call([...name.split(' '), '--help']);
    assert.equal(code, 0);
    assert.match(out, /\nExample:\n/, name);
    const longest = Math.max(...out.split('\n').map((line) => line.length));
    assert.ok(longest <= 103, `${name}: ${longest}`);
  }
});

test('log show prints one event whole, its excerpt opened, by a beginning of its id', async (t) => {
  const place = await recorded(t);
  const { code, out } = await place.call(['log', 'show', '01kb', '--json']);
  assert.equal(code, 0);
  assert.deepEqual([JSON.parse(out).excerpt, JSON.parse(out).id], [EXCERPT, EVENTS[2]?.id]);
  const shown = await place.call(['log', 'show', EVENTS[1]?.id ?? '']);
  assert.match(shown.out, /^action {6}block$/m);
  assert.match(shown.out, /^decided by {2}card-data\/pan, severity high$/m);
  assert.match(shown.out, /^ {2}CREDIT_CARD 2 at \/messages\/1\/content \(request, user, latest\), score 1/m);
  assert.match(shown.out, /^ {2}please charge \[CREDIT_CARD\] today$/m);
  assert.ok(!(await place.call(['log', 'show', '01kb'])).out.includes('\x1b'));
});

test('log show of an id that none or several have names them and exits 1', async (t) => {
  const place = await recorded(t);
  const none = await place.call(['log', 'show', 'ZZ']);
  assert.deepEqual([none.code, none.out], [1, '']);
  assert.match(none.err, /no event has an id that begins with ZZ/);
  const several = await place.call(['log', 'show', '01KA']);
  assert.equal(several.code, 1);
  assert.match(several.err, /several events .*01KA0{21}1, 01KA0{21}2/);
});

test('log review works beside the running proxy, and its note keeps nothing sensitive', async (t) => {
  const place = await recorded(t);
  const card = ['4111', '1111', '1111', '1111'].join(' ');
  const note = `their test card ${card} again`;
  const { code, out, err } = await place.call([
    ...['log', 'review', '01KA0000000000000000000002', '--state', 'false_positive', '--note', note, '--by', 'ana'],
  ]);
  assert.deepEqual([code, out], [0, '01KA0000000000000000000002 false_positive\n']);
  assert.match(err, /the note held CREDIT_CARD; replaced/);
  const shown = JSON.parse((await place.call(['log', 'show', '01KA0000000000000000000002', '--json'])).out);
  assert.deepEqual(
    [shown.review.state, shown.review.by, shown.review.note],
    ['false_positive', 'ana', 'their test card [CREDIT_CARD] again'],
  );
  const [review] = lines((await place.call(['log', 'list', '--kind', 'review', '--json'])).out);
  assert.equal(review?.['refersTo'], '01KA0000000000000000000002');
  assert.equal((await place.call(['log', 'verify'])).code, 0);
  const again = await place.call(['log', 'review', String(review?.['id']), '--state', 'open']);
  assert.deepEqual([again.code, again.out], [1, '']);
  assert.match(again.err, /is itself a review/);
  assert.equal((await place.call(['log', 'review', 'ZZ', '--state', 'open'])).code, 1);
});

test('log verify says what it checked, and exits 1 naming the first bad record', async (t) => {
  const place = await recorded(t);
  const intact = await place.call(['log', 'verify']);
  assert.equal(intact.code, 0);
  assert.match(intact.out, /^intact: 3 records of writer \w{26}\n$/);
  const database = new DatabaseSync(join(place.home, 'weir.db'));
  database.exec('DELETE FROM events WHERE seq = 2');
  database.close();
  const bad = await place.call(['log', 'verify']);
  assert.equal(bad.code, 1);
  assert.match(bad.out, /^missing: record 2 of writer \w{26} is missing: the next one is 3 /);
  const json = await place.call(['log', 'verify', '--json']);
  assert.equal(json.code, 1);
  const { isIntact, chains } = JSON.parse(json.out);
  assert.deepEqual([isIntact, chains[0].fault.kind, chains[0].fault.seq], [false, 'missing', 2]);
});

test('log list shows what a run that was killed has left, before any next start', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const home = openHome(place.home);
  const spool = new Spool(home.spoolFolder, 1 << 20, () => {});
  const [done, lost] = [sampleEvent(), sampleEvent()];
  spool.append(openingLine(openingOf(done)));
  spool.append(closingLine({ ...closingOf(done), excerpt: null }));
  spool.append(openingLine(openingOf(lost)));
  spool.rotate();
  const events = lines((await place.call(['log', 'list', '--json'])).out);
  const outcomes = new Map(events.map((event) => [event['id'], event['outcome']]));
  assert.deepEqual([outcomes.get(done.id), outcomes.get(lost.id)], ['completed', 'worker_lost']);
  assert.equal((await place.call(['log', 'verify'])).code, 0);
});

test('export as NDJSON is the events without excerpts', async (t) => {
  const place = await recorded(t);
  const { code, out } = await place.call(['log', 'export', '--format', 'ndjson']);
  assert.equal(code, 0);
  assert.equal(out, (await place.call(['log', 'list', '--json'])).out);
  assert.ok(!out.includes('excerpt'));
});

test('export as CSV has a row an event, and no cell is a formula', async (t) => {
  const place = await recorded(t);
  const { out } = await place.call(['log', 'export', '--format', 'csv']);
  const rows = out.split('\r\n');
  assert.equal(rows.length, 5);
  assert.match(rows[0] ?? '', /^id,seq,writer,kind,time,/);
  assert.match(rows[2] ?? '', /,CREDIT_CARD 2 at \/messages\/1\/content,/);
  assert.match(rows[3] ?? '', /,'=cmd\|calc/);
  assert.ok(rows[1]?.includes(`,${SOURCE.credential},`));
  assert.ok(!out.includes('please charge'));
});

test('a cell that a spreadsheet would take for a formula is made text, others are left alone', () => {
  const cases: readonly (readonly [value: string | number | boolean | null, cell: string])[] = [
    ['=1+1', "'=1+1"],
    ['+49 30', "'+49 30"],
    ['-2+3', "'-2+3"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    [' =1', "' =1"],
    ['\r=1', '"\'\r=1"'],
    ['＝1', "'＝1"],
    ['=a,"b"', '"\'=a,""b"""'],
    ['a=b', 'a=b'],
    ['two\nlines', '"two\nlines"'],
    ['a,b', '"a,b"'],
    ['', ''],
    [null, ''],
    [-5, '-5'],
    [false, 'false'],
  ];
  for (const [value, cell] of cases) assert.equal(csvCell(value), cell);
});

test('export as OCSF gives Data Security Findings with every required attribute', async (t) => {
  const place = await recorded(t);
  await place.call(['log', 'review', '01KA0000000000000000000002', '--state', 'false_positive', '--by', 'ana']);
  const { code, out, err } = await place.call(['log', 'export', '--format', 'ocsf']);
  assert.equal(code, 0);
  assert.match(err, /1 events without a finding or an action are no findings; left out/);
  const findings = lines(out);
  assert.equal(findings.length, 3);
  for (const finding of findings) {
    const required = [
      'activity_id',
      'category_uid',
      'class_uid',
      'finding_info',
      'metadata',
      'severity_id',
      'time',
      'type_uid',
    ];
    for (const name of required) assert.ok(name in finding, name);
    assert.deepEqual([finding['class_uid'], finding['category_uid']], [2006, 2]);
    assert.equal(finding['type_uid'], 200_600 + Number(finding['activity_id']));
    assert.ok(!JSON.stringify(finding).includes(':null'));
  }
  const [blocked, observed, review] = findings;
  assert.deepEqual(
    [
      blocked?.['activity_id'],
      blocked?.['action'],
      blocked?.['disposition'],
      blocked?.['severity_id'],
      blocked?.['status'],
    ],
    [1, 'Denied', 'Blocked', 4, 'Suppressed'],
  );
  assert.deepEqual(blocked?.['data_security'], {
    category_id: 3,
    category: 'Financial',
    data_lifecycle_state_id: 2,
    data_lifecycle_state: 'Data in-Transit',
    detection_system_id: 5,
    detection_system: 'Secure Web Gateway',
    discovery_details: [{ type: 'CREDIT_CARD', count: 2, occurrence_details: { json_path: '/messages/1/content' } }],
    total: 2,
    policy: { name: 'card-data' },
  });
  assert.deepEqual([observed?.['action'], observed?.['disposition']], ['Observed', 'Detected']);
  assert.deepEqual(
    [review?.['activity_name'], review?.['finding_info']],
    ['Update', { uid: '01KA0000000000000000000002', title: 'Review', types: [], created_time: review?.['time'] }],
  );
});

test('moments are read as users write them', () => {
  const now = new Date('2026-03-10T12:00:00.000Z');
  const read = (text: string) => parseMoment('since', text, now)?.toISOString();
  assert.equal(read('90s'), '2026-03-10T11:58:30.000Z');
  assert.equal(read('24h'), '2026-03-09T12:00:00.000Z');
  assert.equal(read('7d'), '2026-03-03T12:00:00.000Z');
  assert.equal(read('2w'), '2026-02-24T12:00:00.000Z');
  assert.equal(read('2026-03-01'), '2026-03-01T00:00:00.000Z');
  assert.equal(read('2026-03-01T08:00:00+02:00'), '2026-03-01T06:00:00.000Z');
  assert.equal(read('2026-03-01t08:00:00.5z'), '2026-03-01T08:00:00.500Z');
  assert.equal(parseMoment('since', null, now), null);
  for (const text of [
    '',
    '7',
    'd',
    '-1d',
    '1y',
    '2026-13-01',
    '2026-02-30T00:00:00Z',
    '2026-03-01T25:00:00Z',
    '1 Mar 2026',
  ]) {
    assert.throws(() => parseMoment('since', text, now), { name: 'UsageError', message: /--since/ }, text);
  }
});

test('a home that is not readable is an error with its reason', async (t) => {
  const place = await recorded(t);
  writeFileSync(join(place.folder, 'not-a-database'), 'x'.repeat(5000));
  const other = join(place.folder, 'other');
  const home = openHome(other);
  writeFileSync(home.databaseFile, 'x'.repeat(5000));
  const { code, out, err } = await place.call(['log', 'list'], { WEIR_HOME: other });
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /home_unusable: .*weir\.db cannot be read: file is not a database/);
});

test('log purge clears what leads to a person, and log verify passes over it and names it', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const { recorder } = await startRecorder(t, {}, place.home);
  for (const user of ['ana', 'ben']) {
    recorder.close(closingOf(sampleEvent({ source: { ...SOURCE, user }, findings: [FINDING] }), 'card [CREDIT_CARD]'));
  }
  await recorder.flush();
  const { code, out } = await place.call(['log', 'purge', '--user', 'ana', '--by', 'dpo', '--json']);
  const purged = JSON.parse(out);
  assert.deepEqual([code, purged.events, purged.checkpoints.length], [0, 1, 1]);
  const list = await place.call(['log', 'list', '--json']);
  assert.doesNotMatch(list.out, /"ana"/);
  assert.match(list.out, /"ben"/);
  const verified = await place.call(['log', 'verify']);
  assert.equal(verified.code, 0);
  assert.match(verified.out, /personal fields or excerpt cleared in 1/);
  assert.ok(verified.out.includes(purged.checkpoints[0]), verified.out);
  assert.equal((await place.call(['log', 'purge', '--user', 'ana'])).code, 1);
  assert.equal((await place.call(['log', 'purge'])).code, 2);
  assert.equal((await place.call(['log', 'purge', '--before', 'soon'])).code, 2);
});
