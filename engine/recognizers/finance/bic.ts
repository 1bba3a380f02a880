/** Codes of banks (ISO 9362): four letters, a country, two characters and perhaps a branch. As many words have that shape, one for it must stand before. */
import { contextWords } from '../../scan/context.ts';
import { namedValue } from '../../scan/named-value.ts';
import { COUNTRY_CODES } from './country-codes.ts';

export const bic = namedValue({
  name: 'swift-bic',
  entity: 'SWIFT_BIC',
  category: 'financial',
  countries: [],
  names: [
    'bic',
    'swift',
    'swift code',
    'swift bic',
    'swift/bic',
    'bic/swift',
    'bic code',
    'bic-code',
    'bank identifier code',
    'business identifier code',
    'código swift',
    'codigo swift',
    'code swift',
    'code bic',
  ],
  value: '[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?',
  isExact: true,
  isValue: (value) => COUNTRY_CODES.has(value.slice(4, 6)),
  score: 0.75,
  context: contextWords('iban, bank, banque, banco, banca, account, beneficiary, wire, transfer, überweisung, konto'),
  inContext: 0.85,
  hits: [
    { text: 'SWIFT code: DEUTDEFF', value: 'DEUTDEFF' },
    { text: '{"bic":"CHASUS33XXX"}', value: 'CHASUS33XXX' },
    { text: 'Banque, code BIC : BNPAFRPP', value: 'BNPAFRPP', atLeast: 0.8 },
    { text: 'COBADEFFXXX', label: 'bankBic', value: 'COBADEFFXXX' },
  ],
  misses: [
    { text: 'DEUTDEFF' },
    { text: 'Swift language' },
    { text: 'BIC: DEUTZZFF' },
    { text: 'swift: SOMEFUNCTION' },
  ],
});
