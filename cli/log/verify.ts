/** `weir log verify`: whether every record is there, in order and as it was written. It changes nothing. */
import type { ChainResult } from '../../store/verify.ts';
import { type Command, hasOption } from '../command.ts';
import { cleanText } from './clean-text.ts';
import { withLog } from './open-log.ts';

export const command: Command = {
  name: 'log verify',
  summary: 'checks that no record was changed or removed',
  usage: 'weir log verify [--json]',
  details: [
    'Checks the chain of every writer: numbers, links and, with the key of this home, the HMAC of each',
    'record, of its personal fields and its excerpt, and of the head that says how many there are. Names',
    'the first record of a writer that was changed, is missing or is out of order. Exit code 1 then; a',
    'writer whose key is not here is named and does not change the exit code. What retention and purge have',
    'removed or cleared is passed over where an intact checkpoint says so, and named.',
  ].join('\n'),
  example: 'weir log verify && echo intact',
  options: { json: { type: 'boolean' } },
  async run(context) {
    return withLog(context, async (reader) => {
      const result = await reader.verify();
      if (hasOption(context, 'json')) context.out(`${JSON.stringify(result)}\n`);
      else {
        for (const chain of result.chains) context.out(cleanText(chainText(chain)).concat('\n'));
        if (result.chains.length === 0) context.out('no records\n');
      }
      return result.isIntact ? 0 : 1;
    });
  },
};

function chainText({
  writer,
  records,
  isKeyHeld,
  cleared,
  removed,
  checkpoints,
  clearing,
  fault,
}: ChainResult): string {
  if (fault !== null) return `${fault.kind}: ${fault.text}`;
  const key = isKeyHeld ? '' : '; its key is not here, so only numbers and links were checked';
  const gone = cleared === 0 ? '' : `; personal fields or excerpt cleared in ${cleared}${namesOf(clearing)}`;
  const without = removed === 0 ? '' : `; ${removed} removed${namesOf(checkpoints)}`;
  return `intact: ${records} records of writer ${writer}${without}${gone}${key}`;
}

/** The events that say so: ` (checkpoint 01J…)`. */
function namesOf(checkpoints: readonly string[]): string {
  const last = checkpoints.at(-1);
  if (last === undefined) return '';
  return checkpoints.length === 1 ? ` (checkpoint ${last})` : ` (${checkpoints.length} checkpoints, the last ${last})`;
}
