/** Algeria: the tax number, of which no check is published. */

import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const dzNif = idNumber({
  name: 'dz-nif',
  entity: 'DZ_NIF',
  category: 'business',
  countries: ['DZ'],
  forms: ['### ### ### ### ###', '### ### ### ### ### #####', '#### #### #### #### ####', '##### ##### #####'],
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`nif, n i f, numéro d identification fiscale, numero d identification fiscale, identification fiscale,
identifiant fiscal, algerian tax, algeria tax number, رقم التعريف الجبائي, التعريف الجبائي, رقم التعريف الجبائى`),
  hits: [
    { text: 'NIF : 408 020 000 150 039', value: '408 020 000 150 039' },
    { text: '{"nif":"416001000000007"}', value: '416001000000007' },
    { text: 'رقم التعريف الجبائي 000 216 001 808 337 13010', value: '000 216 001 808 337 13010' },
  ],
  misses: [{ text: '408 020 000 150 039' }, { text: 'NIF 41600100000000' }, { text: 'NIF 4160010000000071' }],
});

export const DZ: readonly Recognizer[] = [dzNif];
