/** Brazil: taxpayers, people (CPF) and companies (CNPJ, with letters from July 2026); identity, social and driving numbers. */
import { isOneDigit, missingTo11, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

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

const brCpf = idNumber({
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

const brCnpj = idNumber({
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

const RG_WORDS =
  contextWords(`rg, r g, registro geral, carteira de identidade, cédula de identidade, cedula de identidade,
documento de identidade, identidade, identity card`);

/** São Paulo's have a check: weights 2 to 9, mod 11, X for 10. Other states have checks of their own, or none. */
function isRgOfSaoPaulo(compact: string): boolean {
  const missing = missingTo11(weightedSum(compact, [2, 3, 4, 5, 6, 7, 8, 9]));
  return compact.charAt(8) === (missing === 11 ? '0' : missing === 10 ? 'X' : String(missing));
}

const brRgChecked = idNumber({
  name: 'br-rg-checked',
  entity: 'BR_RG',
  category: 'government_id',
  countries: ['BR'],
  forms: ['##.###.###-#', '##.###.###-X'],
  isValid: isRgOfSaoPaulo,
  chance: 0.09,
  evidence: 'context',
  context: RG_WORDS,
  hits: [
    { text: 'RG 24.678.131-2', value: '24.678.131-2', atLeast: 0.8 },
    { text: '{"rg":"246781312"}', value: '246781312' },
    { text: 'identity card (registro geral) 24.678.131-2', value: '24.678.131-2', atLeast: 0.8 },
  ],
  misses: [{ text: 'lote 24.678.131-2' }, { text: 'RG 24.678.131-24' }, { text: 'RG A24.678.131-2' }],
});

const brRg = idNumber({
  name: 'br-rg',
  entity: 'BR_RG',
  category: 'government_id',
  countries: ['BR'],
  forms: ['##.###.###-#', '##.###.###-X', '#.###.###-#', '##.###.###', '#.###.###'],
  chance: 1,
  evidence: 'context',
  context: RG_WORDS,
  hits: [
    { text: 'RG MG-12.345.678', value: '12.345.678' },
    { text: '{"rg":"12345678"}', value: '12345678' },
    { text: 'identity card (registro geral) 12.345.678-X', value: '12.345.678-X' },
  ],
  misses: [{ text: '24.678.131-2' }, { text: 'RG 24.678' }, { text: 'RG 24.678.131-24' }],
});

/** Weights 3 2 9 8 7 6 5 4 3 2, mod 11; also NIT and NIS. */
function isPis(digits: string): boolean {
  const missing = missingTo11(weightedSum(digits, [3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
  return !isOneDigit(digits) && numberAt(digits, 10, 1) === (missing > 9 ? 0 : missing);
}

const brPis = idNumber({
  name: 'br-pis',
  entity: 'BR_PIS',
  category: 'government_id',
  countries: ['BR'],
  forms: ['###.#####.##-#'],
  isValid: isPis,
  chance: 0.1,
  evidence: 'context',
  context: contextWords(`pis, pasep, nis, nit, pis pasep, número de inscrição social, numero de inscricao social,
programa de integração social, programa de integracao social, carteira de trabalho, social security`),
  hits: [
    { text: 'PIS 120.12345.67-2', value: '120.12345.67-2', atLeast: 0.8 },
    { text: '{"pis":"12012345672"}', value: '12012345672' },
    { text: 'social security (NIS): 120.12345.67-2', value: '120.12345.67-2', atLeast: 0.8 },
  ],
  misses: [{ text: '120.12345.67-2' }, { text: 'PIS 120.12345.67-3' }, { text: 'PIS 120.12345.67' }],
});

/** Nine digits by weights 9 to 1 and 1 to 9; a first remainder of 10 counts 0 and takes 2 from the second. */
function isCnh(digits: string): boolean {
  const rest = weightedSum(digits, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11;
  const second = (weightedSum(digits, [1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11) - (rest === 10 ? 2 : 0);
  const last = second < 0 ? second + 11 : second;
  return (
    !isOneDigit(digits) && numberAt(digits, 9, 1) === rest % 10 && numberAt(digits, 10, 1) === (last > 9 ? 0 : last)
  );
}

const brCnh = idNumber({
  name: 'br-cnh',
  entity: 'BR_CNH',
  category: 'government_id',
  countries: ['BR'],
  forms: ['###########', '###.###.###-##'],
  isValid: isCnh,
  chance: 0.01,
  evidence: 'context',
  context:
    contextWords(`cnh, c n h, carteira nacional de habilitação, carteira nacional de habilitacao, carteira de motorista,
habilitação, habilitacao, registro cnh, renach, detran, driver license, driver s license, driving licence`),
  hits: [
    { text: 'CNH: 97625655678', value: '97625655678' },
    { text: '{"cnh":"97625655678"}', value: '97625655678' },
    { text: 'driving licence (habilitação) 976.256.556-78', value: '976.256.556-78', atLeast: 0.8 },
  ],
  misses: [{ text: '97625655678' }, { text: 'CNH 97625655677' }, { text: 'CNH 9762565567812' }],
});

export const BR: readonly Recognizer[] = [brCpf, brCnpj, brRgChecked, brRg, brPis, brCnh];
