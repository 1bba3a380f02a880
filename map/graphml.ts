/** The map as GraphML (graphml.graphdrawing.org, 1.0), for Gephi, yEd and the like. Names are escaped as XML 1.0 text. */
import { coverageText } from '../flow/coverage.ts';
import type { FlowGraph, MapEdge, MapNode } from './graph.ts';

type Value = string | number | boolean | null;

const NODE_KEYS = {
  kind: 'string',
  type: 'string',
  label: 'string',
  owner: 'string',
  vendor: 'string',
  category: 'string',
  country: 'string',
  sanctioned: 'boolean',
  store: 'string',
  shadow: 'boolean',
  models: 'string',
  note: 'string',
} as const;
const EDGE_KEYS = {
  direction: 'string',
  protocol: 'string',
  channels: 'string',
  entities: 'string',
  calls: 'long',
  bytesOut: 'long',
  bytesIn: 'long',
  firstSeen: 'string',
  lastSeen: 'string',
  coverage: 'string',
  tls: 'string',
  risk: 'long',
} as const;

/** A document that is well-formed whatever the names hold. */
export function toGraphml(graph: FlowGraph): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'];
  for (const [key, type] of Object.entries(NODE_KEYS)) lines.push(keyLine(key, 'node', type));
  for (const [key, type] of Object.entries(EDGE_KEYS)) lines.push(keyLine(key, 'edge', type));
  lines.push('  <graph id="flows" edgedefault="directed">');
  for (const node of graph.nodes)
    lines.push(`    <node id="${node.id}">`, ...dataLines('node', nodeData(node)), '    </node>');
  for (const edge of graph.edges) {
    lines.push(`    <edge id="${edge.id}" source="${edge.from}" target="${edge.to}">`);
    lines.push(...dataLines('edge', edgeData(edge)), '    </edge>');
  }
  lines.push('  </graph>', '</graphml>');
  return `${lines.join('\n')}\n`;
}

function keyLine(key: string, of: string, type: string): string {
  return `  <key id="${of}-${key}" for="${of}" attr.name="${key}" attr.type="${type}"/>`;
}

function nodeData(node: MapNode): Readonly<Record<string, Value>> {
  const { kind, type, label, owner } = node;
  if (node.kind === 'source') return { kind, type, label, owner };
  const { vendor, category, country, sanctioned, store, isShadow, note } = node;
  const models = node.models.length === 0 ? null : node.models.join(' ');
  return { kind, type, label, owner, vendor, category, country, sanctioned, store, shadow: isShadow, models, note };
}

function edgeData(edge: MapEdge): Readonly<Record<string, Value>> {
  const entities = Object.entries(edge.entities).map(([entity, count]) => `${entity}=${count}`);
  const { direction, protocol, calls, bytesOut, bytesIn, firstSeen, lastSeen, tls, risk } = edge;
  const lists = {
    channels: edge.channels.join(' '),
    entities: entities.join(' '),
    coverage: coverageText(edge.coverage),
  };
  return { direction, protocol, ...lists, calls, bytesOut, bytesIn, firstSeen, lastSeen, tls, risk };
}

function dataLines(of: string, values: Readonly<Record<string, Value>>): string[] {
  const present = Object.entries(values).filter(([, value]) => value !== null);
  return present.map(([key, value]) => `      <data key="${of}-${key}">${escapeXml(String(value))}</data>`);
}

/** XML 1.0 §2.2 has no place for most control characters, escaped or not: a middle dot stands for them. */
function escapeXml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uFFFE\uFFFF]/gu, '·')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
