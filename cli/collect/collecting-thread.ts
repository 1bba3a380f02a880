/**
 * A collector in a thread of its own: a driver that fails where nobody can catch it (a connection that a crash of the store
 * has cut) ends this thread and not the process, and the next one goes on with what was not acknowledged.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { BusSettings } from '../../fleet/bus-settings.ts';
import type { Figure } from '../../flow/figures.ts';
import type { StoreAddress } from '../../flow/store-address.ts';
import { openHome } from '../../store/home.ts';
import type { RetentionRules } from '../../store/retention.ts';
import { openCollecting } from './collecting.ts';

export interface CollectingData {
  readonly homePath: string;
  readonly bus: BusSettings;
  readonly store: StoreAddress;
  readonly retention: RetentionRules;
  readonly name: string;
}

export type ToCollecting = { readonly kind: 'take'; readonly bus: BusSettings } | { readonly kind: 'stop' };

export type FromCollecting =
  | { readonly kind: 'log'; readonly line: string }
  | {
      readonly kind: 'state';
      readonly busProblem: string | null;
      readonly storeProblem: string | null;
      readonly figures: readonly Figure[];
    };

const STATE_MS = 250;

async function collect(port: MessagePort, { homePath, ...rest }: CollectingData): Promise<void> {
  const say = (message: FromCollecting): void => port.postMessage(message);
  const home = openHome(homePath, 'outbox');
  const collecting = await openCollecting({ home, ...rest, log: (line) => say({ kind: 'log', line }) });
  const tell = (): void => {
    const { busProblem, storeProblem } = collecting;
    say({ kind: 'state', busProblem, storeProblem, figures: collecting.figures() });
  };
  const timer = setInterval(tell, STATE_MS);
  tell();
  port.on('message', async (message: ToCollecting) => {
    if (message.kind === 'take') return collecting.take(message.bus);
    clearInterval(timer);
    await collecting.close();
    port.close();
  });
}

if (parentPort !== null) await collect(parentPort, workerData);
