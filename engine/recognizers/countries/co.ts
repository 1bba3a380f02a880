/** Colombia: tax numbers and citizens' cards (DIAN; Registraduría Nacional). */
import { weightedFromEnd } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const NIT_WEIGHTS = [3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71];

/** The check digit by the remainder on 11 of primes from the right. */
function isNit(digits: string): boolean {
  const rest = weightedFromEnd(digits.slice(0, -1), NIT_WEIGHTS) % 11;
  return digits.endsWith('01987654321'.charAt(rest)) && !/^0*$/.test(digits);
}

const coNit = idNumber({
  name: 'co-nit',
  entity: 'CO_NIT',
  category: 'government_id',
  countries: ['CO'],
  forms: ['###.###.###-#', '#########-#', '#.###.###.###-#', '##########-#', '##.###.###-#', '########-#'],
  isValid: isNit,
  chance: 0.1,
  evidence: 'check',
  context: contextWords(`nit, n i t, nits, número de identificación tributaria, numero de identificacion tributaria,
identificación tributaria, identificacion tributaria, dian, rut, tax id`),
  hits: [
    { text: 'NIT 213.123.432-1', value: '213.123.432-1', atLeast: 0.8 },
    { text: '{"nit":"10184648519"}', value: '10184648519' },
    { text: 'supplier tax id (NIT): 900544472-2', value: '900544472-2', atLeast: 0.8 },
  ],
  misses: [{ text: 'NIT 213.123.432-5' }, { text: '10184648519' }, { text: 'nit 21312' }],
});

const coCc = idNumber({
  name: 'co-cc',
  entity: 'CO_CC',
  category: 'government_id',
  countries: ['CO'],
  forms: ['#.###.###.###', '##.###.###', '#.###.###', '###.###'],
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`c c, cédula, cedula, cédula de ciudadanía, cedula de ciudadania, cédula ciudadanía, cedula ciudadania, cédula no,
cedula no, cédula nro, cedula nro, número de cédula, numero de cedula, cc no, cc nro, cc número, citizenship card`),
  hits: [
    { text: 'cédula de ciudadanía 1.020.304.050', value: '1.020.304.050' },
    { text: '{"cedulaCiudadania":"79456123"}', value: '79456123' },
    { text: 'C.C. 52.345.678 de Bogotá', value: '52.345.678' },
    { text: 'mi cédula es 1.020.304.050', value: '1.020.304.050' },
  ],
  misses: [{ text: '1.020.304.050' }, { text: 'C.C. 12345' }],
});

export const CO: readonly Recognizer[] = [coNit, coCc];
