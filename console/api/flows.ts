/** Flows of a range of time with their risk, read from the roll-ups; kept for a moment, since a page asks several times. */
import type { Knowledge } from '../../map/knowledge.ts';
import { mergedFlows } from '../../map/merged-flows.ts';
import { riskOf } from '../../map/risk.ts';
import type { RatedFlow } from './edge-search.ts';
import type { Records } from './records.ts';

const HOUR_MS = 3_600_000;
/** What was recorded meanwhile shows so much later. */
const KEPT_MS = 2000;
const MAX_KEPT = 6;

export interface FlowRange {
  readonly from: Date | null;
  readonly to: Date | null;
}

export class FlowsOfRange {
  readonly #records: Records;
  readonly #kept = new Map<
    string,
    {
      readonly at: number;
      readonly knowledge: Knowledge;
      readonly position: number;
      readonly flows: readonly RatedFlow[];
    }
  >();

  constructor(records: Records) {
    this.#records = records;
  }

  /** Hours are not divided, as the roll-ups are kept by them. */
  async read({ from, to }: FlowRange): Promise<readonly RatedFlow[]> {
    const { reader, knowledge: knows, now: clock } = this.#records;
    const key = `${from === null ? '' : Math.floor(from.getTime() / HOUR_MS)} ${to === null ? '' : Math.ceil(to.getTime() / HOUR_MS)}`;
    const at = performance.now();
    const knowledge = knows();
    const records = reader();
    const position = await records.position();
    const known = this.#kept.get(key);
    if (
      known !== undefined &&
      known.knowledge === knowledge &&
      (known.position === position || at - known.at < KEPT_MS)
    ) {
      return known.flows;
    }
    const edges = await records.map({ since: from, until: to, details: 'summary' });
    const now = clock();
    const flows = mergedFlows(edges, knowledge).map((flow): RatedFlow => {
      const { risk } = riskOf(flow, flow.place, flow.channels, { knowledge, now });
      return { ...flow, risk };
    });
    this.#kept.delete(key);
    this.#kept.set(key, { at, knowledge, position, flows });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return flows;
  }
}
