/** Turkey: numbers of citizens and taxpayers. */

import { numberAt } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** The tenth digit from the odd and even places, the eleventh the sum of the ten before it (NVİ). */
function isTckn(digits: string): boolean {
  let odd = 0;
  let even = 0;
  for (let i = 0; i < 9; i++) {
    if (i % 2 === 0) odd += numberAt(digits, i, 1);
    else even += numberAt(digits, i, 1);
  }
  const tenth = (7 * odd + 9 * even) % 10;
  return (
    digits.charAt(0) !== '0' &&
    tenth === numberAt(digits, 9, 1) &&
    (odd + even + tenth) % 10 === numberAt(digits, 10, 1)
  );
}

const trNationalId = idNumber({
  name: 'tr-national-id',
  entity: 'TR_NATIONAL_ID',
  category: 'government_id',
  countries: ['TR'],
  alsoEntity: 'TR_TCKN',
  forms: ['###########', '### ### ### ##'],
  isValid: isTckn,
  chance: 0.0089,
  evidence: 'check',
  context:
    contextWords(`tckn, tc kimlik, tc kimlik no, t c kimlik, t c kimlik no, tckimlik, tckimlikno, tc no, kimlik no,
kimlik numarası, kimlik numarasi, kimlik numaranız, vatandaşlık no, vatandaşlık numarası, nüfus cüzdanı, nufus cuzdani, türk kimlik,
turkish id, turkish identity, turkish national id, türkiye cumhuriyeti kimlik`),
  hits: [
    { text: 'T.C. Kimlik No: 48843924046', value: '48843924046' },
    { text: '{"tckn":"43344044668"}', value: '43344044668' },
    { text: 'Turkish ID (kimlik numarası) 778 136 136 80', value: '778 136 136 80', atLeast: 0.8 },
  ],
  misses: [{ text: 'TCKN: 27868764111' }, { text: 'sipariş 74688821868' }, { text: 'TCKN 746888218681' }],
});

/** Each of nine digits plus its place from the right, times a power of two, mod 9 with 9 for 0 (GİB). */
function isVkn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < 9; i++) {
    const value = (numberAt(digits, i, 1) + 9 - i) % 10;
    sum += value === 0 ? 0 : (value * 2 ** (9 - i)) % 9 || 9;
  }
  return (10 - (sum % 10)) % 10 === numberAt(digits, 9, 1);
}

const trVkn = idNumber({
  name: 'tr-vkn',
  entity: 'TR_VKN',
  category: 'business',
  countries: ['TR'],
  forms: ['##########', '### ### ####'],
  isValid: isVkn,
  chance: 0.1,
  evidence: 'context',
  context:
    contextWords(`vkn, vergi no, vergi numarası, vergi numarasi, vergi kimlik, vergi kimlik no, vergi kimlik numarası,
vergi dairesi, vergino, turkish tax, turkish tax number`),
  hits: [
    { text: 'VKN: 0231676366', value: '0231676366' },
    { text: '{"vergiNo":"5966858777"}', value: '5966858777' },
    { text: 'Turkish tax number (vergi kimlik no) 039 725 4332', value: '039 725 4332', atLeast: 0.8 },
  ],
  misses: [{ text: 'VKN: 8099213850' }, { text: '7926102281' }, { text: 'VKN 79261022811' }],
});

export const TR: readonly Recognizer[] = [trNationalId, trVkn];
