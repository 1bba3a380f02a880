/** Singapore: numbers of residents, foreigners and entities. */

import { numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Series, seven digits by weights, a letter by the remainder on 11; later series add 4, the newest 3. */
function isNric(compact: string): boolean {
  const series = compact.charAt(0);
  const letters = { S: 'JZIHGFEDCBA', T: 'JZIHGFEDCBA', F: 'XWUTRQPNMLK', G: 'XWUTRQPNMLK', M: 'XWUTRQPNJLK' }[series];
  if (letters === undefined) return false;
  const offset = series === 'M' ? 3 : series === 'T' || series === 'G' ? 4 : 0;
  return letters.charAt((weightedSum(compact, [2, 7, 6, 5, 4, 3, 2], 1) + offset) % 11) === compact.charAt(8);
}

const sgNricFin = idNumber({
  name: 'sg-nric-fin',
  entity: 'SG_NRIC_FIN',
  category: 'government_id',
  countries: ['SG'],
  forms: ['@#######@', '@ ####### @', '@#######-@'],
  isValid: isNric,
  chance: 0.0075,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`nric, nrics, nric number, nric no, fin, fin number, fin no, fins, ic number, ic no, identity card, identity no,
singapore id, singpass, uinfin, 身份证, 身份证号码, kad pengenalan`),
  hits: [
    { text: 'NRIC: G9961129X', value: 'G9961129X' },
    { text: '{"nric":"T8637574A"}', value: 'T8637574A' },
    { text: 'NRIC/FIN 身份证号码 G6895696Q', value: 'G6895696Q' },
    { text: 'FIN G 2837384 N', value: 'G 2837384 N', atLeast: 0.8 },
  ],
  misses: [{ text: 'NRIC M1094038A' }, { text: 'part M3643359T' }, { text: 'NRIC M3643359T7' }],
});

/** Kinds of entity behind the year. */
const KINDS =
  /^[RST]\d\d(?:C[CDHLMPSX]|DP|F[BCMN]|G[ABS]|H[CS]|L[LP]|M[BCDHMQ]|N[BR]|P[ABF]|R[FP]|S[MS]|T[CU]|VH|XL)\d{4}/;
const UEN_ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWX0123456789';

/** Businesses (eight digits), companies (year and five digits), others (year, kind, four digits), each with its letter. */
function isUen(compact: string): boolean {
  const last = compact.charAt(compact.length - 1);
  if (/^\d{8}[A-Z]$/.test(compact))
    return 'XMKECAWLJDB'.charAt(weightedSum(compact, [10, 4, 9, 3, 8, 2, 7, 1]) % 11) === last;
  if (/^(?:18|19|20)\d{7}[A-Z]$/.test(compact)) {
    const isYear = numberAt(compact, 0, 4) <= 2035;
    return isYear && 'ZKCMDNERGWH'.charAt(weightedSum(compact, [10, 8, 6, 4, 9, 7, 5, 3, 1]) % 11) === last;
  }
  if (!KINDS.test(compact)) return false;
  let sum = 6;
  for (const [i, weight] of [4, 3, 5, 3, 10, 2, 2, 5, 7].entries())
    sum += weight * UEN_ALPHABET.indexOf(compact.charAt(i));
  return UEN_ALPHABET.charAt(sum % 11) === last;
}

const sgUen = idNumber({
  name: 'sg-uen',
  entity: 'SG_UEN',
  category: 'business',
  countries: ['SG'],
  forms: ['########@', '#########@', '@##@@####@'],
  isValid: isUen,
  chance: 0.013,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`uen, uens, uen number, uen no, unique entity number, acra, business registration, gst reg, gst registration,
company registration, roc number, singapore company, pte ltd`),
  hits: [
    { text: 'UEN: 00192200M', value: '00192200M' },
    { text: '{"uen":"197401143C"}', value: '197401143C' },
    { text: 'Straits Trading Pte Ltd, ACRA T01FC6132D', value: 'T01FC6132D' },
    { text: 'UEN S16FC0121D', value: 'S16FC0121D' },
  ],
  misses: [{ text: 'UEN: 00192200A' }, { text: 'part 197401143C' }, { text: 'UEN 197401143C7' }],
});

export const SG: readonly Recognizer[] = [sgNricFin, sgUen];
