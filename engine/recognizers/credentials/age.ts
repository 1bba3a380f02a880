/** Secret keys of age: bech32 (BIP 173) with a human-readable part of their own. A right checksum is certain. */
import { byteSet } from '../../scan/bytes.ts';
import { decodeBech32 } from '../../scan/checksums.ts';
import { assembled } from '../../scan/recognizer.ts';
import { tokenRecognizer } from '../../scan/token.ts';

const key = assembled('AGE-SECRET', '-KEY-1', 'GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX');

export const ageSecretKey = tokenRecognizer({
  name: 'age-secret-key',
  entity: 'AGE_SECRET_KEY',
  prefixes: ['AGE-SECRET-KEY-1', 'AGE-SECRET-KEY-PQ-1'],
  body: byteSet('A-Z0-9'),
  min: 58,
  max: 80,
  score: (body, prefix) => (decodeBech32(prefix + body) !== null ? 1 : /^[AC-HJ-NP-Z02-9]+$/.test(body) ? 0.85 : 0.5),
  hits: [
    { text: `# created: 2024-01-01\n${key}\n`, value: key, atLeast: 1 },
    { text: `AGE_KEY="${key.slice(0, -1)}Q"`, value: `${key.slice(0, -1)}Q` },
  ],
  misses: [{ text: 'AGE-SECRET-KEY-1...' }, { text: assembled('AGE-SECRET', '-KEY-1', 'X'.repeat(58)) }],
});
