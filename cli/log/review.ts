/**
 * `weir log review`: sets the review state of an event, as an event of its own. A note is kept in clear, so it is
 * scanned first and what looks sensitive in it is replaced.
 */
import { REVIEW_STATES } from '../../flow/event.ts';
import { review } from '../../store/review.ts';
import { type Command, choiceOption, hasOption, textOption, UsageError } from '../command.ts';
import { configuredHome } from '../keeping.ts';
import { cleanText } from './clean-text.ts';
import { findEvent, idArgument } from './find-event.ts';
import { withLog } from './open-log.ts';
import { MAX_NOTE, safeNote, systemUser } from './safe-note.ts';

export const command: Command = {
  name: 'log review',
  summary: 'sets the review state of an event',
  usage: [`weir log review ID --state ${REVIEW_STATES.join('|')}`, '[--note TEXT] [--by NAME] [--json]'].join(
    '\n                ',
  ),
  details: [
    'The review is an event of its own in the chain; the reviewed event shows the latest. It works beside',
    'a running proxy.',
    `--note  up to ${MAX_NOTE} characters, kept in clear: what looks sensitive in it is replaced by its kind`,
    '--by    who reviewed; the user of this system otherwise',
    'Exit code 1 where there is no such event.',
  ].join('\n'),
  example: 'weir log review 01JABCDEF --state false_positive --note "order numbers of the test shop"',
  options: { state: { type: 'string' }, note: { type: 'string' }, by: { type: 'string' }, json: { type: 'boolean' } },
  async run(context) {
    const id = idArgument(context);
    const state = choiceOption(context, 'state', REVIEW_STATES);
    if (state === null) throw new UsageError(`needs --state, one of ${REVIEW_STATES.join(', ')}`);
    const note = safeNote(context, 'note');
    const by = textOption(context, 'by') ?? systemUser();
    const event = await withLog(context, (reader) => findEvent(context, reader, id));
    if (event === null) return 1;
    const say = (message: string) => context.err(`weir: ${cleanText(message)}\n`);
    const result = review(configuredHome(context.config()), { id: event.id, reviewed: event, state, note, by }, say);
    if (result.kind !== 'reviewed') {
      say(result.kind === 'stacked' ? `${event.id} is itself a review` : `no event ${event.id}`);
      return 1;
    }
    const { excerpt: _, ...written } = result.event;
    context.out(hasOption(context, 'json') ? `${JSON.stringify(written)}\n` : `${event.id} ${state}\n`);
    return 0;
  },
};
