/** What is written in a drawing, on a flow: the kinds of data and how often, and how many calls; and on a node. */
import { type Coverage, coverageText } from '../flow/coverage.ts';
import type { NodeType } from './ends.ts';

/** What a drawing needs of a node. */
export interface DrawnNode {
  readonly id: string;
  readonly type: NodeType;
  readonly label: string;
  readonly isShadow?: boolean;
}

/** What it needs of a flow; `from` and `to` are ids of nodes. */
export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  readonly entities: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly coverage: Coverage;
}

export interface Drawing {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
}

const MAX_ENTITIES = 6;

/** Lines of text, most frequent kind first: `CREDIT_CARD 2`, `PERSON 1`, `3 calls`, `opaque: tunnelled`. */
export function edgeLines(edge: DrawnEdge): readonly string[] {
  const counts = Object.entries(edge.entities).toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const shown = counts.slice(0, MAX_ENTITIES).map(([entity, count]) => `${entity} ${count}`);
  const more = counts.length > MAX_ENTITIES ? [`and ${counts.length - MAX_ENTITIES} more`] : [];
  const calls = edge.calls === 1 ? '1 call' : `${edge.calls} calls`;
  const coverage = edge.coverage.level === 'full' ? [] : [coverageText(edge.coverage)];
  return [...shown, ...more, calls, ...coverage];
}

/** Whether any kind of sensitive data was seen on it: drawn stronger. */
export function carriesFindings(edge: DrawnEdge): boolean {
  return Object.keys(edge.entities).length > 0;
}

/** A data store that nobody has listed: drawn dashed, and said in words. */
export function isShadow(node: DrawnNode): boolean {
  return node.isShadow === true;
}

/** `crm`, `10.0.0.9:5432 (shadow)`. */
export function nodeLabel(node: DrawnNode): string {
  return isShadow(node) ? `${node.label} (shadow)` : node.label;
}
