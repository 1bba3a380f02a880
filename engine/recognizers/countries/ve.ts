/** Venezuela: tax numbers and identity cards (SENIAT, SAIME). */
import { numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Citizen, foreigner, company, passport, state; each adds its own to the sum. */
const RIF_TYPES: Readonly<Record<string, number>> = { V: 4, E: 8, J: 12, P: 16, G: 20 };

function isRif(compact: string): boolean {
  const type = RIF_TYPES[compact.charAt(0)];
  if (type === undefined) return false;
  const sum = type + weightedSum(compact, [3, 2, 7, 6, 5, 4, 3, 2], 1);
  return numberAt(compact, 9, 1) === numberAt('00987654321', sum % 11, 1);
}

const veRif = idNumber({
  name: 've-rif',
  entity: 'VE_RIF',
  category: 'government_id',
  countries: ['VE'],
  forms: ['@-########-#', '@-#########'],
  isValid: isRif,
  chance: 0.019,
  evidence: 'check',
  isUpperCase: true,
  context: contextWords(`rif, r i f, registro único de información fiscal, registro unico de informacion fiscal, seniat,
contribuyente, taxpayer`),
  hits: [
    { text: 'RIF V-11470283-4', value: 'V-11470283-4', atLeast: 0.8 },
    { text: '{"rif":"V114702834"}', value: 'V114702834' },
    { text: 'taxpayer J-07013380-5', value: 'J-07013380-5', atLeast: 0.8 },
  ],
  misses: [{ text: 'RIF V-11470283-3' }, { text: 'V114702834' }, { text: 'RIF O-11470283-3' }],
});

const veCi = idNumber({
  name: 've-ci',
  entity: 'VE_CI',
  category: 'government_id',
  countries: ['VE'],
  forms: ['V-##.###.###', 'V-########', 'V-#.###.###', 'V-#######', 'E-##.###.###', 'E-########', 'E-#.###.###'],
  chance: 1,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(`cédula, cedula, cédula de identidad, cedula de identidad, ci, c i, saime, identity card,
titular de la cédula, venezolano, venezolana`),
  hits: [
    { text: 'cédula de identidad V-12.345.678', value: 'V-12.345.678' },
    { text: '{"cedula":"V12345678"}', value: 'V12345678' },
    { text: 'identity card E-8.123.456', value: 'E-8.123.456' },
  ],
  misses: [{ text: 'V-12345678' }, { text: 'cédula X-12.345.678' }, { text: 'cédula V-123' }],
});

export const VE: readonly Recognizer[] = [veRif, veCi];
