/** The membership of this home in a fleet, loaded only where it has joined one: a single host pays nothing for it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeIdentity } from '../../fleet/enrolment/node-files.ts';
import type { RunningMember, startMember } from './running-member.ts';

/** Null where home has joined no fleet. */
export async function memberWhereJoined(...args: Parameters<typeof startMember>): Promise<RunningMember | null> {
  const [, { path }] = args;
  if (!existsSync(join(path, 'member', 'node.json'))) return null;
  return (await import('./running-member.ts')).startMember(...args);
}

/** Who this home is in its fleet; null where it has joined none. Throws WeirError `fleet_unusable`, `seal_unusable`. */
export async function identityWhereJoined(path: string): Promise<NodeIdentity | null> {
  if (!existsSync(join(path, 'member', 'node.json'))) return null;
  return new (await import('../../fleet/enrolment/node-files.ts')).NodeFiles(path).identity();
}
