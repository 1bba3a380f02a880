/** Numbers and documents that states and their registers give out, a file a country. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { AD } from './ad.ts';
import { AE } from './ae.ts';
import { AL } from './al.ts';
import { AO } from './ao.ts';
import { AR } from './ar.ts';
import { AT } from './at.ts';
import { AU } from './au.ts';
import { AZ } from './az.ts';
import { BE } from './be.ts';
import { BG } from './bg.ts';
import { BO } from './bo.ts';
import { BR } from './br.ts';
import { BY } from './by.ts';
import { CA } from './ca.ts';
import { CH } from './ch.ts';
import { CL } from './cl.ts';
import { CN } from './cn.ts';
import { CO } from './co.ts';
import { CR } from './cr.ts';
import { CU } from './cu.ts';
import { CY } from './cy.ts';
import { CZ } from './cz.ts';
import { DE } from './de.ts';
import { DK } from './dk.ts';
import { DO } from './do.ts';
import { usDriverLicense } from './drivers-licence.ts';
import { DZ } from './dz.ts';
import { EC } from './ec.ts';
import { EE } from './ee.ts';
import { EG } from './eg.ts';
import { ES } from './es.ts';
import { EU_VAT } from './eu-vat.ts';
import { FI } from './fi.ts';
import { FR } from './fr.ts';
import { GB } from './gb.ts';
import { GH } from './gh.ts';
import { GN } from './gn.ts';
import { GR } from './gr.ts';
import { GT } from './gt.ts';
import { HK } from './hk.ts';
import { HR } from './hr.ts';
import { HU } from './hu.ts';
import { ID } from './id.ts';
import { IE } from './ie.ts';
import { IL } from './il.ts';
import { IN } from './in.ts';
import { IS } from './is.ts';
import { IT } from './it.ts';
import { JMBG } from './jmbg.ts';
import { JP } from './jp.ts';
import { KE } from './ke.ts';
import { KR } from './kr.ts';
import { KZ } from './kz.ts';
import { LI } from './li.ts';
import { LK } from './lk.ts';
import { LT } from './lt.ts';
import { LU } from './lu.ts';
import { LV } from './lv.ts';
import { MA } from './ma.ts';
import { MD } from './md.ts';
import { ME } from './me.ts';
import { MK } from './mk.ts';
import { MT } from './mt.ts';
import { MU } from './mu.ts';
import { MX } from './mx.ts';
import { MY } from './my.ts';
import { MZ } from './mz.ts';
import { NG } from './ng.ts';
import { NL } from './nl.ts';
import { NO } from './no.ts';
import { NZ } from './nz.ts';
import { passport, usPassport } from './passport.ts';
import { passportMrz } from './passport-mrz.ts';
import { PE } from './pe.ts';
import { PH } from './ph.ts';
import { PK } from './pk.ts';
import { PL } from './pl.ts';
import { PT } from './pt.ts';
import { PY } from './py.ts';
import { RO } from './ro.ts';
import { RS } from './rs.ts';
import { RU } from './ru.ts';
import { SA } from './sa.ts';
import { SE } from './se.ts';
import { SG } from './sg.ts';
import { SI } from './si.ts';
import { SK } from './sk.ts';
import { SM } from './sm.ts';
import { SV } from './sv.ts';
import { TH } from './th.ts';
import { TN } from './tn.ts';
import { TR } from './tr.ts';
import { TW } from './tw.ts';
import { UA } from './ua.ts';
import { US } from './us.ts';
import { UY } from './uy.ts';
import { VE } from './ve.ts';
import { VN } from './vn.ts';
import { ZA } from './za.ts';

export const COUNTRIES: readonly Recognizer[] = [
  ...AD,
  ...AE,
  ...AL,
  ...AO,
  ...AR,
  ...AT,
  ...AU,
  ...AZ,
  ...BE,
  ...BG,
  ...BO,
  ...BR,
  ...BY,
  ...CA,
  ...CH,
  ...CL,
  ...CN,
  ...CO,
  ...CR,
  ...CU,
  ...CY,
  ...CZ,
  ...DE,
  ...DK,
  ...DO,
  ...DZ,
  ...EC,
  ...EE,
  ...EG,
  ...ES,
  ...FI,
  ...FR,
  ...GB,
  ...GH,
  ...GN,
  ...GR,
  ...GT,
  ...HK,
  ...HR,
  ...HU,
  ...ID,
  ...IE,
  ...IL,
  ...IN,
  ...IS,
  ...IT,
  ...JP,
  ...KE,
  ...KR,
  ...KZ,
  ...LI,
  ...LK,
  ...LT,
  ...LU,
  ...LV,
  ...MA,
  ...MD,
  ...ME,
  ...MK,
  ...MT,
  ...MU,
  ...MX,
  ...MY,
  ...MZ,
  ...NG,
  ...NL,
  ...NO,
  ...NZ,
  ...PE,
  ...PH,
  ...PK,
  ...PL,
  ...PT,
  ...PY,
  ...RO,
  ...RS,
  ...RU,
  ...SA,
  ...SE,
  ...SG,
  ...SI,
  ...SK,
  ...SM,
  ...SV,
  ...TH,
  ...TN,
  ...TR,
  ...TW,
  ...UA,
  ...US,
  ...UY,
  ...VE,
  ...VN,
  ...ZA,
  ...JMBG,
  ...EU_VAT,
  usPassport,
  passport,
  passportMrz,
  usDriverLicense,
];
