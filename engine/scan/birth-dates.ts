/**
 * Dates of birth inside identification numbers. They must exist and be plausible; there is no clock here, so that a
 * fixed year ends what is taken for the past.
 */
import { isDay } from './check-digits.ts';

const FIRST_YEAR = 1850;
const LAST_YEAR = 2035;

/** A day on which someone who has a number may have been born; `year` has four digits. */
export function isBirthDate(year: number, month: number, day: number): boolean {
  return year >= FIRST_YEAR && year <= LAST_YEAR && isDay(year, month, day);
}

/** The same for a year of two digits whose century is not told. */
export function isBirthDateOfShortYear(twoDigitYear: number, month: number, day: number): boolean {
  return isBirthDate(1900 + twoDigitYear, month, day) || isBirthDate(2000 + twoDigitYear, month, day);
}
