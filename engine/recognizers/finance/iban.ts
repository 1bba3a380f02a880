/**
 * International bank account numbers (ISO 13616): country's length and structure from the IBAN registry, then mod 97.
 * Written together or in groups; a value that fails either test is none.
 */

import { byteAt, isAlnum, isDigit } from '../../scan/bytes.ts';
import { remainder97 } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** What follows the check digits: `n` digits, `a` upper-case letters, `c` either, each with a count. */
const REGISTRY = `AD n8c12 AE n19 AL n8c16 AT n16 AZ a4c20 BA n16 BE n12 BG a4n6c8 BH a4c14 BI n23 BR n23a1c1 BY c4n4c16
CH n5c12 CR n18 CY n8c16 CZ n20 DE n18 DJ n23 DK n14 DO c4n20 EE n16 EG n25 ES n20 FI n14 FK a2n12 FO n14 FR n10c11n2
GB a4n14 GE a2n16 GI a4c15 GL n14 GR n7c16 GT c24 HN a4n20 HR n17 HU n24 IE a4n14 IL n19 IQ a4n15 IS n22 IT a1n10c12
JO a4n4c18 KW a4c22 KZ n3c13 LB n4c20 LC a4c24 LI n5c12 LT n16 LU n3c13 LV a4c13 LY n21 MC n10c11n2 MD c20 ME n18
MK n3c10n2 MN n16 MR n23 MT a4n5c18 MU a4n19a3 NI a4n20 NL a4n10 NO n11 OM n3c16 PK a4c16 PL n24 PS a4c21 PT n21
QA a4c21 RO a4c16 RS n18 RU n14c15 SA n2c18 SC a4n20a3 SD n14 SE n20 SI n15 SK n20 SM a1n10c12 SO n19 ST n21 SV a4n20
TL n19 TN n20 TR n6c16 UA n6c19 VA n18 VG a4n16 XK n16 YE a4n4c18`;

interface Structure {
  readonly length: number;
  readonly matches: RegExp;
}

const STRUCTURES: ReadonlyMap<string, Structure> = new Map(
  [...REGISTRY.matchAll(/([A-Z]{2}) (\S+)/g)].map(([, country = '', spec = '']) => [country, structureOf(spec)]),
);

function structureOf(spec: string): Structure {
  const parts = [...spec.matchAll(/([nac])(\d+)/g)].map(([, kind = '', count = '']) => ({ kind, count }));
  const classes: Readonly<Record<string, string>> = { n: '[0-9]', a: '[A-Z]', c: '[A-Z0-9]' };
  return {
    length: 4 + parts.reduce((sum, part) => sum + Number(part.count), 0),
    matches: new RegExp(`^${parts.map((part) => `${classes[part.kind]}{${part.count}}`).join('')}$`),
  };
}

/** Upper case, without separators. */
export function isIban(value: string): boolean {
  const structure = STRUCTURES.get(value.slice(0, 2));
  if (structure === undefined || value.length !== structure.length) return false;
  return structure.matches.test(value.slice(4)) && remainder97(value.slice(4) + value.slice(0, 4)) === 1;
}

export const iban: Recognizer = {
  name: 'iban',
  entity: 'IBAN_CODE',
  category: 'financial',
  countries: [...STRUCTURES.keys()],
  prefixLetters: 2,
  context: contextWords(`iban, bank, account, transfer, payee, beneficiary, bic, swift, konto, bankverbindung, compte,
virement, cuenta, conto, rekening, sepa`),
  findPrefixed(passage: Passage, start: number): void {
    const text = passage.text;
    const country = String.fromCharCode(byteAt(text, start), byteAt(text, start + 1));
    const structure = STRUCTURES.get(country.toUpperCase());
    if (structure === undefined || !isDigit(byteAt(text, start + 3))) return;
    let value = '';
    let separators = 0;
    let i = start;
    while (value.length < structure.length) {
      const byte = byteAt(text, i);
      if (isAlnum(byte)) {
        value += String.fromCharCode(byte);
        i++;
        continue;
      }
      // One space (also a no-break one) or dash between groups.
      const width = byte === 0x20 || byte === 0x2d ? 1 : byte === 0xc2 && byteAt(text, i + 1) === 0xa0 ? 2 : 0;
      if (width === 0 || !isAlnum(byteAt(text, i + width))) return;
      separators++;
      i += width;
    }
    if (isAlnum(byteAt(text, i))) return;
    const isUpperCase = value === value.toUpperCase();
    // Hexadecimal strings in lower case look alike, and nobody writes an IBAN so without a word of it near.
    if (isIban(value.toUpperCase()))
      passage.report(iban, start, i, !isUpperCase ? 0.4 : separators > 0 ? 0.95 : 0.85, 1);
  },
  hits: [
    { text: 'IBAN DE89 3704 0044 0532 0130 00', value: 'DE89 3704 0044 0532 0130 00', atLeast: 0.8 },
    { text: 'DE89370400440532013000', value: 'DE89370400440532013000', atLeast: 0.8 },
    { text: 'pay to GB82 WEST 1234 5698 7654 32 and wait', value: 'GB82 WEST 1234 5698 7654 32' },
    { text: '{"iban":"FR1420041010050500013M02606"}', value: 'FR1420041010050500013M02606' },
    { text: '“NL91ABNA0417164300”', value: 'NL91ABNA0417164300' },
    { text: 'iban: nl91abna0417164300', value: 'nl91abna0417164300' },
    { text: 'BE68-5390-0754-7034\r\n', value: 'BE68-5390-0754-7034' },
    { text: 'NO93\u00a08601\u00a01117\u00a0947', value: 'NO93\u00a08601\u00a01117\u00a0947' },
  ],
  misses: [
    { text: 'IBAN DE89 3704 0044 0532 0130 01' },
    { text: 'iban XX89 3704 0044 0532 0130 00' },
    { text: 'DE8937040044053201300' },
    { text: 'DE893704004405320130000' },
    { text: 'xDE89370400440532013000' },
    { text: 'FR1420041010050500013M0260X' },
  ],
};
