import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parse } from 'yaml';
import { DiffReader, unquoted } from '../../cli/scan/git-diff.ts';
import { packageRoot } from '../../config/package-root.ts';
import { everySplit } from '../support/every-split.ts';
import { CARD, filesIn, GIT_ENV, MAIL, makeScanPlace, OTHER_CARD, type ScanPlace } from './scan-place.ts';

let place: ScanPlace;
beforeEach(() => {
  place = makeScanPlace();
  place.git('init', '--quiet', '--initial-branch=main');
});
afterEach(() => place.remove());

function commit(...names: readonly string[]): void {
  place.git('add', '--all', '--force', ...names);
  place.git('commit', '--quiet', '--allow-empty', '--message=x');
}

describe('weir scan --staged', () => {
  it('counts added lines alone, with the line numbers of the new file', async () => {
    place.write('a.txt', `old ${CARD}\nsame\n`);
    commit('a.txt');
    place.write('a.txt', `new\nold ${CARD}\nsame\nadded ${OTHER_CARD}\n`);
    place.git('add', 'a.txt');
    const { code, out } = await place.scan(['--staged']);
    assert.equal(code, 1);
    assert.match(out, /^a\.txt:4:7: CREDIT_CARD .*\n$/);
  });

  it('reads what is staged, not what lies in the work tree', async () => {
    place.write('a.txt', CARD);
    place.git('add', 'a.txt');
    place.write('a.txt', 'taken out again\n');
    assert.equal((await place.scan(['--staged'])).code, 1, 'before the first commit too');
    place.git('add', 'a.txt');
    place.write('a.txt', CARD);
    assert.deepEqual(await place.scan(['--staged']).then(({ code, out }) => [code, out]), [0, '']);
  });

  it('judges an added line by its surroundings in the file', async () => {
    const number = '536904399';
    place.write('a.txt', 'social security number\n\nend\n');
    commit('a.txt');
    place.write('a.txt', `social security number\n${number}\nend\n`);
    place.git('add', 'a.txt');
    const whole = await place.scan(['a.txt']);
    assert.match(whole.out, /^a\.txt:2:1: US_SSN/);
    assert.equal((await place.scan(['--staged'])).out, whole.out);
  });

  it('takes names of any kind', async () => {
    const names = [
      'a b.txt',
      'tab\there',
      'new\nline',
      'quo"te',
      '-dash',
      'ünï/cödé 😀',
      'b/x',
      ':(top)y',
      '$(touch pwned)',
      "it's;x",
    ];
    for (const name of names) place.write(name, CARD);
    place.git('add', '--all');
    const { code, out } = await place.scan(['--staged', '--json']);
    assert.equal(code, 1);
    const files: readonly { file: string; findings: readonly unknown[] }[] = JSON.parse(out).files;
    assert.deepEqual(files.map(({ file }) => file).sort(), [...names].sort());
    assert.ok(files.every(({ findings }) => findings.length === 1));
    assert.ok(!existsSync(join(place.folder, 'pwned')));
    const shown = await place.scan(['--staged']);
    assert.equal(shown.out.split('\n').length, names.length + 1, 'a name with a line feed is one line');
  });

  it('is limited to the files and folders that are named', async () => {
    for (const name of ['src/a.txt', 'src/b.txt', 'doc/c.txt']) place.write(name, CARD);
    place.git('add', '--all');
    assert.deepEqual(filesIn((await place.scan(['--staged', 'src'])).out), ['src/a.txt', 'src/b.txt']);
    assert.deepEqual(filesIn((await place.scan(['--staged', 'b.txt'], { cwd: join(place.folder, 'src') })).out), [
      'b.txt',
    ]);
    assert.deepEqual(filesIn((await place.scan(['--staged', '*.txt'])).out), [], 'a name is a name, no pattern');
  });

  it('is not misled by settings and attributes of the repository', async () => {
    place.write('a.txt', `1\n2\n3 ${MAIL}\n4\n5\n`);
    place.write('c.own', 'x\n');
    commit();
    place.write('.gitattributes', '*.txt -diff\n*.own diff=own\n');
    place.write('a.txt', `1 ${CARD}\n2\n3 ${MAIL}\n4\n5 ${OTHER_CARD}\n`);
    place.write('c.own', `x ${CARD}\n`);
    place.git('add', '--all');
    for (const [key, value] of [
      ['diff.noprefix', 'true'],
      ['diff.mnemonicPrefix', 'true'],
      ['diff.interHunkContext', '9'],
      ['diff.context', '5'],
      ['diff.relative', 'true'],
      ['diff.renames', 'copies'],
      ['diff.external', `touch ${join(place.folder, 'pwned')}`],
      ['diff.own.textconv', `touch ${join(place.folder, 'pwned')};`],
      ['color.ui', 'always'],
      ['core.fsmonitor', `touch ${join(place.folder, 'pwned')}`],
    ]) {
      place.git('config', key ?? '', value ?? '');
    }
    const { out } = await place.scan(['--staged']);
    assert.deepEqual(
      out.split('\n').map((line) => line.split(' ')[0]),
      ['a.txt:1:3:', 'a.txt:5:3:', 'c.own:1:3:', ''],
    );
    assert.ok(!existsSync(join(place.folder, 'pwned')));
  });

  it('reads content that looks like a diff as content', async () => {
    const trap = `--- a/x\n+++ b/y\n@@ -1 +1,9 @@\ndiff --git a/q b/q\n-- ${CARD}\n\\ No newline\n`;
    place.write('a.txt', `kept ${OTHER_CARD}\n`);
    commit('a.txt');
    place.write('a.txt', `${trap}kept ${OTHER_CARD}\n${trap}`);
    place.git('add', 'a.txt');
    const { out } = await place.scan(['--staged']);
    assert.deepEqual(
      out.split('\n').map((line) => line.split(' ')[0]),
      ['a.txt:5:4:', 'a.txt:12:4:', ''],
    );
  });

  it('passes a deleted file, a pure rename and a lone removal over', async () => {
    place.write('gone.txt', CARD);
    place.write('moved.txt', `${CARD}\n${'text\n'.repeat(20)}`);
    place.write('less.txt', `x\n${CARD}\n`);
    commit();
    place.git('rm', '--quiet', 'gone.txt');
    renameSync(join(place.folder, 'moved.txt'), join(place.folder, 'other.txt'));
    place.write('less.txt', `${CARD}\n`);
    place.git('add', '--all');
    assert.equal((await place.scan(['--staged'])).code, 0);
  });

  it('counts what it does not look at: binary files, ignored ones, submodules', async () => {
    place.write('.weirignore', 'fixtures/\n');
    place.write('fixtures/a.txt', CARD);
    place.write('logo.png', Buffer.from([0x89, 0x50, 0, 1, 2, 3, 0xff]));
    place.git('add', '--all');
    place.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub`);
    const { code, out } = await place.scan(['--staged', '--json']);
    assert.equal(code, 0, out);
    assert.deepEqual(JSON.parse(out).summary.coverage, {
      full: 1,
      'opaque: ignored': 1,
      'opaque: binary': 1,
      'opaque: submodule': 1,
    });
  });

  it('looks at all lines of UTF-16, whose lines git cannot count', async () => {
    place.write('wide.txt', Buffer.from(`\ufeffone\ntwo ${CARD}\n`, 'utf16le'));
    place.git('add', '--all');
    assert.match((await place.scan(['--staged'])).out, /^wide\.txt:2:5: CREDIT_CARD/);
  });

  it('exits 2 for a file that is not merged', async () => {
    place.write('a.txt', 'base\n');
    commit();
    place.git('checkout', '--quiet', '-b', 'side');
    place.write('a.txt', 'side\n');
    commit();
    place.git('checkout', '--quiet', 'main');
    place.write('a.txt', 'main\n');
    commit();
    assert.throws(() => place.git('merge', 'side'));
    const { code, err } = await place.scan(['--staged']);
    assert.equal(code, 2);
    assert.match(err, /^a\.txt: not merged yet/m);
  });

  it('reads the index that git hands to a hook', async () => {
    place.write('a.txt', 'x\n');
    commit();
    place.write('a.txt', `x\n${CARD}\n`);
    place.write('.git/hooks/pre-commit', `#!/bin/sh\nexec "${join(packageRoot, 'weir')}" scan --staged\n`);
    chmodSync(join(place.folder, '.git/hooks/pre-commit'), 0o755);
    const env = { ...GIT_ENV, WEIR_HOME: place.home };
    const run = () => spawnSync('git', ['commit', '-a', '-m', 'x'], { cwd: place.folder, env, encoding: 'utf8' });
    const refused = run();
    assert.notEqual(refused.status, 0);
    assert.match(refused.stdout + refused.stderr, /a\.txt:2:1: CREDIT_CARD/);
    place.write('a.txt', 'x\nclean\n');
    const taken = run();
    assert.equal(taken.status, 0, taken.stderr);
  });
});

