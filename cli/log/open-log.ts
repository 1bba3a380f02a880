/**
 * The log of the configured home, opened for a command. What a run that was killed has left in the spool is taken up
 * first, so that the log is complete also before the next start.
 */
import { recoverSpool } from '../../store/recover.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import type { CommandContext } from '../command.ts';
import { keepingOf } from '../keeping.ts';
import { openStore } from '../open-store.ts';
import { cleanText } from './clean-text.ts';

/** Opens it; the caller closes it. Throws WeirError `home_unusable`, and what a shared store fails with. */
export function openLog(context: CommandContext): StoreReader {
  const config = context.config();
  const say = (message: string) => context.err(`weir: ${cleanText(message)}\n`);
  try {
    recoverSpool(config.home, say, keepingOf(config));
  } catch (error) {
    // A home that may only be read, or a full disk: what is in the database can still be shown.
    say(
      `what the last run left in the spool could not be taken up: ${error instanceof Error ? error.message : 'unknown'}`,
    );
  }
  if (config.bus !== null && config.store === 'sqlite') {
    say(
      'the records of this node go over the bus into the shared store; `store` here names none, so only what lies in this home is shown',
    );
  }
  return openStore(config, say);
}

/** Opens the log for as long as `use` runs. */
export async function withLog<T>(context: CommandContext, use: (reader: StoreReader) => T | Promise<T>): Promise<T> {
  const reader = openLog(context);
  try {
    return await use(reader);
  } finally {
    await reader.close();
  }
}
