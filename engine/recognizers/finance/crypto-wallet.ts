/**
 * Wallet addresses of Bitcoin (base58check, bech32 and bech32m) and Ethereum (EIP-55, where it has mixed case). One
 * whose checksum is wrong is none; an Ethereum address in one case has no checksum and needs context.
 */

import { byteAt, byteSet, isIn, isWord, runEnd, touchesWordBefore } from '../../scan/bytes.ts';
import { decodeBase58Check, isEip55, isSegwitAddress } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';

const BASE58 = byteSet('1-9A-HJ-NP-Za-km-z');
const BECH32 = byteSet('qpzry9x8gf2tvdw0s3jn54khce6mua7lQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L');
const HEX = byteSet('0-9a-fA-F');

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
    { literal: '0x', startsWord: true },
    { literal: '1', startsWord: true },
    { literal: '3', startsWord: true },
  ],
  context: contextWords(`wallet, ethereum, eth, ether, erc20, address, crypto, blockchain, metamask, usdt, usdc, token,
contract, bitcoin, btc, sent, send, deposit`),
  findAtCue(passage: Passage, start: number, cueEnd: number): void {
    const text = passage.text;
    const length = cueEnd - start;
    if (length === 3) {
      const end = runEnd(text, cueEnd, BECH32, 88);
      if (isWord(byteAt(text, end)) || end - start < 14) return;
      if (isSegwitAddress(passage.ascii(start, end))) passage.report(cryptoWallet, start, end, 0.95, 1);
      return;
    }
    if (length === 2) {
      const end = runEnd(text, cueEnd, HEX, 41);
      if (end - cueEnd !== 40 || isWord(byteAt(text, end))) return;
      const hex = passage.ascii(cueEnd, end);
      if (/^(.)\1+$/.test(hex) || /^0{8}/.test(hex)) return;
      const hasOneCase = hex === hex.toLowerCase() || hex === hex.toUpperCase();
      if (hasOneCase) passage.report(cryptoWallet, start, end, 0.4, 0.75);
      else if (isEip55(hex)) passage.report(cryptoWallet, start, end, 0.9, 1);
      return;
    }
    // Digits that begin a number, not an address, end this at once in most texts.
    if (!isIn(BASE58, byteAt(text, cueEnd))) return;
    const end = runEnd(text, start, BASE58, 36);
    if (end - start < 26 || end - start > 35 || isWord(byteAt(text, end)) || touchesWordBefore(text, start)) return;
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
    {
      text: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
      value: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
      atLeast: 0.8,
    },
    {
      text: 'my ETH wallet 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
      value: '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
    },
  ],
  misses: [
    { text: '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb' },
    { text: assembled('bc1', 'qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5') },
    { text: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD' },
    { text: 'commit 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed' },
    { text: '0x0000000000000000000000000000000000000000' },
    { text: 'x1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa' },
  ],
};
