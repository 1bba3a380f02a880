/** `weir store retain`: what `retention` lets go of a shared store goes, once, now. */
import { storeText } from '../../flow/store-address.ts';
import { retainStore } from '../../store/postgres/retention-by-day.ts';
import { StoreUpkeep } from '../../store/postgres/upkeep.ts';
import { type Command, hasOption } from '../command.ts';
import { configuredHome } from '../keeping.ts';
import { askedStore } from './address.ts';

export const command: Command = {
  name: 'store retain',
  summary: 'lets go of what is over its age in a shared store',
  usage: 'weir store retain [--as postgres://OWNER@HOST/DATABASE] [--json]',
  details: [
    'Carries out `retention` of the configuration on a shared store: days all of whose events are over `events` are dropped,',
    'calls that merely passed go after `allowed` and the rest of their day stays, excerpts after `excerpts`, edges after',
    '`edges`; above `maxBytes` the oldest days go. Checkpoint events say what was removed, and weir log verify passes over it.',
    '--as  the role that owns the tables, which alone may do that. Collectors with that role do it by themselves, every hour',
  ].join('\n'),
  example: "weir store retain --as 'postgres://weir_owner@db.corp.example/weir?passfile=owner.txt'",
  options: { as: { type: 'string' }, json: { type: 'boolean' } },
  async run(context) {
    const { retention, ...config } = context.config();
    const address = askedStore(context);
    const upkeep = new StoreUpkeep(address, configuredHome({ ...config, store: address }));
    try {
      const done = await retainStore(upkeep, retention, Date.now());
      if (hasOption(context, 'json')) context.out(`${JSON.stringify(done)}\n`);
      else {
        const { events, edges, excerpts, days } = done;
        context.out(
          `${storeText(address)}: ${events} events, ${edges} edges and ${excerpts} excerpts removed, ${days.length} days dropped\n`,
        );
      }
      return 0;
    } finally {
      await upkeep.close();
    }
  },
};
