import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { SaxesParser } from 'saxes';
import type { Edge } from '../../flow/edge.ts';
import { toDot } from '../../map/dot.ts';
import { buildGraph } from '../../map/graph.ts';
import { toGraphml } from '../../map/graphml.ts';
import { toMermaid } from '../../map/mermaid.ts';
import { afterwards } from '../store/samples.ts';
import { missingBrowser, openWindow, startBrowser } from '../support/browser.ts';
import { edge, knowledge, NOW } from './made-edges.ts';

/** Names that end labels, add nodes, are markup, directives or escape sequences. */
const HOSTILE = [
  '"] --> evil["x',
  'a"; evil [label="x"]; "',
  '</data><node id="evil"/>',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '"`**bold**`"',
  'x\nclick s1 "javascript:alert(1)"',
  '%%{init: {"theme":"x"}}%%',
  '\\N \\G \\" end',
  '&quot;&#34;#34;#quot;',
  '\x1b[2J\x07\x00\x9b',
  '\u202Egnp.exe\u2066',
  '\uD800lone',
  ']]> -- end',
  'end',
  'subgraph',
  'style s1 fill:red',
  'ünï 日本 🙂',
];

/** Each kind of node, each kind of flow, and each hostile name in every place of one. */
function graphs() {
  const view = { knowledge: knowledge(), now: NOW };
  const every: readonly Edge[] = [
    edge('billing', 'cards-db:5432', {
      direction: 'in',
      channel: 'sensor',
      protocol: 'postgres',
      entities: { CREDIT_CARD: 3 },
    }),
    edge('chat', '10.0.0.9:5432', { channel: 'sensor', protocol: 'postgres', entities: { PERSON: 1 } }),
    edge('chat', 'api.openai.com', { entities: { EMAIL_ADDRESS: 2 }, models: ['gpt-4o'] }),
    edge('chat', 'hooks.slack.com'),
    edge('chat', 'billing.internal:8080'),
    edge({ host: 'build-7', process: 'curl' }, 'files.example:80', {
      protocol: 'tunnel',
      coverage: { level: 'opaque', reason: 'tunnelled' },
    }),
  ];
  const named = (name: string) => [
    edge(name, 'x', {
      destination: { host: name, port: 1, vendor: name, category: 'saas', country: null },
      entities: { [name]: 1 },
      coverage: { level: 'truncated', reason: name },
    }),
    edge({ process: name, host: name }, 'y', {
      destination: { host: name, port: 2, vendor: null, category: 'datastore', country: null },
      protocol: name,
    }),
  ];
  return [[], every, ...HOSTILE.map(named), HOSTILE.flatMap(named)].map((edges) => buildGraph(edges, view));
}

test('Graphviz draws the map, with a node for each node and no other', {
  skip: spawnSync('dot', ['-V']).error === undefined ? false : 'Graphviz (dot) is not installed',
}, () => {
  for (const graph of graphs()) {
    const { status, stdout, stderr } = spawnSync('dot', ['-Tjson'], { input: toDot(graph), encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const drawn: { objects?: { name: string }[]; edges?: unknown[] } = JSON.parse(stdout);
    assert.deepEqual(
      (drawn.objects ?? []).map(({ name }) => name).toSorted(),
      graph.nodes.map(({ id }) => id).toSorted(),
    );
    assert.equal((drawn.edges ?? []).length, graph.edges.length);
  }
});

test('GraphML is well-formed, with an element for each node and flow', () => {
  for (const graph of graphs()) {
    const counts: Record<string, number> = { node: 0, edge: 0 };
    const parser = new SaxesParser();
    parser.on('opentag', ({ name }) => {
      if (name in counts) counts[name] = (counts[name] ?? 0) + 1;
    });
    parser.on('error', (error) => assert.fail(error.message));
    parser.write(toGraphml(graph)).close();
    assert.deepEqual(counts, { node: graph.nodes.length, edge: graph.edges.length });
  }
});

/** Mermaid's parser cleans labels with the DOM: it runs where one is. */
test("Mermaid's own parser takes the map, and draws nothing but text", { skip: missingBrowser }, async (t) => {
  const browser = await startBrowser();
  afterwards(t, () => browser.close());
  const context = await openWindow(browser);
  const page = await context.newPage();
  const alarms: string[] = [];
  page.on('dialog', (dialog) => {
    alarms.push(dialog.message());
    void dialog.dismiss();
  });
  await page.setContent('<!doctype html><title>map</title>');
  const require = createRequire(import.meta.url);
  const library = join(dirname(require.resolve('mermaid')), 'mermaid.min.js');
  await page.addScriptTag({ content: readFileSync(library, 'utf8') });
  const many = Array.from({ length: 3000 }, (_, i) =>
    edge(`app-${i % 70}`, `a-rather-long-name-of-a-host-${i}.example`, { entities: i % 5 === 0 ? { PERSON: i } : {} }),
  );
  const large = buildGraph(many);
  const texts = [...graphs(), large].map(toMermaid);
  const told = await page.evaluate(async (all) => {
    interface Mermaid {
      initialize(options: object): void;
      parse(text: string): Promise<{ readonly diagramType: string }>;
      render(id: string, text: string): Promise<{ readonly svg: string }>;
    }
    const { mermaid } = globalThis as unknown as { readonly mermaid: Mermaid };
    mermaid.initialize({ startOnLoad: false });
    const results: { type: string; nodes: number; markup: string }[] = [];
    for (const [i, text] of all.entries()) {
      const { diagramType: type } = await mermaid.parse(text);
      if (text.includes(' of 3000 flows')) {
        results.push({ type, nodes: 0, markup: '' });
        continue;
      }
      const { svg } = await mermaid.render(`drawn${i}`, text);
      const holder = (
        globalThis as unknown as { document: { createElement(name: string): HolderElement } }
      ).document.createElement('div');
      holder.innerHTML = svg;
      results.push({
        type,
        nodes: holder.querySelectorAll('g.node').length,
        markup: [...holder.querySelectorAll('script, img, a, iframe, object, strong, em')]
          .map((one) => one.tagName)
          .join(),
      });
    }
    interface HolderElement {
      innerHTML: string;
      querySelectorAll(selector: string): Iterable<{ readonly tagName: string }> & { readonly length: number };
    }
    return results;
  }, texts);
  for (const [i, graph] of graphs().entries()) {
    assert.match(told[i]?.type ?? '', /^flowchart/);
    assert.equal(told[i]?.nodes, graph.nodes.length, texts[i]);
    assert.equal(told[i]?.markup, '', texts[i]);
  }
  const cut = texts.at(-1) ?? '';
  const [, count = '0'] = /^ {2}%% (\d+) of 3000 flows$/m.exec(cut) ?? [];
  assert.ok(Number(count) > 100 && cut.includes('PERSON 2995'), 'the weightiest are drawn, and it is said');
  assert.match(told.at(-1)?.type ?? '', /^flowchart/);
  assert.deepEqual(alarms, []);
});
