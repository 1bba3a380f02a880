/** What the sensor tells by itself, without a policy: an alert that changes nothing, with what to do about it. */
import { bareEvent } from '../flow/bare-event.ts';
import type { Severity } from '../flow/decision.ts';
import type { EventBody } from '../flow/event.ts';
import { eventDestination } from '../flow/event-destination.ts';
import { timeText } from '../flow/event-of.ts';
import type { Destination, Source } from '../flow/parties.ts';

export interface SensorAlert {
  readonly id: string;
  readonly kind: 'bypass' | 'drift';
  /** Unix time in ms. */
  readonly now: number;
  readonly rule: string;
  readonly severity: Severity;
  /** What is the matter, then how to mend it. */
  readonly explanation: readonly string[];
  readonly source: Source;
  readonly destination: Destination;
  readonly reason: string;
}

export function alertEvent({ id, kind, now, source, destination, reason, ...why }: SensorAlert): EventBody {
  const ruling = { action: 'alert', mode: 'monitor', policy: 'sensor', policyVersion: null, ...why } as const;
  return bareEvent({
    ...{ id, kind, time: timeText(now), channel: 'sensor', source, destination: eventDestination(destination), reason },
    ...ruling,
    decisions: [{ direction: 'request', ...ruling }],
  });
}
