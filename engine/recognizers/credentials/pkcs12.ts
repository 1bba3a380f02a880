/** PKCS #12 stores (RFC 7292) in base64, as configurations and build secrets hold them: a DER sequence of version 3. */
import { byteAt, byteSet, isAlnum, runEnd } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

/** Base64, also in lines, and with the line ends written as escapes. */
const BODY = byteSet('A-Za-z0-9+/= \r\n\\');
const MAX_STORE = 65_536;
/** Bytes before `version 3, sequence` in base64: the outer sequence and its length. */
const BEFORE = 6;

const store = assembled('MIIKCQ', 'IBAzCC', exampleBody(400), '==');

export const pkcs12: Recognizer = {
  name: 'pkcs12',
  entity: 'PKCS12',
  category: 'credential',
  countries: [],
  reach: { maxLength: 16_384 },
  isWhole: true,
  cues: [{ literal: 'IBAzCC', exact: true }],
  findAtCue(passage: Passage, at: number, cueEnd: number): void {
    const text = passage.text;
    const start = at - BEFORE;
    if (start < 0 || passage.ascii(start, start + 3) !== 'MII') return;
    if (isAlnum(byteAt(text, start - 1)) && byteAt(text, start - 2) !== 0x5c) return;
    let end = runEnd(text, cueEnd, BODY, MAX_STORE);
    while (end > cueEnd && /[\s\\n]/.test(passage.ascii(end - 1, end))) end--;
    if (end - start >= 200) passage.report(pkcs12, start, end, 0.95);
  },
  hits: [{ text: `P12_BASE64="${store}"`, value: store, atLeast: 0.8 }],
  misses: [{ text: assembled('MIIKCQ', 'IBAzCC') }, { text: `xxIBAzCC${exampleBody(300)}` }],
};
