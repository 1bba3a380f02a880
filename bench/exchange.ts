/** A made-up exchange as a proxy records it, for the benchmarks of store and fleet. It holds no sensitive value. */
import type { EventBody } from '../flow/event.ts';
import type { Closing, Opening } from '../flow/recorder.ts';
import { newUlid } from '../store/ulid.ts';

/** One in twenty has a finding and an excerpt, as in the proxy's benchmark. */
export const WITH_FINDING = 20;

const SOURCE = {
  app: 'bench',
  verified: true,
  host: 'bench-host',
  pid: 4242,
  process: 'node',
  exe: '/usr/bin/node',
  user: 'bench',
  container: null,
  credential: null,
};
const DESTINATION = { host: 'api.openai.com', port: 443, vendor: 'OpenAI', category: 'genai', country: 'US' };
const COVERAGE = { level: 'full', reason: null } as const;

/** Who called whom; by default one app calls one provider. */
export interface Pair {
  readonly app: string;
  readonly host: string;
}

const ONE_PAIR: Pair = { app: SOURCE.app, host: DESTINATION.host };

/** The `i`-th. */
export function exchange(i: number, pair: Pair = ONE_PAIR): { readonly opening: Opening; readonly closing: Closing } {
  const id = newUlid();
  const time = new Date().toISOString();
  const hasFinding = i % WITH_FINDING === 0;
  const source = { ...SOURCE, app: pair.app };
  const destination = { ...DESTINATION, host: pair.host };
  const names = { source, destination, provider: 'openai', model: 'gpt-4o' };
  const route = 'POST /v1/chat/completions';
  const decision = {
    direction: 'request' as const,
    action: hasFinding ? ('tokenize' as const) : ('allow' as const),
    mode: 'enforce' as const,
    policy: hasFinding ? 'default' : null,
    policyVersion: hasFinding ? '3f2a91c0' : null,
    rule: hasFinding ? 'identifiers' : null,
    severity: hasFinding ? ('medium' as const) : null,
    explanation: hasFinding ? ['default/identifiers: 1 EMAIL_ADDRESS at /messages/1/content, score 0.9 >= 0.5'] : [],
  };
  const { direction: _, ...top } = decision;
  const finding = {
    entity: 'EMAIL_ADDRESS',
    alternatives: [],
    category: 'personal' as const,
    direction: 'request' as const,
    role: 'user' as const,
    position: 'latest' as const,
    path: '/messages/1/content',
    count: 1,
    maxScore: 0.9,
    scores: { '0.90': 1 },
    fingerprints: ['AAAAAAAAAAAAAAAAAAAAAA'],
  };
  const event: EventBody = {
    ...{ id, kind: 'exchange', time, channel: 'proxy', exchange: id, outcome: 'completed', status: 200 },
    ...{ decisions: [decision], ...top, enforced: true, coverage: COVERAGE, ...names, route },
    ...{ findings: hasFinding ? [finding] : [], bytes: { out: 4300, in: 900 }, latencyMs: 12.41 },
    ...{ reason: null, refersTo: null },
  };
  const edge = {
    ...{
      source,
      destination,
      via: 'proxy' as const,
      protocol: 'https',
      channel: 'proxy' as const,
    },
    ...{ bytesOut: 4300, bytesIn: 900, action: decision.action, coverage: COVERAGE, time },
  };
  const edges = [
    { ...edge, direction: 'out' as const, entities: hasFinding ? { EMAIL_ADDRESS: 1 } : {} },
    { ...edge, direction: 'in' as const, entities: {} },
  ];
  const excerpt = hasFinding ? `please answer [EMAIL_ADDRESS] ${'before the end of the week '.repeat(4)}` : null;
  return { opening: { id, exchange: id, time, ...names, route }, closing: { event, edges, excerpt } };
}
