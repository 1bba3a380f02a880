/**
 * Connections that the kernel refused for Weir, as events: by `sensor.block`, or because the proxy that they would have been
 * steered to is away. A program tries again and again: one event a minute for a source and place, and so many in all.
 */
import { bareEvent } from '../flow/bare-event.ts';
import type { EventBody } from '../flow/event.ts';
import { eventDestination } from '../flow/event-destination.ts';
import { timeText } from '../flow/event-of.ts';
import type { Destination, Source } from '../flow/parties.ts';
import type { SteerFrame } from './frame-types.ts';

export interface RefusalsOptions {
  readonly sourceOf: (frame: SteerFrame) => Source;
  readonly destinationOf: (frame: SteerFrame, at: number) => Destination;
  readonly wallMs: (at: number) => number;
  readonly record: (event: EventBody) => void;
  readonly newId: () => string;
}

const MINUTE_MS = 60_000;
const MAX_TOLD = 5000;
/** In a minute. */
const MAX_EVENTS = 100;

const REASONS = {
  policy: { why: 'sensor.block', rule: 'block', mend: 'list it under destinations with sanctioned: true to let it be' },
  lease: {
    why: 'the proxy is away, and proxy.onError is closed',
    rule: 'steer',
    mend: 'start the proxy again, or set proxy.onError: open',
  },
} as const;

export class Refusals {
  readonly #options: RefusalsOptions;
  readonly #told = new Map<string, number>();
  #minute = Number.NEGATIVE_INFINITY;
  #events = 0;
  #untold = 0;

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  refused(frame: SteerFrame, at: number): void {
    // Of QUIC the program falls back to TCP, which is seen.
    if (frame.why !== 'policy' && frame.why !== 'lease') return;
    const source = this.#options.sourceOf(frame);
    const destination = this.#options.destinationOf(frame, at);
    const { app, process, exe, user, container } = source;
    const key = JSON.stringify([app, process, exe, user, container, destination.host, frame.port, frame.why]);
    if (!this.#isFirst(key, at)) return;
    if (at - this.#minute >= MINUTE_MS) {
      this.#minute = at;
      this.#events = 0;
    }
    if (this.#events >= MAX_EVENTS) {
      this.#untold++;
      return;
    }
    this.#events++;
    this.#options.record(this.#eventOf(REASONS[frame.why], source, destination, at));
  }

  #isFirst(key: string, at: number): boolean {
    const before = this.#told.get(key);
    if (before !== undefined && at - before < MINUTE_MS) return false;
    this.#told.delete(key);
    this.#told.set(key, at);
    const [oldest] = this.#told.keys();
    if (oldest !== undefined && this.#told.size > MAX_TOLD) this.#told.delete(oldest);
    return true;
  }

  #eventOf(
    { why, rule, mend }: (typeof REASONS)[keyof typeof REASONS],
    source: Source,
    destination: Destination,
    at: number,
  ): EventBody {
    const others = this.#untold === 0 ? [] : [`${this.#untold} more like it were not recorded by themselves`];
    this.#untold = 0;
    const ruling = {
      action: 'block',
      mode: 'enforce',
      policy: 'sensor',
      policyVersion: null,
      rule,
      severity: 'medium',
      explanation: [`a connection to ${destination.host} was refused: ${why}`, mend, ...others],
    } as const;
    return bareEvent({
      ...{
        id: this.#options.newId(),
        kind: 'drift',
        time: timeText(this.#options.wallMs(at)),
        channel: 'sensor',
        source,
      },
      ...ruling,
      enforced: true,
      destination: eventDestination(destination),
      reason: `a connection was refused: ${why}`,
      decisions: [{ direction: 'request', ...ruling }],
    });
  }
}
