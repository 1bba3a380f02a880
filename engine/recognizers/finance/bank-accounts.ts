/** Bank accounts and branches of countries that have no check over the whole: the United States, Australia, India, New Zealand. */
import { crossSum, isDigits, isOneDigit, numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';

/** Federal Reserve districts with thrifts and electronic numbers, the government, traveller's cheques. */
function isRouting(digits: string): boolean {
  const district = numberAt(digits, 0, 2);
  const isGiven =
    district <= 12 || (district >= 21 && district <= 32) || (district >= 61 && district <= 72) || district === 80;
  return isGiven && !isOneDigit(digits) && weightedSum(digits, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0;
}

export const abaRouting = idNumber({
  name: 'us-aba-routing',
  entity: 'ABA_ROUTING_NUMBER',
  category: 'financial',
  countries: ['US'],
  forms: ['####-####-#', '#########'],
  isValid: isRouting,
  chance: 0.038,
  evidence: 'check',
  context:
    contextWords(`aba, aba number, aba routing, routing, routing number, routing no, routing transit, routing transit number,
rtn, transit routing, bank routing, ach, wire, fedwire, número de ruta, numero de ruta`),
  hits: [
    { text: 'Routing number: 021000021', value: '021000021' },
    { text: '{"routingNumber":"121000358"}', value: '121000358' },
    { text: 'número de ruta (ABA) 0210-0002-1', value: '0210-0002-1', atLeast: 0.8 },
  ],
  misses: [{ text: 'Routing number: 021000022' }, { text: '021000021' }, { text: 'routing number 471000021' }],
});

export const usBankNumber = idNumber({
  name: 'us-bank-number',
  entity: 'US_BANK_NUMBER',
  category: 'financial',
  countries: ['US'],
  forms: Array.from({ length: 10 }, (_, extra) => '#'.repeat(8 + extra)),
  isValid: (digits) => !isOneDigit(digits),
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`bank account, bank account number, account number, account no, account nbr, acct number, acct no, acct,
checking account, checking, savings account, deposit account, bank number, direct deposit, número de cuenta,
numero de cuenta, cuenta bancaria`),
  hits: [
    { text: 'bank account 945456787654', value: '945456787654' },
    { text: '{"bankAccountNumber":"0005421937"}', value: '0005421937' },
    { text: 'número de cuenta / checking account 123400056789', value: '123400056789' },
  ],
  misses: [{ text: '945456787654' }, { text: 'bank account 1111111111' }, { text: 'bank account 1234567' }],
});

export const auBsb = idNumber({
  name: 'au-bsb',
  entity: 'AU_BSB',
  category: 'financial',
  countries: ['AU'],
  forms: ['###-###', '### ###'],
  isValid: (digits) => !isOneDigit(digits) && !digits.startsWith('00'),
  chance: 0.99,
  evidence: 'context',
  context: contextWords('bsb, bsb number, bsb no, bsb code, bank state branch'),
  hits: [
    { text: 'BSB: 062-000', value: '062-000', atLeast: 0.8 },
    { text: '{"bsb":"063123"}', value: '063123' },
    { text: 'banco australiano, BSB 733 000', value: '733 000', atLeast: 0.8 },
  ],
  misses: [{ text: '062-000' }, { text: 'BSB 062-0001' }, { text: 'BSB 000-000' }],
});

/** Codes of the banks that hold most accounts (Reserve Bank of India). */
const INDIAN_BANKS = new Set(
  `SBIN HDFC ICIC UTIB PUNB BARB CNRB UBIN KKBK IDIB BKID IOBA CBIN UCBA INDB YESB FDRL IDFB MAHB PSIB RATN SIBL KVBL
BDBL AUBL CIUB TMBL DLXB CSBK JAKA KARB NKGS DBSS HSBC SCBL CITI DEUT ESFB USFB JSFB AIRP PYTM IPOS SRCB SVCB TJSB`.split(
    /\s+/,
  ),
);

const IFSC_WORDS = contextWords(`ifsc, ifsc code, ifs code, indian financial system code, neft, rtgs, imps, bank branch,
branch code, bank, account`);

export const inIfsc = idNumber({
  name: 'in-ifsc',
  entity: 'IN_IFSC',
  category: 'financial',
  countries: ['IN'],
  forms: ['@@@@0******'],
  isValid: (compact) => INDIAN_BANKS.has(compact.slice(0, 4)),
  chance: 0.0001,
  evidence: 'check',
  isUpperCase: true,
  context: IFSC_WORDS,
  hits: [
    { text: 'IFSC: HDFC0001234', value: 'HDFC0001234', atLeast: 0.8 },
    { text: '{"ifsc":"SBIN0005943"}', value: 'SBIN0005943', atLeast: 0.8 },
    { text: 'बैंक IFSC कोड ICIC0000011', value: 'ICIC0000011', atLeast: 0.8 },
  ],
  misses: [{ text: 'IFSC: HDFC1001234' }, { text: 'IFSC HDFC00012345' }, { text: 'ABCD0001234' }],
});

export const inIfscOther = idNumber({
  name: 'in-ifsc-other',
  entity: 'IN_IFSC',
  category: 'financial',
  countries: ['IN'],
  forms: ['@@@@0******'],
  chance: 1,
  evidence: 'context',
  isUpperCase: true,
  context: contextWords('ifsc, ifsc code, ifs code, indian financial system code'),
  hits: [
    { text: 'IFSC: ABHY0065001', value: 'ABHY0065001' },
    { text: '{"ifsc":"KCCB0XYZ123"}', value: 'KCCB0XYZ123' },
    { text: 'बैंक IFSC कोड ZSBL0000341', value: 'ZSBL0000341' },
  ],
  misses: [{ text: 'ABHY0065001' }, { text: 'IFSC ABHY1065001' }, { text: 'IFSC ABH00650012' }],
});

/** Branches of each New Zealand bank, and how its accounts are checked (Inland Revenue, RWT specification). */
const NZ_BANKS = new Map(
  `01 A 1-999 1100-1199 1800-1899;02 A 1-999 1200-1299;03 A 1-999 1300-1399 1500-1599 1700-1799 1900-1999;06 A 1-999 1400-1499;
08 D 6500-6599;09 E 0-0;11 A 5000-6499 6600-8999;12 A 3000-3299 3400-3499 3600-3699;13 A 4900-4999;14 A 4700-4799;
15 A 3900-3999;16 A 4400-4499;17 A 3300-3399;18 A 3500-3599;19 A 4600-4649;20 A 4100-4199;21 A 4800-4899;22 A 4000-4049;
23 A 3700-3799;24 A 4300-4349;25 F 2500-2599;26 G 2600-2699;27 A 3800-3849;28 G 2100-2149;29 G 2150-2299;30 A 2900-2949;
31 X 2800-2849;33 F 6700-6799;35 A 2400-2499;38 A 9000-9499`
    .split(';')
    .map((line) => {
      const [bank = '', algorithm = '', ...branches] = line.trim().split(' ');
      return [bank, { algorithm, branches: branches.map((range) => range.split('-').map(Number)) }] as const;
    }),
);

/** Weights over bank (2), branch (4), account (8) and suffix (4), and the modulus. */
const NZ_CHECKS: Readonly<Record<string, readonly [readonly number[], number]>> = {
  A: [[0, 0, 6, 3, 7, 9, 0, 0, 10, 5, 8, 4, 2, 1, 0, 0, 0, 0], 11],
  B: [[0, 0, 0, 0, 0, 0, 0, 0, 10, 5, 8, 4, 2, 1, 0, 0, 0, 0], 11],
  D: [[0, 0, 0, 0, 0, 0, 0, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0], 11],
  E: [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 4, 3, 2, 0, 0, 0, 1], 11],
  F: [[0, 0, 0, 0, 0, 0, 0, 1, 7, 3, 1, 7, 3, 1, 0, 0, 0, 0], 10],
  G: [[0, 0, 0, 0, 0, 0, 0, 1, 3, 7, 1, 3, 7, 1, 0, 3, 7, 1], 10],
  X: [[], 1],
};

