/**
 * GDPR: a draft of the record of processing activities (Article 30) as far as traffic tells: recipients, categories of
 * data, transfers to third countries. Purposes and legal grounds are not in traffic, and are left to people.
 */
import type { Category } from '../../flow/finding.ts';
import { canHaveArrived } from '../fence.ts';
import { isOutside, partyText, type Recipient, recipientsOf } from './recipients.ts';
import { isInEea, transferText } from './regions.ts';
import {
  carrying,
  classesOf,
  dayText,
  figure,
  generalGaps,
  type Report,
  type ReportInput,
  type Row,
  reportFrame,
} from './report.ts';

/** Categories that are, or belong to, data of a person. */
const PERSONAL: ReadonlySet<Category> = new Set([
  'personal',
  'government_id',
  'financial',
  'health',
  'network',
  'vehicle',
]);

export function gdprReport(input: ReportInput): Report {
  const { knowledge } = input;
  const isPersonal = (entity: string) => PERSONAL.has(knowledge.categoryOf(entity));
  const personal = carrying(input.flows, isPersonal);
  const sent = personal.filter((flow) => flow.direction === 'out');
  const recipients = recipientsOf(sent);
  const outside = sent.filter(({ place }) => isOutside(place));
  const abroad = outside.filter(({ place }) => place.country !== null && !isInEea(place.country));
  const nowhere = outside.filter(({ place }) => place.country === null);
  const special = personal.filter(({ entities }) =>
    Object.keys(entities).some((entity) => knowledge.categoryOf(entity) === 'health'),
  );
  const unowned = sent.filter(({ place, workload }) => place.owner === null && workload.owner === null);
  const retention = input.retention ?? 'not configured';
  const rowOf = (recipient: Recipient): Row => {
    const { place, name, hosts, sources, flows, lastSeen } = recipient;
    const arrived = flows.some(canHaveArrived) ? 'arrived' : 'held back or pseudonymised';
    const cells = [
      ...[
        name,
        partyText(place),
        place.country ?? 'not known',
        isOutside(place) ? transferText(place.country) : 'inside the house',
      ],
      ...[categoriesText(classesOf(flows, isPersonal), input), sources.join(', '), arrived],
      ...[place.owner ?? 'nobody', place.note ?? '-', hosts.join(', '), dayText(lastSeen)],
    ];
    return { cells, edges: flows.flatMap(({ edges }) => edges) };
  };
  const columns = [
    ...['Recipient', 'Kind', 'Country', 'Transfer', 'Categories of data', 'From', 'Arrived', 'Owner', 'Note', 'Hosts'],
    'Last seen',
  ];
  return {
    kind: 'gdpr',
    title: 'GDPR: record of processing, as observed',
    ...reportFrame(input, personal),
    lead: [
      'Personal data as it was seen to flow: who received which categories, in which country, from which service. A draft for the record of processing activities (Article 30). Purpose, legal ground and the recipient’s own retention are not in traffic: fill them in.',
      `Weir keeps no value that it found. Its own records are kept: ${retention}.`,
    ],
    figures: [
      figure('flows with personal data', personal),
      figure('recipients', sent, recipients.length),
      figure('flows to recipients outside the house', outside),
      figure('of them to a country outside the EEA', abroad),
      figure('of them to a country that is not known', nowhere),
      figure('flows with data on health (Article 9)', special),
      figure('flows that nobody owns', unowned),
    ],
    tables: [
      {
        title: 'Recipients outside the house',
        intro: 'Article 30 (1) d and e, Articles 44 to 46.',
        columns,
        rows: recipients.filter(({ place }) => isOutside(place)).map(rowOf),
      },
      {
        title: 'Inside the house',
        intro: 'Stores and services to which personal data is written.',
        columns,
        rows: recipients.filter(({ place }) => !isOutside(place)).map(rowOf),
      },
      {
        title: 'Where it comes from',
        intro: 'Stores, services and other parties from which personal data was read.',
        columns,
        rows: recipientsOf(personal.filter((flow) => flow.direction === 'in')).map(rowOf),
      },
    ],
    notSeen: [
      'Purposes, legal grounds, contracts and the retention of recipients are not in traffic.',
      ...(nowhere.length > 0
        ? ['The country of some recipients is not known: name it under `destinations` in the configuration.']
        : []),
      ...generalGaps(input),
    ],
    data: {
      recipients: recipients.map(({ place, name, hosts, sources, flows, lastSeen }) => ({
        name,
        type: place.type,
        country: place.country,
        isInEea: isInEea(place.country),
        transfer: isOutside(place) ? transferText(place.country) : null,
        classes: classesOf(flows, isPersonal),
        sources,
        hosts,
        sanctioned: place.sanctioned,
        owner: place.owner,
        note: place.note,
        lastSeen,
        edges: flows.flatMap(({ edges }) => edges),
      })),
      retention: input.retention,
    },
  };
}

/** `personal (EMAIL_ADDRESS, PERSON); health (ICD10_CODE)`. */
function categoriesText(classes: readonly string[], { knowledge }: ReportInput): string {
  const groups = Map.groupBy(classes, (entity) => knowledge.categoryOf(entity));
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([category, alike]) => `${category.replace('_', ' ')} (${alike.join(', ')})`)
    .join('; ');
}
