/**
 * Machine-readable lines of travel documents (ICAO 9303, parts 4 to 7): passports (two lines of 44), visas (44 or 36),
 * cards (two of 36, three of 30). All check digits must agree, the composite one too, so chance never passes.
 */
import { byteAt, byteSet, isIn } from '../../scan/bytes.ts';
import { icaoCheckDigit } from '../../scan/check-digits.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const LINE = byteSet('A-Z0-9<');
const READER = 'passport-mrz';

/** A check digit; a filler stands for 0 where the field is empty. */
function isChecked(line: string, from: number, to: number, at: number): boolean {
  const check = line.charAt(at);
  return (
    icaoCheckDigit(line.slice(from, to)) === (check === '<' ? 0 : check >= '0' && check <= '9' ? Number(check) : -1)
  );
}

/** Number, birth and expiry of the line that holds them in TD2, TD3 and visas. */
function hasThreeChecks(line: string): boolean {
  return isChecked(line, 0, 9, 9) && isChecked(line, 13, 19, 19) && isChecked(line, 21, 27, 27);
}

function isPassport(first: string, second: string): boolean {
  const all = second.slice(0, 10) + second.slice(13, 20) + second.slice(21, 43);
  return (
    first.startsWith('P') &&
    hasThreeChecks(second) &&
    isChecked(second, 28, 42, 42) &&
    isChecked(`${all}${second.charAt(43)}`, 0, 39, 39)
  );
}

function isCardOfTwoLines(first: string, second: string): boolean {
  const all = second.slice(0, 10) + second.slice(13, 20) + second.slice(21, 35);
  return /^[ACIP]/.test(first) && hasThreeChecks(second) && isChecked(`${all}${second.charAt(35)}`, 0, 31, 31);
}

function isCardOfThreeLines(first: string, second: string): boolean {
  // A number longer than nine characters goes on behind its check, which is a filler then.
  const isNumbered = isChecked(first, 5, 14, 14) || first.charAt(14) === '<';
  const all = first.slice(5, 30) + second.slice(0, 7) + second.slice(8, 15) + second.slice(18, 29);
  return (
    /^[ACI]/.test(first) &&
    isNumbered &&
    isChecked(second, 0, 6, 6) &&
    isChecked(second, 8, 14, 14) &&
    isChecked(`${all}${second.charAt(29)}`, 0, 50, 50)
  );
}

/** Start of the next line behind `end`: a line end, spaces, or one that nobody has unescaped. */
function nextLine(text: Uint8Array, end: number): number {
  let at = end;
  while (at < end + 4 && (byteAt(text, at) === 0x0d || byteAt(text, at) === 0x0a || byteAt(text, at) === 0x20)) at++;
  while (at < end + 4 && byteAt(text, at) === 0x5c && (byteAt(text, at + 1) === 0x6e || byteAt(text, at + 1) === 0x72))
    at += 2;
  return at;
}

function lineEnd(text: Uint8Array, from: number): number {
  let end = from;
  while (end < text.length && end - from <= 90 && isIn(LINE, text[end] ?? 0)) end++;
  return end;
}

export const passportMrz: Recognizer = {
  name: 'passport-mrz',
  entity: 'PASSPORT_MRZ',
  category: 'government_id',
  countries: [],
  reach: { opens: /(?<![A-Z0-9<])(?:[A-Z0-9<]{30,44}(?:\s|\\[nr]){1,4}){1,2}[A-Z0-9<]{0,44}$/ },
  cues: [{ literal: '<<' }],
  isWhole: true,
  findAtCue(passage: Passage, cueStart: number): void {
    const text = passage.text;
    if (passage.isRead(READER, cueStart)) return;
    let from = cueStart;
    while (from > 0 && cueStart - from <= 90 && isIn(LINE, text[from - 1] ?? 0)) from--;
    // The letter of a line end that nobody has unescaped is none of the line's: those are capitals.
    const end = lineEnd(text, cueStart);
    passage.markRead(READER, end);
    // The first line with fillers may be the last of a card's three, or both lines may stand in one.
    for (const [count, width] of [
      [2, 44],
      [2, 36],
      [3, 30],
    ] as const) {
      const lines = linesFrom(passage, from, count, width);
      if (lines === null) continue;
      const [first = '', second = ''] = lines.lines;
      const isVisa = first.startsWith('V') && count === 2 && hasThreeChecks(second);
      const isCard = count === 3 ? isCardOfThreeLines(first, second) : width === 36 && isCardOfTwoLines(first, second);
      if (!isVisa && !isCard && !(width === 44 && isPassport(first, second))) continue;
      passage.report(passportMrz, from, lines.end, 0.95);
      passage.markRead(READER, lines.end);
      return;
    }
  },
  hits: [
    {
      text: 'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10',
      value: 'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10',
      atLeast: 0.8,
    },
    {
      text: 'MRZ: I<UTOD231458907<<<<<<<<<<<<<<<\r\n7408122F1204159UTO<<<<<<<<<<<6\r\nERIKSSON<<ANNA<MARIA<<<<<<<<<<',
      value: 'I<UTOD231458907<<<<<<<<<<<<<<<\r\n7408122F1204159UTO<<<<<<<<<<<6\r\nERIKSSON<<ANNA<MARIA<<<<<<<<<<',
      atLeast: 0.8,
    },
    {
      text: '{"mrz":"I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\\nD231458907UTO7408122F1204159<<<<<<<6"}',
      value: 'I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\\nD231458907UTO7408122F1204159<<<<<<<6',
      atLeast: 0.8,
    },
    {
      text: 'visado V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<',
      value: 'V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<',
      atLeast: 0.8,
    },
    {
      text: '<td>P&lt;UTOERIKSSON&lt;&lt;ANNA&lt;MARIA&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;\nL898902C36UTO7408122F1204159ZE184226B&lt;&lt;&lt;&lt;&lt;10</td>',
      value:
        'P&lt;UTOERIKSSON&lt;&lt;ANNA&lt;MARIA&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;&lt;\nL898902C36UTO7408122F1204159ZE184226B&lt;&lt;&lt;&lt;&lt;10',
      atLeast: 0.8,
    },
  ],
  misses: [
    { text: 'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<11' },
    { text: 'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C37UTO7408122F1204159ZE184226B<<<<<10' },
    { text: 'std::cout << "a" << 1;' },
    { text: 'cat <<EOF' },
  ],
};

/** `count` lines of `width` characters, one after the other or each on its own; null where there are none. */
function linesFrom(
  passage: Passage,
  from: number,
  count: number,
  width: number,
): { readonly lines: readonly string[]; readonly end: number } | null {
  const text = passage.text;
  const lines: string[] = [];
  let at = from;
  for (let i = 0; i < count; i++) {
    const end = lineEnd(text, at);
    if (end - at < width) return null;
    lines.push(passage.ascii(at, at + width));
    // The line ends here, or the next one follows without a break.
    const isLast = i === count - 1;
    // The bracket of a closing tag is none of the line's.
    const isTag = isLast && end - at === width + 1 && byteAt(text, end - 1) === 0x3c && byteAt(text, end) === 0x2f;
    if (end - at !== width && !isTag && (isLast || end - at > 90)) return null;
    at = isLast ? at + width : nextLine(text, at + width);
  }
  return { lines, end: at };
}
