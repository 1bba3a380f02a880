/** `weir flows diff`: what is seen beside the flows that are allowed. Exit 1 on drift, for CI. */
import { relative, resolve } from 'node:path';
import { type Drift, driftOf } from '../../map/drift.ts';
import { type Command, type CommandContext, hasOption, UsageError } from '../command.ts';
import { cleanText } from '../log/clean-text.ts';
import { withLog } from '../log/open-log.ts';
import { readBaseline } from './baseline-file.ts';
import { bypassesOf } from './bypasses.ts';
import { edgeFilter, FLOW_DETAILS, FLOW_OPTIONS, FLOW_USAGE } from './filters.ts';
import { knowledgeOf } from './knowledge.ts';
import { busiestDays } from './peaks.ts';

export const command: Command = {
  name: 'flows diff',
  summary: 'what is seen beside the flows that are allowed',
  usage: ['weir flows diff [FILE] [--json]', ...FLOW_USAGE].join('\n                '),
  details: [
    'Compares what was seen with FILE, else with `baseline` of the configuration. Prints a line an item of drift, the',
    'gravest first: new destination, new class, new workload to an LLM, volume out of its range, bypass of the proxy,',
    'shadow store, card data outside its fence, cross-border, plaintext, coverage lost, expired entry. --json prints an',
    'object a line, with what to do. `weir policy suggest EDGE` prints a rule that would stop it. Exit 1 on drift.',
    FLOW_DETAILS,
  ].join('\n'),
  example: ['weir flows diff flows.yaml', 'weir flows diff --since 24h --json'].join('\n'),
  options: { ...FLOW_OPTIONS, json: { type: 'boolean' } },
  async run(context) {
    const now = new Date();
    const filter = edgeFilter(context, now);
    const baseline = askedBaseline(context);
    const knowledge = knowledgeOf(context.config());
    const found = await withLog(context, async (reader) => {
      const bypasses = await bypassesOf(reader, filter.since ?? null);
      const peakOf = await busiestDays(reader, now, filter.since ?? null);
      return driftOf(baseline, await reader.map(filter), { knowledge, now, bypasses, peakOf });
    });
    const print = hasOption(context, 'json') ? (one: Drift) => JSON.stringify(one) : driftLine;
    for (const one of found) context.out(`${print(one)}\n`);
    return found.length === 0 ? 0 : 1;
  },
};

function askedBaseline(context: CommandContext) {
  const [file, ...more] = context.positionals;
  if (more.length > 0) throw new UsageError('takes one file at most');
  if (file !== undefined) return readBaseline(resolve(context.cwd, file), file);
  const configured = context.config().baseline;
  if (configured !== null) return readBaseline(configured, relative(context.cwd, configured) || configured);
  throw new UsageError('needs a file, or `baseline` in the configuration; `weir flows baseline` prints one');
}

function driftLine({ kind, severity, source, destination, direction, text, edges }: Drift): string {
  const arrow = direction === 'out' ? '->' : '<-';
  const more = edges.length > 1 ? ` and ${edges.length - 1} more` : '';
  return cleanText(`${kind} (${severity})  ${source} ${arrow} ${destination}  ${text}  edge ${edges[0]}${more}`);
}
