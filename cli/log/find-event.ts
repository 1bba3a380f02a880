/** One event by its id or a beginning of it, for the commands that take one. */
import type { WeirEvent } from '../../flow/event.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { type CommandContext, UsageError } from '../command.ts';
import { cleanText } from './clean-text.ts';

/** The single positional argument. Throws UsageError where there is none or more than one. */
export function idArgument(context: CommandContext): string {
  const [id, ...more] = context.positionals;
  if (id === undefined || id === '' || more.length > 0) throw new UsageError('needs the id of one event');
  return id;
}

/** The event, its excerpt included; null, with the reason on stderr, where none or several have that id. */
export async function findEvent(context: CommandContext, reader: StoreReader, id: string): Promise<WeirEvent | null> {
  const found = await reader.event(id);
  if (found.kind === 'found') return found.event;
  if (found.kind === 'none') context.err(`weir: no event has an id that begins with ${cleanText(id)}\n`);
  else context.err(`weir: several events have an id that begins so: ${found.ids.join(', ')}\n`);
  return null;
}
