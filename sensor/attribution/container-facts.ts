/** What is told of a container by those who run it, and what a pod's name tells of what it belongs to. */
import type { Pod } from '../../flow/parties.ts';

export interface ContainerFacts {
  readonly runtime: string | null;
  readonly image: string | null;
  readonly pod: Pod | null;
}

/** All containers that somebody has, by id, or why they could not be had: a sentence's end, without the place that was asked. */
export type Listing =
  | { readonly kind: 'listed'; readonly containers: ReadonlyMap<string, ContainerFacts> }
  | { readonly kind: 'failed'; readonly reason: string };

/** The letters that Kubernetes makes random names of. */
const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]';
const OF_DEPLOYMENT = new RegExp(`^(.+)-${RANDOM}{6,10}-${RANDOM}{5}$`);

/** A pod of a Deployment has the hash of its ReplicaSet and five letters behind the name; of others the name does not tell. */
export function workloadOf(pod: string): string | null {
  const name = OF_DEPLOYMENT.exec(pod)?.[1];
  return name === undefined ? null : `deployment/${name}`;
}
