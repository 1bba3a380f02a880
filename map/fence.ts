/** Fences (`environments` of the configuration): whether the ends of a flow stand inside one. */
import type { MapEnd } from './ends.ts';
import type { Environment } from './knowledge.ts';

/** Classes that PCI DSS calls account data: the number, and what is stored or sent with it. */
export const CARD_ENTITIES: ReadonlySet<string> = new Set([
  'CREDIT_CARD',
  'CARD_CVV',
  'CARD_EXPIRY',
  'CARD_TRACK_DATA',
]);

/** An app whose label came with its token, a store by its name, a vendor in any case of letters. */
export function isInside(end: MapEnd, environment: Environment): boolean {
  if (end.type === 'workload') return end.app !== null && end.verified && environment.apps.includes(end.app);
  if (end.store !== null) return environment.stores.includes(end.store);
  if (end.app !== null && environment.apps.includes(end.app)) return true;
  const vendor = end.vendor?.toLowerCase() ?? null;
  return vendor !== null && environment.vendors.some((name) => name.toLowerCase() === vendor);
}

/**
 * Whether what was found on a flow can have arrived as it was: not where every call was blocked or had its findings
 * replaced. Which of several calls held a finding is not known of an edge, so one call that passed is enough.
 */
export function canHaveArrived(flow: {
  readonly calls: number;
  readonly actions: Readonly<Record<string, number>>;
}): boolean {
  const held = ['block', 'redact', 'tokenize'].reduce((sum, action) => sum + (flow.actions[action] ?? 0), 0);
  return held === 0 || held < flow.calls;
}
