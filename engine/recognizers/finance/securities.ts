/** Securities and the firms that trade them: ISIN (ISO 6166), CUSIP, SEDOL, LEI (ISO 17442). */
import {
  isModulus10DoubleAddDouble,
  isOneDigit,
  lettersAsNumbers,
  numberAt,
  weightedSum,
} from '../../scan/check-digits.ts';
import { isLuhn, remainder97 } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import { COUNTRY_CODES } from './country-codes.ts';

/** Countries, and the prefixes of Euroclear, swaps and others (XS, XC, EZ …). */
function isIsin(compact: string): boolean {
  const prefix = compact.slice(0, 2);
  return (COUNTRY_CODES.has(prefix) || /^(?:EU|EZ|QS|QT|X[A-FS])$/.test(prefix)) && isLuhn(lettersAsNumbers(compact));
}

export const isin = idNumber({
  name: 'isin',
  entity: 'ISIN',
  category: 'financial',
  countries: [],
  forms: ['@@*********#', '@@ ********* #'],
  isValid: isIsin,
  chance: 0.038,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`isin, isins, security, securities, bond, bonds, equity, share, shares, fund, instrument, wertpapier,
wertpapierkennnummer, wkn, valeur, titre, acción, titolo, depot, portfolio, holding`),
  hits: [
    { text: 'ISIN US0378331005', value: 'US0378331005' },
    { text: '{"isin":"DE000BAY0017"}', value: 'DE000BAY0017' },
    { text: 'Wertpapier: DE 000BAY001 7', value: 'DE 000BAY001 7', atLeast: 0.8 },
  ],
  misses: [{ text: 'ISIN US0378331006' }, { text: 'US0378331005' }, { text: 'ISIN ZZ0378331005' }],
});

export const cusip = idNumber({
  name: 'cusip',
  entity: 'CUSIP',
  category: 'financial',
  countries: ['US', 'CA'],
  forms: ['###******', '@###*****', '###### ## #', '#########'],
  isValid: (compact) => isModulus10DoubleAddDouble(compact) && !isOneDigit(compact),
  chance: 0.06,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords('cusip, cusips, cusip number, cusip no, cins'),
  hits: [
    { text: 'CUSIP 037833100', value: '037833100' },
    { text: '{"cusip":"38259P508"}', value: '38259P508' },
    { text: 'valeur, CUSIP : G0176J109', value: 'G0176J109' },
  ],
  misses: [{ text: '037833100' }, { text: 'CUSIP 037833101' }, { text: 'CUSIP 0378331001' }],
});

/** Consonants and digits, weights 1 3 1 7 3 9. */
function isSedol(compact: string): boolean {
  if (!/^[0-9B-DF-HJ-NP-TV-Z]{6}\d$/.test(compact) || isOneDigit(compact)) return false;
  return numberAt(compact, 6, 1) === (10 - (weightedSum(compact, [1, 3, 1, 7, 3, 9]) % 10)) % 10;
}

export const sedol = idNumber({
  name: 'sedol',
  entity: 'SEDOL',
  category: 'financial',
  countries: ['GB', 'IE'],
  forms: ['******#', '#######'],
  isValid: isSedol,
  chance: 0.07,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords('sedol, sedols, sedol code, sedol number, stock exchange daily official list'),
  hits: [
    { text: 'SEDOL B0WNLY7', value: 'B0WNLY7' },
    { text: '{"sedol":"0263494"}', value: '0263494' },
    { text: 'titre, SEDOL : 4065663', value: '4065663' },
  ],
  misses: [{ text: 'B0WNLY7' }, { text: 'SEDOL B0WNLY8' }, { text: 'SEDOL B0WNLY77' }],
});

export const lei = idNumber({
  name: 'lei',
  entity: 'LEI',
  category: 'business',
  countries: [],
  forms: ['******************##'],
  isValid: (compact) => remainder97(compact) === 1 && !/^\d{20}$/.test(compact),
  chance: 0.01,
  evidence: 'own',
  isUpperCase: true,
  context: contextWords(`lei, leis, lei code, legal entity identifier, gleif, legal entity, rechtsträgerkennung,
identifiant d entité juridique`),
  hits: [
    { text: 'LEI: 5493001KJTIIGC8Y1R12', value: '5493001KJTIIGC8Y1R12', atLeast: 0.8 },
    { text: '{"lei":"7LTWFZYICNSX8D621K86"}', value: '7LTWFZYICNSX8D621K86', atLeast: 0.8 },
    { text: 'Rechtsträgerkennung 529900T8BM49AURSDO55', value: '529900T8BM49AURSDO55', atLeast: 0.8 },
  ],
  misses: [
    { text: 'LEI: 5493001KJTIIGC8Y1R13' },
    { text: 'LEI: 5493001KJTIIGC8Y1R1' },
    { text: 'LEI: 5493001KJTIIGC8Y1R122' },
  ],
});
