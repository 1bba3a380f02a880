/**
 * Wallet addresses of Litecoin, Dogecoin, Dash, XRP, Tron and Solana. All but Solana's are base58check (XRP with an alphabet
 * of its own) with a version byte; one whose checksum is wrong is none. Solana's are 32 bytes in base58 without a
 * checksum, which any string of that length is as well, so they need context.
 */
import { byteAt, byteSet, isWord, runEnd, touchesWordBefore } from '../../scan/bytes.ts';
import { decodeBase58, decodeBase58Check, decodeBech32 } from '../../scan/checksums.ts';
import { type ContextWords, contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { assembled, type HitExample, type Recognizer } from '../../scan/recognizer.ts';

interface Coin {
  readonly name: string;
  readonly entity: string;
  /** First characters that the version bytes give. */
  readonly begins: string;
  readonly versions: readonly number[];
  readonly context: ContextWords;
  /** Addresses published by the project. */
  readonly examples: readonly string[];
}

const XRP_ALPHABET = 'rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz';
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const TO_BASE58 = new Map([...XRP_ALPHABET].map((character, i) => [character, BASE58[i] ?? '']));

/** An XRP address in Bitcoin's alphabet, so that one decoder does. */
function inBase58(address: string): string {
  let written = '';
  for (const character of address) written += TO_BASE58.get(character) ?? '0';
  return written;
}

const COINS: readonly Coin[] = [
  {
    name: 'ltc-address',
    entity: 'LTC_ADDRESS',
    begins: 'LM3',
    versions: [0x30, 0x32],
    context: contextWords('litecoin, ltc, wallet, address'),
    examples: ['LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9'],
  },
  {
    name: 'doge-address',
    entity: 'DOGE_ADDRESS',
    begins: 'D9A',
    versions: [0x1e, 0x16],
    context: contextWords('dogecoin, doge, wallet, address'),
    examples: ['DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L'],
  },
  {
    name: 'dash-address',
    entity: 'DASH_ADDRESS',
    begins: 'X7',
    versions: [0x4c, 0x10],
    context: contextWords('dash, wallet, address'),
    examples: ['XpESxaUmonkq8RaLLp46Brx2K39ggQe226'],
  },
  {
    name: 'tron-address',
    entity: 'TRON_ADDRESS',
    begins: 'T',
    versions: [0x41],
    context: contextWords('tron, trx, trc20, usdt, wallet, address'),
    examples: ['TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t'],
  },
  {
    name: 'xrp-address',
    entity: 'XRP_ADDRESS',
    begins: 'r',
    versions: [0x00],
    context: contextWords('xrp, ripple, xrpl, wallet, address'),
    examples: ['rf1BiGeXwwQoi8Z2ueFYTEXSwuJYfV2Jpn'],
  },
];

function walletRecognizer(coin: Coin): Recognizer {
  const recognizer: Recognizer = {
    name: coin.name,
    entity: coin.entity,
    category: 'financial',
    countries: [],
    alsoEntity: 'CRYPTO',
    runs: { min: 25, max: 35 },
    context: coin.context,
    findRun(passage: Passage, start: number, end: number): void {
      const text = passage.text;
      if (!coin.begins.includes(String.fromCharCode(byteAt(text, start)))) return;
      if (touchesWordBefore(text, start) || isWord(byteAt(text, end))) return;
      const written = passage.ascii(start, end);
      const payload = decodeBase58Check(coin.begins === 'r' ? inBase58(written) : written);
      if (payload === null || payload.length !== 21 || !coin.versions.includes(payload[0] ?? -1)) return;
      passage.report(recognizer, start, end, 0.9, 1);
    },
    hits: coin.examples.map((value): HitExample => ({ text: `send it to ${value}.`, value, atLeast: 0.8 })),
    misses: coin.examples.map((value) => ({ text: `${value.slice(0, -1)}${value.endsWith('2') ? '3' : '2'}` })),
  };
  return recognizer;
}

const BECH32 = byteSet('a-z0-9A-Z');
const segwit = assembled('ltc1', 'qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9');

/** Litecoin's bech32 form is found by its prefix. */
const ltcSegwit: Recognizer = {
  name: 'ltc-segwit-address',
  entity: 'LTC_ADDRESS',
  category: 'financial',
  countries: [],
  alsoEntity: 'CRYPTO',
  cues: [{ literal: 'ltc1', startsWord: true }],
  findAtCue(passage: Passage, start: number, cueEnd: number): void {
    const end = runEnd(passage.text, cueEnd, BECH32, 88);
    if (end - start < 14 || isWord(byteAt(passage.text, end))) return;
    if (decodeBech32(passage.ascii(start, end))?.prefix === 'ltc') passage.report(ltcSegwit, start, end, 0.97);
  },
  hits: [{ text: `pay ${segwit}`, value: segwit, atLeast: 0.8 }],
  misses: [{ text: `${segwit.slice(0, -1)}q` }, { text: 'ltc1000' }],
};

const SOLANA = contextWords('solana, sol, phantom, spl, lamports, solscan');
const solanaExample = '7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU';

const solAddress: Recognizer = {
  name: 'sol-address',
  entity: 'SOL_ADDRESS',
  category: 'financial',
  countries: [],
  alsoEntity: 'CRYPTO',
  runs: { min: 32, max: 44 },
  context: SOLANA,
  findRun(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    if (touchesWordBefore(text, start) || isWord(byteAt(text, end))) return;
    const written = passage.ascii(start, end);
    if (!/[a-z]/.test(written) || !/[A-Z]/.test(written) || !/^[1-9A-HJ-NP-Za-km-z]+$/.test(written)) return;
    // Any run of that length and alphabet is 32 bytes as often as not: without a word it is not worth the decoding.
    if (!passage.hasContext(start, end, SOLANA) || decodeBase58(written)?.length !== 32) return;
    passage.report(solAddress, start, end, 0.7);
  },
  hits: [{ text: `my Solana wallet: ${solanaExample}`, value: solanaExample }],
  misses: [{ text: solanaExample }, { text: `Solana ${solanaExample}x1` }],
};

export const otherWallets: readonly Recognizer[] = [...COINS.map(walletRecognizer), ltcSegwit, solAddress];
