/**
 * Events and openings as JSON, character for character what JSON.stringify makes of them with their fields in the order
 * of flow/event.ts. Written out by hand because every exchange is written three times (spool, chain, event log), nearly
 * all of it is the same each time, and JSON.stringify took a tenth of the proxy's time for it.
 */
import type { Coverage } from '../flow/coverage.ts';
import type { EdgeObservation } from '../flow/edge.ts';
import type { EventBody, EventDecision, EventDestination } from '../flow/event.ts';
import type { Source } from '../flow/parties.ts';
import type { Opening } from '../flow/recorder.ts';

/** The fields written here; a new one of EventBody is missed by the compiler and not by a reader of the log. */
type Written =
  | 'id'
  | 'kind'
  | 'time'
  | 'channel'
  | 'exchange'
  | 'outcome'
  | 'status'
  | 'decisions'
  | 'action'
  | 'mode'
  | 'policy'
  | 'policyVersion'
  | 'rule'
  | 'severity'
  | 'explanation'
  | 'enforced'
  | 'coverage'
  | 'source'
  | 'destination'
  | 'provider'
  | 'model'
  | 'route'
  | 'findings'
  | 'bytes'
  | 'latencyMs'
  | 'reason'
  | 'refersTo'
  | 'checkpoint';
type Whole = [Exclude<keyof EventBody, Written>] extends [never] ? EventBody : never;

/** An event. `source` stands in place of its own where that is given: in a record's core the personal fields are empty. */
export function eventText(
  event: Whole,
  source: string = sourceText(event.source),
  destination: string = destinationText(event.destination),
): string {
  const { bytes } = event;
  return (
    `{"id":${quoted(event.id)},"kind":${quoted(event.kind)},"time":${quoted(event.time)},` +
    `"channel":${quoted(event.channel)},"exchange":${quoted(event.exchange)},"outcome":${quoted(event.outcome)},` +
    `"status":${numeral(event.status)},"decisions":${listText(event.decisions, decisionText)},` +
    `"action":${quoted(event.action)},"mode":${quoted(event.mode)},"policy":${quoted(event.policy)},` +
    `"policyVersion":${quoted(event.policyVersion)},"rule":${quoted(event.rule)},` +
    `"severity":${quoted(event.severity)},"explanation":${listText(event.explanation, quoted)},` +
    `"enforced":${event.enforced},"coverage":${coverageJson(event.coverage)},"source":${source},` +
    `"destination":${destination},"provider":${quoted(event.provider)},` +
    `"model":${quoted(event.model)},"route":${quoted(event.route)},` +
    `"findings":${event.findings.length === 0 ? '[]' : JSON.stringify(event.findings)},` +
    `"bytes":{"out":${numeral(bytes.out)},"in":${numeral(bytes.in)}},"latencyMs":${numeral(event.latencyMs)},` +
    `"reason":${quoted(event.reason)},"refersTo":${quoted(event.refersTo)}` +
    `${event.checkpoint === undefined ? '' : `,"checkpoint":${JSON.stringify(event.checkpoint)}`}}`
  );
}

/** An opening. `source` and `destination` are the texts of its own, which the caller may have kept. */
export function openingText(opening: Opening, source: string, destination: string): string {
  return (
    `{"id":${quoted(opening.id)},"exchange":${quoted(opening.exchange)},"time":${quoted(opening.time)},` +
    `"source":${source},"destination":${destination},` +
    `"provider":${quoted(opening.provider)},"model":${quoted(opening.model)},"route":${quoted(opening.route)}}`
  );
}

export function sourceText(source: Source): string {
  return (
    `{"app":${quoted(source.app)},"verified":${source.verified},"host":${quoted(source.host)},` +
    `"pid":${numeral(source.pid)},"process":${quoted(source.process)},"exe":${quoted(source.exe)},` +
    `"user":${quoted(source.user)},"container":${quoted(source.container)},` +
    `"credential":${quoted(source.credential)}${subjectText(source)}${workloadText(source)}}`
  );
}

/** Nothing where no certificate was checked. */
function subjectText({ subject }: Source): string {
  return subject == null ? '' : `,"subject":${quoted(subject)}`;
}

/** Nothing where nobody looked, which is all that the proxy sees. */
function workloadText({ workload }: Source): string {
  return workload == null ? '' : `,"workload":${JSON.stringify(workload)}`;
}

