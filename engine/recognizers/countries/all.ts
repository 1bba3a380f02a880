/** Numbers and documents that states and their registers give out, a file a country. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { AD } from './ad.ts';
import { AL } from './al.ts';
import { AT } from './at.ts';
import { AZ } from './az.ts';
import { BE } from './be.ts';
import { BG } from './bg.ts';
import { brCnpj, brCpf } from './br.ts';
import { BY } from './by.ts';
import { CH } from './ch.ts';
import { CY } from './cy.ts';
import { CZ } from './cz.ts';
import { DE } from './de.ts';
import { DK } from './dk.ts';
import { usDriverLicense } from './drivers-licence.ts';
import { EE } from './ee.ts';
import { ES } from './es.ts';
import { EU_VAT } from './eu-vat.ts';
import { FI } from './fi.ts';
import { FR } from './fr.ts';
import { GB } from './gb.ts';
import { GR } from './gr.ts';
import { HR } from './hr.ts';
import { HU } from './hu.ts';
import { IE } from './ie.ts';
import { IS } from './is.ts';
import { IT } from './it.ts';
import { JMBG } from './jmbg.ts';
import { KZ } from './kz.ts';
import { LI } from './li.ts';
import { LT } from './lt.ts';
import { LU } from './lu.ts';
import { LV } from './lv.ts';
import { MD } from './md.ts';
import { ME } from './me.ts';
import { MK } from './mk.ts';
import { MT } from './mt.ts';
import { NL } from './nl.ts';
import { NO } from './no.ts';
import { passport, usPassport } from './passport.ts';
import { PL } from './pl.ts';
import { PT } from './pt.ts';
import { RO } from './ro.ts';
import { RS } from './rs.ts';
import { RU } from './ru.ts';
import { SE } from './se.ts';
import { SI } from './si.ts';
import { SK } from './sk.ts';
import { SM } from './sm.ts';
import { UA } from './ua.ts';
import { usItin } from './us-itin.ts';
import { usSsn } from './us-ssn.ts';

export const COUNTRIES: readonly Recognizer[] = [
  ...AD,
  ...AL,
  ...AT,
  ...AZ,
  ...BE,
  ...BG,
  ...BY,
  ...CH,
  ...CY,
  ...CZ,
  ...DE,
  ...DK,
  ...EE,
  ...ES,
  ...FI,
  ...FR,
  ...GB,
  ...GR,
  ...HR,
  ...HU,
  ...IE,
  ...IS,
  ...IT,
  ...JMBG,
  ...KZ,
  ...LI,
  ...LT,
  ...LU,
  ...LV,
  ...MD,
  ...ME,
  ...MK,
  ...MT,
  ...NL,
  ...NO,
  ...PL,
  ...PT,
  ...RO,
  ...RS,
  ...RU,
  ...SE,
  ...SI,
  ...SK,
  ...SM,
  ...UA,
  ...EU_VAT,
  brCpf,
  brCnpj,
  usSsn,
  usItin,
  usPassport,
  passport,
  usDriverLicense,
];
