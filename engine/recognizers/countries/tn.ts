/** Tunisia: the tax number. */

import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Number, key, code of the VAT regime, kind of taxpayer, and establishment, which only branches (E) have. */
const MATRICULE = /^\d{3,7}[A-HJ-NP-TV-Z](?:[ABDNP](?:[CMNP]000|E\d{3}))?$/;

const tnMf = idNumber({
  name: 'tn-mf',
  entity: 'TN_MF',
  category: 'business',
  countries: ['TN'],
  forms: [
    '#######/@/@/@/###',
    '#######@/@/@/###',
    '####### @ @ @ ###',
    '####### @/@/@/###',
    '####### @',
    '#######/@',
    '######@',
    '#####@',
    '####@',
    '###@',
  ],
  isValid: (compact) => MATRICULE.test(compact),
  chance: 0.74,
  evidence: 'context',
  isUpperCase: true,
  context:
    contextWords(`matricule fiscal, matricule fiscale, matricule fiscaux, identifiant fiscal, mf, code tva, patente,
tunisian tax, tunisia tax number, المعرف الجبائي, معرف جبائي, الرقم الجبائي`),
  hits: [
    { text: 'Matricule fiscal : 1234567/M/A/E/001', value: '1234567/M/A/E/001' },
    { text: '{"matriculeFiscal":"1482936K"}', value: '1482936K' },
    { text: 'المعرف الجبائي (MF) 0937251/B/A/M/000', value: '0937251/B/A/M/000', atLeast: 0.8 },
  ],
  misses: [
    { text: 'Matricule fiscal 1234567/M/A/X/000' },
    { text: '1234567/M/A/E/001' },
    { text: 'Matricule fiscal 1234567/M/A/M/001' },
  ],
});

export const TN: readonly Recognizer[] = [tnMf];
