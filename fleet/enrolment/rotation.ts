/** Who is not ready for the next step of changing the fleet's authority, and why: said by name before anything is cut off. */
import type { FleetTrust } from './fleet-authorities.ts';
import type { FleetNode, ServerCertificate } from './fleet-files.ts';
import { shortId } from './trust.ts';

export interface Waiting {
  /** A node's name, or a server's hosts. */
  readonly who: string;
  readonly why: string;
}

/** Nodes that do not trust the next authority yet: certificates under it would be nothing to them. */
export function notYetTrusting(nodes: readonly FleetNode[], { next }: FleetTrust, now: Date): readonly Waiting[] {
  if (next === null) return [];
  return present(nodes, now)
    .filter(({ trusts }) => !trusts.includes(next.digest))
    .map((node) => ({ who: node.name, why: `has not said that it trusts ${shortId(next.digest)}${seen(node)}` }));
}

/** Nodes and servers that show a certificate of the authority before: without trust in it they are cut off. */
export function stillUnderOld(
  nodes: readonly FleetNode[],
  servers: readonly ServerCertificate[],
  { before, issuer }: FleetTrust,
  now: Date,
): readonly Waiting[] {
  if (before === null) return [];
  const behind = present(nodes, now)
    .filter(({ certificates }) => {
      // The first is the one that was shown last.
      const shown = certificates[0];
      return shown === undefined || !shown.isUsed || shown.authority !== issuer.digest;
    })
    .map((node) => ({
      who: node.name,
      why: `has not shown a certificate under ${shortId(issuer.digest)}${seen(node)}`,
    }));
  const ofServers = servers
    .filter(({ authority }) => authority === before.digest)
    .map(({ hosts }) => ({
      who: hosts.join(', '),
      why: `is a server with a certificate under ${shortId(before.digest)} (weir fleet certificate makes another)`,
    }));
  return [...behind, ...ofServers];
}

/** Of those that have expired, or were taken out, nobody waits for anything. */
function present(nodes: readonly FleetNode[], now: Date): readonly FleetNode[] {
  return nodes.filter(
    ({ revoked, certificates }) =>
      revoked === null && certificates.some(({ until }) => Date.parse(until) > now.getTime()),
  );
}

function seen({ instances, version }: FleetNode): string {
  const last = instances.at(-1)?.lastSeen;
  return `, last seen ${last === undefined ? 'never' : last.slice(0, 19)}${version === null ? '' : `, Weir ${version}`}`;
}
