/** Which policy files are loaded, and what is said of those that are not. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DEFAULT_POLICIES, loadPolicies, readPolicies } from '../../config/policies.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-policies-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function policy(name: string): string {
  return `apiVersion: weir/v1
kind: Policy
name: ${name}
rules: [{name: r, detect: {entities: [CREDIT_CARD]}, action: block}]
`;
}

/** A folder with the files given. */
function make(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

test('of a folder every *.yaml is read by name, and no draft, hidden or other file', () => {
  const path = make('many', {
    'b.yaml': policy('b'),
    'a.yaml': policy('a'),
    'c.draft.yaml': 'broken: [',
    '.d.yaml': 'broken: [',
    'README.md': 'broken: [',
  });
  const read = readPolicies([path]);
  assert.deepEqual(read.problems, []);
  assert.deepEqual(read.files, [join(path, 'a.yaml'), join(path, 'b.yaml')]);
  assert.equal(loadPolicies({ policies: [path] }).length, 2);
});

test('relative paths are taken from the folder given and shown as given', () => {
  make('relative', { 'a.yaml': policy('a') });
  assert.deepEqual(readPolicies(['relative', 'relative/a.yaml'], folder).files, ['relative/a.yaml']);
});

test('an empty list loads nothing', () => {
  assert.deepEqual(loadPolicies({ policies: [] }), []);
});

test('without a list the shipped default alone is loaded, and it is sound', () => {
  assert.equal(DEFAULT_POLICIES.length, 1);
  assert.ok(loadPolicies({ policies: null }).length > 0);
});

test('what is missing, a draft, an empty folder and a fault inside are problems with a place', () => {
  const path = make('wrong', { 'a.yaml': policy('a').replace('block', 'blok'), 'x.draft.yaml': policy('x') });
  const empty = make('empty', {});
  const draft = join(path, 'x.draft.yaml');
  const gone = join(path, 'gone.yaml');
  assert.throws(() => loadPolicies({ policies: [path, empty, draft, gone] }), {
    code: 'policy_invalid',
    message: [
      `${empty}:1:1: no policy in this folder (*.yaml, drafts aside)`,
      `${draft}:1:1: a draft is not loaded; rename it without ".draft"`,
      `${gone}:1:1: no such file or folder`,
      `${join(path, 'a.yaml')}:4:62: expected one of allow, alert, tokenize, redact, block; did you mean "block"?`,
    ].join('\n'),
  });
});

test('what only all files together show is told once each file is right', () => {
  const path = make('twice', { 'a.yaml': policy('same'), 'b.yaml': policy('same') });
  const { problems } = readPolicies([path]);
  assert.equal(problems.length, 1);
  assert.equal(problems[0]?.file, join(path, 'b.yaml'));
  assert.equal(problems[0]?.line, 3);
});
