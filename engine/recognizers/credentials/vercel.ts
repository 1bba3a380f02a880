/**
 * Vercel: tokens and keys of 2026 (a prefix for each kind, 50 characters, a CRC-32 of them in base 62), and the 24
 * letters and digits before them beside the name.
 */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { crc32Base62, endsInCrc32 } from '../../scan/checksums.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

function valid(prefix: string): string {
  const body = exampleBody(50, 3);
  return assembled(prefix, '_', body, crc32Base62(body, 6));
}

const unchecked = assembled('vc', 'p_', exampleBody(56, 5));

export const vercel = tokenRecognizer({
  name: 'vercel',
  entity: 'VERCEL',
  prefixes: ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 48,
  max: 80,
  score: (body) => (endsInCrc32(body) ? 1 : isRandom(body) ? 0.9 : 0),
  hits: [
    { text: `VERCEL_TOKEN=${valid('vcp')}`, value: valid('vcp'), atLeast: 1 },
    { text: `AI_GATEWAY_API_KEY=${valid('vck')}`, value: valid('vck'), atLeast: 1 },
    { text: `--token=${unchecked}`, value: unchecked, atLeast: 0.8 },
  ],
  misses: [
    { text: 'vca_name_of_something_that_is_long_enough_to_be_looked_at' },
    { text: assembled('vc', 'p_', 'x'.repeat(56)) },
  ],
});

const before = exampleBody(24, 7);

export const vercelNamed = assignedToken({
  name: 'vercel-named',
  entity: 'VERCEL',
  words: ['vercel', 'zeit_token'],
  body: byteSet('a-zA-Z0-9'),
  min: 24,
  max: 24,
  near: 0.4,
  hits: [
    { text: `VERCEL_TOKEN=${before}`, value: before, atLeast: 0.8 },
    { text: `vercel deploy --token ${before}`, value: before, atLeast: 0.8 },
  ],
  misses: [
    { text: `VERCEL_ORG_ID=${before}` },
    { text: `VERCEL_GIT_COMMIT_SHA=${before}` },
    { text: 'VERCEL_TOKEN=${{ secrets.VERCEL_TOKEN }}' },
  ],
});
