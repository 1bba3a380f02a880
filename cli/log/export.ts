/** `weir log export`: events for other programs, as NDJSON, CSV or OCSF. Never an excerpt. */

import { packageVersion } from '../../config/package-root.ts';
import { type Command, choiceOption, UsageError } from '../command.ts';
import { CSV_HEAD, csvLine } from './csv.ts';
import { eventFilter, FILTER_DETAILS, FILTER_OPTIONS, FILTER_USAGE } from './filters.ts';
import { ocsfFinding } from './ocsf.ts';
import { withLog } from './open-log.ts';

const FORMATS = ['ndjson', 'csv', 'ocsf'] as const;

export const command: Command = {
  name: 'log export',
  summary: 'events as NDJSON, CSV or OCSF',
  usage: [`weir log export --format ${FORMATS.join('|')}`, ...FILTER_USAGE].join('\n                '),
  details: [
    'Prints all events that match on stdout, oldest first, without excerpts.',
    'ndjson  the events as they are, one a line (docs/events.md)',
    'csv     one row an event (RFC 4180); an apostrophe stands before what a spreadsheet would take for',
    '        a formula',
    'ocsf    OCSF 1.5.0, class 2006 Data Security Finding, one a line: events with a finding or an action',
    '        above allow, and reviews; how many others were left out is said on stderr',
    FILTER_DETAILS,
  ].join('\n'),
  example: 'weir log export --format csv --since 30d > events.csv',
  options: { ...FILTER_OPTIONS, format: { type: 'string' } },
  async run(context) {
    const format = choiceOption(context, 'format', FORMATS);
    if (format === null) throw new UsageError(`needs --format, one of ${FORMATS.join(', ')}`);
    const filter = eventFilter(context, new Date());
    const product = { version: packageVersion() };
    let left = 0;
    await withLog(context, async (reader) => {
      if (format === 'csv') context.out(CSV_HEAD);
      for await (const { excerpt: _, ...event } of reader.events(filter)) {
        if (format === 'csv') context.out(csvLine(event));
        else if (format === 'ndjson') context.out(`${JSON.stringify(event)}\n`);
        else {
          const finding = ocsfFinding(event, product);
          if (finding === null) left++;
          else context.out(`${JSON.stringify(finding)}\n`);
        }
      }
    });
    if (left > 0) context.err(`weir: ${left} events without a finding or an action are no findings; left out\n`);
    return 0;
  },
};
