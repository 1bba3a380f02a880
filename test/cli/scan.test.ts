import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { main } from '../../cli/main.ts';
import { linesOf } from '../../cli/scan/jsonl.ts';
import { makePlace } from './run-context.ts';

const place = makePlace();
after(() => place.remove());

function write(name: string, content: string | Buffer): string {
  writeFileSync(join(place.folder, name), content);
  return name;
}

async function withInput(args: readonly string[], input: string): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await main(args, {
    env: { WEIR_HOME: place.home },
    cwd: place.folder,
    stdin: Readable.from([Buffer.from(input)]),
    isTerminal: false,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

const CARD = '4111 1111 1111 1111';

describe('weir scan', () => {
  it('prints place, entity and score of each finding, never the value, and exits 1', async () => {
    const { code, out, err } = await place.call(['scan', write('a.txt', `hello\n😀 card ${CARD}\n`)]);
    assert.equal(code, 1);
    assert.match(out, /^a\.txt:2:9: CREDIT_CARD 1\.00 \(19 characters/);
    assert.ok(!out.includes('4111') && !err.includes('4111'));
  });

  it('exits 0 when nothing is found, and reads standard input without a file or with -', async () => {
    assert.equal((await place.call(['scan', write('clean.txt', 'nothing here\n')])).code, 0);
    for (const args of [['scan'], ['scan', '-']]) {
      const { code, out } = await withInput(args, `card ${CARD}`);
      assert.equal(code, 1);
      assert.match(out, /^-:1:6: CREDIT_CARD/);
    }
  });

  it('does the rest and exits 2 when a file cannot be read or is binary', async () => {
    const { code, out, err } = await place.call([
      'scan',
      'missing.txt',
      write('b.bin', Buffer.from([1, 0, 2])),
      write('c.txt', CARD),
    ]);
    assert.equal(code, 2);
    assert.match(out, /^c\.txt:1:1: CREDIT_CARD/);
    assert.match(err, /missing\.txt: no such file/);
    assert.match(err, /b\.bin: a binary file/);
  });

  it('walks folders without .git and node_modules, and passes binary files by', async () => {
    for (const folder of ['tree/.git', 'tree/node_modules', 'tree/src'])
      mkdirSync(join(place.folder, folder), { recursive: true });
    for (const file of ['tree/.git/x', 'tree/node_modules/x', 'tree/src/x.txt']) write(file, CARD);
    write('tree/logo.png', Buffer.from([0x89, 0, 0]));
    const { code, out, err } = await place.call(['scan', 'tree']);
    assert.equal(code, 1);
    assert.deepEqual(
      out
        .trim()
        .split('\n')
        .map((line) => line.split(':')[0]),
      ['tree/src/x.txt'],
    );
    assert.match(err, /tree\/logo\.png: passed by, a binary file/);
  });

  it('exits 2 for a folder that may not be read', {
    skip: process.getuid?.() === 0 ? 'root reads everything' : false,
  }, async () => {
    mkdirSync(join(place.folder, 'locked'));
    chmodSync(join(place.folder, 'locked'), 0);
    const { code, err } = await place.call(['scan', 'locked']);
    chmodSync(join(place.folder, 'locked'), 0o700);
    assert.equal(code, 2);
    assert.match(err, /locked: permission denied/);
  });

  it('reads UTF-16 with a byte-order mark', async () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`card ${CARD}`, 'utf16le')]);
    assert.match((await place.call(['scan', write('wide.txt', bytes)])).out, /^wide\.txt:1:6: CREDIT_CARD/);
  });

  it('--redact prints the text with a label in the place of each value', async () => {
    const { code, out } = await withInput(['scan', '--redact'], `é card ${CARD}, mail jane@example.com.\r\n`);
    assert.equal(code, 1);
    assert.equal(out, 'é card [CREDIT_CARD], mail [EMAIL_ADDRESS].\r\n');
  });

  it('--min-score and --entities choose, by entity, category and alternative', async () => {
    const text = `card ${CARD} mail jane@example.com`;
    const entities = async (...args: string[]): Promise<string[]> =>
      (await withInput(['scan', ...args], text)).out
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' ')[1] ?? '');
    assert.deepEqual(await entities('--min-score', '0.95'), ['CREDIT_CARD']);
    assert.deepEqual(await entities('--entities', 'EMAIL_ADDRESS'), ['EMAIL_ADDRESS']);
    assert.deepEqual(await entities('--entities', 'category:financial,email_address'), [
      'CREDIT_CARD',
      'EMAIL_ADDRESS',
    ]);
    const wrong = await withInput(['scan', '--entities', 'CREDIT_CRAD'], text);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /there is no entity "CREDIT_CRAD".*CREDIT_CARD/);
    assert.equal((await withInput(['scan', '--min-score', '2'], text)).code, 2);
    assert.equal((await withInput(['scan', '--json', '--redact'], text)).code, 2);
  });

  it('--jsonl answers a line with a line, offsets in UTF-16 code units', async () => {
    const text = `😀 ß ${CARD} \ud800 jane@example.com`;
    const { code, out } = await withInput(
      ['scan', '--jsonl'],
      `${JSON.stringify({ id: 'x', text })}\n\n{"id":7,"text":"clean"}\n`,
    );
    assert.equal(code, 1);
    const [first, second] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(first.id, 'x');
    assert.deepEqual(
      first.findings.map((one: { start: number; end: number }) => text.slice(one.start, one.end)),
      [CARD, 'jane@example.com'],
    );
    assert.deepEqual(Object.keys(first.findings[0]), [
      'entity',
      'alternatives',
      'category',
      'start',
      'end',
      'score',
      'recognizer',
    ]);
    assert.deepEqual(second, { id: 7, findings: [], coverage: { level: 'full', reason: null } });
  });

  it('--jsonl ends a line at a line feed alone, and reads UTF-16 and many small pieces', async () => {
    const entry = JSON.stringify({ id: 1, text: `a\u2028b\u2029 ${CARD}` });
    assert.ok(entry.includes('\u2028'));
    write('wide.jsonl', Buffer.from(`\ufeff${entry}\r\n${entry}`, 'utf16le'));
    for (const args of [['wide.jsonl'], ['-']]) {
      const { code, out } = await withInput(['scan', '--jsonl', ...args], `${entry}\r\n${entry}`);
      assert.equal(code, 1);
      const lines = out.trim().split('\n');
      assert.equal(lines.length, 2);
      assert.equal(JSON.parse(lines[1] ?? '').findings[0].start, 5);
    }
    const read: (string | null)[] = [];
    for await (const line of linesOf(
      ['a', 'b\nlong', 'er', '\n', '\nc'].map((piece) => Buffer.from(piece)),
      5,
    ))
      read.push(line);
    assert.deepEqual(read, ['ab', null, '', 'c']);
  });

  it('--jsonl names a line that it cannot read, without quoting it, and goes on', async () => {
    const { code, out, err } = await withInput(
      ['scan', '--jsonl'],
      `{"id":1,"text":5}\n{"text":"${CARD}\n{"id":3,"text":"x"}\n`,
    );
    assert.equal(code, 2);
    assert.deepEqual(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
      [3],
    );
    assert.match(err, /^-:1: no "text".*\n-:2: not JSON/);
    assert.ok(!err.includes('4111'));
  });

  it('--json gives one document with line, column and coverage of each file', async () => {
    const { code, out } = await place.call(['scan', '--json', write('d.txt', `x\n${CARD}`), 'missing.txt']);
    assert.equal(code, 2);
    const { files } = JSON.parse(out);
    assert.equal(files[0].file, 'd.txt');
    assert.deepEqual([files[0].findings[0].line, files[0].findings[0].column, files[0].findings[0].start], [2, 1, 2]);
    assert.equal(files[1].coverage.level, 'opaque');
    assert.ok(!out.includes('4111'));
  });

  it('uses the recognizers of policies when a configuration is named', async () => {
    write(
      'own.yaml',
      [
        'apiVersion: weir/v1',
        'kind: Policy',
        'name: own',
        'rules: [{name: staff, detect: {entities: [STAFF_ID]}, action: alert}]',
        'recognizers:',
        '  - {entity: STAFF_ID, category: custom, patterns: ["\\\\bE-[0-9]{6}\\\\b"], words: [], validator: null, context: [], score: 0.9, hits: ["E-123456"], misses: []}',
        '',
      ].join('\n'),
    );
    write('weir.yaml', 'policies: [own.yaml]\n');
    write('staff.txt', 'E-123456');
    assert.equal((await place.call(['scan', 'staff.txt'])).code, 0);
    const { code, out, err } = await place.call(['scan', '--config', 'weir.yaml', 'staff.txt']);
    assert.equal(code, 1, err);
    assert.match(out, /STAFF_ID 0\.90/);
    assert.match((await place.call(['recognizers', '--config', 'weir.yaml'])).out, /^STAFF_ID /m);
  });
});

