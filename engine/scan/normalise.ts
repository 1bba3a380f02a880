/**
 * The form in which two writings of one value are the same: `4111 1111-1111 1111` and `4111111111111111`. Used for
 * fingerprints and counts of different values; it is not what is searched.
 */

const SEPARATORS = /[^\p{L}\p{N}]+/gu;

/** NFKC, lower case, everything but letters and digits dropped. */
export function normalise(value: string): string {
  return value.normalize('NFKC').toLowerCase().replace(SEPARATORS, '');
}
