/** Which node of a fleet runs which policies. Answered in the process that has the connection to the bus, not in a thread. */
import type { HeardReport } from '../../flow/node-report.ts';
import type { Handlers } from './desk.ts';
import type { FleetPolicies } from './shapes.ts';

/** What is known of a fleet's policies. */
export interface FleetStanding {
  readonly published: FleetPolicies['published'];
  readonly nodes: readonly HeardReport[];
}

/** Asks the bus, bounded in time; a reason in words where it cannot be asked. Never rejects. */
export type ReadFleet = () => Promise<FleetStanding | string>;

/** `read`: null for a Weir without a bus. */
export function fleetPolicyRoutes(read: ReadFleet | null): Handlers<'fleetPolicies'> {
  return {
    fleetPolicies: async () => {
      if (read === null) return { hasBus: false, problem: null, published: null, nodes: [] };
      const standing = await read();
      if (typeof standing === 'string') return { hasBus: true, problem: standing, published: null, nodes: [] };
      const nodes = standing.nodes.toSorted((a, b) => compare(a.host, b.host) || compare(a.node, b.node));
      return { hasBus: true, problem: null, published: standing.published, nodes };
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
