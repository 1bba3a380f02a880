/** Private keys of Bitcoin wallets: a single key (WIF) and an extended one (BIP-32 and SLIP-132), both base58check. */
import { byteAt, isWord, touchesWordBefore } from '../../scan/bytes.ts';
import { decodeBase58Check } from '../../scan/checksums.ts';
import type { Passage } from '../../scan/passage.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';

/** Published: of the Bitcoin wiki and of BIP-32's first test vector. */
const wif = assembled('5HueCGU8rMjxEXxiPuD5', 'BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ');
const compressed = assembled('KwdMAjGmerYanjeui5SH', 'S7JkmpZvVipYvB2LJGU1ZxJwYvP98617');
const extended = assembled(
  'xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqj',
  'iChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi',
);

export const btcWif: Recognizer = {
  name: 'btc-wif',
  entity: 'BTC_WIF',
  category: 'credential',
  countries: [],
  runs: { min: 51, max: 52 },
  findRun(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    const first = String.fromCharCode(byteAt(text, start));
    if (!(end - start === 51 ? '59' : 'KLc').includes(first)) return;
    if (touchesWordBefore(text, start) || isWord(byteAt(text, end))) return;
    const payload = decodeBase58Check(passage.ascii(start, end));
    const isMain = payload?.[0] === 0x80;
    if (payload === null || (!isMain && payload[0] !== 0xef)) return;
    if (payload.length === 33 || (payload.length === 34 && payload[33] === 1))
      passage.report(btcWif, start, end, isMain ? 1 : 0.85);
  },
  hits: [
    { text: `importprivkey ${wif}`, value: wif, atLeast: 0.8 },
    { text: `"${compressed}"`, value: compressed, atLeast: 0.8 },
  ],
  misses: [{ text: `${wif.slice(0, -1)}K` }, { text: `x${wif}` }],
};

/** Version bytes of private extended keys: x, y, z, Y and Z of mainnet, t, u and v of testnet. */
const VERSIONS = new Set([
  0x0488ade4, 0x049d7878, 0x04b2430c, 0x0295b005, 0x02aa7a99, 0x04358394, 0x044a4e28, 0x045f18bc,
]);

export const btcXprv: Recognizer = {
  name: 'btc-xprv',
  entity: 'BTC_XPRV',
  category: 'credential',
  countries: [],
  runs: { min: 107, max: 112 },
  findRun(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    if (
      !/^[xyzYZtuv]prv/.test(passage.ascii(start, start + 4)) ||
      touchesWordBefore(text, start) ||
      isWord(byteAt(text, end))
    )
      return;
    const payload = decodeBase58Check(passage.ascii(start, end));
    if (payload === null || payload.length !== 78 || !VERSIONS.has(Buffer.from(payload).readUInt32BE(0))) return;
    passage.report(btcXprv, start, end, 1);
  },
  hits: [{ text: `master: ${extended}`, value: extended, atLeast: 0.8 }],
  misses: [{ text: `${extended.slice(0, -1)}j` }, { text: extended.replace('xprv', 'xpub') }],
};
