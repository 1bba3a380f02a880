/** What a card's magnetic stripe holds (ISO/IEC 7813): track 1 with the name, track 2 without. Never to be kept, so found whole. */
import { isLuhn } from '../../scan/checksums.ts';
import type { Passage } from '../../scan/passage.ts';
import { assembled, type Cue, type Recognizer } from '../../scan/recognizer.ts';

const TRACK_1 = /^%?B(\d{12,19})\^[^^\r\n]{2,26}\^\d{2}(?:0[1-9]|1[0-2])\d{3}[^?\r\n]{0,40}\??/;
const TRACK_2 = /^;(\d{12,19})=\d{2}(?:0[1-9]|1[0-2])\d{3}\d{0,20}\??/;

/** Track 2 begins with a semicolon and the first digit of an issuer. */
const CUES: readonly Cue[] = [
  { literal: '%B', exact: true },
  ...['2', '3', '4', '5', '6'].map((digit) => ({ literal: `;${digit}` })),
];

/** The longest track 1, bytes. */
const MAX = 96;

export const cardTrack: Recognizer = {
  name: 'card-track-data',
  entity: 'CARD_TRACK_DATA',
  category: 'financial',
  countries: [],
  cues: CUES,
  // The card number within is not reported beside it.
  isWhole: true,
  findAtCue(passage: Passage, start: number): void {
    const written = passage.ascii(start, Math.min(passage.text.length, start + MAX));
    const found = (written.startsWith(';') ? TRACK_2 : TRACK_1).exec(written);
    if (found === null || !isLuhn(found[1] ?? '')) return;
    passage.report(cardTrack, start, start + found[0].length, 0.95);
  },
  hits: [
    {
      text: assembled('%B41111111', '11111111^DOE/JANE^', '27121011000?'),
      value: assembled('%B41111111', '11111111^DOE/JANE^', '27121011000?'),
      atLeast: 0.8,
    },
    {
      text: assembled('track 2: ;41111111', '11111111=', '27121010000000000000?'),
      value: assembled(';41111111', '11111111=', '27121010000000000000?'),
      atLeast: 0.8,
    },
    {
      text: assembled('{"pista":";55555555', '55554444=', '2612101123456789?"}'),
      value: assembled(';55555555', '55554444=', '2612101123456789?'),
      atLeast: 0.8,
    },
  ],
  misses: [
    { text: assembled(';41111111', '11111112=', '27121010000000000000?') },
    { text: assembled(';41111111', '11111111=', '27131010000000000000?') },
    { text: 'i=0;4=5;' },
    { text: '%Background' },
  ],
};
