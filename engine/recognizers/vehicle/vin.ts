/**
 * Vehicle identification numbers (ISO 3779): 17 characters without I, O and Q. The check in ninth place (49 CFR 565)
 * holds in North America and China; Europe leaves it out, so that without it a word must be near.
 */
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';

const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
/** Values of A to Z; I, O and Q have none. */
const LETTERS = '12345678.12345.7.923456789';

/** Kind, maker, year and works, and a serial number that ends in digits. */
const SHAPE = /^[A-HJ-NPR-Z0-9]{13}\d{4}$/;

function isVin(compact: string): boolean {
  if (!SHAPE.test(compact) || !/[A-Z]/.test(compact)) return false;
  let sum = 0;
  for (let i = 0; i < 17; i++) {
    const char = compact.charAt(i);
    sum += Number(char <= '9' ? char : LETTERS.charAt(char.charCodeAt(0) - 65)) * (WEIGHTS[i] ?? 0);
  }
  return compact.charAt(8) === '0123456789X'.charAt(sum % 11);
}

const WORDS =
  contextWords(`vin, vins, v i n, vehicle identification number, vehicle identification, vehicle id, vehicle, vehicles,
chassis, chassis number, chassis no, car, truck, registration, fahrgestellnummer, fin, fahrzeug,
fahrzeugidentifizierungsnummer, numéro de châssis, numero de chassis, châssis, bastidor, número de bastidor, vehículo,
numero di telaio, telaio, chassi`);

export const vin = idNumber({
  name: 'vin',
  entity: 'VIN',
  category: 'vehicle',
  countries: [],
  forms: ['*************####'],
  isValid: isVin,
  chance: 0.0085,
  evidence: 'check',
  context: WORDS,
  hits: [
    { text: 'VIN: 1HGBH41JXMN109186', value: '1HGBH41JXMN109186' },
    { text: '{"vin":"1M8GDM9AXKP042788"}', value: '1M8GDM9AXKP042788' },
    { text: 'Fahrgestellnummer 5YJSA1E26HF000337', value: '5YJSA1E26HF000337' },
  ],
  misses: [{ text: 'VINs: 1HGBH41JXMN1091861' }, { text: '1HGBH41JXMN109186' }, { text: 'build 1M8GDM9AXKP042788' }],
});

export const vinUnchecked = idNumber({
  name: 'vin-unchecked',
  entity: 'VIN',
  category: 'vehicle',
  countries: [],
  forms: ['*************####'],
  isValid: (compact) => SHAPE.test(compact) && /[A-Z]/.test(compact),
  chance: 0.28,
  evidence: 'context',
  isUpperCase: true,
  context:
    contextWords(`vin, vins, v i n, vehicle identification number, chassis, chassis number, fahrgestellnummer, fin,
fahrzeugidentifizierungsnummer, numéro de châssis, numero de chassis, bastidor, número de bastidor, telaio`),
  hits: [
    { text: 'FIN: WVWZZZ1JZ3W386752', value: 'WVWZZZ1JZ3W386752' },
    { text: '{"vin":"WBAFR7C57CC811956"}', value: 'WBAFR7C57CC811956' },
    { text: 'numéro de châssis VF1BB0N0524026823', value: 'VF1BB0N0524026823' },
  ],
  misses: [{ text: 'WVWZZZ1JZ3W386752' }, { text: 'VIN: WVWZZZ1JZ3W38675O' }, { text: 'VIN: WVWZZZ1JO3W386752' }],
});
