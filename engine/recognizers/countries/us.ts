/** The United States: tax numbers, Medicare, prescribers and providers (IRS, CMS, DEA). */
import { numberAt } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { usItin } from './us-itin.ts';
import { usSsn } from './us-ssn.ts';

/** First two digits that no campus of the IRS has given out. */
const NO_EIN = new Set('00 07 08 09 17 18 19 28 29 49 69 70 78 79 89 96 97'.split(' '));

const usEin = idNumber({
  name: 'us-ein',
  entity: 'US_EIN',
  category: 'business',
  countries: ['US'],
  forms: ['##-#######', '###-##-####'],
  isValid: (digits) => !NO_EIN.has(digits.slice(0, 2)),
  chance: 0.83,
  evidence: 'context',
  context: contextWords(`ein, eins, fein, e i n, f e i n, employer identification number, employer identification,
employer id, federal tax id, federal tax identification, business tax id, número de identificación patronal`),
  hits: [
    { text: 'EIN: 12-3456789', value: '12-3456789', atLeast: 0.8 },
    { text: '{"ein":"911144442"}', value: '911144442' },
    { text: 'Número de identificación patronal (employer id) 91-1144442', value: '91-1144442', atLeast: 0.8 },
  ],
  misses: [{ text: '12-3456789' }, { text: 'EIN: 00-3456789' }, { text: 'EIN: 12-345678' }],
});

const usAtin = idNumber({
  name: 'us-atin',
  entity: 'US_ATIN',
  category: 'government_id',
  countries: ['US'],
  forms: ['9##-93-####'],
  chance: 1,
  evidence: 'context',
  context: contextWords(`atin, atins, adoption taxpayer identification number, adoption taxpayer, w 7a, irs,
taxpayer identification`),
  hits: [
    { text: 'ATIN 912-93-3456', value: '912-93-3456' },
    { text: '{"atin":"912933456"}', value: '912933456' },
    { text: 'adopción / adoption taxpayer number 900-93-0001', value: '900-93-0001' },
  ],
  misses: [{ text: '912-93-3456' }, { text: 'ATIN 912-92-3456' }, { text: 'ATIN 812-93-3456' }],
});

const usPtin = idNumber({
  name: 'us-ptin',
  entity: 'US_PTIN',
  category: 'government_id',
  countries: ['US'],
  forms: ['P########', 'P-########'],
  chance: 1,
  evidence: 'context',
  isUpperCase: true,
  context:
    contextWords(`ptin, ptins, preparer tax identification number, preparer tax identification, preparer, tax preparer,
preparador`),
  hits: [
    { text: 'PTIN: P01234567', value: 'P01234567' },
    { text: '{"preparerPtin":"P01234567"}', value: 'P01234567' },
    { text: 'tax preparer / preparador P-98765432', value: 'P-98765432' },
  ],
  misses: [{ text: 'P01234567' }, { text: 'PTIN: Q01234567' }, { text: 'PTIN: P0123456' }],
});

/** Luhn with 80840, the prefix of health cards of the United States, before it. */
function isNpi(digits: string): boolean {
  return /^[12]/.test(digits) && isLuhn(`80840${digits}`);
}

const usNpi = idNumber({
  name: 'us-npi',
  entity: 'US_NPI',
  category: 'health',
  countries: ['US'],
  forms: ['##########', '####-###-###'],
  isValid: isNpi,
  chance: 0.02,
  evidence: 'check',
  context: contextWords(`npi, npis, national provider identifier, national provider, provider identifier, provider id,
provider number, provider npi, nppes, proveedor médico`),
  hits: [
    { text: 'NPI: 1234567893', value: '1234567893' },
    { text: '{"providerNpi":"1245319599"}', value: '1245319599' },
    { text: 'proveedor médico, national provider identifier 1234-567-893', value: '1234-567-893', atLeast: 0.8 },
  ],
  misses: [{ text: 'NPI: 1234567890' }, { text: '1234567893' }, { text: 'NPI 12345678931' }],
});

/** Kind of registrant, initial or 9, seven digits: odd ones and twice the even ones add up to the last. */
function isDea(compact: string): boolean {
  if (!/^[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}$/.test(compact)) return false;
  const digit = (at: number): number => numberAt(compact, at + 1, 1);
  return (digit(1) + digit(3) + digit(5) + 2 * (digit(2) + digit(4) + digit(6))) % 10 === digit(7);
}

