/**
 * Validators that a policy's own recognizer can name: the checksums, and the check of every built-in recognizer of
 * numbers under that one's name. Each takes the matched text and drops separators itself.
 */
import { BUILT_IN } from '../recognizers/built-in.ts';
import { isItin } from '../recognizers/countries/us-itin.ts';
import { isSsn } from '../recognizers/countries/us-ssn.ts';
import { isCardNumber } from '../recognizers/finance/credit-card.ts';
import { isIban } from '../recognizers/finance/iban.ts';
import {
  icaoCheckDigit,
  isDamm,
  isLuhnOfBase,
  isMod11And10,
  isMod11Minus2,
  isMod37And36,
  isVerhoeff,
} from './check-digits.ts';
import {
  decodeBase58Check,
  decodeBech32,
  endsInCrc32,
  isEip55,
  isLuhn,
  isSegwitAddress,
  remainder97,
} from './checksums.ts';
import type { IdRecognizer } from './id-number.ts';
import type { Recognizer } from './recognizer.ts';

export type Validator = (value: string) => boolean;

function digits(value: string): string {
  return value.replace(/[\s.\-/]/g, '');
}

function compact(value: string): string {
  return value.replace(/[\s.\-/]/g, '').toUpperCase();
}

/** The check digit of ICAO 9303 stands behind what it checks. */
function isIcaoChecked(value: string): boolean {
  const check = icaoCheckDigit(value.slice(0, -1));
  return value.length > 1 && check !== -1 && String(check) === value.slice(-1);
}

/** Of two characters or more: a single one would pass what its check digit alone is. */
function checked(drop: (value: string) => string, test: (value: string) => boolean): Validator {
  return (value) => {
    const dropped = drop(value);
    return dropped.length > 1 && test(dropped);
  };
}

const CHECKSUMS: readonly (readonly [string, Validator])[] = [
  ['luhn', checked(digits, isLuhn)],
  ['luhn36', checked(compact, (value) => isLuhnOfBase(value, 36))],
  ['mod97', checked(compact, (value) => remainder97(value) === 1)],
  ['mod11-10', checked(digits, isMod11And10)],
  ['mod11-2', checked(compact, isMod11Minus2)],
  ['mod37-36', checked(compact, isMod37And36)],
  ['verhoeff', checked(digits, isVerhoeff)],
  ['damm', checked(digits, isDamm)],
  ['icao9303', (value) => isIcaoChecked(compact(value))],
  ['card', (value) => isCardNumber(digits(value))],
  ['iban', (value) => isIban(compact(value))],
  ['us-ssn', (value) => isSsn(digits(value))],
  ['us-itin', (value) => isItin(digits(value))],
  ['base58check', (value) => decodeBase58Check(value) !== null],
  ['bech32', (value) => decodeBech32(value) !== null],
  ['segwit', isSegwitAddress],
  ['eip55', (value) => isEip55(value.replace(/^0x/, ''))],
  ['crc32-base62', (value) => endsInCrc32(value.slice(value.lastIndexOf('_') + 1))],
];

function hasCheck(recognizer: Recognizer): recognizer is IdRecognizer {
  return 'accepts' in recognizer && 'id' in recognizer && (recognizer as IdRecognizer).id.chance < 1;
}

const VALIDATORS: ReadonlyMap<string, Validator> = new Map([
  ...BUILT_IN.filter(hasCheck).map((one) => [one.name, (value: string) => one.accepts(value)] as const),
  ...CHECKSUMS,
]);

/** The checksums alone. */
export const checksumNames: readonly string[] = CHECKSUMS.map(([name]) => name);

/** The names that `validator` in a policy's recognizer may have. */
export const validatorNames: readonly string[] = [...new Set([...checksumNames, ...VALIDATORS.keys()])];

/** Null where there is no validator of that name. */
export function validatorNamed(name: string): Validator | null {
  return VALIDATORS.get(name) ?? null;
}
