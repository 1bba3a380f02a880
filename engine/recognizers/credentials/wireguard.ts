/** WireGuard: private and pre-shared keys of a configuration (32 bytes in base64). Public keys are named otherwise. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteAt, byteSet, runEnd } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const key = assembled(exampleBody(42), 'A', '=');

export const wireguard: Recognizer = {
  name: 'wireguard',
  entity: 'WIREGUARD_KEY',
  category: 'credential',
  countries: [],
  cues: [
    { literal: 'PrivateKey' },
    { literal: 'PresharedKey' },
    { literal: 'private_key' },
    { literal: 'preshared_key' },
  ],
  findAtCue(passage: Passage, _start: number, end: number): void {
    const text = passage.text;
    const at = runEnd(text, end, byteSet(' \t"\'=:'), 8);
    if (at === end) return;
    const to = runEnd(text, at, byteSet('A-Za-z0-9+/'), 44);
    if (to - at !== 43 || byteAt(text, to) !== 0x3d || byteAt(text, to + 1) === 0x3d) return;
    const written = passage.ascii(at, to);
    if (/\d/.test(written) && /[A-Z]/.test(written) && !isPlaceholder(written))
      passage.report(wireguard, at, to + 1, 0.9);
  },
  hits: [
    { text: `[Interface]\nPrivateKey = ${key}\nDNS = 10.0.0.1`, value: key, atLeast: 0.8 },
    { text: `PresharedKey = ${key}`, value: key, atLeast: 0.8 },
  ],
  misses: [
    { text: `PublicKey = ${key}` },
    { text: 'PrivateKey = <base64 of your private key>' },
    { text: `PrivateKey = ${'A'.repeat(43)}=` },
  ],
};

const named = assembled(exampleBody(42, 9), 'E', '=');

/** Under the name of the program, in any text. */
export const wireguardNamed = assignedToken({
  name: 'wireguard-named',
  entity: 'WIREGUARD_KEY',
  words: ['wireguard', 'wg_private', 'wg_preshared', 'preshared key'],
  body: byteSet('A-Za-z0-9+/'),
  isPadded: true,
  min: 44,
  max: 44,
  near: 0.4,
  shape: (value) => /^(?=.*\d)(?=.*[A-Z])[A-Za-z0-9+/]{43}=$/.test(value),
  hits: [
    { text: `WireGuard private key: ${named}`, value: named, atLeast: 0.8 },
    { text: `WG_PRIVATE_KEY=${named}`, value: named, atLeast: 0.8 },
  ],
  misses: [{ text: `WireGuard public key: ${named}` }, { text: `wireguard peer ${named}` }],
});
