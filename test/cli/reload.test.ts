/** What a new reading of the configuration changes, told apart from what only a restart takes up. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { adminEvent, changedKeys, keepingFixed, needingRestart, policyChanges } from '../../cli/reload.ts';
import { watchFiles } from '../../cli/watched-files.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import { parsePolicies } from '../../engine/decide/policy-file.ts';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-reload-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function configs(t: TestContext, ...texts: string[]): Config[] {
  const folder = temporary(t);
  return texts.map((text) => {
    writeFileSync(join(folder, 'weir.yaml'), text);
    return loadConfig({ file: 'weir.yaml', env: { HOME: folder, OIDC_SECRET: 'x' }, cwd: folder });
  });
}

test('keys that differ are named as they are written, sections apart and lists whole', (t) => {
  const [before, after] = configs(
    t,
    'proxy: {bypass: [a.example]}',
    'home: /elsewhere\nproxy: {bypass: [b.example], resolve: {"a.example:443": "127.0.0.1:1"}, limits: {heldBytes: 1GiB}}\n' +
      'excerpts: {chars: 10}\napps: [{name: billing}]',
  );
  assert.ok(before !== undefined && after !== undefined);
  assert.deepEqual(changedKeys(before, after).toSorted(), [
    'apps',
    'excerpts.chars',
    'home',
    'proxy.bypass',
    'proxy.limits.heldBytes',
    'proxy.resolve',
  ]);
  assert.deepEqual(changedKeys(after, after), []);
  assert.deepEqual(changedKeys(before, { ...before, file: null }), []);
});

test('what cannot change while it runs stays, the rest is taken', (t) => {
  const [before, after] = configs(
    t,
    '',
    'home: /elsewhere\nconsole: {listen: "127.0.0.1:1"}\nproxy: {listen: "127.0.0.1:2", workers: 7, onError: open, limits: {headerBytes: 128KiB, idleMs: 1s}}',
  );
  assert.ok(before !== undefined && after !== undefined);
  const waits = ['console.listen', 'home', 'proxy.limits.headerBytes', 'proxy.listen', 'proxy.workers'];
  assert.deepEqual(needingRestart(changedKeys(before, after)).toSorted(), waits);
  assert.deepEqual(changedKeys(before, keepingFixed(before, after)).toSorted(), [
    'proxy.limits.idleMs',
    'proxy.onError',
  ]);
});

test('where people sign in is taken while it runs, the origin of the console is not', (t) => {
  const oidc = '{issuer: "https://login.corp.example", client: weir, secretEnv: OIDC_SECRET, roles: {admin: [leads]}}';
  const [before, after] = configs(t, '', `console: {url: "https://weir.corp.example", oidc: ${oidc}}`);
  assert.ok(before !== undefined && after !== undefined);
  assert.deepEqual(changedKeys(before, after).toSorted(), ['console.oidc', 'console.url']);
  assert.deepEqual(needingRestart(changedKeys(before, after)), ['console.url']);
  const kept = keepingFixed(before, after).console;
  assert.deepEqual([kept.url, kept.oidc?.client], [null, 'weir']);
});

const policy = (name: string, action: string, more = ''): string => `
apiVersion: weir/v1
kind: Policy
name: ${name}
rules: [{name: mail, detect: {entities: [EMAIL_ADDRESS]}, action: ${action}}]
${more}`;
const EXCEPTION = `
apiVersion: weir/v1
kind: Exception
policy: stays
values: [support@example.com]
expires: 2099-01-01
reason: ours
`;

function documents(...texts: string[]) {
  const { documents: read, problems } = parsePolicies('test.yaml', texts.join('\n---'));
  assert.deepEqual(problems, []);
  return read;
}

test('policies are compared by what decides, and each that changed is named with its versions', () => {
  const before = documents(policy('changes', 'block'), policy('goes', 'block'), policy('stays', 'block'));
  const after = documents(
    policy('stays', 'block', 'description: other words'),
    EXCEPTION,
    policy('changes', 'alert'),
    policy('new', 'block'),
  );
  const changes = policyChanges(before, after);
  assert.deepEqual(
    changes.map(({ text }) => text.replace(/[0-9a-f]{12}/, 'VERSION')),
    [
      'policy changes changed (was VERSION)',
      'policy goes removed (was VERSION)',
      'policy new added',
      'exceptions of policy stays changed',
    ],
  );
  assert.deepEqual(
    changes.map(({ version }) => version !== null),
    [true, false, true, true],
  );
  assert.deepEqual(policyChanges(after, after.toReversed()), []);
  const [first] = changes;
  assert.ok(first !== undefined);
  const event = adminEvent(first, 'ID', new Date(0), 'host');
  assert.deepEqual(
    [event.kind, event.policy, event.policyVersion, event.reason, event.enforced],
    ['admin', 'changes', first.version, first.text, false],
  );
});

/** Files that are watched, and how to wait for the next sign of a change. */
function watching(t: TestContext, paths: readonly string[]) {
  let signs = 0;
  let wake = () => {};
  const problems: string[] = [];
  const files = watchFiles(
    () => {
      signs++;
      wake();
    },
    (message) => void problems.push(message),
  );
  files.follow(paths);
  // The watch itself keeps no process alive, and a test has nothing else to wait for.
  const alive = setInterval(() => {}, 1000);
  t.after(() => {
    files.close();
    clearInterval(alive);
  });
  let seen = 0;
  return {
    problems,
    changed: async (): Promise<void> => {
      if (signs === seen) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      seen = signs;
    },
    get signs() {
      return signs;
    },
  };
}

test('a file that is written, or replaced as editors do it, is told; others beside it are not', async (t) => {
  const folder = temporary(t);
  const file = join(folder, 'weir.yaml');
  writeFileSync(file, 'a');
  const watch = watching(t, [file]);
  writeFileSync(join(folder, 'other.txt'), 'x');
  writeFileSync(file, 'b');
  await watch.changed();
  writeFileSync(join(folder, '.weir.yaml.swp'), 'c');
  renameSync(join(folder, '.weir.yaml.swp'), file);
  await watch.changed();
  // The new file in the place of the old one is watched as well.
  writeFileSync(file, 'd');
  await watch.changed();
  assert.deepEqual(watch.problems, []);
});

test('in a folder of policies a new one is told, and one that goes', async (t) => {
  const folder = temporary(t);
  const watch = watching(t, [folder]);
  writeFileSync(join(folder, 'new.yaml'), 'a');
  await watch.changed();
  rmSync(join(folder, 'new.yaml'));
  await watch.changed();
});

test('a folder that is swapped as a whole is told, by link or by name', async (t) => {
  const folder = temporary(t);
  for (const name of ['one', 'two']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'weir.yaml'), name);
  }
  symlinkSync('one', join(folder, '..data'));
  symlinkSync('..data/weir.yaml', join(folder, 'weir.yaml'));
  const watch = watching(t, [join(folder, 'weir.yaml'), join(folder, 'two')]);
  symlinkSync('two', join(folder, '..new'));
  renameSync(join(folder, '..new'), join(folder, '..data'));
  await watch.changed();
  rmSync(join(folder, 'two'), { recursive: true });
  mkdirSync(join(folder, 'two'));
  writeFileSync(join(folder, 'two', 'b.yaml'), 'b');
  await watch.changed();
});
