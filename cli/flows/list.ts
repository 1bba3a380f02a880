/** `weir flows list`: the edges as observed, one a line. */
import { coverageText } from '../../flow/coverage.ts';
import type { Edge } from '../../flow/edge.ts';
import { endsReader, sourceLabel } from '../../map/ends.ts';
import type { Knowledge } from '../../map/knowledge.ts';
import { type RiskTerms, riskOf } from '../../map/risk.ts';
import { type Command, hasOption } from '../command.ts';
import { withLog } from '../log/open-log.ts';
import { type Cell, tableText } from '../log/table.ts';
import { edgeFilter, FLOW_DETAILS, FLOW_OPTIONS, FLOW_USAGE } from './filters.ts';
import { knowledgeOf } from './knowledge.ts';

export const command: Command = {
  name: 'flows list',
  summary: 'the edges: who sends what to whom',
  usage: ['weir flows list [--json]', ...FLOW_USAGE].join('\n                '),
  details: [
    'Prints all edges that match, by destination. --json prints one object a line (docs/events.md);',
    '`riskTerms` says where its risk (0 to 100) comes from. An edge that nobody could look into has none.',
    FLOW_DETAILS,
  ].join('\n'),
  example: ['weir flows list', 'weir flows list --entity CREDIT_CARD --json'].join('\n'),
  options: { ...FLOW_OPTIONS, json: { type: 'boolean' } },
  async run(context) {
    const now = new Date();
    const filter = edgeFilter(context, now);
    const rated = ratedEdge(knowledgeOf(context.config()), now);
    return withLog(context, async (reader) => {
      if (hasOption(context, 'json')) {
        for (const edge of await reader.edges(filter, 'whole')) context.out(`${JSON.stringify(rated(edge))}\n`);
        return 0;
      }
      const rows = Array.from(await reader.edges(filter, 'summary'), (edge) => rowOf(rated(edge)));
      if (rows.length === 0) context.err('no edge matches\n');
      context.out(tableText(HEADS, rows, { color: context.color, right: ['CALLS', 'SENT', 'RECEIVED', 'RISK'] }));
      return 0;
    });
  },
};

const HEADS = [
  'SOURCE',
  'DESTINATION',
  'DIR',
  'PROTOCOL',
  'CALLS',
  'SENT',
  'RECEIVED',
  'LAST SEEN',
  'COVERAGE',
  'RISK',
  'FOUND',
];

type RatedEdge = Edge & { readonly riskTerms: RiskTerms | null };

/** Fills in the risk of an edge, as of a moment. */
function ratedEdge(knowledge: Knowledge, now: Date): (edge: Edge) => RatedEdge {
  const endsOf = endsReader(knowledge);
  return (edge) => {
    const { risk, terms } = riskOf(edge, endsOf(edge).place, [edge.channel], { knowledge, now });
    return { ...edge, risk, riskTerms: terms };
  };
}

function rowOf(edge: Edge): readonly Cell[] {
  const found = Object.entries(edge.entities).map(([entity, count]) => `${entity} ${count}`);
  const { host, port } = edge.destination;
  return [
    { text: sourceLabel(edge.source) },
    { text: `${host ?? 'unknown'}${port === null ? '' : `:${port}`}` },
    { text: edge.direction },
    { text: edge.protocol },
    { text: String(edge.calls) },
    { text: bytesText(edge.bytesOut) },
    { text: bytesText(edge.bytesIn) },
    { text: edge.lastSeen.slice(0, 19).replace('T', ' ') },
    { text: coverageText(edge.coverage) },
    { text: edge.risk === null ? '?' : String(edge.risk) },
    found.length === 0 ? { text: '-' } : { text: found.join(', '), color: 33 },
  ];
}

/** `512 B`, `1.2 KiB`. */
function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
