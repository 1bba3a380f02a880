/** `weir flows graph`: the map, for people and for programs that draw. */
import { toDot } from '../../map/dot.ts';
import { buildGraph, type FlowGraph } from '../../map/graph.ts';
import { toGraphml } from '../../map/graphml.ts';
import { toMermaid } from '../../map/mermaid.ts';
import { type Command, choiceOption } from '../command.ts';
import { withLog } from '../log/open-log.ts';
import { edgeFilter, FLOW_DETAILS, FLOW_OPTIONS, FLOW_USAGE } from './filters.ts';
import { knowledgeOf } from './knowledge.ts';

const FORMATS = ['mermaid', 'dot', 'json', 'graphml'] as const;

const WRITERS: Readonly<Record<(typeof FORMATS)[number], (graph: FlowGraph) => string>> = {
  mermaid: toMermaid,
  dot: toDot,
  json: (graph) => `${JSON.stringify(graph, null, 2)}\n`,
  graphml: toGraphml,
};

export const command: Command = {
  name: 'flows graph',
  summary: 'the map as Mermaid, DOT, JSON or GraphML',
  usage: [`weir flows graph [--format ${FORMATS.join('|')}]`, ...FLOW_USAGE].join('\n                 '),
  details: [
    'Prints the map of the edges that match; mermaid unless said otherwise. Arrows go where the data',
    'went; flows with sensitive data are drawn stronger, LLM providers as hexagons, data stores as',
    'cylinders, dashed where nobody has listed them.',
    FLOW_DETAILS,
  ].join('\n'),
  example: ['weir flows graph > map.mmd', 'weir flows graph --format dot | dot -Tsvg > map.svg'].join('\n'),
  options: { ...FLOW_OPTIONS, format: { type: 'string' } },
  async run(context) {
    const format = choiceOption(context, 'format', FORMATS) ?? 'mermaid';
    const now = new Date();
    const filter = edgeFilter(context, now);
    const view = { knowledge: knowledgeOf(context.config()), now };
    return withLog(context, async (reader) => {
      context.out(WRITERS[format](buildGraph(await reader.edges(filter, 'summary'), view)));
      return 0;
    });
  },
};
