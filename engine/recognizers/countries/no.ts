/** Norway: people, organisations and bank accounts. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { isDigits, isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** The century follows from the three digits behind the date (Skatteetaten). */
function yearOf(short: number, order: number): number {
  if (order < 500) return 1900 + short;
  if (order < 750 && short >= 54) return 1800 + short;
  if (short < 40) return 2000 + short;
  return order >= 900 ? 1900 + short : Number.NaN;
}

/** Two check digits modulo 11. D numbers add 40 to the day; 40 or 80 more in the month are helpers' and test numbers. */
function isFodselsnummer(digits: string): boolean {
  const written = numberAt(digits, 2, 2);
  const month = written > 80 ? written - 80 : written > 40 ? written - 40 : written;
  const first = numberAt(digits, 0, 2);
  const day = first > 40 ? first - 40 : first;
  return (
    isBirthDate(yearOf(numberAt(digits, 4, 2), numberAt(digits, 6, 3)), month, day) &&
    weightedSum(digits, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 === 0 &&
    weightedSum(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0
  );
}

const noFodselsnummer = idNumber({
  name: 'no-fodselsnummer',
  entity: 'NO_FODSELSNUMMER',
  category: 'government_id',
  countries: ['NO'],
  forms: ['###### #####', '###########', '######-#####', '## ## ## #####'],
  isValid: isFodselsnummer,
  chance: 0.0013,
  evidence: 'check',
  context:
    contextWords(`fødselsnummer, fodselsnummer, fødselsnr, fodselsnr, fnr, personnummer, personnr, d nummer, dnummer, dnr,
fødsels og personnummer, norwegian national identity, national identity number, national id, folkeregisteret`),
  hits: [
    { text: 'Fødselsnummer: 151086 95088', value: '151086 95088', atLeast: 0.8 },
    { text: '{"fnr":"11111598403"}', value: '11111598403' },
    { text: 'Norwegian national identity number 088120 37243', value: '088120 37243', atLeast: 0.8 },
  ],
  misses: [
    { text: 'fødselsnummer 15108695077' },
    { text: 'fødselsnummer 4150433604012' },
    { text: 'ordre 41504336040' },
  ],
});

/** Nine digits modulo 11, with MVA behind them where they are the VAT number. */
function isOrgnr(compact: string): boolean {
  const digits = compact.replace(/^NO/, '').replace(/MVA$/, '');
  return isDigits(digits, 9) && !isOneDigit(digits) && weightedSum(digits, [3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0;
}

const noOrgnr = idNumber({
  name: 'no-orgnr',
  entity: 'NO_ORGNR',
  category: 'business',
  countries: ['NO'],
  forms: ['### ### ###', '#########', 'NO ### ### ### MVA', 'NO ### ### ###', '### ### ### MVA', 'NO#########'],
  isValid: isOrgnr,
  chance: 0.09,
  evidence: 'check',
  context:
    contextWords(`orgnr, orgnummer, org nr, org nummer, organisasjonsnummer, organisasjonsnr, foretaksregisteret, brønnøysund,
enhetsregisteret, mva, merverdiavgift, norwegian company, organisation number, organization number`),
  hits: [
    { text: 'Org.nr. 988 077 917', value: '988 077 917', atLeast: 0.8 },
    { text: '{"organisasjonsnummer":"646582032"}', value: '646582032' },
    { text: 'Norwegian company NO 995 525 828 MVA', value: 'NO 995 525 828 MVA', atLeast: 0.8 },
  ],
  misses: [{ text: 'Org.nr. 988 077 918' }, { text: 'Org.nr. 06709104355' }, { text: 'part 067091043' }],
});

/** Bank, group, customer and a digit modulo 11; accounts of the post bank have seven digits behind 0000, by Luhn. */
function isAccount(digits: string): boolean {
  if (isOneDigit(digits)) return false;
  if (digits.startsWith('0000')) return isLuhn(digits.slice(4));
  return weightedSum(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0;
}

const noKontonr = idNumber({
  name: 'no-kontonr',
  entity: 'NO_KONTONR',
  category: 'financial',
  countries: ['NO'],
  forms: ['####.##.#####', '#### ## #####', '###########', '####.#######'],
  isValid: isAccount,
  chance: 0.09,
  evidence: 'context',
  context:
    contextWords(`kontonummer, kontonr, konto nr, konto, bankkonto, bankkontonummer, lønnskonto, norwegian bank account,
bank account, account number`),
  hits: [
    { text: 'Kontonummer: 1649.36.13832', value: '1649.36.13832', atLeast: 0.8 },
    { text: '{"kontonummer":"22462361940"}', value: '22462361940' },
    { text: 'Norwegian bank account 8601 11 17947', value: '8601 11 17947', atLeast: 0.8 },
  ],
  misses: [{ text: 'kontonummer 8601 11 17949' }, { text: '1649.36.13832' }, { text: 'konto 2140603400033' }],
});

export const NO: readonly Recognizer[] = [noFodselsnummer, noOrgnr, noKontonr];
