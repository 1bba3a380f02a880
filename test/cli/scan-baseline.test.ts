import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { CARD, filesIn, MAIL, makeScanPlace, OTHER_CARD, type ScanPlace } from './scan-place.ts';

let place: ScanPlace;
beforeEach(() => {
  place = makeScanPlace();
  place.write('b.txt', `card ${CARD}\n`);
  place.write('a.txt', `card ${CARD.replaceAll(' ', '')} mail ${MAIL}\n`);
});
afterEach(() => place.remove());

function baseline(name = 'known.json'): string {
  return readFileSync(join(place.folder, name), 'utf8');
}

describe('weir scan --baseline', () => {
  it('lets what was known pass and fails on what is new', async () => {
    const written = await place.scan(['.', '--write-baseline', 'known.json']);
    assert.equal(written.code, 0, written.err);
    assert.match(written.err, /2 fingerprints written to known\.json/);
    const again = await place.scan(['.', '--baseline', 'known.json']);
    assert.deepEqual([again.code, again.out], [0, '']);
    assert.match(again.err, /0 findings in 2 files, 3 in the baseline/);
    place.write('c.txt', `${MAIL}\n${OTHER_CARD}\n`);
    const { code, out } = await place.scan(['.', '--baseline', 'known.json']);
    assert.equal(code, 1);
    assert.match(out, /^c\.txt:2:1: CREDIT_CARD .*\n$/, 'a known value is known in another file, too');
  });

  it('holds no value, is sorted, and is the same bytes when written again', async () => {
    await place.scan(['.', '--write-baseline', 'known.json']);
    const text = baseline();
    for (const secret of ['4111', 'jane']) assert.ok(!text.includes(secret));
    const { key, findings } = JSON.parse(text);
    assert.match(key.salt, /^[\w-]{43}$/);
    assert.deepEqual(
      findings.map(({ entity, files }: { entity: string; files: readonly string[] }) => [entity, files]),
      [
        ['CREDIT_CARD', ['a.txt', 'b.txt']],
        ['EMAIL_ADDRESS', ['a.txt']],
      ],
    );
    const mac = createHmac('sha256', Buffer.from(key.salt, 'base64url')).update('CREDIT_CARD\x004111111111111111');
    assert.equal(findings[0].fingerprint, mac.digest().toString('base64url', 0, 16));
    assert.equal((await place.scan(['b.txt', 'a.txt', '--write-baseline', 'known.json'])).code, 0);
    assert.equal(baseline(), text);
    assert.deepEqual(readdirSync(place.folder).sort(), ['a.txt', 'b.txt', 'known.json']);
  });

  it('knows a value that stands encoded in another place', async () => {
    await place.scan(['.', '--write-baseline', 'known.json']);
    place.write('c.txt', `card: ${Buffer.from(`my card is ${CARD}, thanks`).toString('base64')}\n`);
    assert.match((await place.scan(['c.txt'])).out, /^c\.txt:1:\d+: CREDIT_CARD/);
    assert.equal((await place.scan(['c.txt', '--baseline', 'known.json'])).code, 0);
  });

  it('keeps its key beside an earlier baseline, and drops what is gone', async () => {
    await place.scan(['.', '--write-baseline', 'known.json']);
    const { key } = JSON.parse(baseline());
    place.write('a.txt', `${OTHER_CARD}\n`);
    await place.scan(['.', '--baseline', 'known.json', '--write-baseline', 'next.json']);
    const next = JSON.parse(baseline('next.json'));
    assert.deepEqual(next.key, key);
    assert.deepEqual(
      next.findings.map(({ files }: { files: readonly string[] }) => files),
      [['a.txt'], ['b.txt']],
    );
  });

  it('is good on another machine, unless it was made under the key of a home', async () => {
    const other = { env: { WEIR_HOME: join(place.home, '../other') } };
    await place.scan(['.', '--write-baseline', 'file.json']);
    assert.equal((await place.scan(['.', '--baseline', 'file.json'], other)).code, 0);
    await place.scan(['a.txt', 'b.txt', '--write-baseline', 'home.json', '--baseline-key', 'home']);
    assert.ok(!baseline('home.json').includes('salt'));
    assert.equal((await place.scan(['a.txt', 'b.txt', '--baseline', 'home.json'])).code, 0);
    const { code, err } = await place.scan(['a.txt', '--baseline', 'home.json'], other);
    assert.equal(code, 2);
    assert.match(err, /under the key of another home/);
  });

  it('counts in --json and in changes of git, and leaves SARIF to what is new', async () => {
    await place.scan(['.', '--write-baseline', 'known.json']);
    const { out } = await place.scan(['.', '--baseline', 'known.json', '--json']);
    const { files, summary } = JSON.parse(out);
    assert.deepEqual([summary.findings, summary.known], [0, 3]);
    assert.equal(files[0].known.length, 2);
    place.git('init', '--quiet');
    place.write('b.txt', `card ${CARD}\ncard ${OTHER_CARD}\n`);
    place.git('add', '--all');
    const staged = await place.scan(['--staged', '--baseline', 'known.json', '--sarif']);
    assert.deepEqual(
      JSON.parse(staged.out).runs[0].results.map(
        (result: { locations: readonly { physicalLocation: { region: { startLine: number } } }[] }) =>
          result.locations[0]?.physicalLocation.region.startLine,
      ),
      [2],
    );
    assert.deepEqual(filesIn((await place.scan(['--staged', '--baseline', 'known.json'])).out), ['b.txt']);
  });

  it('refuses what is no baseline, and never writes over it', async () => {
    for (const text of [
      '',
      '[]',
      '{"version":2,"key":{},"findings":[]}',
      '{"version":1,"key":{"salt":"x"},"findings":[]}',
    ]) {
      place.write('other.json', text);
      for (const option of ['--baseline', '--write-baseline']) {
        const { code, err } = await place.scan(['a.txt', option, 'other.json']);
        assert.equal(code, 2, text);
        assert.match(err, /other\.json is no baseline/);
      }
      assert.equal(baseline('other.json'), text);
    }
    const missing = await place.scan(['a.txt', '--baseline', 'nowhere.json']);
    assert.equal(missing.code, 2);
    assert.match(missing.err, /nowhere\.json: no such file/);
    assert.equal((await place.scan(['a.txt', '--write-baseline', 'no/such/folder.json'])).code, 2);
    mkdirSync(join(place.folder, 'folder'));
    assert.equal((await place.scan(['a.txt', '--write-baseline', 'folder'])).code, 2);
    assert.equal((await place.scan(['a.txt', '--redact', '--baseline', 'a.txt'])).code, 2);
    assert.equal((await place.scan(['a.txt', '--baseline-key', 'file'])).code, 2);
  });

  it('is written with exit code 2 where a file could not be read', async () => {
    const { code, err } = await place.scan(['a.txt', 'missing.txt', '--write-baseline', 'known.json']);
    assert.equal(code, 2);
    assert.match(err, /known\.json holds only what could be read/);
    assert.equal(JSON.parse(baseline()).findings.length, 2);
  });
});
