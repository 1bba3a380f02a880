/** Answers of the made-up company for the pages of reports, of reach and of the fleet. */
import type { FleetPolicies, Lineage, ReportView } from '../../console/api/shapes.ts';
import type { World } from './console-world.ts';

export function reportOf(world: World, kind: ReportView['kind']): ReportView {
  const rows = world.edges.slice(0, 6);
  const made = new Date(world.now).toISOString();
  return {
    kind,
    title: kind === 'pci' ? 'PCI DSS 4.0: card data in motion' : `A report: ${kind}`,
    made,
    period: { from: new Date(world.now - 30 * 86_400_000).toISOString(), to: made },
    lead: ['Made of flows that were observed, and of the configuration as it is now.'],
    figures: [
      { label: 'Flows of card data', value: 6, edges: rows.map(({ id }) => id), edgeCount: 6 },
      {
        label: 'Flows that leave the environment',
        value: 2,
        edges: rows.slice(0, 2).map(({ id }) => id),
        edgeCount: 2,
      },
      { label: 'Flows in clear', value: 0, edges: [], edgeCount: 0 },
    ],
    tables: [
      {
        title: 'Flows that leave the environment',
        intro: 'Card data, one of whose ends is outside `environments.pci`.',
        columns: ['Source', 'Direction', 'Destination', 'Found', 'What became of it', 'Owner'],
        rows: rows.map((row) => ({
          cells: [row.source.label, 'sends to', row.destination.label, 'CREDIT_CARD 3', 'all 3 calls passed', 'nobody'],
          edges: [row.id],
          edgeCount: 1,
        })),
        total: 240,
      },
      { title: 'Security codes in stores', intro: '', columns: ['Store'], rows: [], total: 0 },
    ],
    flows: 6,
    notSeen: ['2 of 26 flows are known from logs alone, which tell nothing of what they carry.'],
  };
}

export function lineageOf({ edges, now }: World, asked: URLSearchParams): Lineage {
  const [one, other] = edges;
  if (one === undefined || other === undefined) throw new Error('the company has no edges');
  const seen = { firstSeen: new Date(now - 86_400_000).toISOString(), lastSeen: new Date(now).toISOString() };
  const isOneSided = asked.has('from') !== asked.has('to');
  return {
    paths: [
      {
        certainty: 'confirmed',
        entities: ['EMAIL_ADDRESS'],
        hops: [
          { from: 'crm', to: one.source.label, edge: one.id, certainty: 'seen', ...seen },
          { from: one.source.label, to: 'OpenAI api.openai.com', edge: other.id, certainty: 'confirmed', ...seen },
        ],
      },
    ],
    isComplete: true,
    reach: isOneSided
      ? [
          {
            label: one.source.label,
            kind: 'workload',
            owner: 'team-billing',
            hops: 1,
            isHeld: false,
            entities: { EMAIL_ADDRESS: 'confirmed' },
          },
          {
            label: 'OpenAI api.openai.com',
            kind: 'llm',
            owner: null,
            hops: 2,
            isHeld: true,
            entities: { EMAIL_ADDRESS: 'confirmed', PERSON: 'possible' },
          },
        ]
      : null,
    isKnown: { from: true, to: true },
    notSeen: ['2 of 26 edges could not be looked into: what they carried is in no chain'],
  };
}

export function fleetPoliciesOf({ now }: World): FleetPolicies {
  const at = (ago: number): string => new Date(now - ago).toISOString();
  const counts = { calls: 4210, block: 12, redact: 3, tokenize: 40, alert: 9 };
  const node = {
    labels: ['eu', 'canary'],
    parts: ['proxy', 'sensor'] as const,
    weir: '0.1.0',
    startedAt: at(86_400_000),
    refused: null,
    held: null,
    writers: [],
    dropped: 0,
    counts,
  };
  return {
    hasBus: true,
    problem: null,
    published: { name: 'bank', version: 8, at: at(600_000) },
    nodes: [
      {
        ...node,
        node: 'web-1',
        host: 'node-1',
        writers: ['01K0WRITERA'],
        dropped: 500,
        heard: at(2000),
        isSilent: false,
        bundle: { name: 'bank', version: 8, since: at(500_000) },
      },
      {
        ...node,
        node: 'web-2',
        host: 'node-2',
        labels: [],
        heard: at(4000),
        isSilent: false,
        bundle: { name: 'bank', version: 7, since: at(900_000_000) },
        refused: {
          name: 'bank',
          version: 8,
          reason: 'it is signed by a key that this node does not trust',
          since: at(500_000),
        },
      },
      {
        ...node,
        node: 'web-3',
        host: 'node-3',
        parts: ['collector'],
        heard: at(3_600_000),
        isSilent: true,
        bundle: null,
        held: null,
      },
    ],
  };
}
