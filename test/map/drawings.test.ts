import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge } from '../../flow/edge.ts';
import { toDot } from '../../map/dot.ts';
import { sourceLabel } from '../../map/ends.ts';
import { buildGraph } from '../../map/graph.ts';
import { toGraphml } from '../../map/graphml.ts';
import { toMermaid } from '../../map/mermaid.ts';
import { OPENAI, SOURCE } from '../store/samples.ts';

function edge(change: Partial<Edge> = {}): Edge {
  return {
    id: 'one',
    source: { ...SOURCE, pid: null },
    destination: OPENAI,
    via: 'proxy',
    protocol: 'https',
    direction: 'out',
    channel: 'proxy',
    entities: { CREDIT_CARD: 2 },
    calls: 3,
    bytesOut: 1200,
    bytesIn: 800,
    firstSeen: '2026-03-01T12:00:00.000Z',
    lastSeen: '2026-03-02T12:00:00.000Z',
    actions: { block: 1, allow: 2 },
    coverage: { level: 'full', reason: null },
    risk: null,
    ...change,
  };
}

const PLAIN = { ...OPENAI, host: 'files.example', port: 80, vendor: null, category: 'unknown' };

test('a map has one node a source and destination and one arrow a flow, the way the data went', () => {
  const graph = buildGraph([
    edge(),
    edge({ id: 'two', direction: 'in', entities: {} }),
    edge({ id: 'three', destination: PLAIN }),
  ]);
  assert.deepEqual(
    graph.nodes.map((node) => `${node.id} ${node.label}`),
    ['s1 billing', 'd1 OpenAI api.openai.com', 'd2 files.example:80'],
  );
  assert.deepEqual(
    graph.edges.map((one) => `${one.from} ${one.to} ${one.edges}`),
    ['d1 s1 two', 's1 d1 one', 's1 d2 three'],
  );
});

test('a call that two channels saw is one call on the map', () => {
  const seen = edge({
    id: 'two',
    channel: 'sensor',
    entities: { CREDIT_CARD: 1, PERSON: 4 },
    calls: 5,
    firstSeen: '2026-02-01T00:00:00.000Z',
    coverage: { level: 'opaque', reason: 'attached late' },
  });
  const [flow, ...others] = buildGraph([edge(), seen]).edges;
  assert.equal(others.length, 0);
  assert.deepEqual({ ...flow?.entities }, { CREDIT_CARD: 2, PERSON: 4 });
  assert.deepEqual([flow?.calls, flow?.channels, flow?.edges], [5, ['proxy', 'sensor'], ['one', 'two']]);
  assert.deepEqual([flow?.firstSeen, flow?.coverage.level], ['2026-02-01T00:00:00.000Z', 'full']);
});

test('the same edges give the same map in any order', () => {
  const edges = Array.from({ length: 12 }, (_, i) =>
    edge({ id: `e${i}`, source: { ...SOURCE, app: `app-${i}` }, destination: { ...PLAIN, host: `h${i % 3}.example` } }),
  );
  assert.deepEqual(buildGraph(edges.toReversed()), buildGraph(edges));
});

test('a source is named by the best name there is, and an unverified label as a claim', () => {
  const nameless = { ...SOURCE, app: null };
  assert.equal(sourceLabel({ ...SOURCE, verified: false }), 'billing (unverified)');
  assert.equal(sourceLabel(nameless), 'node on build-7');
  assert.equal(sourceLabel({ ...nameless, process: null, user: null }), 'build-7');
  assert.equal(sourceLabel({ ...nameless, process: null, user: null, host: null }), 'unknown source');
});

test('mermaid: hexagons for GenAI, labels with kinds and counts, strong lines where data was found', () => {
  const text = toMermaid(
    buildGraph([
      edge(),
      edge({ destination: PLAIN, entities: {}, coverage: { level: 'opaque', reason: 'tunnelled' } }),
    ]),
  );
  assert.equal(
    text,
    [
      'flowchart LR',
      '  s1["billing"]',
      '  d1{{"OpenAI api.openai.com"}}',
      '  d2>"files.example:80"]',
      '  s1 -->|"CREDIT_CARD 2<br/>3 calls"| d1',
      '  linkStyle 0 stroke-width:3px',
      '  s1 -->|"3 calls<br/>opaque: tunnelled"| d2',
      '',
    ].join('\n'),
  );
});

