/** A word that changes when the policies in force do. */
import { createHash } from 'node:crypto';
import { isPolicy } from '../../engine/decide/policy-file.ts';
import { policyVersion } from '../../engine/decide/policy-version.ts';
import type { Snapshot } from '../snapshot.ts';

export function policiesInForce({ documents }: Pick<Snapshot, 'documents'>): string {
  const hash = createHash('sha256');
  for (const document of documents)
    hash.update(isPolicy(document) ? policyVersion(document) : JSON.stringify(document));
  return hash.digest('hex').slice(0, 16);
}
