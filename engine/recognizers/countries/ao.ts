/** Angola: the identity card, whose number people have for the tax authority too, and the tax number of companies. */

import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** Nine digits, the province's letters, three digits. */
const aoBi = idNumber({
  name: 'ao-bi',
  entity: 'AO_BI',
  category: 'government_id',
  countries: ['AO'],
  alsoEntity: 'AO_NIF',
  forms: ['#########@@###'],
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`bi, bilhete de identidade, n do bi, nif, número de identificação fiscal, numero de identificacao fiscal,
contribuinte, angolan id, angola id`),
  hits: [
    { text: 'Bilhete de Identidade n.º 004718293LA047', value: '004718293LA047' },
    { text: '{"bilheteDeIdentidade":"001827364HO032"}', value: '001827364HO032' },
    { text: 'Angolan ID (BI) 004718293BE041', value: '004718293BE041' },
  ],
  misses: [{ text: '004718293LA047' }, { text: 'BI 0047182930QQ047' }, { text: 'BI 00471829LA047' }],
});

const aoNif = idNumber({
  name: 'ao-nif',
  entity: 'AO_NIF',
  category: 'business',
  countries: ['AO'],
  forms: ['##########'],
  chance: 1,
  evidence: 'context',
  context: contextWords(`nif, número de identificação fiscal, numero de identificacao fiscal, contribuinte, agt,
administração geral tributária, angolan tax, angola tax number`),
  hits: [
    { text: 'NIF: 5417182936', value: '5417182936' },
    { text: '{"nif":"5401028374"}', value: '5401028374' },
    { text: 'Angolan tax, contribuinte n.º 5417182936', value: '5417182936' },
  ],
  misses: [{ text: '5417182936' }, { text: 'NIF 54171829' }, { text: 'NIF 541718293612' }],
});

export const AO: readonly Recognizer[] = [aoBi, aoNif];
