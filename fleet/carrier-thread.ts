/**
 * A carrier in a thread of its own, so that neither what it reads and sends nor a store that is slow takes anything from the
 * traffic. It tells how it stands once a second.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Figure } from '../flow/figures.ts';
import type { StoreAddress } from '../flow/store-address.ts';
import { openHome } from '../store/home.ts';
import { OutboxQueue } from '../store/outbox-queue.ts';
import { recordOwn } from '../store/own-events.ts';
import { writerKeysIn } from '../store/writer-keys.ts';
import { Bus } from './bus.ts';
import type { BusSettings } from './bus-settings.ts';
import { Carrier, type CarrierTarget } from './carrier.ts';
import { buriedEvent, ChainCounts, faultEvent } from './chain-report.ts';
import { StoreTarget } from './store-target.ts';
import { StreamTarget } from './stream-target.ts';

/** Where the outbox is emptied to. */
export type Destination =
  /** `node`: how the bus knows this node; null: by its chain. */
  | { readonly kind: 'bus'; readonly settings: BusSettings; readonly node: string | null; readonly name: string }
  | { readonly kind: 'store'; readonly address: StoreAddress };

export interface CarrierData {
  readonly homePath: string;
  readonly to: Destination;
}

export type ToCarrier =
  /** A certificate was renewed, or the bus is elsewhere. */
  | { readonly kind: 'settings'; readonly settings: BusSettings }
  /** Send what can be sent within so long, and end. */
  | { readonly kind: 'stop'; readonly limitMs: number };

export type FromCarrier =
  | {
      readonly kind: 'state';
      readonly problem: string | null;
      readonly waiting: number;
      readonly figures: readonly Figure[];
    }
  | { readonly kind: 'problem'; readonly message: string };

const STATE_MS = 1000;

class CarrierThread {
  readonly #port: MessagePort;
  readonly #counts = new ChainCounts();
  readonly #bus: Bus | null;
  readonly #carrier: Promise<Carrier>;
  readonly #timer: NodeJS.Timeout;

  constructor(port: MessagePort, { homePath, to }: CarrierData) {
    this.#port = port;
    this.#bus = to.kind === 'bus' ? new Bus(to.settings, { name: to.name }) : null;
    this.#carrier = this.#open(homePath, to);
    this.#timer = setInterval(() => void this.#tell(), STATE_MS);
    port.on('message', (message: ToCarrier) => {
      if (message.kind === 'settings') void this.#bus?.take(message.settings);
      else void this.#stop(message.limitMs);
    });
  }

  async #open(homePath: string, to: Destination): Promise<Carrier> {
    const onProblem = (message: string) => this.#say({ kind: 'problem', message });
    const home = openHome(homePath, 'outbox');
    const queue = new OutboxQueue(home);
    let target: CarrierTarget;
    if (to.kind === 'bus') {
      if (this.#bus === null) throw new Error('no bus');
      target = new StreamTarget(this.#bus, () => to.node ?? queue.head()?.writer ?? 'new');
    } else {
      const { openArrivals } = await import('../store/postgres/arrivals.ts');
      target = new StoreTarget(await openArrivals(to.address, { keyOf: writerKeysIn(home).chainKeyOf }), {
        home: home.path,
        onFaults: (faults) => recordOwn(home, this.#counts.fresh(faults).map(faultEvent), onProblem),
        onBuried: (id, why) => {
          this.#counts.buried();
          recordOwn(home, [buriedEvent(id, why)], onProblem);
          onProblem(`record ${id} cannot be stored and lies with the dead letters: ${why}`);
        },
      });
    }
    return new Carrier(queue, target, onProblem);
  }

  async #tell(): Promise<void> {
    const { problem, waiting, bytes, oldestMs, sent, held } = (await this.#carrier).state();
    const own: readonly (readonly [string, number])[] = [
      ['weir_outbox_records', waiting],
      ['weir_outbox_bytes', bytes],
      ['weir_outbox_oldest_seconds', oldestMs === null ? 0 : Math.max(0, (Date.now() - oldestMs) / 1000)],
      ['weir_outbox_sent_total', sent],
      ['weir_outbox_held', held],
      ['weir_bus_connected', problem === null ? 1 : 0],
    ];
    const figures = [...own.map(([name, value]) => ({ name, labels: [], value })), ...this.#counts.figures()];
    this.#say({ kind: 'state', problem, waiting, figures });
  }

  async #stop(limitMs: number): Promise<void> {
    clearInterval(this.#timer);
    const carrier = await this.#carrier;
    await carrier.close(limitMs);
    await this.#bus?.close();
    this.#port.close();
  }

  #say(message: FromCarrier): void {
    this.#port.postMessage(message);
  }
}

if (parentPort !== null) new CarrierThread(parentPort, workerData);
