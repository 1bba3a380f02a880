/** A reader that stays open; opened anew as long as there is nothing to read yet. */

import { existsSync } from 'node:fs';
import type { HomePaths } from '../../store/home.ts';
import { openReader, type Reader } from '../../store/reader.ts';

export function keptReader(home: HomePaths, onProblem: (message: string) => void): () => Reader {
  let reader: Reader | null = null;
  return () => {
    if (reader !== null) return reader;
    const isThere = existsSync(home.databaseFile);
    const opened = openReader(home, onProblem);
    if (isThere) reader = opened;
    return opened;
  };
}
