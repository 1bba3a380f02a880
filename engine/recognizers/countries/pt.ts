/** Portugal: the tax number and the citizen card. */

import { isLuhnOfBase, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const WEIGHTS = [9, 8, 7, 6, 5, 4, 3, 2];

/** Nine digits; a check of 10 is written 0. */
export function isPortugueseNif(digits: string): boolean {
  const rest = weightedSum(digits, WEIGHTS) % 11;
  return !digits.startsWith('0') && (rest < 2 ? 0 : 11 - rest) === numberAt(digits, 8, 1);
}

const ptNif = idNumber({
  name: 'pt-nif',
  entity: 'PT_NIF',
  category: 'government_id',
  countries: ['PT'],
  forms: ['### ### ###', '#########', 'PT ### ### ###', 'PT#########'],
  isValid: (compact) => isPortugueseNif(compact.replace('PT', '')),
  chance: 0.09,
  evidence: 'check',
  context:
    contextWords(`nif, nifs, nipc, contribuinte, n contribuinte, nº contribuinte, número de contribuinte, numero de contribuinte,
número de identificação fiscal, numero de identificacao fiscal, identificação fiscal, identificacao fiscal, finanças, financas,
portuguese tax number, portuguese tax id, tax number`),
  hits: [
    { text: 'Contribuinte n.º 166 481 165', value: '166 481 165', atLeast: 0.8 },
    { text: '{"nif":"507104560"}', value: '507104560' },
    { text: 'Portuguese tax number PT 501 964 843', value: 'PT 501 964 843', atLeast: 0.8 },
  ],
  misses: [{ text: 'NIF 725 347 710' }, { text: 'NIF 65238171522' }, { text: 'lote 652381715' }],
});

/** Eight digits, their check digit, two letters or digits of the issue, and a Luhn digit over all. */
function isCitizenCard(compact: string): boolean {
  if (isLuhnOfBase(compact, 36)) return true;
  // As the state publishes it, doubled values over 9 lose 9, and letters count from 10 on.
  let sum = 0;
  for (let i = 0; i < compact.length; i++) {
    const value = weightedSum(compact.charAt(i), [i % 2 === 0 ? 2 : 1]);
    sum += i % 2 === 0 && value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

const ptCc = idNumber({
  name: 'pt-cc',
  entity: 'PT_CC',
  category: 'government_id',
  countries: ['PT'],
  forms: ['######## # **#', '######## # ** #', '#########**#', '######## #**#', '######### **#'],
  isValid: isCitizenCard,
  chance: 0.1,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`cartão de cidadão, cartao de cidadao, cartão cidadão, cartao cidadao, cc, n cc, nº cc, bilhete de identidade,
bi, documento de identificação, identidade, citizen card, portuguese id, civil id, número de identificação civil`),
  hits: [
    { text: 'Cartão de Cidadão: 33012922 8 SV3', value: '33012922 8 SV3', atLeast: 0.8 },
    { text: '{"cartaoCidadao":"895844487NM4"}', value: '895844487NM4' },
    { text: 'Portuguese citizen card 56805506 3 OF 3', value: '56805506 3 OF 3', atLeast: 0.8 },
  ],
  misses: [
    { text: 'Cartão de Cidadão 94156224 5 AF0' },
    { text: 'Cartão de Cidadão 00000000 A ZZ4' },
    { text: 'part 895844487NM4' },
  ],
});

export const PT: readonly Recognizer[] = [ptNif, ptCc];