const medicalLicense = idNumber({
  name: 'us-dea',
  entity: 'MEDICAL_LICENSE',
  category: 'health',
  countries: ['US'],
  forms: ['@@#######', '@9#######'],
  isValid: isDea,
  chance: 0.07,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`dea, d e a, dea number, dea registration, drug enforcement, prescriber, prescribers, prescription,
medical license, medical licence, medical certificate, physician, controlled substance, receta`),
  hits: [
    { text: 'DEA number: AB1234563', value: 'AB1234563' },
    { text: '{"deaNumber":"BJ6125341"}', value: 'BJ6125341' },
    { text: 'receta firmada por prescriber F91234563', value: 'F91234563' },
  ],
  misses: [{ text: 'DEA number: AB1234564' }, { text: 'AB1234563' }, { text: 'DEA AB12345631' }],
});

/** Without S L O I B Z; position by position (CMS, 2018). */
const MBI = /^[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d[AC-HJKMNP-RT-Y]{2}\d\d$/;

const usMbi = idNumber({
  name: 'us-mbi',
  entity: 'US_MBI',
  category: 'health',
  countries: ['US'],
  forms: ['#@*#-@*#-@@##', '#@*#@*#@@##'],
  isValid: (compact) => MBI.test(compact),
  chance: 0.22,
  evidence: 'check',
  isUpperCase: true,
  context: contextWords(`mbi, mbis, medicare, medicare beneficiary identifier, medicare beneficiary, medicare number,
medicare id, beneficiary, beneficiario, cms`),
  hits: [
    { text: 'MBI 1EG4-TE5-MK73', value: '1EG4-TE5-MK73', atLeast: 0.8 },
    { text: '{"medicareId":"1EG4TE5MK73"}', value: '1EG4TE5MK73' },
    { text: 'beneficiario de Medicare: 1EG4-TE5-MK73', value: '1EG4-TE5-MK73', atLeast: 0.8 },
  ],
  misses: [{ text: 'MBI 0EG4-TE5-MK73' }, { text: 'MBI 1SG4-TE5-MK73' }, { text: '1EG4TE5MK73' }],
});

const usClia = idNumber({
  name: 'us-clia',
  entity: 'US_CLIA',
  category: 'health',
  countries: ['US'],
  forms: ['##D#######'],
  chance: 1,
  evidence: 'context',
  context: contextWords(`clia, clias, clia number, clinical laboratory improvement, laboratory, lab, laboratorio`),
  hits: [
    { text: 'CLIA number: 05D2081492', value: '05D2081492' },
    { text: '{"cliaNumber":"33D0654341"}', value: '33D0654341' },
    { text: 'laboratorio (CLIA) 11D1234567', value: '11D1234567' },
  ],
  misses: [{ text: '05D2081492' }, { text: 'CLIA 05E2081492' }, { text: 'CLIA 05D20814921' }],
});

/** A social security number and how the beneficiary came by the claim. */
const CLAIM = /^\d{9}(?:A|[B-FJKW][1-9A-Z]?|M1?|T[A-Z1-9]?)$/;

const usHicn = idNumber({
  name: 'us-hicn',
  entity: 'US_HICN',
  category: 'health',
  countries: ['US'],
  forms: ['###-##-####-@', '###-##-####-@*', '###-##-####@', '###-##-####@*'],
  isValid: (compact) => CLAIM.test(compact) && !compact.startsWith('000'),
  chance: 0.3,
  evidence: 'context',
  isUpperCase: true,
  context:
    contextWords(`hicn, hic, h i c n, health insurance claim, health insurance claim number, medicare claim number,
medicare claim, medicare number, medicare, reclamo de medicare`),
  hits: [
    { text: 'HICN: 536-22-8145-A', value: '536-22-8145-A', atLeast: 0.8 },
    { text: '{"hicn":"536228145B1"}', value: '536228145B1' },
    { text: 'reclamo de Medicare 536-22-8145A', value: '536-22-8145A', atLeast: 0.8 },
  ],
  misses: [{ text: '536228145A' }, { text: 'HICN: 000-22-8145-A' }, { text: 'HICN: 536-22-8145-Z' }],
});

export const US: readonly Recognizer[] = [
  usSsn,
  usItin,
  usEin,
  usAtin,
  usPtin,
  usNpi,
  medicalLicense,
  usMbi,
  usClia,
  usHicn,
];
