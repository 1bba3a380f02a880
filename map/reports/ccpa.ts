/**
 * CCPA as amended by the CPRA: categories of personal information (Cal. Civ. Code §1798.140) that other businesses
 * received. Whether that is a sale, a sharing or a service depends on contracts, which traffic does not show.
 */
import type { Category } from '../../flow/finding.ts';
import type { Knowledge } from '../knowledge.ts';
import { isOutside, recipientsOf } from './recipients.ts';
import {
  carrying,
  classesOf,
  dayText,
  figure,
  generalGaps,
  type Report,
  type ReportInput,
  reportFrame,
} from './report.ts';

/** §1798.140 (v)(1): the letter of the category, and its words. */
const CATEGORY: Readonly<Partial<Record<Category, string>>> = {
  personal: 'A identifiers',
  government_id: 'A identifiers',
  financial: 'B customer records (financial)',
  health: 'B customer records (health)',
  network: 'F network activity',
  vehicle: 'A identifiers',
  credential: 'L sensitive (account log-in)',
};

/** §1798.140 (ae): sensitive personal information. */
const SENSITIVE: ReadonlySet<Category> = new Set(['government_id', 'financial', 'health', 'credential']);

export function ccpaReport(input: ReportInput): Report {
  const { knowledge } = input;
  const isPersonal = (entity: string) => CATEGORY[knowledge.categoryOf(entity)] !== undefined;
  const isSensitive = (entity: string) => SENSITIVE.has(knowledge.categoryOf(entity));
  const personal = carrying(input.flows, isPersonal).filter(
    (flow) => flow.direction === 'out' && isOutside(flow.place),
  );
  const recipients = recipientsOf(personal);
  const open = recipients.filter(({ place }) => !place.sanctioned);
  const rows = recipients.map(({ place, name, flows, sources, lastSeen }) => ({
    cells: [
      ...[name, place.sanctioned ? SANCTIONED : UNSANCTIONED],
      ...[categoriesText(classesOf(flows, isPersonal), knowledge), classesOf(flows, isSensitive).join(', ') || '-'],
      ...[sources.join(', '), place.owner ?? 'nobody', place.note ?? '-', dayText(lastSeen)],
    ],
    edges: flows.flatMap(({ edges }) => edges),
  }));
  return {
    kind: 'ccpa',
    title: 'CCPA: personal information that other businesses received',
    ...reportFrame(input, personal),
    lead: [
      'Which categories of personal information went to which other business. It counts as sold or shared unless a contract makes the recipient a service provider or contractor: a destination that the configuration sanctions is taken to have one.',
    ],
    figures: [
      figure('businesses that received personal information', personal, recipients.length),
      figure(
        'of them without a contract on record',
        open.flatMap(({ flows }) => flows),
        open.length,
      ),
      figure('flows with sensitive personal information', carrying(personal, isSensitive)),
    ],
    tables: [
      {
        title: 'Recipients',
        intro: '§1798.110 and §1798.115: what a consumer may ask for.',
        columns: ['Business', 'Sold or shared', 'Categories', 'Sensitive', 'From', 'Owner', 'Note', 'Last seen'],
        rows,
      },
    ],
    notSeen: ['Contracts, consent and opt-outs are not in traffic.', ...generalGaps(input)],
    data: {
      recipients: recipients.map(({ place, name, flows, sources, lastSeen }) => ({
        name,
        isSanctioned: place.sanctioned,
        categories: categoriesOf(classesOf(flows, isPersonal), knowledge),
        classes: classesOf(flows, isPersonal),
        sensitive: classesOf(flows, isSensitive),
        sources,
        owner: place.owner,
        lastSeen,
        edges: flows.flatMap(({ edges }) => edges),
      })),
    },
  };
}

const SANCTIONED = 'service provider, if its contract says so';
const UNSANCTIONED = 'counts as sold or shared: no contract on record';

function categoriesOf(classes: readonly string[], knowledge: Knowledge): readonly string[] {
  return [...new Set(classes.flatMap((entity) => CATEGORY[knowledge.categoryOf(entity)] ?? []))].toSorted();
}

function categoriesText(classes: readonly string[], knowledge: Knowledge): string {
  return `${categoriesOf(classes, knowledge).join('; ')} (${classes.join(', ')})`;
}
