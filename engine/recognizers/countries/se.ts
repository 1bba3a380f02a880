/** Sweden: personal and coordination numbers, and those of organisations. */

import { isBirthDateOfShortYear } from '../../scan/birth-dates.ts';
import { isDay, isOneDigit, numberAt } from '../../scan/check-digits.ts';
import { isLuhn } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/**
 * Date, order and a Luhn digit over the last ten; 60 is added to the day in a coordination number. A century that is
 * written is not judged: numbers for tests stand in past ones.
 */
function isPersonnummer(digits: string): boolean {
  const century = digits.length === 12 ? numberAt(digits, 0, 2) : -1;
  const short = digits.slice(-10);
  const year = numberAt(short, 0, 2);
  const written = numberAt(short, 4, 2);
  const day = written > 60 ? written - 60 : written;
  const month = numberAt(short, 2, 2);
  const isDate =
    century === -1
      ? isBirthDateOfShortYear(year, month, day)
      : century <= 20 && isDay(century * 100 + year, month, day);
  return isDate && isLuhn(short);
}

const sePersonnummer = idNumber({
  name: 'se-personnummer',
  entity: 'SE_PERSONNUMMER',
  category: 'government_id',
  countries: ['SE'],
  forms: ['######-####', '########-####', '##########', '############', '###### ####', '######## ####'],
  isValid: isPersonnummer,
  chance: 0.0037,
  evidence: 'check',
  context:
    contextWords(`personnummer, personnr, pnr, persnr, person nr, samordningsnummer, samordningsnr, födelsenummer, folkbokföring,
skatteverket, bankid, swedish personal number, personal identity number, personal number`),
  hits: [
    { text: 'Personnummer: 811228-9874', value: '811228-9874', atLeast: 0.8 },
    { text: '{"personnummer":"188701251434"}', value: '188701251434' },
    { text: 'Swedish personal number 19760223-9688', value: '19760223-9688', atLeast: 0.8 },
    { text: 'samordningsnummer 701063-2391', value: '701063-2391', atLeast: 0.8 },
    { text: '670919-9530', value: '670919-9530' },
  ],
  misses: [
    { text: 'personnummer 880320-0018' },
    { text: 'personnummer 8803200018' },
    { text: 'personnummer 881320-0016' },
    { text: 'order 6508230114' },
  ],
});

const seOrganisationsnummer = idNumber({
  name: 'se-organisationsnummer',
  entity: 'SE_ORGANISATIONSNUMMER',
  category: 'business',
  countries: ['SE'],
  forms: ['######-####', '##########', '16######-####'],
  isValid: (compact) => !isOneDigit(compact) && isLuhn(compact.slice(-10)),
  chance: 0.1,
  evidence: 'check',
  context:
    contextWords(`organisationsnummer, organisationsnr, orgnummer, orgnr, org nr, org nummer, bolagsverket, företag, bolag,
aktiebolag, swedish company, organisation number, organization number, company registration`),
  hits: [
    { text: 'Org.nr 556703-7485', value: '556703-7485', atLeast: 0.8 },
    { text: '{"organisationsnummer":"6337318692"}', value: '6337318692' },
    { text: 'Swedish company, organisation number 945020-0861', value: '945020-0861', atLeast: 0.8 },
  ],
  misses: [{ text: 'Org.nr 556703-7486' }, { text: 'Org.nr 590870215144' }, { text: 'batch 5908702151' }],
});

export const SE: readonly Recognizer[] = [sePersonnummer, seOrganisationsnummer];
