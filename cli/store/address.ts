/** Which shared store a command works on: the one that the configuration names, or `--as` with another role. */
import { type StoreAddress, storeAddress } from '../../flow/store-address.ts';
import { type CommandContext, textOption, UsageError } from '../command.ts';

/** Throws UsageError where there is none. */
export function askedStore(context: CommandContext): StoreAddress {
  const text = textOption(context, 'as');
  const { store } = context.config();
  if (text === null) {
    if (store === 'sqlite') throw new UsageError('needs `store: postgres://…` in the configuration, or --as');
    return store;
  }
  try {
    return storeAddress(text);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--as ${error.message}`);
    throw error;
  }
}
