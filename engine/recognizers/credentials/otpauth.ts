/**
 * Seeds of one-time passwords (RFC 6238): `otpauth://` addresses with their secret, exports of authenticators, and seeds
 * in base 32 beside a word for what they are.
 */
import { byteAt, byteSet, isWord, runEnd } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';

const URI = byteSet('A-Za-z0-9:/?&=%@._~+-');
const BASE32 = byteSet('A-Za-z2-7 -');
const seed = assembled('JBSWY3DP', 'EHPK3PXP', 'MFRGGZDF');
const uri = assembled('otpauth://totp/Corp:anna%40corp.example?secret=', seed, '&issuer=Corp');

export const otpauthTotpSeed: Recognizer = {
  name: 'otpauth-totp-seed',
  entity: 'OTPAUTH_TOTP_SEED',
  category: 'credential',
  countries: [],
  reach: { maxLength: 1000, opens: /(?:totp|(?:2fa|mfa|otp)[_ ]secret|authenticator (?:key|secret))[\s\S]{0,160}$/i },
  isWhole: true,
  cues: [
    { literal: 'otpauth://' },
    { literal: 'otpauth-migration://' },
    { literal: 'totp' },
    { literal: '2fa_secret' },
    { literal: '2fa secret' },
    { literal: 'mfa_secret' },
    { literal: 'mfa secret' },
    { literal: 'otp_secret' },
    { literal: 'otp secret' },
    { literal: 'authenticator key' },
    { literal: 'authenticator secret' },
  ],
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    if (passage.isRead('otpauth', start)) return;
    if (byteAt(text, end - 1) === 0x2f) {
      let to = runEnd(text, end, URI, 2000);
      while (to > end && /[.,?&]/.test(passage.ascii(to - 1, to))) to--;
      const written = passage.ascii(end, to);
      passage.markRead('otpauth', to);
      const secret = /[?&](?:secret|data)=([A-Za-z0-9%+/=]{16,})/.exec(written)?.[1];
      if (secret !== undefined && !isPlaceholder(secret)) passage.report(otpauthTotpSeed, start, to, 0.97);
      return;
    }
    findSeed(passage, end);
  },
  hits: [
    { text: `QR: ${uri}`, value: uri, atLeast: 0.8 },
    { text: `TOTP_SECRET=${seed}`, value: seed, atLeast: 0.8 },
    {
      text: `your authenticator key: ${seed.match(/.{4}/g)?.join(' ')}\n`,
      value: seed.match(/.{4}/g)?.join(' ') ?? '',
    },
  ],
  misses: [
    { text: 'otpauth://totp/Corp:anna?secret=XXXXXXXXXXXXXXXX' },
    { text: 'TOTP is a time-based one-time password algorithm' },
    { text: 'totp_secret = generate_secret_for_the_user' },
    { text: 'otpauth://totp/' },
  ],
};

/** A seed behind a name: base 32 of 16 characters or more, in groups or not, with nothing but a sign and one word between. */
function findSeed(passage: Passage, from: number): void {
  const text = passage.text;
  let at = runEnd(text, from, byteSet('A-Za-z_'), 16);
  at = runEnd(text, at, byteSet(' :="\'\\>'), 6);
  if (passage.ascii(at, at + 3) === 'is ') at += 3;
  const name = passage.ascii(from - 6, at).toLowerCase();
  if (!/secret|seed|key/.test(name)) return;
  let to = runEnd(text, at, BASE32, 120);
  const written = passage.ascii(at, to);
  // The first line of it that is base 32 in one case.
  const form =
    /^(?:[A-Z2-7]{16,64}|[a-z2-7]{16,64}|[A-Z2-7]{4}(?:[ -][A-Z2-7]{4}){3,15}|[a-z2-7]{4}(?: [a-z2-7]{4}){3,15})(?![A-Za-z0-9])/.exec(
      written,
    )?.[0];
  if (form === undefined) return;
  to = at + form.length;
  if (!/[2-7]/.test(form) || isPlaceholder(form) || isWord(byteAt(text, to))) return;
  passage.report(otpauthTotpSeed, at, to, 0.9);
}
