/** A bus as commands use it: connected to for one question, or told why not. */
import type { Bus } from '../../fleet/bus.ts';
import { type BusSettings, busPlace, busSettings, readBusUrl } from '../../fleet/bus-settings.ts';
import { type CommandContext, UsageError } from '../command.ts';
import { asNode } from '../keeping.ts';
import { identityWhereJoined } from './member.ts';

const WAIT_MS = 10_000;

/** Throws UsageError for what is no URL of a bus. `ca`: roots in PEM; the system's where there are none. */
export function busAt(url: string, ca: readonly string[]): BusSettings {
  if (readBusUrl(url) === null) throw new UsageError('expected nats://HOST:PORT or tls://HOST:PORT for the bus');
  return busSettings(url, { ca });
}

/** The one of the configuration, by the certificate of a node that has joined. Throws UsageError where it has none. */
export async function configuredBus(context: CommandContext): Promise<BusSettings> {
  const { bus, home } = context.config();
  if (bus === null) throw new UsageError('the configuration names no `bus`: name one by its URL, nats://HOST:PORT');
  return asNode(bus, await identityWhereJoined(home));
}

/** Does it with a bus that is connected; what is wrong with it in words where it cannot be within ten seconds. */
export async function withBus<T>(
  settings: BusSettings,
  work: (bus: Bus) => Promise<T>,
): Promise<T | { readonly problem: string }> {
  const { Bus: Connection } = await import('../../fleet/bus.ts');
  const bus = new Connection(settings, { name: 'weir command' });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), WAIT_MS);
  });
  try {
    const isThere = await Promise.race([bus.ready().then(() => true), late]);
    if (!isThere) return { problem: bus.problem ?? `the bus at ${busPlace(settings)} does not answer` };
    return await work(bus);
  } finally {
    clearTimeout(timer);
    await bus.close();
  }
}
