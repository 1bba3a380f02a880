/** The store that the configuration names, opened to be read: the database in home, or a PostgreSQL that many write to. */
import type { Config } from '../config/config.ts';
import { openHome } from '../store/home.ts';
import { openPostgresReader } from '../store/postgres/reader.ts';
import { openReader } from '../store/reader.ts';
import { homeStore, type StoreReader } from '../store/store-reader.ts';
import { writerKeysIn } from '../store/writer-keys.ts';

/** Throws WeirError `home_unusable`; what a shared store fails with, its answers throw. `onProblem` hears of damaged records. */
export function openStore(
  { store, home }: Pick<Config, 'store' | 'home'>,
  onProblem: (message: string) => void,
): StoreReader {
  if (store === 'sqlite') return homeStore(openReader({ path: home }, onProblem));
  const { chainKeyOf: keyOf, excerptKeyOf } = writerKeysIn(openHome(home, 'outbox'));
  return openPostgresReader(store, { excerptKeyOf, keyOf, onProblem });
}
