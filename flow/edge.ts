/** Who sends what to whom, as observed. */
import type { Coverage } from './coverage.ts';
import type { Action } from './decision.ts';
import type { EventDestination } from './event.ts';
import type { FieldSight } from './learned.ts';
import type { Channel, Source } from './parties.ts';

/** How the destination's name is known. */
export type Via = 'proxy' | 'handle' | 'sni' | 'dns' | 'catalog' | 'none';
/** The data's direction: `out` what the source sent, `in` what it received. */
export type EdgeDirection = 'out' | 'in';

/** What one exchange adds to one edge. The key is source (without pid and credential), destination host and port, protocol, direction, channel. */
export interface EdgeObservation {
  readonly source: Source;
  readonly destination: EventDestination;
  readonly via: Via;
  /** `https`, `http`, `websocket`, `tunnel`, `unknown`. */
  readonly protocol: string;
  readonly direction: EdgeDirection;
  readonly channel: Channel;
  /** Occurrences by entity, findings of medium score or higher. */
  readonly entities: Readonly<Record<string, number>>;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly action: Action;
  readonly coverage: Coverage;
  /** RFC 3339. */
  readonly time: string;
  /** How many calls it stands for; 1 unless said. 0 adds to what a call that is counted elsewhere held. */
  readonly calls?: number;
  /** By entity. Where it is absent, it is what the findings of the event beside say, of this direction. */
  readonly details?: Readonly<Record<string, ObservedDetail>>;
  /** What the message says of fields beside the turns. */
  readonly fields?: readonly FieldSight[];
  /** The model that was asked for; the event's, where it is absent. */
  readonly model?: string | null;
}

/** What one observation says of an entity, beside its count. */
export interface ObservedDetail {
  readonly maxScore: number;
  /** Of values, as in a finding; without repetition. */
  readonly fingerprints: readonly string[];
  readonly paths: readonly string[];
}

/** One class of data on one edge. The lists are bounded by who keeps them: the ones seen last. */
export interface EdgeDetail {
  /** The highest score that a finding of it had. */
  readonly maxScore: number;
  /** RFC 3339. */
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** How many different values there were: exact as long as all of them are kept; of more, one that comes back counts again. */
  readonly values?: number;
  /** Of values, as in a finding. */
  readonly fingerprints: readonly string[];
  /** Where in the payload: JSON Pointers, form fields, headers. */
  readonly paths: readonly string[];
}

export interface Edge {
  readonly id: string;
  readonly source: Source;
  readonly destination: EventDestination;
  readonly via: Via;
  readonly protocol: string;
  readonly direction: EdgeDirection;
  readonly channel: Channel;
  readonly entities: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly actions: Readonly<Record<string, number>>;
  readonly coverage: Coverage;
  readonly risk: number | null;
  /** By entity; absent, or without an entity of `entities`, where only its count is known. */
  readonly details?: Readonly<Record<string, EdgeDetail>>;
  /** How many nodes of a fleet have seen it; absent where it is one. */
  readonly witnesses?: number;
  /** Models that were asked for, where the destination is an LLM's; the ones seen last. */
  readonly models?: readonly string[];
}
