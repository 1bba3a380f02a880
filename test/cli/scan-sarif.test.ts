import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Ajv } from 'ajv';
import { packageRoot } from '../../config/package-root.ts';
import { CARD, MAIL, makeScanPlace, type ScanPlace } from './scan-place.ts';

let place: ScanPlace;
beforeEach(() => {
  place = makeScanPlace();
});
afterEach(() => place.remove());

/** The schema is of draft 4; it uses nothing that later drafts read otherwise. */
function validator(): (log: unknown) => void {
  const {
    $schema: _,
    id: __,
    ...schema
  } = JSON.parse(readFileSync(join(packageRoot, 'test/corpus/sarif/sarif-2.1.0-rtm.5.json'), 'utf8'));
  const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false, allErrors: true }).compile(
    schema,
  );
  return (log) => assert.ok(validate(log), JSON.stringify(validate.errors));
}

describe('weir scan --sarif', () => {
  const check = validator();

  it('is checked by a schema that refuses what is wrong', () => {
    assert.throws(() => check({ version: '2.1.0', runs: [{ tool: { driver: { nam: 'x' } } }] }));
  });

  it('prints a log of its schema with line, column and no value, for findings, skips and failures', async () => {
    place.write('.weirignore', '*.snap\n');
    place.write('src/a b.txt', `x\n😀 card ${CARD}\nmail ${MAIL}\n`);
    place.write('src/ä#%.txt', `${MAIL} # weir:allow EMAIL_ADDRESS\n`);
    place.write('src/x.snap', CARD);
    place.write('src/logo.png', Buffer.from([0x89, 0, 0]));
    const { code, out } = await place.scan(['--sarif', 'src', 'missing.txt']);
    assert.equal(code, 2);
    const log = JSON.parse(out);
    check(log);
    const [run] = log.runs;
    assert.equal(log.version, '2.1.0');
    assert.equal(run.columnKind, 'utf16CodeUnits');
    const results: readonly {
      ruleId: string;
      ruleIndex: number;
      level: string;
      locations: readonly { physicalLocation: { artifactLocation: unknown; region: unknown } }[];
      partialFingerprints: Readonly<Record<string, string>>;
    }[] = run.results;
    assert.deepEqual(
      results.map(({ ruleId }) => ruleId),
      ['CREDIT_CARD', 'EMAIL_ADDRESS', 'EMAIL_ADDRESS'],
    );
    for (const { ruleId, ruleIndex } of results) assert.equal(run.tool.driver.rules[ruleIndex].id, ruleId);
    assert.deepEqual(results[0]?.locations[0]?.physicalLocation, {
      artifactLocation: { uri: 'src/a%20b.txt', uriBaseId: '%SRCROOT%' },
      region: { startLine: 2, startColumn: 9, endLine: 2, endColumn: 28, charOffset: 10, charLength: 19 },
    });
    assert.deepEqual(results[2]?.locations[0]?.physicalLocation.artifactLocation, {
      uri: 'src/%C3%A4%23%25.txt',
      uriBaseId: '%SRCROOT%',
    });
    const notes: readonly { level: string; descriptor: { id: string } }[] =
      run.invocations[0].toolExecutionNotifications;
    assert.deepEqual(notes.map(({ level, descriptor }) => `${level} ${descriptor.id}`).sort(), [
      'error unreadable',
      'note binary',
      'note ignored',
      'warning allow',
    ]);
    assert.equal(run.invocations[0].executionSuccessful, false);
    for (const secret of ['4111', 'jane', 'doe@']) assert.ok(!out.includes(secret), secret);
  });

  it('is a log of its schema where nothing is found', async () => {
    place.write('a.txt', 'nothing\n');
    const { code, out } = await place.scan(['--sarif', 'a.txt']);
    assert.equal(code, 0);
    check(JSON.parse(out));
    assert.deepEqual(JSON.parse(out).runs[0].results, []);
  });

  it('names files from the top of the repository, and lines of a change', async () => {
    place.git('init', '--quiet');
    place.write('sub/folder/a.txt', `x\n${CARD}\n`);
    place.git('add', '--all');
    const { out } = await place.scan(['--sarif', '--staged', '--explain'], { cwd: join(place.folder, 'sub/folder') });
    const log = JSON.parse(out);
    check(log);
    const { artifactLocation, region } = log.runs[0].results[0].locations[0].physicalLocation;
    assert.equal(artifactLocation.uri, 'sub/folder/a.txt');
    assert.equal(region.startLine, 2);
  });

  it('gives a value one fingerprint under the key of home, however it is written, and another under another home', async () => {
    place.write('a.txt', `card ${CARD}\ncard ${CARD.replaceAll(' ', '-')}\ncard 5500 0055 5555 5559\n`);
    const prints = async (env: NodeJS.ProcessEnv = {}): Promise<readonly string[]> => {
      const { out } = await place.scan(['--sarif', 'a.txt'], { env });
      return JSON.parse(out).runs[0].results.map(
        (result: { partialFingerprints: Record<string, string> }) => result.partialFingerprints['weirFingerprint/v1'],
      );
    };
    const first = await prints();
    assert.equal(first[0], first[1]);
    assert.notEqual(first[0], first[2]);
    assert.match(first[0] ?? '', /^[\w-]{22}$/);
    assert.deepEqual(await prints(), first);
    assert.notDeepEqual(await prints({ WEIR_HOME: join(place.home, 'other') }), first);
    writeFileSync(join(place.folder, 'file'), '');
    const without = await place.scan(['--sarif', 'a.txt'], { env: { WEIR_HOME: join(place.folder, 'file', 'home') } });
    assert.equal(without.code, 1);
    check(JSON.parse(without.out));
    assert.match(without.err, /no fingerprints under home's key/);
  });
});
