/** China: numbers of residents and organisations. */

import { isBirthDate } from '../../scan/birth-dates.ts';
import { isMod11Minus2, numberAt } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Provinces (GB/T 2260); 71, 81 to 83 for Taiwan, Hong Kong, Macau; 91 for those from abroad. */
const PROVINCE = /^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)/;

/** Place, date of birth, order, ISO 7064 MOD 11-2 (GB 11643). */
function isResidentId(compact: string): boolean {
  return (
    PROVINCE.test(compact) &&
    isBirthDate(numberAt(compact, 6, 4), numberAt(compact, 10, 2), numberAt(compact, 12, 2)) &&
    isMod11Minus2(compact)
  );
}

const cnRic = idNumber({
  name: 'cn-ric',
  entity: 'CN_RIC',
  category: 'government_id',
  countries: ['CN'],
  forms: ['###### ######## ####', '#################X', '###### #### #### ####', '###### ######## ###X'],
  isValid: isResidentId,
  chance: 0.000017,
  evidence: 'own',
  context:
    contextWords(`身份证, 身份证号, 身份证号码, 居民身份证, 公民身份号码, 身份证件, 证件号码, 证件号, 身分證, 二代证, shenfenzheng,
sfz, resident id, resident identity card, chinese id, chinese identity, china id, identity card, id card, ric`),
  hits: [
    { text: '身份证号码：541151202204164558', value: '541151202204164558', atLeast: 0.8 },
    { text: '{"idCard":"120103198806018241"}', value: '120103198806018241', atLeast: 0.8 },
    { text: 'Chinese resident ID (身份证) 31488719181103760X', value: '31488719181103760X', atLeast: 0.8 },
    { text: 'client 360426199101010071 called', value: '360426199101010071' },
  ],
  misses: [
    { text: '身份证 360426199101010072' },
    { text: '身份证 360426199113010071' },
    { text: '身份证 990426199101010071' },
    { text: '身份证 3604261991010100711' },
  ],
});

/** Kind of registry and of organisation, place, number; digits and letters without I, O, S, V and Z. */
const CREDIT_CODE = /^[1-9NY]\d{7}[0-9A-HJ-NP-RTUW-Y]{10}$/;
const CREDIT_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/** Powers of three, mod 31 (GB 32100). */
function isCreditCode(compact: string): boolean {
  if (!CREDIT_CODE.test(compact)) return false;
  let sum = 0;
  for (let i = 0, weight = 1; i < 17; i++, weight = (weight * 3) % 31)
    sum += weight * CREDIT_ALPHABET.indexOf(compact.charAt(i));
  return CREDIT_ALPHABET.charAt((31 - (sum % 31)) % 31) === compact.charAt(17);
}

const cnUscc = idNumber({
  name: 'cn-uscc',
  entity: 'CN_USCC',
  category: 'business',
  countries: ['CN'],
  forms: ['########**********', '##################', '*#######**********'],
  isValid: isCreditCode,
  chance: 0.013,
  evidence: 'check',
  context:
    contextWords(`统一社会信用代码, 社会信用代码, 信用代码, 统一代码, 纳税人识别号, 税号, 营业执照, uscc, uscc code, usci, uscic,
unified social credit code, unified social credit identifier, social credit code, credit code, chinese company`),
  hits: [
    { text: '统一社会信用代码：91110000600037341L', value: '91110000600037341L' },
    { text: '{"creditCode":"815385721AWPD6YN4Y"}', value: '815385721AWPD6YN4Y' },
    { text: 'Unified Social Credit Code (税号) 93433903XE9JDMC7AN', value: '93433903XE9JDMC7AN' },
  ],
  misses: [
    { text: '统一社会信用代码 91110000600037342L' },
    { text: '统一社会信用代码 A1110000600037341L' },
    { text: '统一社会信用代码 91110000600037341L7' },
  ],
});

export const CN: readonly Recognizer[] = [cnRic, cnUscc];
