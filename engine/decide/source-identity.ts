/**
 * What a source is known by where something is kept for each: its share of a limit, its side of a rollout. An app
 * label without its token is a claim, which anybody may change with each call, so it is left out.
 */
import type { Source } from '../../flow/parties.ts';

export function sourceIdentity({ app, verified, host, user, exe, container }: Source): string {
  return JSON.stringify([verified ? app : null, host, user, exe, container]);
}
