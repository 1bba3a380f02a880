/** Japan: numbers of people and companies, driver's licences, passports and bank accounts. */

import { isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { documentNumber } from '../../scan/document-number.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Mod 11, where 10 and 11 count 0. */
function isMyNumber(digits: string): boolean {
  const rest = weightedSum(digits, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  return !isOneDigit(digits) && (rest < 2 ? 0 : 11 - rest) === numberAt(digits, 11, 1);
}

const jpMyNumber = idNumber({
  name: 'jp-my-number',
  entity: 'JP_MY_NUMBER',
  category: 'government_id',
  countries: ['JP'],
  forms: ['#### #### ####'],
  isValid: isMyNumber,
  chance: 0.099,
  evidence: 'check',
  context:
    contextWords(`マイナンバー, マイナンバーカード, 個人番号, 個人番号カード, my number, my number card, mynumber, individual number,
kojin bango, kojin bangou, japanese tax number`),
  hits: [
    { text: 'マイナンバー：5962 5461 9400', value: '5962 5461 9400', atLeast: 0.8 },
    { text: '{"myNumber":"007454008647"}', value: '007454008647' },
    { text: 'My Number (個人番号) 1421 5702 4859', value: '1421 5702 4859', atLeast: 0.8 },
  ],
  misses: [{ text: 'マイナンバー 0622 6236 0270' }, { text: '注文 687845163745' }, { text: 'My Number 6878451637451' }],
});

/** A check digit of 1 to 9 before twelve digits: 9 less their sum by weights 1 and 2 from the right, mod 9. */
function isCorporateNumber(digits: string): boolean {
  return 9 - (weightedSum(digits, [2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1], 1) % 9) === numberAt(digits, 0, 1);
}

const jpCorporate = idNumber({
  name: 'jp-corporate',
  entity: 'JP_CORPORATE',
  category: 'business',
  countries: ['JP'],
  forms: ['#-####-####-####', '# #### #### ####', '#############', 'T#############', 'T#-####-####-####'],
  isValid: (compact) => isCorporateNumber(compact.replace(/^T/, '')),
  chance: 0.1,
  evidence: 'check',
  context:
    contextWords(`法人番号, 登録番号, 適格請求書, インボイス登録番号, corporate number, japanese corporate number, houjin bangou,
hojin bango, invoice registration number, qualified invoice`),
  hits: [
    { text: '法人番号：3-4216-1743-8682', value: '3-4216-1743-8682', atLeast: 0.8 },
    { text: '{"corporateNumber":"4964409846529"}', value: '4964409846529' },
    { text: 'Corporate number (法人番号) 5-8356-7825-6246', value: '5-8356-7825-6246', atLeast: 0.8 },
    { text: '登録番号 T5835678256246', value: 'T5835678256246' },
  ],
  misses: [{ text: '法人番号 2-8356-7825-6246' }, { text: '注文 5835678256246' }, { text: '法人番号 58356782562461' }],
});

const DL_WORDS = `運転免許証, 運転免許, 免許証番号, 免許証, 免許番号, 運転免許証番号, driver license, drivers license, driver licence,
driving licence, driving license, driver s license, driver s licence, license number, japanese license, menkyo`;

/** Commission, year, order, a check digit and how often it was lost: none of it is asked for, as its check is not official. */
const jpDl = idNumber({
  name: 'jp-dl',
  entity: 'JP_DL',
  category: 'government_id',
  countries: ['JP'],
  forms: ['############', '#### #### ####', '## ## ###### ##', '##-##-######-##'],
  isValid: (digits) => !isOneDigit(digits),
  chance: 1,
  evidence: 'context',
  context: contextWords(DL_WORDS),
  hits: [
    { text: '運転免許証番号：301847293650', value: '301847293650' },
    { text: '{"japaneseDriverLicense":"621940718290"}', value: '621940718290' },
    { text: "Japanese driver's license (免許証) 301847293650", value: '301847293650' },
  ],
  misses: [{ text: '301847293650' }, { text: '運転免許証 30184729365' }, { text: '運転免許証 3018472936501' }],
});

/** Two letters and seven digits. */
function isPassport(compact: string): boolean {
  return /^[A-Z]{2}\d{7}$/.test(compact);
}

const jpPassport = documentNumber({
  name: 'jp-passport',
  entity: 'JP_PASSPORT',
  category: 'government_id',
  countries: ['JP'],
  words: ['旅券番号', '旅券', 'パスポート', 'japanese passport', 'japan passport', 'passport of japan'],
  isValue: isPassport,
  hits: [
    { text: '旅券番号：TK4827163', value: 'TK4827163', atLeast: 0.8 },
    { text: '{"japanesePassport":"MU6140293"}', value: 'MU6140293' },
    { text: 'パスポート番号は TR3058241 です', value: 'TR3058241', atLeast: 0.8 },
    { text: 'Japanese passport no. TK4827163', value: 'TK4827163', atLeast: 0.8 },
  ],
  misses: [
    { text: 'TK4827163' },
    { text: '旅券番号 TK48271635' },
    { text: 'Japanese passport holders since 1998' },
    { text: '旅券番号 T4827163' },
  ],
});

/** Where only a passport is named: of which country is then not sure. */
const jpPassportByShape = idNumber({
  name: 'jp-passport-by-shape',
  entity: 'JP_PASSPORT',
  category: 'government_id',
  countries: ['JP'],
  forms: ['@@#######', '@@ #######'],
  chance: 1,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords(`passport, passports, passport number, passport no, japanese passport`),
  hits: [
    { text: 'Passport number: TK4827163', value: 'TK4827163' },
    { text: '{"passportNo":"MU6140293"}', value: 'MU6140293' },
    { text: 'passport (旅券) TR3058241', value: 'TR3058241' },
  ],
  misses: [{ text: 'TK4827163' }, { text: 'passport TKA827163' }, { text: 'passport TK482716' }],
});

/** The account's seven digits, with bank and branch before them or without. */
const jpBank = idNumber({
  name: 'jp-bank',
  entity: 'JP_BANK',
  category: 'financial',
  countries: ['JP'],
  forms: ['#######', '### #######', '###-#######', '#### ### #######', '####-###-#######'],
  isValid: (digits) => !isOneDigit(digits),
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`口座番号, 口座, 普通預金, 当座預金, 普通口座, 銀行口座, 振込先, 支店番号, bank account, bank account number,
account number, account no, japanese bank, furikomi, koza bango, futsu account`),
  hits: [
    { text: '口座番号：4718293', value: '4718293' },
    { text: '{"bankAccountNumber":"2904817"}', value: '2904817' },
    { text: 'Japanese bank (普通預金) 0005-714-4718293', value: '0005-714-4718293' },
  ],
  misses: [{ text: '4718293' }, { text: '口座番号 471829' }, { text: '口座番号 47182935' }],
});

export const JP: readonly Recognizer[] = [jpMyNumber, jpCorporate, jpDl, jpPassport, jpPassportByShape, jpBank];
