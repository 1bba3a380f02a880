/**
 * `weir log purge`: clears what leads to a person: excerpts and personal fields of events, and of edges. The records
 * themselves stay, and a checkpoint says which were cleared, so that the log still verifies.
 */
import { type Purged, type PurgeSelection, purge } from '../../store/purge.ts';
import { type Command, type CommandContext, hasOption, textOption, UsageError } from '../command.ts';
import { configuredHome } from '../keeping.ts';
import { askedStore } from '../store/address.ts';
import { cleanText } from './clean-text.ts';
import { parseMoment } from './moment.ts';
import { withLog } from './open-log.ts';
import { systemUser } from './safe-note.ts';

export const command: Command = {
  name: 'log purge',
  summary: 'clears what leads to a person',
  usage:
    'weir log purge [--user USER] [--app APP] [--fingerprint FINGERPRINT] [--before WHEN] [--by NAME] [--as postgres://OWNER@HOST/DATABASE] [--json]',
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
    '--as           of a shared store: the role that owns its tables, which alone may do that. What nodes have not handed',
    '               on yet is not reached: run it again when it has come',
    'At least one of the first four; given together they narrow. Exit code 1 where nothing matched.',
  ].join('\n'),
  example: ['weir log purge --user ana --before 7d', 'weir log purge --fingerprint Zx3-0bq_8TnUo1yKc5vW7g'].join('\n'),
  options: {
    user: { type: 'string' },
    app: { type: 'string' },
    fingerprint: { type: 'string' },
    before: { type: 'string' },
    by: { type: 'string' },
    as: { type: 'string' },
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
    const purged = await purgeConfigured(context, selection);
    if (hasOption(context, 'json')) context.out(`${JSON.stringify(purged)}\n`);
    else {
      const said = purged.checkpoints.length === 0 ? '' : `; checkpoint ${purged.checkpoints.join(', ')}`;
      context.out(`${purged.events} events and ${purged.edges} edges cleared${said}\n`);
    }
    return purged.events + purged.edges === 0 ? 1 : 0;
  },
};

async function purgeConfigured(context: CommandContext, selection: PurgeSelection): Promise<Purged> {
  const config = context.config();
  const say = (message: string) => context.err(`weir: ${cleanText(message)}\n`);
  const by = textOption(context, 'by') ?? systemUser();
  const home = configuredHome(config);
  if (config.store !== 'sqlite' || textOption(context, 'as') !== null) {
    const [{ StoreUpkeep }, { purgeStore }] = await Promise.all([
      import('../../store/postgres/upkeep.ts'),
      import('../../store/postgres/purge-store.ts'),
    ]);
    const upkeep = new StoreUpkeep(askedStore(context), home);
    try {
      return await purgeStore(upkeep, selection, by);
    } finally {
      await upkeep.close();
    }
  }
  // What a run that was killed has left in the spool is cleared too.
  await withLog(context, () => {});
  return purge(home, selection, by, say);
}
