/** Costa Rica: cards of citizens, companies and foreign residents (TSE, Registro Nacional, Migración). */
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const crCpf = idNumber({
  name: 'cr-cpf',
  entity: 'CR_CPF',
  category: 'government_id',
  countries: ['CR'],
  forms: ['#-####-####', '0#-####-####'],
  chance: 1,
  evidence: 'context',
  context: contextWords(`cédula, cedula, cédula física, cedula fisica, cédula de identidad, cedula de identidad,
cédula de persona física, cedula de persona fisica, cpf, identity card`),
  hits: [
    { text: 'cédula 3-0455-0175', value: '3-0455-0175' },
    { text: '{"cedula":"304550175"}', value: '304550175' },
    { text: 'identity card no. 01-1234-0567', value: '01-1234-0567' },
  ],
  misses: [{ text: '3-0455-0175' }, { text: 'cédula 30-1234-1234' }, { text: 'cédula 12345678' }],
});

/** State bodies, foreign companies and the like, by their class. */
const CLASSES = /^(?:2[1-4]00|3(?:00[2-9]|01[0-4]|10[1-9]|110)|4000|5001)/;

const crCpj = idNumber({
  name: 'cr-cpj',
  entity: 'CR_CPJ',
  category: 'business',
  countries: ['CR'],
  forms: ['#-###-######'],
  isValid: (compact) => CLASSES.test(compact),
  chance: 0.0029,
  evidence: 'context',
  context: contextWords(`cédula jurídica, cedula juridica, cédula de persona jurídica, cedula de persona juridica, cpj,
persona jurídica, persona juridica, razón social, razon social, company number`),
  hits: [
    { text: 'cédula jurídica 3-101-999999', value: '3-101-999999', atLeast: 0.8 },
    { text: '{"cedulaJuridica":"3101123456"}', value: '3101123456' },
    { text: 'company number (persona jurídica): 2-100-042005', value: '2-100-042005', atLeast: 0.8 },
  ],
  misses: [{ text: '3-101-999999' }, { text: 'cédula jurídica 3-534-123559' }, { text: 'cédula jurídica 310132541' }],
});

const crCr = idNumber({
  name: 'cr-cr',
  entity: 'CR_CR',
  category: 'government_id',
  countries: ['CR'],
  forms: ['1###########', '1##########'],
  chance: 1,
  evidence: 'context',
  context:
    contextWords(`dimex, cédula de residencia, cedula de residencia, documento de identidad migratorio, residencia,
residence card`),
  hits: [
    { text: 'DIMEX 155812994816', value: '155812994816' },
    { text: '{"dimex":"15581299481"}', value: '15581299481' },
    { text: 'residence card (cédula de residencia) 117000123456', value: '117000123456' },
  ],
  misses: [{ text: '155812994816' }, { text: 'dimex 300123456789' }, { text: 'dimex 12345678' }],
});

export const CR: readonly Recognizer[] = [crCpf, crCpj, crCr];
