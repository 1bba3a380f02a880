/** Postal codes of any country behind a word for one; what has a check or a form of its own is its country's. */
import { namedValue } from '../../scan/named-value.ts';

export const postalCode = namedValue({
  name: 'postal-code',
  entity: 'POSTAL_CODE',
  category: 'personal',
  countries: [],
  names: [
    'zip',
    'zip code',
    'postal code',
    'postal-code',
    'post code',
    'postcode',
    'postal',
    'postleitzahl',
    'plz',
    'code postal',
    'código postal',
    'codigo postal',
    'c.p.',
    'cep',
    'codice postale',
    'kod pocztowy',
    'postnummer',
    'pin code',
    'pincode',
    '*zipcode',
    '*postalcode',
  ],
  // Five digits and four more; letters and digits of Canada, Britain, the Netherlands; 3-4, 2-3 and 5-3; four to six digits.
  value: `\\d{5}-\\d{4}|[A-Z]\\d[A-Z][ -]?\\d[A-Z]\\d|[A-Z]{1,2}\\d[A-Z0-9]? ?\\d[A-Z]{2}|\\d{4} ?[A-Z]{2}|\\d{3}-\\d{4}|\\d{4}-\\d{3}|\\d{2}-\\d{3}|\\d{5}-\\d{3}|\\d{3} \\d{2}|\\d{4,6}`,
  isExact: true,
  isValue: (value) => !/^(\d)\1+$/.test(value.replace('-', '')),
  // Below that of a country's own form.
  score: 0.53,
  hits: [
    { text: 'zip code: 94105', value: '94105' },
    { text: '{"postalCode":"K1A 0B1"}', value: 'K1A 0B1' },
    { text: 'código postal 28013', value: '28013' },
    { text: '01310-100', label: 'cep', value: '01310-100' },
  ],
  misses: [{ text: '94105' }, { text: 'zip: 12' }, { text: 'zip file 123456789' }, { text: 'unzip 94105' }],
});
