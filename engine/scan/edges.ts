/**
 * Whether a value stands by itself. A number or token that is part of something longer (a UUID, a hash, a path, a
 * decimal) is not the value that its shape suggests.
 */
import { byteAt, isAlnum, isDigit, isHex, isWord, touchesWordBefore } from './bytes.ts';

/** No letter, digit or underscore touches the span. */
export function standsAlone(text: Uint8Array, start: number, end: number): boolean {
  return !touchesWordBefore(text, start) && !isWord(byteAt(text, end));
}

/** A dash and a sign that no sentence has there follow: `1234567-SC-@1` is something else, written likewise. */
function goesOnInSigns(text: Uint8Array, end: number): boolean {
  if (byteAt(text, end) !== 0x2d) return false;
  const sign = byteAt(text, end + 1);
  return sign === 0x40 || sign === 0x23 || sign === 0x24 || sign === 0x25 || sign === 0x26;
}

/** Longest neighbour that is looked at, bytes. */
const REACH = 40;

/** The span is joined by a dash, dot, plus, slash, equals sign or the like to a neighbour that makes it part of an identifier. */
export function isPartOfIdentifier(text: Uint8Array, start: number, end: number): boolean {
  return joinsBefore(text, start) || joinsAfter(text, end);
}

function joinsBefore(text: Uint8Array, start: number): boolean {
  const joint = byteAt(text, start - 1);
  // A decimal's fraction; a path or base64 part.
  if (joint === 0x2e) return isDigit(byteAt(text, start - 2));
  if (joint !== 0x2d && joint !== 0x2b && joint !== 0x2f) return false;
  let i = start - 1;
  const first = Math.max(0, start - 1 - REACH);
  while (i > first && isAlnum(text[i - 1] ?? 0)) i--;
  return looksLikeIdentifier(text, i, start - 1);
}

function joinsAfter(text: Uint8Array, end: number): boolean {
  const joint = byteAt(text, end);
  if (joint === 0x2e) return isDigit(byteAt(text, end + 1));
  if (joint !== 0x2d && joint !== 0x2b && joint !== 0x2f) return false;
  let i = end + 1;
  const last = Math.min(text.length, end + 1 + REACH);
  while (i < last && isAlnum(text[i] ?? 0)) i++;
  return looksLikeIdentifier(text, end + 1, i);
}

/** Letters and digits mixed, or all hexadecimal in a UUID's lengths, or digits alone. */
function looksLikeIdentifier(text: Uint8Array, start: number, end: number): boolean {
  let digits = 0;
  let hex = 0;
  for (let i = start; i < end; i++) {
    const byte = text[i] ?? 0;
    if (isDigit(byte)) digits++;
    if (isHex(byte)) hex++;
  }
  const length = end - start;
  return length > 0 && (digits > 0 || (hex === length && (length === 4 || length === 8 || length === 12)));
}

/** A token of letters and digits together stands one space before or behind the span: a dump in hexadecimal, a list of codes. */
export function isBesideCode(text: Uint8Array, start: number, end: number): boolean {
  let from = start - 1;
  while (from > 0 && start - from <= REACH && isAlnum(text[from - 1] ?? 0)) from--;
  let to = end + 1;
  while (to < text.length && to - end <= REACH && isAlnum(text[to] ?? 0)) to++;
  return (
    (byteAt(text, start - 1) === 0x20 && isMixed(text, from, start - 1)) ||
    (byteAt(text, end) === 0x20 && isMixed(text, end + 1, to))
  );
}

function isMixed(text: Uint8Array, start: number, end: number): boolean {
  let digits = 0;
  for (let i = start; i < end; i++) if (isDigit(text[i] ?? 0)) digits++;
  return digits > 0 && digits < end - start;
}

/** A token of letters and digits together ends at `end`: `s166-62-100-187` is one name. */
function endsMixed(text: Uint8Array, end: number): boolean {
  let from = end;
  while (from > 0 && end - from <= REACH && isAlnum(text[from - 1] ?? 0)) from--;
  return isMixed(text, from, end);
}

/** A number or code of one group or several may be a value of its own: nothing that it is a part of touches it. */
export function mayBeValue(text: Uint8Array, start: number, end: number, isOneGroup: boolean): boolean {
  if (!standsAlone(text, start, end) || goesOnInSigns(text, end)) return false;
  if (!isOneGroup && byteAt(text, start - 1) === 0x2d && endsMixed(text, start - 1)) return false;
  return !isOneGroup || !isPartOfIdentifier(text, start, end);
}
