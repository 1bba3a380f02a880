/** A reader that stays open; of a home, opened anew as long as there is nothing to read yet. */

import { existsSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { type HomePaths, homePaths } from '../../store/home.ts';
import { openReader, type Reader } from '../../store/reader.ts';
import { homeStore, type StoreReader } from '../../store/store-reader.ts';
import { openStore } from '../open-store.ts';

/** Of the store that the configuration names. */
export function keptStore(
  config: Pick<Config, 'store' | 'home'>,
  onProblem: (message: string) => void,
): () => StoreReader {
  if (config.store === 'sqlite') {
    const reader = keptReader(homePaths(config.home), onProblem);
    return () => homeStore(reader());
  }
  const store = openStore(config, onProblem);
  return () => store;
}

function keptReader(home: HomePaths, onProblem: (message: string) => void): () => Reader {
  let reader: Reader | null = null;
  return () => {
    if (reader !== null) return reader;
    const isThere = existsSync(home.databaseFile);
    const opened = openReader(home, onProblem);
    if (isThere) reader = opened;
    return opened;
  };
}