describe('weir recognizers', () => {
  it('lists every entity with category, countries and an example; credentials masked', async () => {
    const { code, out } = await place.call(['recognizers']);
    assert.equal(code, 0);
    assert.match(out, /^CREDIT_CARD +financial +- +credit-card +4111 1111 1111 1111$/m);
    assert.match(out, /^US_SSN +government_id +US /m);
    assert.match(out, /^AWS_ACCESS_KEY_ID .*\*{4}$/m);
  });

  it('lists by entity, category and country', async () => {
    const listed = async (...args: string[]): Promise<{ entity: string; category: string; countries: string[] }[]> =>
      (await place.call(['recognizers', '--json', ...args])).out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    assert.deepEqual([...new Set((await listed('--entities', 'CREDIT_CARD,us_ssn')).map((one) => one.entity))].sort(), [
      'CREDIT_CARD',
      'US_SSN',
    ]);
    const american = await listed('--country', 'us', '--entities', 'category:government_id');
    assert.ok(american.some((one) => one.entity === 'US_SSN'));
    assert.ok(american.every((one) => one.category === 'government_id' && one.countries.includes('US')));
    assert.ok((await listed('--country', '-')).every((one) => one.countries.length === 0));
    for (const wrong of [['--country', 'XX'], ['--entities', 'NO_SUCH'], ['extra']]) {
      assert.equal((await place.call(['recognizers', ...wrong])).code, 2);
    }
  });

  it('--json prints an object a line', async () => {
    const { out } = await place.call(['recognizers', '--json']);
    const rows = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.ok(rows.length >= 28);
    assert.deepEqual(Object.keys(rows[0]), ['name', 'entity', 'category', 'countries', 'example']);
  });
});
