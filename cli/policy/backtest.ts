/** `weir policy backtest`: what policies would have done to the events on record. It changes nothing. */
import { createCatalog } from '../../catalog/catalog.ts';
import { policyPaths, readPolicies } from '../../config/policies.ts';
import { type BacktestResult, createBacktest } from '../../engine/decide/backtest.ts';
import { problemText } from '../../engine/decide/checked-yaml.ts';
import { checkPolicies } from '../../engine/decide/policy-check.ts';
import { normalise } from '../../engine/scan/normalise.ts';
import { WeirError } from '../../flow/errors.ts';
import { homePaths, readFingerprintKeys } from '../../store/home.ts';
import { fingerprintUnder } from '../../store/keyed.ts';
import { type Command, type CommandContext, hasOption, numberOption } from '../command.ts';
import { rolloutStand } from '../configured-engine.ts';
import { eventFilter, FILTER_OPTIONS } from '../log/filters.ts';
import { withLog } from '../log/open-log.ts';
import { tableText } from '../log/table.ts';
import { soundPolicies } from './policy-sources.ts';
import { eventDestinationOf } from './recorded-destination.ts';

const DEFAULT_SAMPLES = 5;

export const command: Command = {
  name: 'policy backtest',
  summary: 'what policies would have done to the events on record',
  usage: [
    'weir policy backtest [FILE|FOLDER …] [--since WHEN] [--until WHEN] [--app APP]',
    '[--destination HOST] [--entity ENTITY] [--samples N] [--json]',
  ].join('\n                     '),
  details: [
    'Replays rules, thresholds, counts and exceptions on the findings that events keep, and compares with what was decided',
    'then. Without files, the policies of the configuration; with files, those alone: name all that would be in force.',
    'What cannot be told without the text is counted as undecidable, with the reason: patterns of exceptions, `within`,',
    'limits, recognizers that are new, scores below 0.3. What retention has removed is not replayed: allowed exchanges',
    'go first.',
    '--since, --until, --app, --destination, --entity  which events, as in weir log list',
    `--samples  ids shown of each change (${DEFAULT_SAMPLES})`,
    '--json     one document: events, unchanged, undecidable, reasons{}, changed[{before,after,isEnforced,policy,rule,events,',
    '           samples[]}], rules[{policy,rule,decides,undecidable}]',
  ].join('\n'),
  example: [
    'weir policy backtest policies/ --since 30d',
    'weir policy backtest new.yaml policies/default.yaml --json',
  ].join('\n'),
  options: {
    since: FILTER_OPTIONS.since,
    until: FILTER_OPTIONS.until,
    app: FILTER_OPTIONS.app,
    destination: FILTER_OPTIONS.destination,
    entity: FILTER_OPTIONS.entity,
    samples: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(context) {
    const samples = numberOption(context, 'samples', { min: 0, max: 100_000, integer: true }) ?? DEFAULT_SAMPLES;
    const filter = { ...eventFilter(context, new Date()), kinds: ['exchange' as const] };
    const { documents } = soundPolicies(context);
    const problems = checkPolicies(documents);
    if (problems.length > 0) throw new WeirError('policy_invalid', problems.map(problemText).join('\n'));
    const config = context.config();
    const keys = readFingerprintKeys(homePaths(config.home));
    const standing = keys[1] ?? keys[0];
    const backtest = createBacktest({
      documents,
      before: readPolicies(policyPaths(config), context.cwd).documents,
      destinationOf: eventDestinationOf(createCatalog(config.destinations)),
      now: new Date(),
      samples,
      ...(standing === undefined
        ? {}
        : {
            fingerprints: (entity, value) => keys.map((key) => fingerprintUnder(key, entity, value, normalise)),
            standOf: rolloutStand((entity, value) => fingerprintUnder(standing, entity, value, normalise)),
          }),
    });
    const result = await withLog(context, async (reader) => {
      for await (const event of reader.events(filter)) backtest.add(event);
      return backtest.result();
    });
    if (hasOption(context, 'json')) context.out(`${JSON.stringify(result)}\n`);
    else print(context, result);
    return 0;
  },
};

function print(
  context: CommandContext,
  { events, unchanged, undecidable, reasons, changed, rules }: BacktestResult,
): void {
  const differing = events - unchanged - undecidable;
  context.out(`${events} events: ${unchanged} unchanged, ${differing} changed, ${undecidable} undecidable\n`);
  for (const [reason, count] of Object.entries(reasons)) context.out(`  undecidable for ${reason}: ${count}\n`);
  if (changed.length > 0) {
    const rows = changed.map(({ before, after, isEnforced, policy, rule, events: count, samples }) => [
      { text: before },
      { text: isEnforced ? after : `(${after})` },
      { text: policy === null ? '-' : `${policy}/${rule ?? '-'}` },
      { text: String(count) },
      { text: samples.join(' ') },
    ]);
    const heads = ['BEFORE', 'AFTER', 'RULE', 'EVENTS', 'SUCH AS'];
    context.out(`\n${tableText(heads, rows, { color: context.color, right: ['EVENTS'] })}`);
  }
  const rows = rules
    .filter((one) => one.decides + one.undecidable > 0)
    .map(({ policy, rule, decides, undecidable: unclear }) => [
      { text: `${policy}/${rule}` },
      { text: String(decides) },
      { text: String(unclear) },
    ]);
  if (rows.length === 0) return;
  const heads = ['RULE', 'DECIDES', 'UNDECIDABLE'];
  context.out(`\n${tableText(heads, rows, { color: context.color, right: ['DECIDES', 'UNDECIDABLE'] })}`);
}
