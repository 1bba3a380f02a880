/**
 * `weir log purge`: clears what leads to a person: excerpts and personal fields of events, and of edges. The records
 * themselves stay, and a checkpoint says which were cleared, so that the log still verifies.
 */
import { openHome } from '../../store/home.ts';
import { purge } from '../../store/purge.ts';
import { type Command, hasOption, textOption, UsageError } from '../command.ts';
import { cleanText } from './clean-text.ts';
import { parseMoment } from './moment.ts';
import { withLog } from './open-log.ts';
import { systemUser } from './safe-note.ts';

export const command: Command = {
  name: 'log purge',
  summary: 'clears what leads to a person',
  usage: 'weir log purge [--user USER] [--app APP] [--fingerprint FINGERPRINT] [--before WHEN] [--by NAME] [--json]',
  details: [
    'Clears the excerpts and personal fields (host, process, program, user, credential, fingerprints, who reviewed and',
    'the note) of the events that match, and of the edges. What is under the hash stays: app label, destination,',
    'route, kinds and counts. A checkpoint event says which records; weir log verify passes over them. It works beside',
    'a running proxy, and cannot be undone.',
    '--user         events of this user, and reviews by them',
    '--app          events of this app label',
    '--fingerprint  events in which this value was found (weir policy fingerprint)',
    '--before       events that began before: 30d (ago), 2026-11-23 or 2026-11-23T08:00:00Z',
    '--by           who asked for it; the user of this system otherwise',
    'At least one of the first four; given together they narrow. Exit code 1 where nothing matched.',
  ].join('\n'),
  example: ['weir log purge --user ana --before 7d', 'weir log purge --fingerprint Zx3-0bq_8TnUo1yKc5vW7g'].join('\n'),
  options: {
    user: { type: 'string' },
    app: { type: 'string' },
    fingerprint: { type: 'string' },
    before: { type: 'string' },
    by: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(context) {
    if (context.positionals.length > 0) throw new UsageError('takes options alone');
    const selection = {
      user: textOption(context, 'user'),
      app: textOption(context, 'app'),
      fingerprint: textOption(context, 'fingerprint'),
      before: parseMoment('before', textOption(context, 'before'), new Date()),
    };
    if (Object.values(selection).every((one) => one === null)) {
      throw new UsageError('needs --user, --app, --fingerprint or --before');
    }
    // What a run that was killed has left in the spool is cleared too.
    await withLog(context, () => {});
    const say = (message: string) => context.err(`weir: ${cleanText(message)}\n`);
    const by = textOption(context, 'by') ?? systemUser();
    const purged = purge(openHome(context.config().home), selection, by, say);
    if (hasOption(context, 'json')) context.out(`${JSON.stringify(purged)}\n`);
    else {
      const said = purged.checkpoints.length === 0 ? '' : `; checkpoint ${purged.checkpoints.join(', ')}`;
      context.out(`${purged.events} events and ${purged.edges} edges cleared${said}\n`);
    }
    return purged.events + purged.edges === 0 ? 1 : 0;
  },
};
