/**
 * Driving licences of the US states: their numbers fit almost anything, so a word for the licence must stand before the
 * value or in its label.
 */

import { byteAt, byteSet, isAlnum, isDigit, isLetter, isWord, runEnd, touchesWordBefore } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { valuesBefore } from '../../scan/value-before.ts';

const VALUE = byteSet('A-Za-z0-9-');
const NEAR = 56;
/** A line that ends sooner behind the word has the number on the next: a heading, a letter. */
const SAME_LINE = 12;

/** Formats of the states and territories: letters and digits in order; dashes dropped (AAMVA). */
const STATE_FORMATS =
  /^(?:[A-Z]\d{3,19}|[A-Z]{2}\d{3,12}|[A-Z]{3}\d{6}|\d{7,12}|\d{13,14}|\d{1,2}[A-Z]{3}\d{5,6}|\d{3}[A-Z]{2}\d{4}|\d{7}[A-Z]|\d{8}[A-Z]{2}|[A-Z]\d{2}[A-Z]\d{6,7}|[A-Z]\d{6}R|[A-Z]{5}[A-Z0-9]{2}\d{3}[A-Z0-9]{2}|[A-Z]{4}\d{8}|\d{9}[A-Z]|[A-Z]\d{5,9}|\d{2}[A-Z]{3}\d{4,6})$/;

const DRIVER = contextWords('driver', 'drivers', 'driving', 'dmv', 'dl');

const LICENCE = contextWords('license', 'licence', 'driver', 'drivers', 'driving', 'dmv');

export const usDriverLicense: Recognizer = {
  name: 'us-driver-license',
  entity: 'US_DRIVER_LICENSE',
  category: 'government_id',
  countries: ['US'],
  cues: [
    { literal: 'driver license', startsWord: true },
    { literal: 'driver licence', startsWord: true },
    { literal: "driver's license", startsWord: true },
    { literal: "driver's licence", startsWord: true },
    { literal: 'drivers license', startsWord: true },
    { literal: 'drivers licence', startsWord: true },
    { literal: 'driving license', startsWord: true },
    { literal: 'driving licence', startsWord: true },
    { literal: 'driver_license' },
    { literal: 'driver_s_license' },
    { literal: 'driver_s_licence' },
    { literal: 'driver-license', startsWord: true },
    { literal: 'driver-s-licen', startsWord: true },
    { literal: 'drivers-license', startsWord: true },
    { literal: 'drivers_license' },
    { literal: 'driverlicense' },
    { literal: 'driverslicense' },
    { literal: 's license', startsWord: true },
    { literal: 'license number', startsWord: true },
    { literal: 'DL#', startsWord: true },
    { literal: 'DL #', startsWord: true },
    { literal: 'DL number', startsWord: true },
    { literal: 'DL no', startsWord: true },
    { literal: 'DL', exact: true, startsWord: true, endsWord: true },
    { literal: 'DLN', exact: true, startsWord: true, endsWord: true },
    { literal: 'DL:', exact: true, startsWord: true },
  ],
  labels:
    contextWords(`driver license, drivers license, driver licence, drivers licence, driving licence, driving license,
driver s license, driver s licence, dl number, dln, dl no`),
  context: contextWords('driver', 'drivers', 'driving', 'dmv', 'dl', 'license', 'licence'),
  findAtCue(passage: Passage, start: number, end: number, cue): void {
    const isWeak = cue.literal === 'license number' || cue.literal === 's license' || cue.literal === 'DL';
    if (isWeak && !passage.hasContext(start, end, cue.literal === 'DL' ? LICENCE : DRIVER)) return;
    const found = valueNear(passage, end);
    if (found === null) reportBefore(passage, start);
    else passage.report(usDriverLicense, found.start, found.end, found.start - end <= 24 ? 0.85 : 0.7);
  },
  findLabelled(passage: Passage): void {
    const length = passage.text.length;
    if (length <= 24 && isStateFormat(passage.slice(0, length).trim()))
      passage.report(usDriverLicense, 0, length, 0.85);
  },
  hits: [
    { text: "Driver's license: D1234567", value: 'D1234567', atLeast: 0.8 },
    { text: 'driver license number is S123-4567-8901.', value: 'S123-4567-8901' },
    { text: 'DL# 123456789', value: '123456789' },
    { text: '{"driversLicense":"WDLABCD456DG"}', value: 'WDLABCD456DG' },
    { text: "customer gave me D1234567 as driver's license", value: 'D1234567' },
    { text: 'License: CA DL B1234567', value: 'B1234567' },
    { text: 'B7654321', label: 'driver_license', value: 'B7654321' },
  ],
  misses: [
    { text: 'D1234567' },
    { text: 'driver license agreement of 2024' },
    { text: 'MIT license 1234567' },
    { text: 'driver license 550e8400-e29b-41d4-a716-446655440000' },
    { text: 'Install the driver. License: GPL-3.0' },
  ],
};

function reportBefore(passage: Passage, nameStart: number): void {
  for (const { start, end } of valuesBefore(passage, nameStart, true)) {
    if (end - start > 24 || !isStateFormat(passage.ascii(start, end))) continue;
    passage.report(usDriverLicense, start, end, 0.85);
    return;
  }
}

function isStateFormat(value: string): boolean {
  const compact = value.replaceAll('-', '').toUpperCase();
  return (
    compact.length >= 6 &&
    (compact.match(/\d/g)?.length ?? 0) >= 3 &&
    STATE_FORMATS.test(compact) &&
    !/^(\d)\1+$/.test(compact)
  );
}

function valueNear(passage: Passage, from: number): { start: number; end: number } | null {
  const text = passage.text;
  const last = Math.min(text.length, from + NEAR);
  let i = from;
  for (let words = 0; i < last && words < 7; ) {
    const byte = text[i] ?? 0;
    if (byte === 0x0a && i > from + SAME_LINE) return null;
    if (!isAlnum(byte)) {
      i++;
      continue;
    }
    let end = runEnd(text, i, VALUE, 48);
    while (end > i && byteAt(text, end - 1) === 0x2d) end--;
    const value = passage.ascii(i, end);
    const isDate = /^\d{4}-\d\d-\d\d$|^\d\d-\d\d-\d{4}$/.test(value);
    const goesOn =
      (byteAt(text, end) === 0x2e || byteAt(text, end) === 0x2f) &&
      (isDigit(byteAt(text, end + 1)) || isLetter(byteAt(text, end + 1)));
    if (!isDate && !goesOn && isStateFormat(value) && !touchesWordBefore(text, i) && !isWord(byteAt(text, end)))
      return { start: i, end };
    words++;
    i = end;
  }
  return null;
}
