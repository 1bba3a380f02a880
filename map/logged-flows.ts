/**
 * Edges of logs beside edges of who saw the same flow: a log knows the workload by its host or by the app that its
 * principal is, and calls the protocol otherwise. What both know is one flow, and the one that saw it tells what it was.
 */
import type { Edge } from '../flow/edge.ts';
import type { Channel } from '../flow/parties.ts';
import type { Workload } from './ends.ts';

export class LoggedFlows {
  /** Keys of the flows that proxy or sensor saw, by whoever they are of and where they went. */
  readonly #seen = new Map<string, Set<string>>();
  /** By the key of a flow, the edges of logs that tell of it too. */
  readonly #also = new Map<string, string[]>();

  /** The edges, those of logs behind all others. */
  last(edges: Iterable<Edge>): readonly Edge[] {
    const all = [...edges];
    return [...all.filter(({ channel }) => channel !== 'log'), ...all.filter(({ channel }) => channel === 'log')];
  }

  /** An edge that belongs to a flow of the map. */
  see(edge: Edge, workload: Workload, flow: string): void {
    if (edge.channel === 'log') return;
    for (const party of partiesOf(edge, workload)) {
      const key = keyOf(party, edge);
      const flows = this.#seen.get(key) ?? new Set();
      flows.add(flow);
      this.#seen.set(key, flows);
    }
  }

  /** Whether a log's edge tells of flows that are there already; it is noted with each of them then. */
  isSeen(edge: Edge, workload: Workload): boolean {
    for (const party of partiesOf(edge, workload)) {
      const flows = this.#seen.get(keyOf(party, edge));
      if (flows === undefined) continue;
      for (const flow of flows) this.#also.set(flow, [...(this.#also.get(flow) ?? []), edge.id]);
      return true;
    }
    return false;
  }

  /** A joined flow with the logs that tell of it. Its numbers stay those of who saw it. */
  joinTo<T extends { readonly channels: readonly Channel[]; readonly edges: readonly string[] }>(
    joined: T,
    flow: string,
  ): T {
    const also = this.#also.get(flow);
    if (also === undefined) return joined;
    return { ...joined, channels: [...joined.channels, 'log'], edges: [...joined.edges, ...also] };
  }
}

/** The app first: several apps share a host. */
function partiesOf({ source }: Edge, { app }: Workload): readonly string[] {
  const parties: string[] = [];
  if (app !== null) parties.push(`app ${app}`);
  if (source.host !== null) parties.push(`host ${source.host}`);
  return parties;
}

function keyOf(party: string, { destination: { host, port }, direction }: Edge): string {
  return JSON.stringify([party, host, port, direction]);
}
