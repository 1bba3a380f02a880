/** Switzerland: old-age insurance and the number of a company, which is its VAT number with a suffix. */

import { isDigits, weightedSum } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { VAT_WORDS } from './vat-words.ts';

/** 756, the country; EAN-13. */
function isAhv(digits: string): boolean {
  return digits.startsWith('756') && weightedSum(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0;
}

const chAhv = idNumber({
  name: 'ch-ahv',
  entity: 'CH_AHV',
  category: 'government_id',
  countries: ['CH', 'LI'],
  forms: ['###.####.####.##', '#############'],
  isValid: isAhv,
  chance: 0.0001,
  evidence: 'check',
  context:
    contextWords(`ahv, ahv nr, ahv nummer, ahvn, ahvn13, ahvnr, ahvnummer, avs, no avs, numéro avs, numero avs, navs,
navs13, sozialversicherungsnummer, versichertennummer, oasi, numero d assicurazione sociale, sv nummer, social security`),
  hits: [
    { text: 'AHV-Nr. 756.9217.0769.85', value: '756.9217.0769.85', atLeast: 0.8 },
    { text: '{"ahvNummer":"7569217076985"}', value: '7569217076985', atLeast: 0.8 },
    { text: 'numéro AVS 756.2334.3329.96', value: '756.2334.3329.96', atLeast: 0.8 },
    { text: '756.9203.3850.60', value: '756.9203.3850.60' },
  ],
  misses: [{ text: 'AHV 756.9217.0769.84' }, { text: 'AHV 757.9217.0769.85' }, { text: 'AHV 7569217076985123' }],
});

/** CHE, eight digits and a check digit, as given out since 2011; behind it what VAT is called. */
function isUid(compact: string): boolean {
  const digits = /^CHE(\d{9})(?:MWST|TVA|IVA|TPV|HR)?$/.exec(compact)?.[1] ?? '';
  return isDigits(digits, 9) && weightedSum(digits, [5, 4, 3, 2, 7, 6, 5, 4, 1]) % 11 === 0;
}

const chUid = idNumber({
  name: 'ch-uid',
  entity: 'CH_UID',
  category: 'business',
  countries: ['CH', 'LI'],
  forms: [
    'CHE-###.###.###',
    'CHE-###.###.### MWST',
    'CHE-###.###.### TVA',
    'CHE-###.###.### IVA',
    'CHE-###.###.### TPV',
    'CHE ### ### ###',
    'CHE-#########',
  ],
  isValid: isUid,
  chance: 0.09,
  evidence: 'own',
  isUpperCase: true,
  context: contextWords(
    `uid, uid nr, uid nummer, ide, idi, numéro ide, unternehmens identifikationsnummer, handelsregister,
registre du commerce, registro di commercio, zefix, mwst, mw st, mwst nr, mehrwertsteuer, tva, iva, company number`,
    VAT_WORDS,
  ),
  hits: [
    { text: 'UID: CHE-100.155.212', value: 'CHE-100.155.212', atLeast: 0.8 },
    { text: '{"uid":"CHE109910570"}', value: 'CHE109910570', atLeast: 0.8 },
    { text: 'TVA no CHE-107.787.577 IVA', value: 'CHE-107.787.577 IVA', atLeast: 0.8 },
    { text: 'CHE-809.550.771', value: 'CHE-809.550.771' },
  ],
  misses: [{ text: 'UID CHE-100.155.211' }, { text: 'UID CHE-107.787.578 IVA' }, { text: 'UID CHE-100.155.2123' }],
});

export const CH: readonly Recognizer[] = [chAhv, chUid];
