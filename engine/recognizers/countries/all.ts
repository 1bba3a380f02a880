/** Numbers and documents that states and their registers give out, a file a country. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { AD } from './ad.ts';
import { AL } from './al.ts';
import { AR } from './ar.ts';
import { AT } from './at.ts';
import { AZ } from './az.ts';
import { BE } from './be.ts';
import { BG } from './bg.ts';
import { BO } from './bo.ts';
import { BR } from './br.ts';
import { BY } from './by.ts';
import { CA } from './ca.ts';
import { CH } from './ch.ts';
import { CL } from './cl.ts';
import { CO } from './co.ts';
import { CR } from './cr.ts';
import { CU } from './cu.ts';
import { CY } from './cy.ts';
import { CZ } from './cz.ts';
import { DE } from './de.ts';
import { DK } from './dk.ts';
import { DO } from './do.ts';
import { usDriverLicense } from './drivers-licence.ts';
import { EC } from './ec.ts';
import { EE } from './ee.ts';
import { ES } from './es.ts';
import { EU_VAT } from './eu-vat.ts';
import { FI } from './fi.ts';
import { FR } from './fr.ts';
import { GB } from './gb.ts';
import { GR } from './gr.ts';
import { GT } from './gt.ts';
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
import { MX } from './mx.ts';
import { NL } from './nl.ts';
import { NO } from './no.ts';
import { passport, usPassport } from './passport.ts';
import { passportMrz } from './passport-mrz.ts';
import { PE } from './pe.ts';
import { PL } from './pl.ts';
import { PT } from './pt.ts';
import { PY } from './py.ts';
import { RO } from './ro.ts';
import { RS } from './rs.ts';
import { RU } from './ru.ts';
import { SE } from './se.ts';
import { SI } from './si.ts';
import { SK } from './sk.ts';
import { SM } from './sm.ts';
import { SV } from './sv.ts';
import { UA } from './ua.ts';
import { US } from './us.ts';
import { UY } from './uy.ts';
import { VE } from './ve.ts';

export const COUNTRIES: readonly Recognizer[] = [
  ...AD,
  ...AL,
  ...AR,
  ...AT,
  ...AZ,
  ...BE,
  ...BG,
  ...BO,
  ...BR,
  ...BY,
  ...CA,
  ...CH,
  ...CL,
  ...CO,
  ...CR,
  ...CU,
  ...CY,
  ...CZ,
  ...DE,
  ...DK,
  ...DO,
  ...EC,
  ...EE,
  ...ES,
  ...FI,
  ...FR,
  ...GB,
  ...GR,
  ...GT,
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
  ...MX,
  ...NL,
  ...NO,
  ...PE,
  ...PL,
  ...PT,
  ...PY,
  ...RO,
  ...RS,
  ...RU,
  ...SE,
  ...SI,
  ...SK,
  ...SM,
  ...SV,
  ...UA,
  ...US,
  ...UY,
  ...VE,
  ...EU_VAT,
  usPassport,
  passport,
  passportMrz,
  usDriverLicense,
];
