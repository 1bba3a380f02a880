/** Brazil: the taxpayer numbers of people (CPF) and companies (CNPJ, with letters from July 2026; Receita Federal). */
import { isOneDigit, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';

/** Eleven digits, the last two by weights 10 to 2 and 11 to 2, mod 11. */
export function isCpf(digits: string): boolean {
  return !isOneDigit(digits) && hasTwoChecks(digits, [10, 9, 8, 7, 6, 5, 4, 3, 2]);
}

/** Twelve digits or letters (valued by their ASCII code less 48) and two digits, by weights 5 to 2 and 9 to 2, mod 11. */
export function isCnpj(text: string): boolean {
  return !isOneDigit(text) && hasTwoChecks(text, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);
}

function hasTwoChecks(text: string, weights: readonly number[]): boolean {
  const first = (weights[0] ?? 0) + 1;
  const second = [first > 10 ? first : 6, ...weights];
  return checkOf(text, weights) === text[weights.length] && checkOf(text, second) === text[second.length];
}

/** A letter counts 17 (A) to 42 (Z): seven more than in ISO 7064. */
function checkOf(text: string, weights: readonly number[]): string {
  let sum = weightedSum(text, weights);
  for (let i = 0; i < weights.length; i++) if (text.charCodeAt(i) >= 65) sum += 7 * (weights[i] ?? 0);
  return String(sum % 11 < 2 ? 0 : 11 - (sum % 11));
}

export const brCpf = idNumber({
  name: 'br-cpf',
  entity: 'BR_CPF',
  category: 'government_id',
  countries: ['BR'],
  forms: ['###.###.###-##'],
  isValid: isCpf,
  chance: 0.01,
  evidence: 'own',
  context: contextWords('cpf, cpfs, cadastro de pessoas físicas, cadastro de pessoas fisicas, contribuinte, taxpayer'),
  hits: [
    { text: 'CPF: 390.533.447-05', value: '390.533.447-05', atLeast: 0.8 },
    { text: '{"cpf":"39053344705"}', value: '39053344705', atLeast: 0.8 },
    { text: 'o cliente 390.533.447-05 assinou', value: '390.533.447-05', atLeast: 0.8 },
  ],
  misses: [{ text: 'CPF: 390.533.447-06' }, { text: 'cpf 111.111.111-11' }, { text: 'ref 1-39053344705-22' }],
});

export const brCnpj = idNumber({
  name: 'br-cnpj',
  entity: 'BR_CNPJ',
  category: 'business',
  countries: ['BR'],
  forms: ['##.###.###/####-##', '**.***.***/****-##'],
  isValid: isCnpj,
  chance: 0.01,
  evidence: 'own',
  isUpperCase: true,
  context: contextWords(
    'cnpj, cnpjs, cadastro nacional da pessoa jurídica, cadastro nacional da pessoa juridica, empresa',
  ),
  hits: [
    { text: 'CNPJ 11.222.333/0001-81', value: '11.222.333/0001-81', atLeast: 0.8 },
    { text: 'cnpj: 12ABC34501DE35', value: '12ABC34501DE35', atLeast: 0.8 },
    { text: '12.ABC.345/01DE-35', value: '12.ABC.345/01DE-35', atLeast: 0.8 },
  ],
  misses: [{ text: 'CNPJ 11.222.333/0001-82' }, { text: 'cnpj 12ABC34501DE36' }, { text: '00.000.000/0000-00' }],
});
