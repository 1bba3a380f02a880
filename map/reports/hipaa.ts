/**
 * HIPAA: health information as it flows, with identifiers beside it (45 CFR 164.514), to whom it is disclosed, and
 * whether it travels in clear (164.312 (e)). Business associate agreements are not in traffic.
 */
import type { Category } from '../../flow/finding.ts';
import { isLoopbackHost } from '../ends.ts';
import { canHaveArrived } from '../fence.ts';
import type { MergedFlow } from '../merged-flows.ts';
import { isOutside, partyText, recipientsOf } from './recipients.ts';
import {
  carrying,
  classesOf,
  dayText,
  figure,
  generalGaps,
  outcomeText,
  type Report,
  type ReportInput,
  reportFrame,
} from './report.ts';

/** Kinds of the eighteen identifiers. */
const IDENTIFYING: ReadonlySet<Category> = new Set(['personal', 'government_id', 'financial', 'network', 'vehicle']);

export function hipaaReport(input: ReportInput): Report {
  const { knowledge } = input;
  const isHealth = (entity: string) => knowledge.categoryOf(entity) === 'health';
  const isIdentifier = (entity: string) => IDENTIFYING.has(knowledge.categoryOf(entity));
  const health = carrying(input.flows, isHealth);
  const identified = health.filter(({ entities }) => Object.keys(entities).some(isIdentifier));
  const disclosed = health.filter((flow) => flow.direction === 'out' && isOutside(flow.place) && canHaveArrived(flow));
  const open = disclosed.filter(({ place }) => !place.sanctioned);
  const clear = health.filter(({ isPlaintext, place }) => isPlaintext && !isLoopbackHost(place.host));
  const rowOf = (flow: MergedFlow) => {
    const { workload, place, direction, edges, lastSeen } = flow;
    const ends = [workload.label, direction === 'out' ? 'sends to' : 'gets from', place.label, partyText(place)];
    const seen = [classesOf([flow], isHealth).join(', '), classesOf([flow], isIdentifier).join(', ') || 'none seen'];
    const rest = [outcomeText(flow), place.owner ?? workload.owner ?? 'nobody', dayText(lastSeen)];
    return { cells: [...ends, ...seen, ...rest], edges };
  };
  const columns = [
    'Source',
    'Direction',
    'Destination',
    'Kind',
    'Health data',
    'Identifiers beside it',
    'What became of it',
  ];
  const table = (title: string, intro: string, flows: readonly MergedFlow[]) => ({
    title,
    intro,
    columns: [...columns, 'Owner', 'Last seen'],
    rows: flows.map(rowOf),
  });
  return {
    kind: 'hipaa',
    title: 'HIPAA: flows of health information',
    ...reportFrame(input, health),
    lead: [
      'Health information with an identifier on the same flow is taken as protected health information. A destination outside that the configuration does not sanction is taken to have no business associate agreement.',
    ],
    figures: [
      figure('flows with health information', health),
      figure('of them with identifiers', identified),
      figure('disclosed outside the house', disclosed),
      figure('of them without an agreement on record', open),
      figure('in clear on a network', clear),
      figure('recipients outside', disclosed, recipientsOf(disclosed).length),
    ],
    tables: [
      table('Disclosed without an agreement on record', '45 CFR 164.502 (e), 164.504 (e).', open),
      table('In clear', '45 CFR 164.312 (e): transmission security.', clear),
      table('All flows with health information', 'Identifiers are those seen on the same flow, in any call.', health),
    ],
    notSeen: [
      'Agreements are not in traffic. Health told in plain words is found where a recognizer knows the words.',
      ...generalGaps(input),
    ],
    data: {
      disclosures: disclosed.map(({ workload, place, entities, edges, lastSeen }) => ({
        source: workload.app ?? workload.label,
        destination: place.host ?? place.label,
        isSanctioned: place.sanctioned,
        health: Object.keys(entities).filter(isHealth).toSorted(),
        identifiers: Object.keys(entities).filter(isIdentifier).toSorted(),
        lastSeen,
        edges,
      })),
    },
  };
}
