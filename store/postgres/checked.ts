/**
 * A record as it arrived, checked by itself before anything is asked of the store: that it can be read, that it is what its
 * chain says, and, where the writer's key is at hand, that it was made with it.
 */
import type { KeyObject } from 'node:crypto';
import type { WeirEvent } from '../../flow/event.ts';
import type { Arrival } from '../arrival.ts';
import { partsOf } from '../arrival-text.ts';
import { type Columns, columnsOf, eventOf, faultUnder, parseCore } from '../record.ts';

/** A record that can be stored. */
export interface Checked {
  readonly arrival: Arrival;
  readonly event: WeirEvent;
  readonly columns: Columns;
}

export type CheckResult =
  | { readonly kind: 'checked'; readonly checked: Checked }
  /** It does not fit under its writer's key, or says another place than it came with. */
  | { readonly kind: 'forged' }
  | { readonly kind: 'unreadable' };

/** Longer ones are no ids of ours. */
const MAX_ID_CHARS = 128;

/** `key`: the writer's; null where it is not known, and only what the record says of itself is compared. */
export function checkArrival(arrival: Arrival, key: KeyObject | null): CheckResult {
  try {
    const { id, writer, seq, prevHash } = arrival;
    const parts = partsOf(arrival);
    const core = parts?.core ?? parseCore(arrival.core);
    if (core.id !== id || core.writer !== writer || core.seq !== seq || core.prevHash !== prevHash) {
      return { kind: 'forged' };
    }
    if (key !== null && faultUnder(key, core, arrival) !== null) return { kind: 'forged' };
    const isPlace = Number.isSafeInteger(seq) && seq > 0 && typeof prevHash === 'string' && arrival.hash !== '';
    if (!isPlace || id.length > MAX_ID_CHARS || writer.length > MAX_ID_CHARS) return { kind: 'unreadable' };
    const event = parts?.event ?? eventOf(core, arrival, null, null);
    if (!Array.isArray(event.findings) || !Array.isArray(event.decisions)) return { kind: 'unreadable' };
    const isTimed = arrival.edges.every(({ time }) => !Number.isNaN(Date.parse(time)));
    if (!isTimed) return { kind: 'unreadable' };
    return { kind: 'checked', checked: { arrival, event, columns: parts?.columns ?? columnsOf(event) } };
  } catch {
    // A core that is no JSON, or an event without what a record needs.
    return { kind: 'unreadable' };
  }
}
