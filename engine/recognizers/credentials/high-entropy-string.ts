/**
 * Long runs of letters and digits that chance has made. Alone they say nothing (identifiers, hashes and packed data look
 * the same), so they stay low; beside a word for a secret they reach medium.
 */
import { byteAt, isWord } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { looksRandom } from '../../scan/randomness.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const value = exampleBody(36);

export const highEntropyString: Recognizer = {
  name: 'high-entropy-string',
  entity: 'HIGH_ENTROPY_STRING',
  category: 'credential',
  countries: [],
  runs: { min: 24, max: 100 },
  context: contextWords(
    `api key, secret key, access key, private key, client secret, api token, access token, auth token, credential, credentials,
password, passphrase, api secret, shared secret`,
  ),
  findRun(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    // A part of something longer: base64, a path, an address, an identifier.
    if (isJoined(byteAt(text, start - 1)) || isJoined(byteAt(text, end))) return;
    const written = passage.ascii(start, end);
    if (!/[a-z]/.test(written) || !/[A-Z]/.test(written) || !/\d.*\d.*\d/.test(written)) return;
    if (isPlaceholder(written) || !looksRandom(written, 20)) return;
    passage.report(highEntropyString, start, end, 0.25, 0.5);
  },
  hits: [{ text: `the client secret that they gave us, ${value}, works`, value }],
  misses: [
    { text: value },
    { text: `src/${value}.js` },
    { text: `id_${value}` },
    { text: 'AbstractSingletonProxyFactoryBean2Impl3Test4' },
  ],
};

/** Signs that make a longer whole of what stands on either side. */
function isJoined(byte: number): boolean {
  return (
    isWord(byte) ||
    byte === 0x2b ||
    byte === 0x2f ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x3d ||
    byte === 0x25 ||
    byte === 0x23 ||
    byte === 0x40
  );
}
