/** Number plates of any country behind a word for one; those of a form that tells are their country's. */
import { namedValue } from '../../scan/named-value.ts';

export const licensePlate = namedValue({
  name: 'license-plate',
  entity: 'LICENSE_PLATE',
  category: 'vehicle',
  countries: [],
  names: [
    'license plate',
    'licence plate',
    'number plate',
    'plate number',
    'plate no',
    'plate',
    'registration plate',
    'license plate number',
    'vehicle plate',
    'tag number',
    'kennzeichen',
    'nummernschild',
    'placa',
    'matrícula',
    'matricula',
    "plaque d'immatriculation",
    'immatriculation',
    'targa',
    'kenteken',
    'placas',
    '*licenseplate',
  ],
  value: '(?:[A-Z]{1,4}[ -]?)?[A-Z0-9]{1,4}(?:[ -][A-Z0-9]{1,4}){0,2}|[A-Z0-9]{4,8}|[a-z0-9]{5,8}',
  isExact: true,
  isValue: (value) => {
    const compact = value.replace(/[ -]/g, '');
    // Typed in small letters it has to have enough of both.
    if (/[a-z]/.test(compact)) return /(?:\d.*){2}/.test(compact) && /(?:[a-z].*){2}/.test(compact);
    return /\d/.test(compact) && /[A-Z]/.test(compact) && compact.length >= 4 && compact.length <= 9;
  },
  // Below that of a country's own form.
  score: 0.53,
  hits: [
    { text: 'license plate: 7ABC123', value: '7ABC123' },
    { text: '{"licensePlate":"ABC-1234"}', value: 'ABC-1234' },
    { text: 'placa BRA2E19 del coche', value: 'BRA2E19' },
    { text: 'my licence plate is 7hne271, thanks', value: '7hne271' },
    { text: 'AB 123 CD', label: 'plate_number', value: 'AB 123 CD' },
    { text: 'MATRÍCULA="1234 BCD"', value: '1234 BCD' },
  ],
  misses: [
    { text: '7ABC123' },
    { text: 'plate no. 12345' },
    { text: 'license plate readers' },
    { text: 'plate: ABCDEF' },
    { text: 'plate is broken2' },
  ],
});
