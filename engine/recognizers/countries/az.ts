/** Azerbaijan: the taxpayer's number and the code on the identity card. */

import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Ten digits, the last of which tells a company (1) from a person (2). */
const azTin = idNumber({
  name: 'az-tin',
  entity: 'AZ_TIN',
  category: 'government_id',
  countries: ['AZ'],
  forms: ['##########'],
  isValid: (compact) => /[12]$/.test(compact),
  chance: 0.2,
  evidence: 'context',
  context:
    contextWords(`vöen, voen, vergi ödəyicisinin eyniləşdirmə nömrəsi, vergi identifikasiya nömrəsi, azerbaijani tax number,
azerbaijan tax number`),
  hits: [
    { text: 'VÖEN: 1231231231', value: '1231231231' },
    { text: '{"voen":"1300498471"}', value: '1300498471' },
    { text: 'Azerbaijani tax number 9900003871', value: '9900003871' },
  ],
  misses: [{ text: 'VÖEN 1231231233' }, { text: '1231231231' }, { text: 'VÖEN 12345678' }],
});

/** Seven letters and digits, without I and O. */
const azPin = idNumber({
  name: 'az-pin',
  entity: 'AZ_PIN',
  category: 'government_id',
  countries: ['AZ'],
  forms: ['*******'],
  isValid: (compact) => /^[0-9A-HJ-NP-Z]{7}$/.test(compact) && /\d.*\d/.test(compact) && /[A-Z]/.test(compact),
  chance: 0.45,
  evidence: 'context',
  isUpperCase: true,
  context:
    contextWords(`fin kod, fin kodu, fin code, fin nömrə, fərdi identifikasiya nömrəsi, şəxsiyyət vəsiqəsi, finkod, fin kodunu,
azerbaijani id, azerbaijan id`),
  hits: [
    { text: 'FİN kod / FIN kod: 5ZT1K8Q', value: '5ZT1K8Q' },
    { text: '{"finKod":"7MPA42C"}', value: '7MPA42C' },
    { text: 'Azerbaijani ID 1AB9ZX3', value: '1AB9ZX3' },
  ],
  misses: [{ text: '5ZT1K8Q' }, { text: 'FIN kod 12345678' }, { text: 'FIN kod 5ZT1K8QX' }],
});

export const AZ: readonly Recognizer[] = [azTin, azPin];
