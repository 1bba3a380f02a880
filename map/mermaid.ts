/**
 * The map as a Mermaid flowchart. Names come from outside: every character that is not plainly harmless is written as a
 * character reference, so that no name can end a label, add a node or become markup.
 */
import {
  carriesFindings,
  type Drawing,
  type DrawnEdge,
  type DrawnNode,
  edgeLines,
  isShadow,
  nodeLabel,
} from './edge-label.ts';

const MAX_LABEL = 80;

/** Mermaid's parser takes 500 arrows and 50,000 characters, and a document cannot ask for more. */
const MAX_ARROWS = 450;
const MAX_TEXT = 48_000;

/**
 * A document that Mermaid 10 and later read. Of a map that is larger than its parser takes, the flows with most findings
 * are drawn, and a comment says how many there are.
 */
export function toMermaid(graph: Drawing): string {
  let arrows = Math.min(graph.edges.length, MAX_ARROWS);
  for (;;) {
    const text = drawn(graph, arrows);
    if (text.length <= MAX_TEXT || arrows === 0) return text;
    arrows = Math.min(arrows - 1, Math.floor((arrows * MAX_TEXT) / text.length));
  }
}

function drawn(graph: Drawing, arrows: number): string {
  const isWhole = arrows === graph.edges.length;
  const edges = isWhole ? graph.edges : weightiest(graph.edges, arrows);
  const ends = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const lines = ['flowchart LR'];
  if (!isWhole) lines.push(`  %% ${arrows} of ${graph.edges.length} flows`);
  for (const node of graph.nodes) {
    if (!isWhole && !ends.has(node.id)) continue;
    lines.push(`  ${node.id}${shape(node)}`);
    if (isShadow(node)) lines.push(`  style ${node.id} stroke-dasharray:5 5`);
  }
  edges.forEach((edge, i) => {
    const label = edgeLines(edge).map(withReferences).join('<br/>');
    lines.push(`  ${edge.from} -->|"${label}"| ${edge.to}`);
    if (carriesFindings(edge)) lines.push(`  linkStyle ${i} stroke-width:3px`);
  });
  return `${lines.join('\n')}\n`;
}

/** In the order of the map. */
function weightiest(edges: readonly DrawnEdge[], count: number): readonly DrawnEdge[] {
  const found = ({ entities }: DrawnEdge) => Object.values(entities).reduce((sum, one) => sum + one, 0);
  const kinds = ({ entities }: DrawnEdge) => Object.keys(entities).length;
  const sorted = edges.toSorted((a, b) => kinds(b) - kinds(a) || found(b) - found(a) || b.calls - a.calls);
  const kept = new Set(sorted.slice(0, count));
  return edges.filter((edge) => kept.has(edge));
}

function shape(node: DrawnNode): string {
  const label = `"${withReferences(cut(nodeLabel(node)))}"`;
  switch (node.type) {
    case 'workload':
      return `[${label}]`;
    case 'datastore':
      return `[(${label})]`;
    case 'llm':
      return `{{${label}}}`;
    case 'internal':
      return `[[${label}]]`;
    case 'third_party':
      return `([${label}])`;
    case 'unknown':
      return `>${label}]`;
  }
}

/** `#NNN;` is Mermaid's own form of a character reference; `#` itself is written so as well. */
function withReferences(text: string): string {
  let escaped = '';
  for (const character of text) {
    escaped += /[A-Za-z0-9 ._:/@,()-]/.test(character) ? character : `#${reference(character)};`;
  }
  return escaped;
}

/** Control and formatting characters would not be shown, or be acted upon: a middle dot stands for them. */
function reference(character: string): number {
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(character) ? 183 : (character.codePointAt(0) ?? 183);
}

function cut(text: string): string {
  return text.length <= MAX_LABEL ? text : `${text.slice(0, MAX_LABEL - 3)}...`;
}
