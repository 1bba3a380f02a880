/**
 * Wallet addresses of Bitcoin: base58check, bech32 and bech32m. One whose checksum is wrong is none.
 */

import { byteAt, byteSet, isWord, runEnd, touchesWordBefore } from '../../scan/bytes.ts';
import { decodeBase58Check, isSegwitAddress } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';

const BECH32 = byteSet('qpzry9x8gf2tvdw0s3jn54khce6mua7lQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L');
/** First characters of addresses: 1 and 3 of mainnet, m, n and 2 of testnet. */
const BEGINS = new Set([0x31, 0x33, 0x6d, 0x6e, 0x32]);

/** Version bytes of mainnet and testnet, pay to key hash and to script hash. */
const VERSIONS = new Set([0x00, 0x05, 0x6f, 0xc4]);

const segwit = assembled('bc1', 'qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4');
const taproot = assembled('bc1', 'p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr');

export const cryptoWallet: Recognizer = {
  name: 'crypto-wallet',
  entity: 'CRYPTO',
  category: 'financial',
  countries: [],
  cues: [
    { literal: 'bc1', startsWord: true },
    { literal: 'tb1', startsWord: true },
  ],
  runs: { min: 26, max: 35 },
  context: contextWords('wallet, bitcoin, btc, address, crypto, blockchain, sent, send, deposit'),
  findAtCue(passage: Passage, start: number, cueEnd: number): void {
    const text = passage.text;
    const end = runEnd(text, cueEnd, BECH32, 88);
    if (isWord(byteAt(text, end)) || end - start < 14) return;
    if (isSegwitAddress(passage.ascii(start, end))) passage.report(cryptoWallet, start, end, 0.95, 1);
  },
  findRun(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    const first = byteAt(text, start);
    // Digits and letters that chance has mixed are mostly hexadecimal, whose digits other than 1 and 3 end this at once.
    if (!BEGINS.has(first) || isWord(byteAt(text, end)) || touchesWordBefore(text, start)) return;
    const payload = decodeBase58Check(passage.ascii(start, end));
    if (payload !== null && payload.length === 21 && VERSIONS.has(payload[0] ?? -1))
      passage.report(cryptoWallet, start, end, 0.95, 1);
  },
  hits: [
    {
      text: 'send to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa now',
      value: '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
      atLeast: 0.8,
    },
    { text: '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy', value: '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy' },
    { text: `btc:${segwit}.`, value: segwit, atLeast: 0.8 },
    { text: `"${taproot}"`, value: taproot },
  ],
  misses: [
    { text: '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb' },
    { text: assembled('bc1', 'qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5') },
    { text: 'x1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa' },
  ],
};
