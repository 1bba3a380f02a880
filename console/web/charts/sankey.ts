/**
 * The map's geometry: where data comes from, what it is, where it goes, in three columns. Pure: flows in, places out.
 * What comes in by a flow of direction `in` stands with its giver on the left, since the map shows where data moves to.
 */
import { type SankeyGraph, sankey, sankeyJustify } from 'd3-sankey';
import type { FlowMap, MapFlow, MapNode } from '../../api/shapes.ts';

export type Column = 'from' | 'class' | 'to';

export interface Mark {
  /** `from|ID`, `class|ENTITY`, `to|ID`. */
  readonly id: string;
  readonly column: Column;
  readonly label: string;
  /** A second, fainter line. */
  readonly note: string;
  /** CSS colour; null for the ends, which have the same. */
  readonly tone: string | null;
  readonly node: MapNode | null;
  readonly entity: string | null;
  readonly isRest: boolean;
}

/** A path through the map: from, class, to, and the flow that it is of. */
export interface Strand {
  readonly from: string;
  readonly class: string;
  readonly to: string;
  readonly weight: number;
  readonly count: number;
  readonly flow: MapFlow;
}

export interface PlacedMark extends Mark {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Ribbon {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly width: number;
  /** SVG path of its middle line. */
  readonly path: string;
  readonly tone: string;
  readonly strands: readonly Strand[];
}

export interface Layout {
  readonly marks: readonly PlacedMark[];
  readonly ribbons: readonly Ribbon[];
  readonly height: number;
}

export const NOTHING_FOUND = '(nothing found)';
export const NOT_READ = '(not read)';
const MORE_CLASSES = '(more classes)';

interface Options {
  readonly width: number;
  /** Room for labels at either side. */
  readonly gutter: number;
  readonly mostClasses: number;
  readonly toneOf: (category: string | null) => string;
}

const MARK_WIDTH = 10;
const GAP = 28;
const LEAST_HEIGHT = 4;

function noteOf(node: MapNode): string {
  if (node.isRest) return '';
  const parts = [
    node.members > 1 ? `${node.members} ${node.side === 'source' ? 'sources' : 'hosts'}` : null,
    node.side === 'source' ? (node.owner === node.label ? null : node.owner) : node.category,
    node.isShadow === true
      ? 'shadow store'
      : node.side === 'destination' && node.sanctioned === false
        ? 'not sanctioned'
        : null,
    node.coverage.level === 'full' ? null : 'not all read',
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

function endMark(column: 'from' | 'to', node: MapNode): Mark {
  return {
    id: `${column}|${node.id}`,
    column,
    label: node.isRest ? `and ${node.members} more` : node.label,
    note: noteOf(node),
    tone: null,
    node,
    entity: null,
    isRest: node.isRest,
  };
}

/** Of calls in which nothing was found a strand is thin: they are many, and not what the map is about. */
function emptyWeight(calls: number, most: number): number {
  return Math.min(Math.sqrt(calls) / 4, Math.max(1, most / 3));
}

/** Which classes get a mark of their own: those found most, the rest share one. */
function keptClasses(map: FlowMap, most: number): ReadonlySet<string> {
  const names = map.classes.map(({ entity }) => entity);
  return new Set(names.length <= most ? names : names.slice(0, most - 1));
}

/** Every path through the map, and the marks on it. */
export function strandsOf(
  map: FlowMap,
  mostClasses: number,
  toneOf: Options['toneOf'],
): { readonly marks: readonly Mark[]; readonly strands: readonly Strand[] } {
  const nodes = new Map(map.nodes.map((node) => [node.id, node]));
  const kept = keptClasses(map, mostClasses);
  const categories = new Map(map.classes.map(({ entity, category }) => [entity, category]));
  const hidden = map.classes.length - kept.size;
  const marks = new Map<string, Mark>();
  const strands: Strand[] = [];
  const classMark = (name: string): string => {
    const id = `class|${name}`;
    const isOwn = categories.has(name);
    const label =
      name === MORE_CLASSES
        ? `and ${hidden} more classes`
        : name === NOTHING_FOUND
          ? 'nothing found'
          : name === NOT_READ
            ? 'not readable'
            : name;
    marks.set(id, {
      id,
      column: 'class',
      label,
      note: '',
      tone: toneOf(isOwn ? (categories.get(name) ?? null) : null),
      node: null,
      entity: isOwn ? name : null,
      isRest: name === MORE_CLASSES,
    });
    return id;
  };
  const heaviest = Math.sqrt(Math.max(1, ...map.flows.flatMap(({ entities }) => Object.values(entities))));
  for (const flow of map.flows) {
    const [giver, taker] = flow.direction === 'out' ? [flow.source, flow.destination] : [flow.destination, flow.source];
    const from = nodes.get(giver);
    const to = nodes.get(taker);
    if (from === undefined || to === undefined) continue;
    const found = Object.entries(flow.entities).filter(([, count]) => count > 0);
    // An answer in which nothing was found is no flow of data that anybody looks for; the table has it.
    if (found.length === 0 && flow.direction === 'in' && flow.coverage.level !== 'opaque') continue;
    marks.set(`from|${giver}`, endMark('from', from));
    marks.set(`to|${taker}`, endMark('to', to));
    const ends = { from: `from|${giver}`, to: `to|${taker}`, flow };
    if (found.length === 0) {
      const name = flow.coverage.level === 'opaque' ? NOT_READ : NOTHING_FOUND;
      strands.push({ ...ends, class: classMark(name), weight: emptyWeight(flow.calls, heaviest), count: 0 });
    }
    for (const [entity, count] of found) {
      const name = kept.has(entity) ? entity : MORE_CLASSES;
      strands.push({ ...ends, class: classMark(name), weight: Math.sqrt(count), count });
    }
  }
  return { marks: [...marks.values()], strands };
}

interface Link {
  readonly source: string;
  readonly target: string;
  readonly value: number;
  readonly strands: readonly Strand[];
}

function linksOf(strands: readonly Strand[]): readonly Link[] {
  const links = new Map<string, { source: string; target: string; value: number; strands: Strand[] }>();
  const add = (source: string, target: string, strand: Strand): void => {
    const key = `${source}\n${target}`;
    const link = links.get(key) ?? { source, target, value: 0, strands: [] };
    link.value += strand.weight;
    link.strands.push(strand);
    links.set(key, link);
  };
  for (const strand of strands) {
    add(strand.from, strand.class, strand);
    add(strand.class, strand.to, strand);
  }
  return [...links.values()];
}

/** Rest and what has no class come last, whatever they weigh. */
function rank({ isRest, column, entity }: Mark): number {
  if (isRest) return 1;
  return column === 'class' && entity === null ? 2 : 0;
}

/** Places for everything, in `width` and as high as it takes. */
export function layoutOf(map: FlowMap, { width, gutter, mostClasses, toneOf }: Options): Layout {
  const { marks, strands } = strandsOf(map, mostClasses, toneOf);
  if (strands.length === 0) return { marks: [], ribbons: [], height: 0 };
  const columns: readonly Column[] = ['from', 'class', 'to'];
  const tallest = Math.max(...columns.map((column) => marks.filter((mark) => mark.column === column).length));
  const height = Math.max(300, tallest * (GAP + 16) + 24);
  const weights = new Map<string, number>();
  for (const strand of strands) {
    for (const id of [strand.from, strand.class, strand.to]) weights.set(id, (weights.get(id) ?? 0) + strand.weight);
  }
  const inputs: SankeyGraph<Mark, Link> = {
    nodes: marks
      .toSorted((a, b) => rank(a) - rank(b) || (weights.get(b.id) ?? 0) - (weights.get(a.id) ?? 0))
      .map((mark) => ({ ...mark })),
    links: linksOf(strands).map((link) => ({ ...link })),
  };
  const place = sankey<Mark, Link>()
    .nodeId((mark) => mark.id)
    .nodeWidth(MARK_WIDTH)
    .nodePadding(GAP)
    .nodeAlign(sankeyJustify)
    .nodeSort((a, b) => rank(a) - rank(b) || (b.value ?? 0) - (a.value ?? 0))
    .extent([
      [gutter, 12],
      [Math.max(gutter + 60, width - gutter), height - 12],
    ])
    .iterations(12);
  const placed = place(inputs);
  const at = new Map(placed.nodes.map((node) => [node.id, node]));
  const ribbons = placed.links.map((link): Ribbon => {
    const source = idOf(link.source);
    const target = idOf(link.target);
    const startX = at.get(source)?.x1 ?? 0;
    const endX = at.get(target)?.x0 ?? 0;
    const middle = (startX + endX) / 2;
    const y0 = link.y0 ?? 0;
    const y1 = link.y1 ?? 0;
    const classId = source.startsWith('class|') ? source : target;
    return {
      id: `${source}>${target}`,
      source,
      target,
      width: Math.max(1, link.width ?? 0),
      path: `M${startX.toFixed(1)},${y0.toFixed(1)}C${middle.toFixed(1)},${y0.toFixed(1)} ${middle.toFixed(1)},${y1.toFixed(1)} ${endX.toFixed(1)},${y1.toFixed(1)}`,
      tone: at.get(classId)?.tone ?? 'var(--data-none)',
      strands: link.strands,
    };
  });
  return {
    marks: placed.nodes.map((node) => {
      const y0 = node.y0 ?? 0;
      const tall = Math.max(LEAST_HEIGHT, (node.y1 ?? 0) - y0);
      return { ...pickMark(node), x: node.x0 ?? 0, y: y0, width: MARK_WIDTH, height: tall };
    }),
    ribbons: ribbons.toSorted((a, b) => b.width - a.width),
    height,
  };
}

function pickMark({ id, column, label, note, tone, node, entity, isRest }: Mark): Mark {
  return { id, column, label, note, tone, node, entity, isRest };
}

function idOf(end: string | number | Mark): string {
  return typeof end === 'object' ? end.id : String(end);
}
