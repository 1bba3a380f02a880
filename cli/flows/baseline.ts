/** `weir flows baseline`: what was seen as a file of allowed flows, to be reviewed and kept in git. */
import { resolve } from 'node:path';
import { baselineOf, baselineYaml } from '../../map/baseline.ts';
import { type Command, type CommandContext, textOption, UsageError } from '../command.ts';
import { withLog } from '../log/open-log.ts';
import { isDay, readBaseline } from './baseline-file.ts';
import { edgeFilter, FLOW_DETAILS, FLOW_OPTIONS, FLOW_USAGE } from './filters.ts';
import { knowledgeOf } from './knowledge.ts';
import { busiestDays } from './peaks.ts';

export const command: Command = {
  name: 'flows baseline',
  summary: 'what was seen as a file of allowed flows',
  usage: ['weir flows baseline [--keep FILE] [--expires DAY]', ...FLOW_USAGE].join('\n                    '),
  details: [
    'Prints YAML in a stable order: each flow with its classes, its range of volume, its owner and the day on which',
    'its entry runs out. Review it, keep it in git, name it under `baseline` in weir.yaml; docs/map.md has the grammar.',
    '--keep     entries of an earlier baseline stay as they are, and flows that it does not name are added',
    '--expires  a day such as 2027-06-30; the end of the month in a year unless said',
    FLOW_DETAILS,
  ].join('\n'),
  example: ['weir flows baseline > flows.yaml', 'weir flows baseline --keep flows.yaml > flows.new.yaml'].join('\n'),
  options: { ...FLOW_OPTIONS, keep: { type: 'string' }, expires: { type: 'string' } },
  async run(context) {
    const now = new Date();
    const expires = textOption(context, 'expires') ?? monthInAYear(now);
    if (!isDay(expires)) throw new UsageError('--expires must be a day such as 2027-06-30');
    const filter = edgeFilter(context, now);
    const knowledge = knowledgeOf(context.config());
    const keep = keptBaseline(context);
    return withLog(context, async (reader) => {
      const peakOf = await busiestDays(reader, now, filter.since ?? null);
      const baseline = baselineOf(await reader.edges(filter), { knowledge, expires, peakOf, ...keep });
      for (const piece of baselineYaml(baseline)) context.out(piece);
      return 0;
    });
  },
};

function keptBaseline(context: CommandContext) {
  const file = textOption(context, 'keep');
  return file === null ? {} : { keep: readBaseline(resolve(context.cwd, file), file) };
}

/** The last day of this month, a year on: the same all month, so that a second run changes no line. */
function monthInAYear(now: Date): string {
  return new Date(Date.UTC(now.getUTCFullYear() + 1, now.getUTCMonth() + 1, 0)).toISOString().slice(0, 10);
}
