/** Numbers and documents that states and their registers give out, a file a country. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { brCnpj, brCpf } from './br.ts';
import { ukDrivingLicence, usDriverLicense } from './drivers-licence.ts';
import { passport, usPassport } from './passport.ts';
import { usItin } from './us-itin.ts';
import { usSsn } from './us-ssn.ts';

export const COUNTRIES: readonly Recognizer[] = [
  brCpf,
  brCnpj,
  usSsn,
  usItin,
  usPassport,
  passport,
  usDriverLicense,
  ukDrivingLicence,
];
