/** `weir store copy`: moves the records of a home into a shared store, and proves their chains there. */
import { existsSync } from 'node:fs';
import { storeText } from '../../flow/store-address.ts';
import { openHome } from '../../store/home.ts';
import { copyHome } from '../../store/postgres/copy-home.ts';
import { recoverSpool } from '../../store/recover.ts';
import { openDatabase } from '../../store/schema.ts';
import { type Command, hasOption } from '../command.ts';
import { cleanText } from '../log/clean-text.ts';
import { askedStore } from './address.ts';

export const command: Command = {
  name: 'store copy',
  summary: 'moves the records of a home into a shared store',
  usage: 'weir store copy [--as postgres://USER@HOST/DATABASE] [--json]',
  details: [
    'Copies events, edges, counts and imported lines of the embedded store in home into the one that `store` names, while',
    'nothing runs on that home. The chains are verified before, each record as it arrives, and the chains again where they',
    'lie then; one that does not verify is refused with the record named, and nothing is copied. It may be killed and run',
    'again: what is there is passed over. The home keeps all that it has.',
  ].join('\n'),
  example: "weir store copy --as 'postgres://weir_owner@db.corp.example/weir?passfile=owner.txt'",
  options: { as: { type: 'string' }, json: { type: 'boolean' } },
  async run(context) {
    const address = askedStore(context);
    const say = (message: string) => context.err(`weir: ${cleanText(message)}\n`);
    const { home: path } = context.config();
    recoverSpool(path, say);
    const home = openHome(path);
    const lock = home.lock();
    try {
      if (!existsSync(home.databaseFile)) {
        context.err(`weir: ${cleanText(path)} has no records\n`);
        return 1;
      }
      const database = openDatabase(home.databaseFile);
      try {
        const copied = await copyHome(database, home, address, (done, all) => {
          if (done % 50_000 === 0) say(`${done} of ${all} records`);
        });
        if (hasOption(context, 'json')) context.out(`${JSON.stringify(copied)}\n`);
        else {
          const { records, added, edges, chains } = copied;
          context.out(`${storeText(address)}: ${added} of ${records} records copied, ${edges} edges\n`);
          for (const { writer, records: count } of chains) {
            context.out(`intact there: ${count} records of writer ${writer}\n`);
          }
        }
        return 0;
      } finally {
        database.close();
      }
    } finally {
      lock.release();
    }
  },
};
