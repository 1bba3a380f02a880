/**
 * How much a flow puts at risk, 0 to 100: the product of five terms, each with the words that explain it. It ranks; it
 * is no probability. What nobody could look into has no risk (null), which is not the same as none.
 */
import type { Coverage } from '../flow/coverage.ts';
import type { EdgeDetail } from '../flow/edge.ts';
import { type Category, HIGH } from '../flow/finding.ts';
import type { Channel } from '../flow/parties.ts';
import type { Place } from './ends.ts';
import type { Knowledge } from './knowledge.ts';

/** `factor` lies in 0..1; `why` says in a few words where it comes from, without values. */
export interface RiskTerm {
  readonly factor: number;
  readonly why: string;
}

export interface RiskTerms {
  readonly sensitivity: RiskTerm;
  readonly trust: RiskTerm;
  readonly volume: RiskTerm;
  readonly control: RiskTerm;
  readonly novelty: RiskTerm;
}

export interface Risk {
  readonly risk: number | null;
  /** Null where there is no risk to explain: nothing sensitive was seen, or nothing could be. */
  readonly terms: RiskTerms | null;
}

/** What an edge and a flow of the map have in common. */
export interface Risky {
  readonly entities: Readonly<Record<string, number>>;
  readonly details?: Readonly<Record<string, EdgeDetail>>;
  readonly actions: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly firstSeen: string;
  readonly coverage: Coverage;
}

const WEIGHT: Readonly<Record<Category, number>> = {
  credential: 1,
  health: 1,
  government_id: 0.9,
  financial: 0.9,
  personal: 0.6,
  custom: 0.6,
  business: 0.5,
  vehicle: 0.4,
  network: 0.35,
  content: 0.3,
};

/** What is still at risk of a call that was decided so. */
const LEFT: Readonly<Record<string, number>> = { block: 0.05, redact: 0.15, tokenize: 0.2, alert: 0.95, allow: 1 };

const DAY_MS = 86_400_000;

/** The risk of a flow to (or from) a place, as of `now`. */
export function riskOf(
  flow: Risky,
  place: Place,
  channels: readonly Channel[],
  view: { readonly knowledge: Knowledge; readonly now: Date },
): Risk {
  const count = Object.values(flow.entities).reduce((sum, one) => sum + one, 0);
  if (count === 0) return { risk: flow.coverage.level === 'opaque' ? null : 0, terms: null };
  const terms: RiskTerms = {
    sensitivity: sensitivityOf(flow, view.knowledge),
    trust: trustOf(place),
    volume: { factor: rounded(0.5 + Math.min(1, Math.log10(1 + count) / 4) / 2), why: `${count} found` },
    control: controlOf(flow, channels),
    novelty: noveltyOf(flow.firstSeen, view.now),
  };
  const product = Object.values(terms).reduce((sum: number, { factor }: RiskTerm) => sum * factor, 100);
  return { risk: Math.round(product), terms };
}

function sensitivityOf({ entities, details }: Risky, knowledge: Knowledge): RiskTerm {
  let most = { factor: 0, why: '' };
  for (const entity of Object.keys(entities)) {
    const category = knowledge.categoryOf(entity);
    const isSure = (details?.[entity]?.maxScore ?? 1) >= HIGH;
    const factor = rounded(WEIGHT[category] * (isSure ? 1 : 0.8));
    if (factor > most.factor) most = { factor, why: `${entity} (${category}${isSure ? '' : ', medium score'})` };
  }
  return most;
}

function trustOf(place: Place): RiskTerm {
  if (place.type === 'datastore') {
    if (place.isShadow) return { factor: 0.9, why: 'a data store that nobody has listed' };
    if (place.store === null && !place.sanctioned && place.owner === null)
      return { factor: 0.6, why: "a cloud's data store that is not listed" };
    return place.owner === null
      ? { factor: 0.35, why: 'a known data store without an owner' }
      : { factor: 0.25, why: 'a known data store with an owner' };
  }
  if (place.sanctioned) return { factor: 0.3, why: 'sanctioned' };
  if (place.type === 'internal') return { factor: 0.35, why: 'inside' };
  if (place.type === 'llm') return { factor: 0.9, why: 'an LLM provider that is not sanctioned' };
  if (place.type === 'third_party') return { factor: 0.75, why: 'a third party that is not sanctioned' };
  return { factor: 1, why: 'nobody knows the destination' };
}

function controlOf({ actions, calls }: Risky, channels: readonly Channel[]): RiskTerm {
  if (!channels.includes('proxy')) return { factor: 1, why: 'nothing stood in its way: it did not pass the proxy' };
  let left = 0;
  let decided = 0;
  for (const [action, count] of Object.entries(actions)) {
    left += count * (LEFT[action] ?? 1);
    decided += count;
  }
  const all = Math.max(calls, decided, 1);
  const words = ['block', 'redact', 'tokenize', 'alert']
    .filter((action) => (actions[action] ?? 0) > 0)
    .map((action) => `${action} ${actions[action]}`);
  const why = words.length === 0 ? 'every call allowed' : `${words.join(', ')} of ${all} calls`;
  return { factor: rounded((left + Math.max(0, all - decided)) / all), why };
}

function noveltyOf(firstSeen: string, now: Date): RiskTerm {
  const days = Math.max(0, Math.floor((now.getTime() - Date.parse(firstSeen)) / DAY_MS));
  const factor = days < 1 ? 1 : days <= 7 ? 0.95 : days <= 30 ? 0.85 : 0.75;
  return { factor, why: days < 1 ? 'new today' : `known for ${days} day${days === 1 ? '' : 's'}` };
}

function rounded(factor: number): number {
  return Math.round(factor * 1000) / 1000;
}
