/** Argentina: identity documents, tax numbers and bank accounts (AFIP; BCRA A 2885 for the CBU). */
import { isDigits, missingTo11, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const arDni = idNumber({
  name: 'ar-dni',
  entity: 'AR_DNI',
  category: 'government_id',
  countries: ['AR'],
  forms: ['##.###.###', '#.###.###'],
  chance: 1,
  evidence: 'context',
  context: contextWords(`dni, d n i, documento nacional de identidad, documento nacional, documento de identidad,
nro de documento, número de documento, numero de documento, documento nro`),
  hits: [
    { text: 'DNI 20.123.456', value: '20.123.456' },
    { text: '{"dni":"32456789"}', value: '32456789' },
    { text: 'national identity document (DNI): 8.765.432', value: '8.765.432' },
  ],
  misses: [{ text: '20.123.456 pesos' }, { text: 'DNI 2012345699' }, { text: 'dni 1.20.123.456' }],
});

/** Persons begin with 20 to 27, companies with 30 to 34, others with 5x. */
const CUIT_TYPES = new Set(['20', '23', '24', '25', '26', '27', '30', '33', '34', '50', '51', '55']);

function isCuit(digits: string): boolean {
  if (!CUIT_TYPES.has(digits.slice(0, 2))) return false;
  const missing = missingTo11(weightedSum(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]));
  return numberAt(digits, 10, 1) === (missing === 11 ? 0 : missing === 10 ? 9 : missing);
}

const arCuit = idNumber({
  name: 'ar-cuit',
  entity: 'AR_CUIT',
  category: 'government_id',
  countries: ['AR'],
  forms: ['##-########-#'],
  isValid: isCuit,
  chance: 0.012,
  evidence: 'check',
  context: contextWords(`cuit, cuil, cdi, c u i t, c u i l, clave única de identificación tributaria,
clave unica de identificacion tributaria, afip, tax id`),
  hits: [
    { text: 'CUIT 20-05536168-2', value: '20-05536168-2', atLeast: 0.8 },
    { text: '{"cuil":"20267565393"}', value: '20267565393' },
    { text: 'facturar a 30-50001091-2', value: '30-50001091-2' },
  ],
  misses: [{ text: 'CUIT 20-26756539-2' }, { text: '20267565393' }, { text: 'CUIT 202675653931' }],
});

/** Bank, branch and its check; account and its check. Weights 3 1 7 9 from the right. */
function isCbu(digits: string): boolean {
  const bank = weightedSum(digits, [7, 1, 3, 9, 7, 1, 3]);
  const account = weightedSum(digits, [3, 9, 7, 1, 3, 9, 7, 1, 3, 9, 7, 1, 3], 8);
  return (
    isDigits(digits, 22) &&
    numberAt(digits, 7, 1) === (10 - (bank % 10)) % 10 &&
    numberAt(digits, 21, 1) === (10 - (account % 10)) % 10
  );
}

const arCbu = idNumber({
  name: 'ar-cbu',
  entity: 'AR_CBU',
  category: 'financial',
  countries: ['AR'],
  forms: ['########-##############', '######################'],
  isValid: isCbu,
  chance: 0.01,
  evidence: 'check',
  context:
    contextWords(`cbu, cvu, c b u, clave bancaria uniforme, clave virtual uniforme, cuenta bancaria, transferencia,
bank account`),
  hits: [
    { text: 'CBU: 2850590940090418135201', value: '2850590940090418135201' },
    { text: '{"cbu":"0720429088000002339140"}', value: '0720429088000002339140' },
    {
      text: 'bank account (clave bancaria uniforme) 28505909-40090418135201',
      value: '28505909-40090418135201',
      atLeast: 0.8,
    },
  ],
  misses: [
    { text: 'CBU: 2810590940090418135201' },
    { text: 'CBU 07204290880000023391401' },
    { text: '0720429088000002339140' },
  ],
});

export const AR: readonly Recognizer[] = [arDni, arCuit, arCbu];
