/** Removes what is over its age step by step, and says so after each; killed by the test. Arguments: home, the time. */
import { writeSync } from 'node:fs';
import { openHome } from '../../store/home.ts';
import { Ledger } from '../../store/ledger.ts';
import { Retention } from '../../store/retention.ts';
import { openDatabase } from '../../store/schema.ts';

const [path = '', now = '0'] = process.argv.slice(2);
const home = openHome(path);
home.lock(30_000);
const database = openDatabase(home.databaseFile);
const ledger = new Ledger(database, home, home.keys.chain, () => {});
const rules = { eventsMs: null, allowedMs: 3_600_000, excerptsMs: 3_600_000, edgesMs: null, maxBytes: null };
const retention = new Retention(database, ledger, rules);
for (;;) {
  const isMore = retention.step(Number(now));
  writeSync(1, 'step\n');
  await new Promise((resolve) => setTimeout(resolve, isMore ? 5 : 60_000));
}
