/** The map in Graphviz's DOT language. Names are quoted strings; HTML-like labels, which could hold markup, are not used. */
import { carriesFindings, type Drawing, type DrawnNode, edgeLines, isShadow, nodeLabel } from './edge-label.ts';

/** A digraph that `dot -Tsvg` reads. */
export function toDot(graph: Drawing): string {
  const lines = [
    'digraph flows {',
    '  rankdir=LR;',
    '  node [fontname="sans-serif"];',
    '  edge [fontname="sans-serif"];',
  ];
  for (const node of graph.nodes) {
    const style = isShadow(node) ? ', style=dashed' : '';
    lines.push(`  ${node.id} [label=${quoted([nodeLabel(node)])}, shape=${SHAPES[node.type]}${style}];`);
  }
  for (const edge of graph.edges) {
    const width = carriesFindings(edge) ? ', penwidth=3' : '';
    lines.push(`  ${edge.from} -> ${edge.to} [label=${quoted(edgeLines(edge))}${width}];`);
  }
  return `${lines.join('\n')}\n}\n`;
}

const SHAPES: Readonly<Record<DrawnNode['type'], string>> = {
  workload: 'box',
  datastore: 'cylinder',
  llm: 'hexagon',
  internal: 'component',
  third_party: 'ellipse',
  unknown: 'note',
};

/**
 * A quoted string of lines. A backslash is doubled, since `\N`, `\G` and others stand for names in a label; control and
 * formatting characters become a middle dot.
 */
function quoted(lines: readonly string[]): string {
  const escapeLine = (line: string) =>
    line
      .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '·')
      .replace(/[\\"]/g, (character) => `\\${character}`)
      // Graphviz undoes HTML entities in plain labels too.
      .replaceAll('&', '&amp;');
  return `"${lines.map(escapeLine).join('\\n')}"`;
}
