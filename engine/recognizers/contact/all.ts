/** People and how to reach them. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { dateOfBirth } from './date-of-birth.ts';
import { emailAddress } from './email-address.ts';
import { NAMES_IN_TEXT } from './names-in-text.ts';
import { person } from './person.ts';
import { phoneNumber } from './phone-number.ts';
import { streetAddress } from './street-address.ts';

export const CONTACT: readonly Recognizer[] = [
  dateOfBirth,
  emailAddress,
  phoneNumber,
  person,
  streetAddress,
  ...NAMES_IN_TEXT,
];
