/** What no page may do, looked for in every source of the pages, and in what is built from them. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { before, describe, test } from 'node:test';
import { packageRoot } from '../../config/package-root.ts';
import { buildConsole } from '../../scripts/build-console.ts';

const web = join(packageRoot, 'console/web');

interface Source {
  readonly path: string;
  readonly text: string;
}

const SOURCES: readonly Source[] = globSync('**/*.{ts,tsx}', {
  cwd: web,
  exclude: (name) => name.startsWith('dist'),
}).map((path) => ({ path, text: readFileSync(join(web, path), 'utf8') }));

type Rule = (source: Source) => readonly string[];

/** Text of a prompt is text: nothing may read it as markup, code or an address. */
const READS_MARKUP =
  /\b(?:(?:inner|outer)HTML|dangerouslySetInnerHTML|insertAdjacentHTML|createContextualFragment|setHTML\w*|srcdoc|DOMParser|document\.write\w*|eval|javascript:)|new Function\b/g;
const showsTextOnly: Rule = ({ text }) => [...text.matchAll(READS_MARKUP)].map(([what]) => `uses ${what}`);

/** Of the server's side only types come in, and the words of flow/: all else would carry its code to the browser. */
const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?[^'";]*?from\s+'(\.[^']+)'/g;
const bringsTypesOnly: Rule = ({ path, text }) =>
  [...text.matchAll(IMPORT)].flatMap(([, type, specifier = '']) => {
    const target = normalize(join('console/web', path, '..', specifier));
    const isOurs = target.startsWith('console/web/') || target.startsWith('flow/');
    return type !== undefined || isOurs ? [] : [`imports ${specifier}, and not only its types`];
  });

const asksNobodyElse: Rule = ({ text }) =>
  [...text.matchAll(/https?:\/\/(?!127\.0\.0\.1|localhost)[\w.-]+/g)].map(([url]) => `names ${url}`);

const RULES = [
  {
    what: 'text is shown as text',
    rule: showsTextOnly,
    bad: ['a.innerHTML = b', '<p dangerouslySetInnerHTML={x} />', 'new Function(a)', 'href="javascript:1"'],
    good: ['const inner = 1;'],
  },
  {
    what: 'of the server only types come in',
    rule: bringsTypesOnly,
    bad: ["import { a } from '../api/shapes.ts';"],
    good: ["import type { A } from '../api/shapes.ts';", "import { B } from '../../flow/event.ts';"],
  },
  {
    what: 'no other host is asked',
    rule: asksNobodyElse,
    bad: ["fetch('https://cdn.example/x.js')"],
    good: ["'http://127.0.0.1:8787'"],
  },
];

for (const { what, rule, bad, good } of RULES) {
  describe(what, () => {
    test('a break of it is seen', () => {
      for (const text of bad) assert.notDeepEqual(rule({ path: 'a.ts', text }), [], text);
    });
    test('what keeps it is let through', () => {
      for (const text of good) assert.deepEqual(rule({ path: 'a.ts', text }), [], text);
    });
    test('it holds in every source', () => {
      assert.ok(SOURCES.length > 10);
      assert.deepEqual(
        SOURCES.flatMap((source) => rule(source).map((found) => `${source.path} ${found}`)),
        [],
      );
    });
  });
}

describe('what is built', () => {
  before(async () => {
    await buildConsole();
  });

  test('it is built once for the same sources', async () => {
    assert.equal(await buildConsole(), false);
  });

  test('its document has no script, style or handler of its own, and asks no other host', () => {
    const html = readFileSync(join(web, 'dist/index.html'), 'utf8');
    assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/i);
    assert.doesNotMatch(html, /(?:src|href)="(?:https?:)?\/\//);
    assert.match(html, /<script type="module"[^>]* src="\/assets\/[\w-]+\.js"/);
  });

  test('its sheets load nothing from elsewhere', () => {
    const sheets = globSync('assets/*.css', { cwd: join(web, 'dist') });
    assert.notDeepEqual(sheets, []);
    for (const sheet of sheets) assert.doesNotMatch(readFileSync(join(web, 'dist', sheet), 'utf8'), /url\(|@import/);
  });
});
