/** Paraguay: taxpayer numbers and identity cards (SET, Policía Nacional). */
import { missingTo11, numberAt, weightedFromEnd } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Weights 2, 3, … from the right. */
function isRuc(digits: string): boolean {
  const body = digits.slice(0, -1);
  const missing = missingTo11(weightedFromEnd(body, [2, 3, 4, 5, 6, 7, 8, 9]));
  return missing % 10 === numberAt(digits, digits.length - 1, 1) && !/^0+$/.test(body);
}

const pyRuc = idNumber({
  name: 'py-ruc',
  entity: 'PY_RUC',
  category: 'government_id',
  countries: ['PY'],
  forms: ['########-#', '#######-#', '######-#', '#####-#', '####-#'],
  isValid: isRuc,
  chance: 0.1,
  evidence: 'context',
  context: contextWords(`ruc, r u c, registro único de contribuyentes, registro unico de contribuyentes, dnit,
contribuyente, taxpayer`),
  hits: [
    { text: 'RUC 80028061-0', value: '80028061-0', atLeast: 0.8 },
    { text: '{"ruc":"87654326"}', value: '87654326' },
    { text: 'Paraguay, RUC no. 8765432-6', value: '8765432-6', atLeast: 0.8 },
  ],
  misses: [{ text: '80028061-0' }, { text: 'RUC 2660-4' }, { text: 'RUC 660-3' }],
});

const pyCic = idNumber({
  name: 'py-cic',
  entity: 'PY_CIC',
  category: 'government_id',
  countries: ['PY'],
  forms: ['#.###.###', '###.###', '##.###'],
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`cédula, cedula, cédula de identidad, cedula de identidad, cédula de identidad civil, cic, c i c,
ci nro, c i n, identity card`),
  hits: [
    { text: 'cédula 3.785.123', value: '3.785.123' },
    { text: '{"cedula":"15000"}', value: '15000' },
    { text: 'C.I.C. no. 6-001-234', value: '6-001-234' },
  ],
  misses: [{ text: '3.785.123' }, { text: 'cédula 26601234' }, { text: 'cédula 660.3' }],
});

export const PY: readonly Recognizer[] = [pyRuc, pyCic];
