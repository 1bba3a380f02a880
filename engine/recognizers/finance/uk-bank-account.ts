/** British bank accounts: a sort code of three pairs and an account of eight digits, neither with a check of its own. */

import { isOneDigit } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';

export const ukSortCode = idNumber({
  name: 'uk-sort-code',
  entity: 'UK_SORT_CODE',
  category: 'financial',
  countries: ['GB', 'IE'],
  forms: ['##-##-##', '## ## ##', '######'],
  isValid: (compact) => !compact.startsWith('00') && !isOneDigit(compact),
  chance: 0.99,
  evidence: 'context',
  context: contextWords(
    `sort code, sort codes, sortcode, sortcodes, sort code no, bacs, chaps, faster payments, cod didoli`,
  ),
  hits: [
    { text: 'Sort code: 20-45-77', value: '20-45-77', atLeast: 0.8 },
    { text: '{"sortCode":"204577"}', value: '204577' },
    { text: 'cod didoli / sort code 09 01 28', value: '09 01 28', atLeast: 0.8 },
  ],
  misses: [{ text: '20-45-77' }, { text: 'sort code 00-45-77' }, { text: 'sort code 20-45-771' }],
});

export const ukBankAccount = idNumber({
  name: 'uk-bank-account',
  entity: 'UK_BANK_ACCOUNT',
  category: 'financial',
  countries: ['GB', 'IE'],
  forms: ['########'],
  isValid: (compact) => !isOneDigit(compact),
  chance: 0.99,
  evidence: 'context',
  context:
    contextWords(`account number, account no, account nos, acc no, acct no, acc number, acct number, bank account, sort code,
sortcode, account num, accountnumber, rhif cyfrif`),
  hits: [
    { text: 'Sort code 20-45-77, account number 31926819', value: '31926819' },
    { text: '{"accountNumber":"31926819"}', value: '31926819' },
    { text: 'rhif cyfrif (bank account) 70872490', value: '70872490' },
  ],
  misses: [{ text: '31926819' }, { text: 'account number 00000000' }, { text: 'account number 3192681' }],
});
