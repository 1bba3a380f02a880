/**
 * The map as a Mermaid flowchart. Names come from outside: every character that is not plainly harmless is written as a
 * character reference, so that no name can end a label, add a node or become markup.
 */
import { carriesFindings, type Drawing, type DrawnNode, edgeLines, isShadow, nodeLabel } from './edge-label.ts';

const MAX_LABEL = 80;

/** A document that Mermaid 10 and later read. */
export function toMermaid(graph: Drawing): string {
  const lines = ['flowchart LR'];
  for (const node of graph.nodes) {
    lines.push(`  ${node.id}${shape(node)}`);
    if (isShadow(node)) lines.push(`  style ${node.id} stroke-dasharray:5 5`);
  }
  graph.edges.forEach((edge, i) => {
    const label = edgeLines(edge).map(withReferences).join('<br/>');
    lines.push(`  ${edge.from} -->|"${label}"| ${edge.to}`);
    if (carriesFindings(edge)) lines.push(`  linkStyle ${i} stroke-width:3px`);
  });
  return `${lines.join('\n')}\n`;
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