describe('weir scan --diff', () => {
  it('takes a range, a range from the merge base, and one revision against the work tree', async () => {
    place.write('a.txt', 'one\n');
    commit();
    place.git('checkout', '--quiet', '-b', 'side');
    place.write('a.txt', `one\n${CARD}\n`);
    commit();
    place.git('checkout', '--quiet', 'main');
    place.write('b.txt', `${OTHER_CARD}\n`);
    commit();
    place.git('checkout', '--quiet', 'side');
    assert.match((await place.scan(['--diff', 'main...HEAD'])).out, /^a\.txt:2:1: CREDIT_CARD.*\n$/);
    assert.deepEqual(filesIn((await place.scan(['--diff', 'HEAD..main'])).out), ['b.txt']);
    place.write('a.txt', `${MAIL}\none\n${CARD}\n`);
    assert.match((await place.scan(['--diff', 'HEAD'])).out, /^a\.txt:1:1: EMAIL_ADDRESS.*\n$/);
  });

  it('works in a bare repository, as a hook on a server does', async () => {
    place.write('a.txt', 'one\n');
    commit();
    place.write('sub/a.txt', `${CARD}\n`);
    commit();
    const bare = join(place.folder, '../bare.git');
    place.git('clone', '--quiet', '--bare', '.', bare);
    assert.match((await place.scan(['--diff', 'HEAD~1..HEAD'], { cwd: bare })).out, /^sub\/a\.txt:1:1: CREDIT_CARD/);
  });

  it('refuses with the words of git, exit 2, and takes no option for a range', async () => {
    commit();
    const unknown = await place.scan(['--diff', 'nowhere..HEAD']);
    assert.equal(unknown.code, 2);
    assert.match(unknown.err, /fatal: .*nowhere/);
    const option = await place.scan([`--diff=--output=${join(place.folder, 'pwned')}`]);
    assert.equal(option.code, 2);
    assert.ok(!existsSync(join(place.folder, 'pwned')));
    const outside = await place.scan(['--staged'], { cwd: join(place.folder, '..') });
    assert.equal(outside.code, 2);
    assert.match(outside.err, /not a git repository/i);
    assert.equal((await place.scan(['--staged', '--diff', 'HEAD'])).code, 2);
    assert.equal((await place.scan(['--staged', '--jsonl'])).code, 2);
    const missing = await place.scan(['--staged'], { env: { PATH: '/nonexistent' } });
    assert.equal(missing.code, 2);
    assert.match(missing.err, /git is not installed/);
  });

  it('passes a symbolic link of the work tree by', async () => {
    writeFileSync(join(place.folder, '../outside.txt'), CARD);
    place.write('link', 'x\n');
    commit();
    renameSync(join(place.folder, 'link'), join(place.folder, '../moved'));
    symlinkSync('../outside.txt', join(place.folder, 'link'));
    const { code, out, err } = await place.scan(['--diff', 'HEAD']);
    assert.equal(code, 0, out);
    assert.match(err, /1 opaque: symlink/);
  });
});

