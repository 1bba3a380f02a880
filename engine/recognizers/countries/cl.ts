/** Chile: the number of people and companies (RUT, RUN; Registro Civil, SII). */
import { isOneDigit, missingTo11, weightedFromEnd } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Weights 2 to 7 from the right; K stands for 10. */
function isRut(compact: string): boolean {
  const rut = compact.replace(/^CL/, '');
  const body = rut.slice(0, -1);
  const missing = missingTo11(weightedFromEnd(body, [2, 3, 4, 5, 6, 7, 2, 3]));
  const check = missing === 11 ? '0' : missing === 10 ? 'K' : String(missing);
  return body !== '' && !isOneDigit(rut) && rut.endsWith(check);
}

const clRut = idNumber({
  name: 'cl-rut',
  entity: 'CL_RUT',
  category: 'government_id',
  countries: ['CL'],
  forms: [
    '##.###.###-#',
    '#.###.###-#',
    '########-#',
    '#######-#',
    '##.###.###-K',
    '#.###.###-K',
    '########-K',
    '#######-K',
    'CL ##.###.###-#',
    'CL #.###.###-#',
    'CL ########-#',
    'CL #######-#',
  ],
  isValid: isRut,
  chance: 0.09,
  evidence: 'check',
  context:
    contextWords(`rut, run, r u t, r u n, rut empresa, rol único tributario, rol unico tributario, rol único nacional,
rol unico nacional, cédula de identidad, cedula de identidad, sii, contribuyente, taxpayer`),
  hits: [
    { text: 'RUT 12.531.909-2', value: '12.531.909-2', atLeast: 0.8 },
    { text: '{"rut":"760864285"}', value: '760864285' },
    { text: 'el cliente 76086428-5 pagó', value: '76086428-5' },
    { text: 'taxpayer CL 7.727.230-5', value: 'CL 7.727.230-5', atLeast: 0.8 },
    { text: 'RUN: 10.000.013-K', value: '10.000.013-K', atLeast: 0.8 },
  ],
  misses: [{ text: 'RUT 12.531.909-3' }, { text: '760864285' }, { text: 'rut 76628-5' }],
});

export const CL: readonly Recognizer[] = [clRut];
