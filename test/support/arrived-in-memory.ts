/** A shared store that keeps what arrives in memory, for the tests of who carries it there. It can be away, and refuse. */
import { WeirError } from '../../flow/errors.ts';
import type {
  Arrival,
  ArrivalReport,
  ArrivalStore,
  ArrivedBatch,
  ChainFault,
  ChainGap,
  HeadArrival,
} from '../../store/arrival.ts';

export class ArrivedInMemory implements ArrivalStore {
  readonly records = new Map<string, Arrival>();
  readonly observed = new Set<string>();
  readonly heads: HeadArrival[] = [];
  isAway = false;
  /** Of ids that it will never keep; how often each was asked for. */
  readonly refusing = new Map<string, number>();
  /** Whether it says which ones it refuses. */
  isNaming = true;
  batches = 0;

  arrive({ records, observed, heads }: ArrivedBatch): Promise<ArrivalReport> {
    if (this.isAway) return Promise.reject(new WeirError('store_away', 'the store is away'));
    const bad = records.map(({ id }) => id).filter((id) => this.refusing.has(id));
    for (const id of bad) this.refusing.set(id, (this.refusing.get(id) ?? 0) + 1);
    if (bad.length > 0) {
      const ids = this.isNaming ? bad : [];
      return Promise.reject(new WeirError('store_refused', 'it cannot be kept', { details: { ids } }));
    }
    this.batches++;
    const faults: ChainFault[] = [];
    let added = 0;
    for (const record of records) {
      const { id, writer, seq } = record;
      if (this.records.has(id)) continue;
      const other = [...this.records.values()].find((one) => one.writer === writer && one.seq === seq);
      if (other !== undefined) faults.push({ kind: 'fork', writer, seq, ids: [id] });
      else {
        this.records.set(id, record);
        added++;
      }
    }
    for (const { id } of observed) this.observed.add(id);
    this.heads.push(...heads);
    return Promise.resolve({ added, duplicates: records.length - added - faults.length, faults });
  }

  gaps(): Promise<readonly ChainGap[]> {
    return Promise.resolve([]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
