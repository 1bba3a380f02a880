/** What is wrong with a chain as it arrived, in words for an event and numbers for the metrics. */
import type { EventBody } from '../flow/event.ts';
import type { Figure } from '../flow/figures.ts';
import type { ChainFault, ChainGap } from '../store/arrival.ts';
import { ownEvent } from '../store/own-events.ts';

const WHAT: Readonly<Record<ChainFault['kind'], string>> = {
  fork: 'has two records that claim the same place: the first stays, the second is kept out',
  broken: 'does not go on from the record before',
  forged: 'has a record that was not made with its key: it is kept out',
};

export function faultEvent({ kind, writer, seq, ids }: ChainFault): EventBody {
  const which = ids.length === 0 ? '' : ` (${ids.slice(0, 5).join(', ')})`;
  return ownEvent('admin', null, { reason: `the chain of writer ${writer} ${WHAT[kind]}: seq ${seq}${which}` });
}

export function gapEvent({ writer, from, to, since }: ChainGap): EventBody {
  return ownEvent('admin', null, { reason: `the chain of writer ${writer} lacks ${from} to ${to} since ${since}` });
}

export function buriedEvent(id: string, why: string): EventBody {
  return ownEvent('admin', null, { reason: `record ${id} cannot be stored and lies with the dead letters: ${why}` });
}

/** Counts each fault once: what is delivered again is found again. */
export class ChainCounts {
  readonly #known = new Set<string>();
  readonly #faults = new Map<ChainFault['kind'], number>();
  #buried = 0;

  /** Those of which nobody has heard yet. */
  fresh(faults: readonly ChainFault[]): readonly ChainFault[] {
    return faults.filter(({ kind, writer, seq, ids }) => {
      const key = [kind, writer, seq, ...ids].join(' ');
      if (this.#known.has(key)) return false;
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      this.#known.add(key);
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
      return true;
    });
  }

  buried(): void {
    this.#buried++;
  }

  figures(): readonly Figure[] {
    const faults = (['fork', 'broken', 'forged'] as const).map((kind) => ({
      name: 'weir_chain_faults_total',
      labels: [kind],
      value: this.#faults.get(kind) ?? 0,
    }));
    return [...faults, { name: 'weir_dead_letters_total', labels: [], value: this.#buried }];
  }
}

const MOST_KNOWN = 10_000;