/**
 * What one edge gains, beside the event that it comes with: what the event says already is left out, and
 * `observationBeside` puts it back.
 */
export function observationText(edge: EdgeObservation, event: EventBody): string {
  let text =
    `{"protocol":${quoted(edge.protocol)},"direction":"${edge.direction}",` +
    `"bytesOut":${numeral(edge.bytesOut)},"bytesIn":${numeral(edge.bytesIn)}`;
  if (edge.via !== 'proxy') text += `,"via":"${edge.via}"`;
  if (edge.channel !== event.channel) text += `,"channel":"${edge.channel}"`;
  if (edge.action !== carriedOut(event)) text += `,"action":"${edge.action}"`;
  if (edge.coverage !== event.coverage) text += `,"coverage":${coverageJson(edge.coverage)}`;
  if (edge.time !== event.time) text += `,"time":${quoted(edge.time)}`;
  if (edge.source !== event.source) text += `,"source":${sourceText(edge.source)}`;
  if (edge.destination !== event.destination) text += `,"destination":${destinationText(edge.destination)}`;
  if (edge.calls !== undefined) text += `,"calls":${numeral(edge.calls)}`;
  if (edge.details !== undefined) text += `,"details":${JSON.stringify(edge.details)}`;
  if (edge.fields !== undefined) text += `,"fields":${JSON.stringify(edge.fields)}`;
  if (edge.model !== undefined) text += `,"model":${quoted(edge.model)}`;
  for (const _ in edge.entities) return `${text},"entities":${JSON.stringify(edge.entities)}}`;
  return `${text}}`;
}

/** An observation out of what was written of it beside its event. */
export function observationBeside(written: Partial<EdgeObservation>, event: EventBody): EdgeObservation {
  return {
    source: written.source ?? event.source,
    destination: written.destination ?? event.destination,
    via: written.via ?? 'proxy',
    protocol: written.protocol ?? 'unknown',
    direction: written.direction ?? 'out',
    channel: written.channel ?? event.channel,
    entities: written.entities ?? {},
    bytesOut: written.bytesOut ?? 0,
    bytesIn: written.bytesIn ?? 0,
    action: written.action ?? carriedOut(event),
    coverage: written.coverage ?? event.coverage,
    time: written.time ?? event.time,
    ...(written.calls === undefined ? {} : { calls: written.calls }),
    ...(written.details === undefined ? {} : { details: written.details }),
    ...(written.fields === undefined ? {} : { fields: written.fields }),
    ...(written.model === undefined ? {} : { model: written.model }),
  };
}

function carriedOut(event: EventBody): EventBody['action'] {
  return event.enforced ? event.action : 'allow';
}

function decisionText(decision: EventDecision): string {
  return (
    `{"direction":${quoted(decision.direction)},"action":${quoted(decision.action)},"mode":${quoted(decision.mode)},` +
    `"policy":${quoted(decision.policy)},"policyVersion":${quoted(decision.policyVersion)},` +
    `"rule":${quoted(decision.rule)},"severity":${quoted(decision.severity)},` +
    `"explanation":${listText(decision.explanation, quoted)}}`
  );
}

export function destinationText(to: EventDestination): string {
  return (
    `{"host":${quoted(to.host)},"port":${numeral(to.port)},"vendor":${quoted(to.vendor)},` +
    `"category":${quoted(to.category)},"country":${quoted(to.country)}` +
    `${to.organization === undefined ? '' : `,"organization":${quoted(to.organization)}`}}`
  );
}

function coverageJson({ level, reason }: Coverage): string {
  return `{"level":${quoted(level)},"reason":${quoted(reason)}}`;
}

function listText<T>(list: readonly T[], text: (item: T) => string): string {
  if (list.length === 0) return '[]';
  let inside = '';
  for (const item of list) inside += inside === '' ? text(item) : `,${text(item)}`;
  return `[${inside}]`;
}

/** Neither quote, backslash nor anything else that JSON escapes (RFC 8259 §7). */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string | null | undefined): string {
  // Undefined in what an older version has left in the spool.
  if (text === null || text === undefined) return 'null';
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** JSON knows neither NaN nor infinity. */
function numeral(value: number | null): string {
  return value === null || !Number.isFinite(value) ? 'null' : String(value);
}
