/**
 * Markings that say who may read a document: national classifications and CUI (32 CFR 2002), the Traffic Light Protocol
 * (FIRST TLP 2.0), export control (ITAR, EAR), privilege, and what companies print on theirs.
 */
import { isAlnum, isDigit, isUpper } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Cue, Recognizer } from '../../scan/recognizer.ts';
import { lineEnd, lineStart } from './document.ts';

/** Unmistakable however they stand; in this case. */
const MARKS = [
  'TLP:RED',
  'TLP:AMBER',
  'TLP:GREEN',
  'TOP SECRET//',
  'SECRET//',
  'CONFIDENTIAL//',
  'CUI//',
  'NOFORN',
  'FOR OFFICIAL USE ONLY',
  'ATTORNEY-CLIENT PRIVILEGED',
  'NATO RESTRICTED',
  'NATO CONFIDENTIAL',
  'EU RESTRICTED',
  'RESTREINT UE',
  'VS-NUR FÜR DEN DIENSTGEBRAUCH',
];
/** Phrases in any case. */
const PHRASES = [
  'strictly confidential',
  'proprietary and confidential',
  'confidential and proprietary',
  'company confidential',
  'internal use only',
  'attorney-client privilege',
  'attorney work product',
  'not for distribution',
  'do not distribute',
  'for internal distribution only',
  'streng vertraulich',
  'nur für den internen gebrauch',
  'strictement confidentiel',
  'estrictamente confidencial',
  'strettamente riservato',
  'strikt vertrouwelijk',
  'subject to itar',
  'itar controlled',
  'itar restricted',
  'export controlled information',
];
/** Words that mark a document where they stand alone in a line, in capitals. */
const ALONE = [
  'CONFIDENTIAL',
  'TOP SECRET',
  'SECRET',
  'RESTRICTED',
  'VERTRAULICH',
  'CONFIDENTIEL',
  'CONFIDENCIAL',
  'RISERVATO',
  'CUI',
];

const cues: readonly Cue[] = [
  ...MARKS.map((literal) => ({ literal, exact: true, startsWord: true })),
  ...PHRASES.map((literal) => ({ literal, startsWord: true, endsWord: true })),
  ...ALONE.map((literal) => ({ literal, exact: true, startsWord: true, endsWord: true })),
];
const marks = new Set(MARKS);
const alone = new Set(ALONE);

export const confidentialityMarking: Recognizer = {
  name: 'confidentiality-marking',
  entity: 'CONFIDENTIALITY_MARKING',
  category: 'content',
  countries: [],
  cues,
  findAtCue(passage: Passage, start: number, end: number, cue: Cue): void {
    let to = end;
    if (marks.has(cue.literal)) {
      // Dissemination controls that follow: `TOP SECRET//SI//NOFORN`, `TLP:AMBER+STRICT`.
      while (to < passage.text.length && isMarkByte(passage.text[to] as number)) to++;
      passage.report(confidentialityMarking, start, to, 0.9);
    } else if (!alone.has(cue.literal))
      passage.report(confidentialityMarking, start, end, isCapital(passage, start) ? 0.85 : 0.6);
    else if (standsAloneInLine(passage.text, start, end) && !isHeadingOfNumber(passage.text, end))
      passage.report(confidentialityMarking, start, end, 0.8);
  },
  hits: [
    { text: 'Report\nTLP:AMBER+STRICT\n', value: 'TLP:AMBER+STRICT', atLeast: 0.8 },
    { text: '(S) TOP SECRET//SI//NOFORN', value: 'TOP SECRET//SI//NOFORN', atLeast: 0.8 },
    { text: '*** CONFIDENTIAL ***\nRoadmap 2027', value: 'CONFIDENTIAL', atLeast: 0.8 },
    { text: 'This paper is strictly confidential.', value: 'strictly confidential' },
    { text: 'ACME COMPANY CONFIDENTIAL', value: 'COMPANY CONFIDENTIAL', atLeast: 0.8 },
    { text: 'Streng vertraulich! Nicht weitergeben.', value: 'Streng vertraulich', atLeast: 0.8 },
  ],
  misses: [
    { text: 'We keep this confidential.' },
    { text: 'export SECRET=1' },
    { text: 'It was a SECRET to everybody' },
    { text: 'CONFIDENTIAL_FLAG = true' },
    { text: 'a restricted area' },
    { text: '## CUI\n\n2509341770101' },
  ],
};

function isMarkByte(byte: number): boolean {
  return isUpper(byte) || byte === 0x2f || byte === 0x2b || byte === 0x2d;
}

function isCapital(passage: Passage, start: number): boolean {
  return isUpper(passage.text[start] ?? 0);
}

/** Nothing but signs stands beside it in its line. */
function standsAloneInLine(text: Buffer, start: number, end: number): boolean {
  for (let i = lineStart(text, start); i < start; i++)
    if (isAlnum(text[i] as number) || (text[i] as number) >= 0x80) return false;
  const last = lineEnd(text, end);
  for (let i = end; i < last; i++) if (isAlnum(text[i] as number) || isAssignment(text[i] as number)) return false;
  return true;
}

/** The next line that is not blank begins with a digit: the word heads a number (a CUI is one in Guatemala and Romania). */
function isHeadingOfNumber(text: Buffer, end: number): boolean {
  let i = lineEnd(text, end);
  while (i < text.length && (text[i] === 0x0a || text[i] === 0x0d || text[i] === 0x20)) i++;
  return isDigit(text[i] ?? 0);
}

function isAssignment(byte: number): boolean {
  return byte === 0x3d || byte === 0x5f || byte === 0x28 || byte === 0x3a || byte === 0x7b;
}
