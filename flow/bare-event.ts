/** An event that no exchange made: what Weir did itself, or tells of itself. Everything is unknown but what is given. */
import { FULL } from './coverage.ts';
import type { EventBody } from './event.ts';
import { bareSource } from './parties.ts';

/** `reason` is a sentence for people; no value is in it. */
export function bareEvent(given: Pick<EventBody, 'id' | 'kind' | 'time' | 'reason'> & Partial<EventBody>): EventBody {
  return {
    channel: 'proxy',
    exchange: null,
    outcome: null,
    status: null,
    decisions: [],
    action: 'allow',
    mode: null,
    policy: null,
    policyVersion: null,
    rule: null,
    severity: null,
    explanation: [],
    enforced: false,
    coverage: FULL,
    source: bareSource(),
    destination: { host: null, port: null, vendor: null, category: 'unknown', country: null },
    provider: null,
    model: null,
    route: null,
    findings: [],
    bytes: { out: 0, in: 0 },
    latencyMs: null,
    refersTo: null,
    ...given,
  };
}
