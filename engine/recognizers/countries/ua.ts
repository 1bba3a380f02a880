/** Ukraine: people and companies. */

import { isOneDigit, numberAt, twoStageMod11, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Days since 1899, order and a check digit. */
function isRntrc(digits: string): boolean {
  return (
    !isOneDigit(digits) &&
    (((weightedSum(digits, [-1, 5, 7, 9, 4, 6, 10, 5, 7]) % 11) + 11) % 11) % 10 === numberAt(digits, 9, 1)
  );
}

const uaRntrc = idNumber({
  name: 'ua-rntrc',
  entity: 'UA_RNTRC',
  category: 'government_id',
  countries: ['UA'],
  forms: ['##########'],
  isValid: isRntrc,
  chance: 0.1,
  evidence: 'check',
  context:
    contextWords(`рнокпп, іпн, ипн, ідентифікаційний код, ідентифікаційний номер, податковий номер, реєстраційний номер облікової картки,
rnokpp, ipn, rntrc, ukrainian tax number, ukrainian tax id`),
  hits: [
    { text: 'РНОКПП: 1759013776', value: '1759013776' },
    { text: '{"rnokpp":"6615802773"}', value: '6615802773' },
    { text: 'Ukrainian tax number (ІПН) 2932689060', value: '2932689060' },
  ],
  misses: [{ text: 'РНОКПП 1759013770' }, { text: 'ІПН 661580277312' }, { text: 'замовлення 6615802773' }],
});

/** Eight digits; of 30000000 to 60000000 the weights begin at 7. */
function isEdrpou(digits: string): boolean {
  const weights = /^[345]/.test(digits) ? [7, 1, 2, 3, 4, 5, 6] : [1, 2, 3, 4, 5, 6, 7];
  const second = weights.map((weight) => weight + 2);
  return !isOneDigit(digits) && twoStageMod11(digits, weights, second) === numberAt(digits, 7, 1);
}

const uaEdrpou = idNumber({
  name: 'ua-edrpou',
  entity: 'UA_EDRPOU',
  category: 'business',
  countries: ['UA'],
  forms: ['########'],
  isValid: isEdrpou,
  chance: 0.1,
  evidence: 'check',
  context: contextWords(`єдрпоу, код єдрпоу, едрпоу, edrpou, yedrpou, usreou, ukrainian company`),
  hits: [
    { text: 'код ЄДРПОУ 32855961', value: '32855961' },
    { text: '{"edrpou":"23226362"}', value: '23226362' },
    { text: 'Ukrainian company, USREOU 81715330', value: '81715330' },
  ],
  misses: [{ text: 'ЄДРПОУ 32855968' }, { text: 'ЄДРПОУ 6025799812' }, { text: 'рахунок 32855961' }],
});

export const UA: readonly Recognizer[] = [uaRntrc, uaEdrpou];
