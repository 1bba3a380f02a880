/**
 * Ethereum addresses: 40 hexadecimal digits behind `0x`. Mixed case is a checksum (EIP-55), and one that is wrong is none;
 * an address in one case has no checksum and needs context.
 */
import { byteAt, byteSet, isWord, runEnd } from '../../scan/bytes.ts';
import { isEip55 } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const HEX = byteSet('0-9a-fA-F');

export const ethAddress: Recognizer = {
  name: 'eth-address',
  entity: 'ETH_ADDRESS',
  category: 'financial',
  countries: [],
  alsoEntity: 'CRYPTO',
  cues: [{ literal: '0x', startsWord: true }],
  context: contextWords(`wallet, ethereum, eth, ether, erc20, address, crypto, blockchain, metamask, usdt, usdc, token,
contract, sent, send, deposit, polygon, arbitrum, bsc`),
  findAtCue(passage: Passage, start: number, cueEnd: number): void {
    const text = passage.text;
    const end = runEnd(text, cueEnd, HEX, 41);
    if (end - cueEnd !== 40 || isWord(byteAt(text, end))) return;
    const hex = passage.ascii(cueEnd, end);
    if (/^(.)\1+$/.test(hex) || /^0{8}/.test(hex)) return;
    const hasOneCase = hex === hex.toLowerCase() || hex === hex.toUpperCase();
    if (hasOneCase) passage.report(ethAddress, start, end, 0.4, 0.75);
    else if (isEip55(hex)) passage.report(ethAddress, start, end, 0.9, 1);
  },
  hits: [
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
    { text: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD' },
    { text: 'commit 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed' },
    { text: '0x0000000000000000000000000000000000000000' },
  ],
};
