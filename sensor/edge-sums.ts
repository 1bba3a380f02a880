/**
 * What many exchanges of one second add to one edge, added up: the sensor sees far more calls than the store wants to hear
 * of. Bounded; whoever adds the one too many hands the rest on first.
 */
import { type Coverage, truncated, worseCoverage } from '../flow/coverage.ts';
import type { EdgeObservation } from '../flow/edge.ts';
import { addSights, type FieldSight } from '../flow/learned.ts';
import type { Source } from '../flow/parties.ts';

const MAX_SUMS = 5000;

interface Sum {
  readonly first: EdgeObservation;
  calls: number;
  bytesOut: number;
  bytesIn: number;
  coverage: Coverage;
  lostBytes: number;
  fields: readonly FieldSight[];
}

export class EdgeSums {
  readonly #hand: (observations: readonly EdgeObservation[]) => void;
  readonly #keys = new WeakMap<Source, string>();
  #sums = new Map<string, Sum>();

  /** `hand`: takes what was added up. */
  constructor(hand: (observations: readonly EdgeObservation[]) => void) {
    this.#hand = hand;
  }

  /** Without entities: what something was found in is recorded by itself. */
  add(observation: EdgeObservation): void {
    const { source, destination, direction, protocol, via, action, coverage, model } = observation;
    const to = `${destination.host} ${destination.port} ${protocol} ${direction} ${via} ${action} ${model ?? ''}`;
    const key = `${this.#keyOf(source)}\n${to}`;
    let sum = this.#sums.get(key);
    if (sum === undefined) {
      if (this.#sums.size >= MAX_SUMS) this.flush();
      sum = { first: observation, calls: 0, bytesOut: 0, bytesIn: 0, coverage, lostBytes: 0, fields: [] };
      this.#sums.set(key, sum);
    }
    sum.calls += observation.calls ?? 1;
    sum.bytesOut += observation.bytesOut;
    sum.bytesIn += observation.bytesIn;
    sum.coverage = worseCoverage(sum.coverage, coverage);
    sum.lostBytes += lostIn(coverage);
    if (observation.fields !== undefined) sum.fields = addSights(sum.fields, observation.fields);
  }

  /** Hands all of it on. */
  flush(): void {
    if (this.#sums.size === 0) return;
    const sums = [...this.#sums.values()];
    this.#sums = new Map();
    this.#hand(
      sums.map(({ first, calls, bytesOut, bytesIn, coverage, lostBytes, fields }) => {
        const whole = lostIn(coverage) > 0 ? truncated(`lost ${lostBytes} bytes`) : coverage;
        const sum = { ...first, calls, bytesOut, bytesIn, coverage: whole };
        return fields.length === 0 ? sum : { ...sum, fields };
      }),
    );
  }

  /** What tells workloads apart on an edge: many short processes are one. */
  #keyOf(source: Source): string {
    let key = this.#keys.get(source);
    if (key === undefined) {
      const { app, verified, host, process, exe, user, container } = source;
      key = JSON.stringify([app, verified, host, process, exe, user, container]);
      this.#keys.set(source, key);
    }
    return key;
  }
}

function lostIn({ reason }: Coverage): number {
  return Number(/^lost (\d+) bytes$/.exec(reason ?? '')?.[1] ?? 0);
}
