/**
 * What a report is before it is written down: figures and tables, each with the edges and events that it comes from, and
 * what could not be seen. Reports are made of observed flows; they judge nobody's contracts.
 */

import type { Drawing, DrawnEdge, DrawnNode } from '../edge-label.ts';
import type { MapEnd } from '../ends.ts';
import { canHaveArrived } from '../fence.ts';
import type { Knowledge } from '../knowledge.ts';
import type { MergedFlow } from '../merged-flows.ts';
import type { Risk } from '../risk.ts';

export const REPORT_KINDS = ['pci', 'gdpr', 'ccpa', 'hipaa', 'scan-first'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];
export const REPORT_FORMATS = ['html', 'md', 'csv', 'json', 'cyclonedx', 'openlineage'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** A number with what it is made of. */
export interface Figure {
  readonly label: string;
  readonly value: number;
  readonly edges: readonly string[];
}

export interface Row {
  readonly cells: readonly (string | number)[];
  readonly edges: readonly string[];
}

export interface Table {
  readonly title: string;
  readonly intro: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** A flow that a report speaks of: the end of every link. */
export interface ReportFlow {
  readonly flow: MergedFlow;
  readonly risk: Risk;
  /** Ids of events, the newest so many. */
  readonly events: readonly string[];
}

export interface Report {
  readonly kind: ReportKind;
  readonly title: string;
  /** RFC 3339. */
  readonly made: string;
  /** First and last moment of what was seen; null where nothing was. */
  readonly period: { readonly from: string; readonly to: string } | null;
  /** Paragraphs: what this is, and how it was made. */
  readonly lead: readonly string[];
  readonly figures: readonly Figure[];
  readonly tables: readonly Table[];
  readonly flows: readonly ReportFlow[];
  readonly notSeen: readonly string[];
  /** What a program reads beside all this (`--format json`). */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ReportInput {
  readonly flows: readonly MergedFlow[];
  readonly knowledge: Knowledge;
  readonly now: Date;
  riskOf(flow: MergedFlow): Risk;
  eventsOf(flow: MergedFlow): readonly string[];
  /** How long Weir keeps its own records, in words; null where that is not known. */
  readonly retention: string | null;
  /** Data that the sensor lost, in words; null where nothing is known of it. */
  readonly losses: string | null;
}

/** What a report says before its own parts are there. */
export function reportFrame(
  input: ReportInput,
  flows: readonly MergedFlow[],
): Pick<Report, 'made' | 'period' | 'flows'> {
  const seen = input.flows.flatMap(({ firstSeen, lastSeen }) => [firstSeen, lastSeen]).toSorted();
  const [from, to] = [seen[0], seen.at(-1)];
  return {
    made: input.now.toISOString(),
    period: from === undefined || to === undefined ? null : { from, to },
    flows: flows.map((flow) => ({ flow, risk: input.riskOf(flow), events: input.eventsOf(flow) })),
  };
}

export function figure(label: string, flows: readonly MergedFlow[], value = flows.length): Figure {
  return { label, value, edges: flows.flatMap(({ edges }) => edges) };
}

/** What no report can see, whichever it is. */
export function generalGaps({ flows, losses }: ReportInput): readonly string[] {
  const said: string[] = [];
  const isLogged = ({ channels }: MergedFlow) => channels.every((channel) => channel === 'log');
  const logged = flows.filter(isLogged);
  const blind = flows.filter((flow) => flow.coverage.level === 'opaque' && !isLogged(flow));
  const short = flows.filter(({ coverage }) => coverage.level === 'truncated');
  const reasons = (some: readonly MergedFlow[]) =>
    [...new Set(some.map(({ coverage }) => coverage.reason ?? 'no reason given'))].toSorted().join(', ');
  if (flows.length === 0) said.push('No flow was seen at all.');
  if (logged.length > 0)
    said.push(
      `${logged.length} of ${flows.length} flows are known from logs alone, which tell nothing of what they carry.`,
    );
  if (blind.length > 0)
    said.push(
      `${blind.length} of ${flows.length} flows could not be looked into in some call (${reasons(blind)}): what they carry is not known.`,
    );
  if (short.length > 0) said.push(`${short.length} flows were looked into in part only (${reasons(short)}).`);
  const channels = new Set(flows.flatMap((flow) => flow.channels));
  if (!channels.has('sensor'))
    said.push('No sensor reported: traffic that does not pass the proxy, data stores among it, was not seen.');
  if (!channels.has('proxy')) said.push('No proxy reported: what was seen was not held or changed by any rule.');
  const claimed = flows.filter(({ workload }) => workload.app !== null && !workload.verified);
  if (claimed.length > 0)
    said.push(`${claimed.length} flows come from sources whose label was claimed without its token.`);
  if (losses !== null) said.push(losses);
  said.push('Data at rest, and paths that no proxy, sensor or imported log covers, are not part of this report.');
  return said;
}

/** Flows on which one of the classes was seen. */
export function carrying(flows: readonly MergedFlow[], isWanted: (entity: string) => boolean): readonly MergedFlow[] {
  return flows.filter(({ entities }) => Object.keys(entities).some(isWanted));
}

export function classesOf(flows: readonly MergedFlow[], isWanted: (entity: string) => boolean): readonly string[] {
  return [...new Set(flows.flatMap(({ entities }) => Object.keys(entities).filter(isWanted)))].toSorted();
}

/** `EMAIL_ADDRESS 12, PERSON 3`. */
export function countedClasses(flow: MergedFlow, isWanted: (entity: string) => boolean): string {
  return Object.entries(flow.entities)
    .filter(([entity]) => isWanted(entity))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([entity, count]) => `${entity} ${count}`)
    .join(', ');
}

/** What became of what was found on a flow, in words. */
export function outcomeText(flow: MergedFlow): string {
  const done = ['block', 'redact', 'tokenize', 'alert']
    .filter((action) => (flow.actions[action] ?? 0) > 0)
    .map((action) => `${action} ${flow.actions[action]}`);
  const of = `of ${flow.calls} ${flow.calls === 1 ? 'call' : 'calls'}`;
  if (done.length === 0) return `all ${flow.calls === 1 ? '1 call' : `${flow.calls} calls`} passed`;
  return `${done.join(', ')} ${of}${canHaveArrived(flow) ? '' : ': none arrived as it was'}`;
}

/** Days, not moments: what people read. */
export function dayText(time: string): string {
  return time.slice(0, 10);
}

/** The flows of a report as a drawing: one arrow a source, destination and direction. */
export function drawingOf(flows: readonly MergedFlow[]): Drawing {
  const nodes = new Map<string, DrawnNode>();
  const idOf = (end: MapEnd): string => {
    const known = nodes.get(end.key);
    if (known !== undefined) return known.id;
    const id = `n${nodes.size + 1}`;
    const isShadow = end.type === 'datastore' && end.isShadow;
    nodes.set(end.key, { id, type: end.type, label: end.label, isShadow });
    return id;
  };
  const edges = flows.map(({ workload, place, direction, entities, calls, coverage }): DrawnEdge => {
    const [source, destination] = [idOf(workload), idOf(place)];
    const [from, to] = direction === 'out' ? [source, destination] : [destination, source];
    return { from, to, entities, calls, coverage };
  });
  return { nodes: [...nodes.values()], edges };
}
