/** People and how to reach them. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { ageInText, ageNamed } from './age.ts';
import { dateOfBirth } from './date-of-birth.ts';
import { dateTime } from './date-time.ts';
import { emailAddress } from './email-address.ts';
import { geoCoordinates, geoNamed } from './geo-coordinates.ts';
import { chiefOfficer, jobTitle } from './job-title.ts';
import { locationByKey, organizationByKey, personByKey } from './named-fields.ts';
import { NAMES_IN_TEXT } from './names-in-text.ts';
import { nrpInText, nrpNamed } from './nrp.ts';
import { person } from './person.ts';
import { phoneNumber, phoneNumberByWord } from './phone-number.ts';
import { poBox } from './po-box.ts';
import { postalCode } from './postal-code.ts';
import { streetAddress } from './street-address.ts';
import { username } from './username.ts';

export const CONTACT: readonly Recognizer[] = [
  dateOfBirth,
  dateTime,
  ageNamed,
  ageInText,
  geoCoordinates,
  geoNamed,
  jobTitle,
  chiefOfficer,
  nrpNamed,
  nrpInText,
  poBox,
  postalCode,
  username,
  emailAddress,
  phoneNumber,
  phoneNumberByWord,
  person,
  personByKey,
  locationByKey,
  organizationByKey,
  streetAddress,
  ...NAMES_IN_TEXT,
];
