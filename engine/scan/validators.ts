/** Validators that a policy's own recognizer can name. Each takes the matched text and drops separators itself. */

import { isItin } from '../recognizers/countries/us-itin.ts';
import { isSsn } from '../recognizers/countries/us-ssn.ts';
import { isCardNumber } from '../recognizers/finance/credit-card.ts';
import { isIban } from '../recognizers/finance/iban.ts';
import { decodeBase58Check, endsInCrc32, isEip55, isLuhn, isSegwitAddress, remainder97 } from './checksums.ts';

export type Validator = (value: string) => boolean;

function digits(value: string): string {
  return value.replace(/[\s.\-/]/g, '');
}

function compact(value: string): string {
  return value.replace(/[\s.\-/]/g, '').toUpperCase();
}

const VALIDATORS: ReadonlyMap<string, Validator> = new Map<string, Validator>([
  ['luhn', (value) => isLuhn(digits(value))],
  ['mod97', (value) => remainder97(compact(value)) === 1],
  ['card', (value) => isCardNumber(digits(value))],
  ['iban', (value) => isIban(compact(value))],
  ['us-ssn', (value) => isSsn(digits(value))],
  ['us-itin', (value) => isItin(digits(value))],
  ['base58check', (value) => decodeBase58Check(value) !== null],
  ['bech32', isSegwitAddress],
  ['eip55', (value) => isEip55(value.replace(/^0x/, ''))],
  ['crc32-base62', (value) => endsInCrc32(value.slice(value.lastIndexOf('_') + 1))],
]);

/** The names that `validator` in a policy's recognizer may have. */
export const validatorNames: readonly string[] = [...VALIDATORS.keys()];

/** Null where there is no validator of that name. */
export function validatorNamed(name: string): Validator | null {
  return VALIDATORS.get(name) ?? null;
}
