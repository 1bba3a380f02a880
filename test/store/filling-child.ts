/** Brings a home up to date step by step, and says so after each; killed by the test. Arguments: home, milliseconds of pause. */
import { writeSync } from 'node:fs';
import { openHome } from '../../store/home.ts';
import { Ledger } from '../../store/ledger.ts';
import { openDatabase } from '../../store/schema.ts';

const [path = '', pauseMs = '0'] = process.argv.slice(2);
const home = openHome(path);
home.lock(30_000);
const database = openDatabase(home.databaseFile);
const ledger = new Ledger(database, home, home.keys.chain, () => {});
for (;;) {
  const isMore = ledger.fill(10);
  writeSync(1, 'step\n');
  if (!isMore) await new Promise((resolve) => setTimeout(resolve, 60_000));
  await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)));
}
