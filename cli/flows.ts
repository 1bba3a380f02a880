/** `weir flows`: who sends what kind of data to whom, as observed, and as the logs of others tell. */
import { type Command, type CommandEntry, UsageError } from './command.ts';

const SUBCOMMANDS: readonly CommandEntry[] = [
  { name: 'list', summary: 'the edges', load: () => import('./flows/list.ts') },
  { name: 'graph', summary: 'the map as Mermaid, DOT, JSON or GraphML', load: () => import('./flows/graph.ts') },
  {
    name: 'lineage',
    summary: 'where a class of data came from and where it went',
    load: () => import('./flows/lineage.ts'),
  },
  { name: 'find', summary: 'every event and edge where a value was seen', load: () => import('./flows/find.ts') },
  {
    name: 'baseline',
    summary: 'what was seen as a file of allowed flows',
    load: () => import('./flows/baseline.ts'),
  },
  {
    name: 'diff',
    summary: 'what is seen beside the flows that are allowed',
    load: () => import('./flows/diff.ts'),
  },
  {
    name: 'report',
    summary: 'compliance reports, and what to scan first',
    load: () => import('./flows/report.ts'),
  },
  { name: 'import', summary: 'edges from logs of others', load: () => import('./flows/import.ts') },
];
const NAMES = SUBCOMMANDS.map(({ name }) => name);

export const command: Command = {
  name: 'flows',
  summary: 'who sends what to whom',
  usage: `weir flows ${NAMES.join('|')}`,
  details: [
    'An edge is one source, destination, protocol, direction and channel: the kinds of data seen on it and',
    'how often, calls, bytes, first and last time. The graph joins what several channels saw of one flow.',
  ].join('\n'),
  example: ['weir flows list --entity CREDIT_CARD', 'weir flows graph --format mermaid'].join('\n'),
  options: {},
  subcommands: SUBCOMMANDS,
  async run() {
    throw new UsageError(`needs one of ${NAMES.join(', ')}`);
  },
};