/** Branches have four digits, or three; suffixes two or three. */
function isNewZealandAccount(digits: string): boolean {
  const branchEnd = digits.length === 14 ? 5 : 6;
  const account = digits.slice(branchEnd, branchEnd + 7);
  const bank = NZ_BANKS.get(digits.slice(0, 2));
  const branch = Number(digits.slice(2, branchEnd));
  if (bank === undefined || !isDigits(account, 7)) return false;
  if (!bank.branches.some(([from = 0, to = 0]) => branch >= from && branch <= to)) return false;
  const [weights, modulus] = NZ_CHECKS[bank.algorithm === 'A' && Number(account) >= 990000 ? 'B' : bank.algorithm] ?? [
    [],
    1,
  ];
  const suffix = digits.slice(branchEnd + 7);
  const padded = `${digits.slice(0, 2)}${String(branch).padStart(4, '0')}0${account}${suffix.padStart(4, '0')}`;
  // Of the products of E and G some add the digits up.
  const isCrossed = bank.algorithm === 'E' || bank.algorithm === 'G';
  return weightedSum(padded, weights) % modulus === 0 || (isCrossed && crossSum(padded, weights) % modulus === 0);
}

export const nzBank = idNumber({
  name: 'nz-bank',
  entity: 'NZ_BANK',
  category: 'financial',
  countries: ['NZ'],
  forms: ['##-####-#######-##', '##-####-#######-###', '##-###-#######-##'],
  isValid: isNewZealandAccount,
  chance: 0.0018,
  evidence: 'context',
  context: contextWords(`bank account, account number, account no, account, bank, nz bank, direct credit, direct debit,
pūkete`),
  hits: [
    { text: 'bank account 01-0902-0068389-00', value: '01-0902-0068389-00', atLeast: 0.8 },
    { text: '{"accountNumber":"01-902-0068389-00"}', value: '01-902-0068389-00', atLeast: 0.8 },
    { text: 'pūkete (bank): 01-902-0068389-00', value: '01-902-0068389-00', atLeast: 0.8 },
  ],
  misses: [
    { text: '01-902-0068389-00' },
    { text: 'bank account 01-902-0068388-00' },
    { text: 'account 01-9902-0068389-00' },
  ],
});
