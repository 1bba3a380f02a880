/** Ships (IMO number, MMSI of ITU-R M.585) and freight containers (ISO 6346). */
import { numberAt, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';

/** Weights 7 to 2; the last digit of the sum is the check. */
function isImo(compact: string): boolean {
  const digits = compact.replace(/^IMO/, '');
  return weightedSum(digits, [7, 6, 5, 4, 3, 2]) % 10 === numberAt(digits, 6, 1) && /^[1-9]/.test(digits);
}

export const imo = idNumber({
  name: 'imo',
  entity: 'IMO',
  category: 'vehicle',
  countries: [],
  forms: ['IMO #######', '#######'],
  isValid: isImo,
  chance: 0.09,
  evidence: 'check',
  isUpperCase: true,
  context: contextWords(`imo, imo number, imo no, vessel, vessels, ship, ships, tanker, lloyd s register, navire, buque,
schiff, nave`),
  hits: [
    { text: 'IMO 9074729', value: 'IMO 9074729' },
    { text: '{"imo":"9074729"}', value: '9074729' },
    { text: 'navire (vessel) IMO 9176187', value: 'IMO 9176187', atLeast: 0.8 },
  ],
  misses: [{ text: 'IMO 9074728' }, { text: '9074729' }, { text: 'IMO 90747291' }],
});

export const mmsi = idNumber({
  name: 'mmsi',
  entity: 'MMSI',
  category: 'vehicle',
  countries: [],
  forms: ['#########', '### ### ###'],
  // Ships begin with the three digits of a country, 201 to 775.
  isValid: (digits) => numberAt(digits, 0, 3) >= 201 && numberAt(digits, 0, 3) <= 775,
  chance: 0.58,
  evidence: 'context',
  context: contextWords(`mmsi, mmsi number, maritime mobile service identity, ais, ais transponder`),
  hits: [
    { text: 'MMSI 235012345', value: '235012345' },
    { text: '{"mmsi":"366123456"}', value: '366123456' },
    { text: 'navire, MMSI : 227 006 760', value: '227 006 760', atLeast: 0.8 },
  ],
  misses: [{ text: '235012345' }, { text: 'MMSI 835012345' }, { text: 'MMSI 2350123451' }],
});

/** Letters count 10 to 38 without multiples of 11, places 1, 2, 4 …; mod 11, 10 counts 0. */
function isContainer(compact: string): boolean {
  let sum = 0;
  for (let i = 0; i < 10; i++) {
    const code = compact.charCodeAt(i);
    const letter = code - 65;
    const value =
      code < 65 ? code - 48 : 10 + letter + (letter > 0 ? 1 : 0) + (letter > 10 ? 1 : 0) + (letter > 20 ? 1 : 0);
    sum += value * 2 ** i;
  }
  return /^[UJZ]$/.test(compact.charAt(3)) && numberAt(compact, 10, 1) === (sum % 11) % 10;
}

export const container = idNumber({
  name: 'iso6346-container',
  entity: 'ISO6346_CONTAINER',
  category: 'vehicle',
  countries: [],
  forms: ['@@@@ ######-#', '@@@@ ###### #', '@@@@ #######', '@@@@######-#'],
  isValid: isContainer,
  chance: 0.011,
  evidence: 'check',
  isUpperCase: true,
  context:
    contextWords(`container, containers, container number, container no, cntr, bill of lading, shipping container,
freight, conteneur, contenedor, teu`),
  hits: [
    { text: 'container CSQU 305438-3', value: 'CSQU 305438-3', atLeast: 0.8 },
    { text: '{"containerNumber":"CSQU3054383"}', value: 'CSQU3054383' },
    { text: 'conteneur TOLU 473478 7', value: 'TOLU 473478 7', atLeast: 0.8 },
  ],
  misses: [{ text: 'container CSQU 305438-4' }, { text: 'CSQU3054383' }, { text: 'container CSQX3054383' }],
});
