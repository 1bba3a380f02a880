/** Poland: people, taxes, companies, identity cards and passports. */

import { isDay, isDigits, isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { documentNumber } from '../../scan/document-number.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** 80, 20, 40 and 60 in the month stand for the 1800s, 2000s, 2100s and 2200s, of which the last two are to come. */
function isPesel(digits: string): boolean {
  const written = numberAt(digits, 2, 2);
  const century = written > 80 ? 1800 : written > 20 ? 2000 : 1900;
  return (
    written <= 92 &&
    !(written > 32 && written < 81) &&
    isDay(century + numberAt(digits, 0, 2), written % 20, numberAt(digits, 4, 2)) &&
    weightedSum(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0
  );
}

const plPesel = idNumber({
  name: 'pl-pesel',
  entity: 'PL_PESEL',
  category: 'government_id',
  countries: ['PL'],
  forms: ['###########'],
  isValid: isPesel,
  chance: 0.011,
  evidence: 'check',
  context: contextWords(`pesel, pesele, pesel nr, nr pesel, numer pesel, peselu, polish national id, polish id`),
  hits: [
    { text: 'PESEL: 44051401359', value: '44051401359' },
    { text: '{"pesel":"09222509560"}', value: '09222509560' },
    { text: 'Polish national ID 89901375312', value: '89901375312' },
  ],
  misses: [
    { text: 'PESEL 44051401358' },
    { text: 'PESEL 44131401359' },
    { text: 'PESEL 6605189442712' },
    { text: 'zamówienie 66051894427' },
  ],
});

/** Ten digits; a remainder of 10 is not given out. */
export function isNip(digits: string): boolean {
  return !isOneDigit(digits) && weightedSum(digits, [6, 5, 7, 2, 3, 4, 5, 6, 7, -1]) % 11 === 0;
}

const plNip = idNumber({
  name: 'pl-nip',
  entity: 'PL_NIP',
  category: 'business',
  countries: ['PL'],
  forms: ['###-###-##-##', '##########', '###-##-##-###', 'PL##########', 'PL ##########'],
  isValid: (compact) => isNip(compact.replace('PL', '')),
  chance: 0.09,
  evidence: 'check',
  context:
    contextWords(`nip, nipu, nr nip, numer nip, numer identyfikacji podatkowej, identyfikacji podatkowej, podatnik, urząd skarbowy,
urzad skarbowy, polish tax number, polish tax id, polish tin`),
  hits: [
    { text: 'NIP: 551-163-71-26', value: '551-163-71-26', atLeast: 0.8 },
    { text: '{"nip":"7721767907"}', value: '7721767907' },
    { text: 'Polish tax number PL 8567346215', value: 'PL 8567346215', atLeast: 0.8 },
  ],
  misses: [
    { text: 'NIP PL 8567346216' },
    { text: 'NIP 0000002000' },
    { text: 'NIP 738113100399' },
    { text: 'zamówienie 7381131003' },
  ],
});

/** Nine digits, or fourteen of a branch, each with its check. */
function isRegon(digits: string): boolean {
  if (isOneDigit(digits)) return false;
  if ((weightedSum(digits, [8, 9, 2, 3, 4, 5, 6, 7]) % 11) % 10 !== numberAt(digits, 8, 1)) return false;
  if (isDigits(digits, 9)) return true;
  return (weightedSum(digits, [2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8]) % 11) % 10 === numberAt(digits, 13, 1);
}

const plRegon = idNumber({
  name: 'pl-regon',
  entity: 'PL_REGON',
  category: 'business',
  countries: ['PL'],
  forms: ['#########', '##############', '### ### ###'],
  isValid: isRegon,
  chance: 0.055,
  evidence: 'check',
  context: contextWords(`regon, regonu, nr regon, numer regon, gus, polish business number`),
  hits: [
    { text: 'REGON: 192598184', value: '192598184' },
    { text: '{"regon":"12345678512347"}', value: '12345678512347' },
    { text: 'Polish business number 041 529 680', value: '041 529 680', atLeast: 0.8 },
  ],
  misses: [
    { text: 'REGON 192598183' },
    { text: 'REGON 12345678512348' },
    { text: 'REGON 1234567' },
    { text: 'faktura 587645742' },
  ],
});

/** Three letters, a check digit, five digits; letters count from 10 on. */
const plDowod = idNumber({
  name: 'pl-dowod',
  entity: 'PL_DOWOD',
  category: 'government_id',
  countries: ['PL'],
  forms: ['@@@ ######', '@@@######', '@@@-######'],
  isValid: (compact) => weightedSum(compact, [7, 3, 1, 9, 7, 3, 1, 7, 3]) % 10 === 0 && !isOneDigit(compact.slice(3)),
  chance: 0.1,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`dowód osobisty, dowod osobisty, dowodu osobistego, nr dowodu, numer dowodu, dowód, dowod, seria i numer,
polish identity card, polish id card, identity card`),
  hits: [
    { text: 'Dowód osobisty: DNG 974303', value: 'DNG 974303', atLeast: 0.8 },
    { text: '{"nrDowodu":"HPX398081"}', value: 'HPX398081' },
    { text: 'Polish identity card GFK 561252', value: 'GFK 561252', atLeast: 0.8 },
  ],
  misses: [{ text: 'dowód osobisty GFK 561250' }, { text: 'dowód SQE0166302' }, { text: 'part SQE016630' }],
});

const plPaszport = documentNumber({
  name: 'pl-paszport',
  entity: 'PL_PASZPORT',
  category: 'government_id',
  countries: ['PL'],
  words: ['paszport', 'paszportu', 'nr paszportu', 'numer paszportu', 'polish passport'],
  isValue: (compact) => /^[A-Z]{2}\d{7}$/.test(compact) && weightedSum(compact, [7, 3, 9, 1, 7, 3, 1, 7, 3]) % 10 === 0,
  hits: [
    { text: 'Paszport nr ZS0000177', value: 'ZS0000177', atLeast: 0.8 },
    { text: '{"numer_paszportu":"EK7483000"}', value: 'EK7483000' },
    { text: 'Polish passport ZS 0000177', value: 'ZS 0000177', atLeast: 0.8 },
  ],
  misses: [
    { text: 'ZS0000177' },
    { text: 'paszport ZS0000178' },
    { text: 'paszport ZS00001771' },
    { text: 'paszport ważny do 2030' },
  ],
});

export const PL: readonly Recognizer[] = [plPesel, plNip, plRegon, plDowod, plPaszport];