describe('the reader of git diff', () => {
  it('gives the same however its input is cut', () => {
    const diff = Buffer.from(
      [
        'diff --git "a/t\\303\\274 b" "b/t\\303\\274 b"',
        `index ${'0'.repeat(40)}..${'a'.repeat(40)} 100644`,
        '--- "a/t\\303\\274 b"\t',
        '+++ "b/t\\303\\274 b"\t',
        '@@ -1,2 +1,3 @@ function',
        '-+++ b/no',
        '--- a/no',
        '+@@ -9 +9 @@',
        '++++ b/no',
        '+',
        '\\ No newline at end of file',
        '@@ -7,0 +9 @@',
        '+x',
        'diff --git a/gone b/gone',
        'deleted file mode 100644',
        '--- a/gone',
        '+++ /dev/null',
        '@@ -1 +0,0 @@',
        '-x',
        '',
      ].join('\n'),
    );
    const read = (pieces: readonly Buffer[]): readonly unknown[] => {
      const files: unknown[] = [];
      const reader = new DiffReader(({ name, blob, kind, lines }) => {
        files.push({ name, blob, kind, added: [1, 2, 3, 4, 8, 9, 10].filter((line) => lines.touches(line, line)) });
      });
      for (const piece of pieces) reader.write(piece);
      reader.end();
      return files;
    };
    const expected = [{ name: 'tü b', blob: 'a'.repeat(40), kind: 'file', added: [1, 2, 3, 9] }];
    assert.deepEqual(read([diff]), expected);
    everySplit(diff, (pieces) => assert.deepEqual(read(pieces), expected));
  });

  it('undoes every escape of a quoted name', () => {
    assert.equal(unquoted('"a\\tb\\nc\\"d\\\\e\\001\\303\\251é"'), 'a\tb\nc"d\\e\u0001éé');
    assert.equal(unquoted('plain "x"'), 'plain "x"');
  });
});

describe('.pre-commit-hooks.yaml', () => {
  it('names a hook whose entry is a command of weir that runs', async () => {
    const hooks: readonly { id: string; entry: string; pass_filenames: boolean }[] = parse(
      readFileSync(join(packageRoot, '.pre-commit-hooks.yaml'), 'utf8'),
    );
    assert.deepEqual(hooks.map((hook) => hook.id).sort(), ['weir-scan', 'weir-scan-system']);
    place.write('a.txt', CARD);
    place.git('add', '--all');
    for (const { entry, pass_filenames } of hooks) {
      assert.equal(pass_filenames, false);
      const [program, command, ...args] = entry.split(' ');
      assert.deepEqual([program, command], ['weir', 'scan']);
      assert.equal((await place.scan(args)).code, 1);
    }
  });
});
