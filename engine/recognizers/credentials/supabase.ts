/**
 * Supabase: secret keys, access tokens, and JWTs of the role that may do everything. Publishable keys and the JWT of the
 * role `anon` are public, and are left to what they are otherwise.
 */

import { byteAt, byteSet, isIn, runEnd, runStart } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS, tokenRecognizer } from '../../scan/token.ts';

const secret = assembled('sb', '_secret_', exampleBody(22, 3), '_', exampleBody(8, 5));
const access = assembled('sb', 'p_', exampleBody(40, 3, HEX_DIGITS));

export const supabase = tokenRecognizer({
  name: 'supabase',
  entity: 'SUPABASE',
  prefixes: ['sb_secret_', 'sbp_', 'sbp_v0_', 'sbp_oauth_'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 28,
  max: 64,
  score(body, prefix) {
    if (!isRandom(body)) return 0;
    if (prefix === 'sb_secret_') return 0.98;
    return /^[0-9a-z]{40}$/.test(body) ? 0.95 : 0.5;
  },
  hits: [
    { text: `SUPABASE_SECRET_KEY=${secret}`, value: secret, atLeast: 0.8 },
    { text: `SUPABASE_ACCESS_TOKEN: ${access}`, value: access, atLeast: 0.8 },
  ],
  misses: [
    { text: assembled('sb', '_publishable_', exampleBody(22, 3), '_', exampleBody(8, 5)) },
    { text: assembled('sb', 'p_', 'x'.repeat(40)) },
    { text: 'sb_secret_key_of_the_project_goes_here' },
  ],
});

const BASE64URL = byteSet('A-Za-z0-9_-');
/** Base64url of `{"iss":"supabase"`, and the longest part that is looked at. */
const ISSUER = 'eyJpc3MiOiJzdXBhYmFzZSI';
const MAX_PART = 1024;

function token(role: string): string {
  const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
  const claims = Buffer.from(`{"iss":"supabase","ref":"abcdefghijklmnopqrst","role":"${role}"}`).toString('base64url');
  return assembled(header, '.', claims, '.', exampleBody(43, 9));
}

export const supabaseServiceRole: Recognizer = {
  name: 'supabase-service-role',
  entity: 'SUPABASE',
  category: 'credential',
  countries: [],
  reach: { maxLength: 3 * MAX_PART },
  isWhole: true,
  alsoEntity: 'JWT',
  cues: [{ literal: ISSUER, exact: true }],
  findAtCue(passage: Passage, claimsAt: number): void {
    const text = passage.text;
    if (byteAt(text, claimsAt - 1) !== 0x2e) return;
    const start = runStart(text, claimsAt - 1, BASE64URL, MAX_PART);
    const claimsEnd = runEnd(text, claimsAt, BASE64URL, MAX_PART);
    if (byteAt(text, claimsEnd) !== 0x2e || !isIn(BASE64URL, byteAt(text, claimsEnd + 1))) return;
    const end = runEnd(text, claimsEnd + 1, BASE64URL, MAX_PART);
    const claims = Buffer.from(passage.ascii(claimsAt, claimsEnd), 'base64url').toString('latin1');
    if (/"role":\s*"service_role"/.test(claims)) passage.report(supabaseServiceRole, start, end, 0.98);
  },
  hits: [{ text: `SERVICE_KEY=${token('service_role')}\n`, value: token('service_role'), atLeast: 0.8 }],
  misses: [{ text: `ANON_KEY=${token('anon')}` }, { text: ISSUER }],
};
