/** App tokens: compared by digest, so that neither the configuration nor a dump of it holds one. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AppConfig } from './config.ts';

/** Whether the token is the app's own; in time that does not depend on where they differ. False when the app has none. */
export function tokenMatches(app: Pick<AppConfig, 'tokenSha256'>, token: string): boolean {
  if (app.tokenSha256 === null) return false;
  const expected = Buffer.from(app.tokenSha256, 'hex');
  const actual = createHash('sha256').update(token, 'utf8').digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