test('an empty map is a valid document in every format', () => {
  const graph = buildGraph([]);
  assert.equal(toMermaid(graph), 'flowchart LR\n');
  assert.match(toDot(graph), /^digraph flows \{\n[^{}]*\}\n$/);
  assert.match(toGraphml(graph), /<graph id="flows" edgedefault="directed">\n {2}<\/graph>\n<\/graphml>\n$/);
});

/** Names that end labels, add nodes, are markup, escape sequences or directions of writing. */
const HOSTILE = [
  '"] --> evil["x',
  'a"; evil [label="x"]; "',
  '</data><node id="evil"/>',
  '<script>alert(1)</script>',
  '"`**bold**`"',
  'x\nclick s1 "javascript:alert(1)"',
  '%%{init: {"theme":"x"}}%%',
  '\\N \\G \\" end',
  '&quot;&#34;#34;#quot;',
  '\x1b[2J\x07\x00\x9b',
  '\u202Egnp.exe\u2066',
  '\uD800lone',
  ']]> -- end',
];

for (const [i, name] of HOSTILE.entries()) {
  test(`a hostile name stays inside its label (${i + 1})`, () => {
    const graph = buildGraph([
      edge({
        source: { ...SOURCE, app: name },
        destination: { ...OPENAI, host: name, vendor: name },
        entities: { [name]: 1 },
        coverage: { level: 'opaque', reason: name },
      }),
    ]);
    const mermaid = toMermaid(graph).trimEnd().split('\n');
    assert.equal(mermaid.length, 5, 'no line was added');
    const safe = '[\\w .:/@,()#;-]*';
    assert.match(mermaid[1] ?? '', new RegExp(`^  s1\\["${safe}"\\]$`));
    assert.match(mermaid[2] ?? '', new RegExp(`^  d1\\{\\{"${safe}"\\}\\}$`));
    assert.match(mermaid[3] ?? '', new RegExp(`^  s1 -->\\|"${safe}(<br/>${safe})*"\\| d1$`));
    const dot = toDot(graph).trimEnd().split('\n');
    assert.equal(dot.length, 8);
    const quoted = '"([^"\\\\]|\\\\.)*"';
    assert.match(dot[4] ?? '', new RegExp(`^  s1 \\[label=${quoted}, shape=box\\];$`));
    assert.match(dot[6] ?? '', new RegExp(`^  s1 -> d1 \\[label=${quoted}, penwidth=3\\];$`));
    const xml = toGraphml(graph);
    assert.deepEqual(xml.match(/<node /g)?.length, 2);
    assert.ok(!/&(?!amp;|lt;|gt;|quot;)/.test(xml), 'every ampersand begins a reference');
    for (const text of [...mermaid, ...dot, xml.replaceAll('\n', '')]) {
      assert.ok(!/[\p{Cc}\p{Cf}\p{Cs}]/u.test(text), 'no control character is left');
    }
  });
}

test('what was escaped can be read back as it was', () => {
  const name = 'R&D "north" <team> #7 \\ ünï';
  const graph = buildGraph([edge({ source: { ...SOURCE, app: name } })]);
  const [, mermaid] = /s1\["(.*)"\]/.exec(toMermaid(graph)) ?? [];
  assert.equal(
    mermaid?.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))),
    name,
  );
  const [, dot] = /s1 \[label="(.*)", shape/.exec(toDot(graph)) ?? [];
  assert.equal(dot?.replace(/\\(.)/g, '$1').replaceAll('&amp;', '&'), name);
  const [, xml] = /<data key="node-label">(R.*)<\/data>/.exec(toGraphml(graph)) ?? [];
  const unescaped = xml
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');
  assert.equal(unescaped, name);
});
