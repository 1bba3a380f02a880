/**
 * The data flow diagram of a report as SVG: sources on the left, destinations on the right, a line a flow, as wide as
 * its risk of size. Plain shapes and escaped text; the flows with most classes where there are too many to read.
 */

import type { MapEnd } from '../ends.ts';
import type { MergedFlow } from '../merged-flows.ts';
import { escapeHtml } from './html.ts';
import { countedClasses } from './report.ts';

const MAX_LINES = 60;
const ROW = 34;
const WIDTH = 960;
const BOX = 250;
const MAX_LABEL = 36;

export function svgDiagram(flows: readonly MergedFlow[]): string {
  if (flows.length === 0) return '<p>No flow to draw.</p>';
  const shown = flows.toSorted((a, b) => weight(b) - weight(a)).slice(0, MAX_LINES);
  const left = placed(shown.map(({ workload }) => workload));
  const right = placed(shown.map(({ place }) => place));
  const height = ROW * (Math.max(left.size, right.size) + 1);
  const lines = shown.map((flow) =>
    lineOf(flow, left.get(flow.workload.key)?.y ?? 0, right.get(flow.place.key)?.y ?? 0),
  );
  const boxes = [...left.values()].map(({ end, y }) => boxOf(end, 10, y));
  const others = [...right.values()].map(({ end, y }) => boxOf(end, WIDTH - BOX - 10, y));
  const more = flows.length > shown.length ? `<p>${shown.length} of ${flows.length} flows are drawn.</p>` : '';
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Flows from sources on the left to destinations on the right">
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="10" markerHeight="10" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>
${[...lines, ...boxes, ...others].join('\n')}
</svg>${more}`;
}

function weight({ entities }: MergedFlow): number {
  return Object.keys(entities).length * 1e9 + Object.values(entities).reduce((sum, count) => sum + count, 0);
}

function placed(ends: readonly MapEnd[]): ReadonlyMap<string, { readonly end: MapEnd; readonly y: number }> {
  const named = new Map(ends.map((end) => [end.key, end]));
  const sorted = [...named.values()].toSorted((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0));
  return new Map(sorted.map((end, i) => [end.key, { end, y: ROW * (i + 1) }]));
}

const FILL: Readonly<Record<MapEnd['type'], string>> = {
  workload: '#e8f0fb',
  datastore: '#e9f5ea',
  llm: '#fdeed8',
  third_party: '#f6e7f3',
  internal: '#e8f0fb',
  unknown: '#f3f3f3',
};

function boxOf(end: MapEnd, x: number, y: number): string {
  const isShadow = end.type === 'datastore' && end.isShadow;
  const label = isShadow ? `${end.label} (shadow)` : end.label;
  const dash = isShadow ? ' stroke-dasharray="4 3"' : '';
  return `<g><rect x="${x}" y="${y - 13}" width="${BOX}" height="26" rx="4" fill="${FILL[end.type]}" stroke="#777"${dash}/><text x="${x + 8}" y="${y + 4}" font-size="12" font-family="sans-serif">${escapeHtml(cut(label))}</text><title>${escapeHtml(label)}</title></g>`;
}

function lineOf(flow: MergedFlow, from: number, to: number): string {
  const [x1, x2] = [10 + BOX, WIDTH - BOX - 10];
  const middle = (x1 + x2) / 2;
  const count = Object.values(flow.entities).reduce((sum, one) => sum + one, 0);
  const width = count === 0 ? 1 : 1.5 + Math.min(3, Math.log10(1 + count));
  const tips = flow.direction === 'out' ? 'marker-end="url(#tip)"' : 'marker-start="url(#tip)"';
  const title = countedClasses(flow, () => true) || 'nothing sensitive seen';
  return `<path d="M${x1} ${from}C${middle} ${from} ${middle} ${to} ${x2} ${to}" fill="none" stroke="${count === 0 ? '#bbb' : '#a33'}" stroke-width="${width.toFixed(1)}" ${tips}><title>${escapeHtml(title)}</title></path>`;
}

function cut(text: string): string {
  const letters = [...text];
  return letters.length <= MAX_LABEL ? text : `${letters.slice(0, MAX_LABEL - 1).join('')}…`;
}
