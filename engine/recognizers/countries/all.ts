/** Numbers and documents that states and their registers give out, a file a country. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { AT } from './at.ts';
import { BE } from './be.ts';
import { brCnpj, brCpf } from './br.ts';
import { CH } from './ch.ts';
import { DE } from './de.ts';
import { usDriverLicense } from './drivers-licence.ts';
import { FR } from './fr.ts';
import { GB } from './gb.ts';
import { IE } from './ie.ts';
import { LI } from './li.ts';
import { LU } from './lu.ts';
import { NL } from './nl.ts';
import { passport, usPassport } from './passport.ts';
import { usItin } from './us-itin.ts';
import { usSsn } from './us-ssn.ts';

export const COUNTRIES: readonly Recognizer[] = [
  ...AT,
  ...BE,
  ...CH,
  ...DE,
  ...FR,
  ...GB,
  ...IE,
  ...LI,
  ...LU,
  ...NL,
  brCpf,
  brCnpj,
  usSsn,
  usItin,
  usPassport,
  passport,
  usDriverLicense,
];
