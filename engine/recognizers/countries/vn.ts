/** Vietnam: numbers of taxpayers and citizens. */

import { numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Province, seven digits, check by primes mod 11; three more for a branch. */
function isMst(digits: string): boolean {
  if (digits.startsWith('00') || numberAt(digits, 2, 7) === 0 || /^.{10}000$/.test(digits)) return false;
  return 10 - (weightedSum(digits, [31, 29, 23, 19, 17, 13, 7, 5, 3]) % 11) === numberAt(digits, 9, 1);
}

const vnMst = idNumber({
  name: 'vn-mst',
  entity: 'VN_MST',
  category: 'business',
  countries: ['VN'],
  forms: ['##########', '##########-###', '## ####### #', '#### ### ###'],
  isValid: isMst,
  chance: 0.09,
  evidence: 'context',
  context:
    contextWords(`mst, mã số thuế, ma so thue, mã số doanh nghiệp, mã số dn, mst cá nhân, mã thuế, tax code, vietnam tax,
vietnamese tax, vietnam tax code, vietnamese tax code`),
  hits: [
    { text: 'MST: 0100233488', value: '0100233488' },
    { text: '{"maSoThue":"3982995915"}', value: '3982995915' },
    { text: 'Mã số thuế (Vietnam tax code) 0314409058-002', value: '0314409058-002', atLeast: 0.8 },
  ],
  misses: [{ text: 'MST 0100233480' }, { text: '0100233488' }, { text: 'MST 010023348812' }],
});

/** Provinces, as the ministry counts them. */
const PROVINCE =
  /^0(?:0[12468]|1[0124579]|2[024-67]|3[013-78]|4[024-689]|5[124-68]|6[024678]|7[024579]|8[0234679]|9[1-6])/;

/** Province, century and sex, year of birth, six digits. */
const vnCccd = idNumber({
  name: 'vn-cccd',
  entity: 'VN_CCCD',
  category: 'government_id',
  countries: ['VN'],
  forms: ['############', '### # ## ######', '### ### ### ###', '#### #### ####'],
  isValid: (digits) => PROVINCE.test(digits) && /^.{3}[0-3]/.test(digits),
  chance: 0.025,
  evidence: 'context',
  context:
    contextWords(`cccd, số cccd, so cccd, căn cước, căn cước công dân, can cuoc, can cuoc cong dan, thẻ căn cước, cmnd, số định danh,
số định danh cá nhân, định danh cá nhân, dinh danh ca nhan, citizen id, citizen identity, vietnamese id, vietnam id`),
  hits: [
    { text: 'CCCD: 079204718293', value: '079204718293' },
    { text: '{"soCccd":"001188029048"}', value: '001188029048' },
    { text: 'Căn cước công dân số 079 204 718 293', value: '079 204 718 293', atLeast: 0.8 },
  ],
  misses: [{ text: '079204718293' }, { text: 'CCCD 979204718293' }, { text: 'CCCD 0792047182931' }],
});

export const VN: readonly Recognizer[] = [vnMst, vnCccd];
