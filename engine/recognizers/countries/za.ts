/** South Africa: numbers of people and taxpayers. */

import { isBirthDateOfShortYear } from '../../scan/birth-dates.ts';
import { isOneDigit, numberAt } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Date of birth, order, citizen (0), resident (1) or refugee (2, who never had the digit of race), Luhn. */
function isIdNumber(digits: string): boolean {
  return (
    /^.{10}(?:[01]|2[89])/.test(digits) &&
    isBirthDateOfShortYear(numberAt(digits, 0, 2), numberAt(digits, 2, 2), numberAt(digits, 4, 2)) &&
    isLuhn(digits)
  );
}

const zaIdNumber = idNumber({
  name: 'za-id-number',
  entity: 'ZA_ID_NUMBER',
  category: 'government_id',
  countries: ['ZA'],
  alsoEntity: 'ZA_ID',
  forms: ['###### #### ###', '#############', '###### #### # # #', '###### #### ## #'],
  isValid: isIdNumber,
  chance: 0.00077,
  evidence: 'check',
  context:
    contextWords(`id number, id no, id numbers, identity number, identity no, identity document, south african id, sa id,
rsa id, rsa id number, said, smart id, id book, home affairs, id nommer, identiteitsnommer, inombolo kamazisi, isazisi`),
  hits: [
    { text: 'ID number: 2206215106114', value: '2206215106114', atLeast: 0.8 },
    { text: '{"identityNumber":"2802059472099"}', value: '2802059472099', atLeast: 0.8 },
    { text: 'Identiteitsnommer / RSA ID 830116 2017 028', value: '830116 2017 028', atLeast: 0.8 },
    { text: 'tenant 7803193777182 signed', value: '7803193777182' },
  ],
  misses: [
    { text: 'ID number: 600629 9943 160' },
    { text: 'ID number 8503305044089' },
    { text: 'ID number 39022262171921' },
    { text: 'created 2604269194004 ms' },
  ],
});

const zaIncomeTax = idNumber({
  name: 'za-income-tax-number',
  entity: 'ZA_INCOME_TAX_NUMBER',
  category: 'government_id',
  countries: ['ZA'],
  forms: ['##########', '####/###/##/#', '### ### ####', '#### ### ###'],
  isValid: (digits) => /^[01239]/.test(digits) && !isOneDigit(digits) && isLuhn(digits),
  chance: 0.051,
  evidence: 'context',
  context: contextWords(`sars, sars number, income tax, income tax number, income tax reference, tax reference,
tax reference number, tax ref, tax ref no, tax number, inkomstebelasting, belastingnommer, south african tax`),
  hits: [
    { text: 'Income tax number: 3221039005', value: '3221039005' },
    { text: '{"taxReference":"9870879187"}', value: '9870879187' },
    { text: 'SARS / belastingnommer 9337/390/82/8', value: '9337/390/82/8', atLeast: 0.8 },
  ],
  misses: [{ text: 'tax reference 2449/494/16/0' }, { text: '9478282503' }, { text: 'SARS 5001339050' }],
});

const zaVat = idNumber({
  name: 'za-vat-number',
  entity: 'ZA_VAT_NUMBER',
  category: 'business',
  countries: ['ZA'],
  forms: ['##########', '### #### ###', '#### ### ###', '### ### ####'],
  isValid: (digits) => digits.startsWith('4'),
  chance: 0.097,
  evidence: 'context',
  context: contextWords(`vat, vat number, vat no, vat reg, vat registration, value added tax, sars, btw, btw nommer`),
  hits: [
    { text: 'VAT number: 499 9999 999', value: '499 9999 999', atLeast: 0.8 },
    { text: '{"vatNumber":"4270193856"}', value: '4270193856' },
    { text: 'SARS, BTW-nommer 4830 261 947', value: '4830 261 947' },
  ],
  misses: [{ text: '4270193856' }, { text: 'VAT 3270193856' }, { text: 'VAT 499999999' }],
});

export const ZA: readonly Recognizer[] = [zaIdNumber, zaIncomeTax, zaVat];
