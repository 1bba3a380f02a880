/** Bolivia: the identity card, with the department that gave it out (SEGIP). */
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const DEPARTMENTS = new Set(['LP', 'OR', 'PT', 'CB', 'CH', 'TJ', 'SC', 'BE', 'PD']);

const boCi = idNumber({
  name: 'bo-ci',
  entity: 'BO_CI',
  category: 'government_id',
  countries: ['BO'],
  forms: [
    '#######-@@',
    '########-@@',
    '#######-@@-*',
    '########-@@-*',
    '#######-@@-**',
    '########-@@-**',
    '####### @@',
    '######## @@',
  ],
  isValid: (compact) => DEPARTMENTS.has(/^\d+([A-Z]{2})/.exec(compact)?.[1] ?? ''),
  chance: 0.0133,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(`ci, c i, cédula de identidad, cedula de identidad, cédula, cedula, carnet, carnet de identidad,
documento de identidad, identity card`),
  hits: [
    { text: 'CI: 1234567-SC', value: '1234567-SC', atLeast: 0.8 },
    { text: '{"cedula":"12345678LP"}', value: '12345678LP' },
    { text: 'identity card / carnet 7654321-TJ-99', value: '7654321-TJ-99', atLeast: 0.8 },
  ],
  misses: [{ text: '1234567-SC' }, { text: 'CI 1234567-XX' }, { text: 'CI 123456789-OR' }],
});

export const BO: readonly Recognizer[] = [boCi];
