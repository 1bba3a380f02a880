/** Peru: identity documents and taxpayer numbers (RENIEC, SUNAT). */
import { missingTo11, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const DNI_WORDS =
  contextWords(`dni, d n i, documento nacional de identidad, documento de identidad, nro de documento, cui,
código único de identificación, codigo unico de identificacion, reniec`);

const peDni = idNumber({
  name: 'pe-dni',
  entity: 'PE_DNI',
  category: 'government_id',
  countries: ['PE'],
  forms: ['########'],
  chance: 1,
  evidence: 'context',
  context: DNI_WORDS,
  hits: [
    { text: 'CUI (RENIEC): 10117410', value: '10117410' },
    { text: '{"reniec":"43216789"}', value: '43216789' },
    { text: 'identity document (RENIEC) 08765432', value: '08765432' },
  ],
  misses: [{ text: '10117410' }, { text: 'DNI 1011741' }, { text: 'DNI 101174101' }],
});

/** The check is a digit, or a letter of the older cards. */
function isCui(compact: string): boolean {
  const rest = weightedSum(compact, [3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  const check = compact.charAt(8);
  return check === '65432110987'.charAt(rest) || check === 'KJIHGFEDCBA'.charAt(rest);
}

const peDniChecked = idNumber({
  name: 'pe-dni-checked',
  entity: 'PE_DNI',
  category: 'government_id',
  countries: ['PE'],
  forms: ['########-#', '########-@'],
  isValid: isCui,
  chance: 0.07,
  evidence: 'context',
  context: DNI_WORDS,
  hits: [
    { text: 'DNI 10117410-2', value: '10117410-2', atLeast: 0.8 },
    { text: '{"dni":"101174102"}', value: '101174102' },
    { text: 'documento de identidad / ID 10117410-G', value: '10117410-G', atLeast: 0.8 },
  ],
  misses: [{ text: '10117410-2' }, { text: 'DNI 10117410-3' }, { text: 'DNI 10117410-2-7' }],
});

const RUC_TYPES = new Set(['10', '15', '16', '17', '20']);

function isRuc(digits: string): boolean {
  if (!RUC_TYPES.has(digits.slice(0, 2))) return false;
  return missingTo11(weightedSum(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2])) % 10 === numberAt(digits, 10, 1);
}

const peRuc = idNumber({
  name: 'pe-ruc',
  entity: 'PE_RUC',
  category: 'government_id',
  countries: ['PE'],
  forms: ['###########', '##-########-#'],
  isValid: isRuc,
  chance: 0.005,
  evidence: 'check',
  context: contextWords(`ruc, r u c, registro único de contribuyentes, registro unico de contribuyentes, sunat,
contribuyente, taxpayer`),
  hits: [
    { text: 'RUC 20512333797', value: '20512333797' },
    { text: '{"ruc":"20480977239"}', value: '20480977239' },
    { text: 'taxpayer 20-50364496-8', value: '20-50364496-8', atLeast: 0.8 },
  ],
  misses: [{ text: 'RUC 20512333798' }, { text: '20512333797' }, { text: 'RUC 205123337971' }],
});

export const PE: readonly Recognizer[] = [peDni, peDniChecked, peRuc];
