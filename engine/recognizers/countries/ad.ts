/** Andorra: the tax register's number. */

import { numberAt } from '../../scan/check-digits.ts';
import { contextWords } from '../../scan/context.ts';
import { idNumber } from '../../scan/id-number.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

/** The kind of person, six digits in ranges by kind, and a letter whose making is not published. */
function isNrt(compact: string): boolean {
  const digits = numberAt(compact, 1, 6);
  const kind = compact.charAt(0);
  if (!/^[ACDEFGLOPU]$/.test(kind)) return false;
  if (kind === 'F') return digits <= 699_999;
  return !((kind === 'A' || kind === 'L') && digits > 699_999 && digits < 800_000);
}

const adNrt = idNumber({
  name: 'ad-nrt',
  entity: 'AD_NRT',
  category: 'government_id',
  countries: ['AD'],
  forms: ['@-######-@', '@######@', '@ ###### @'],
  isValid: isNrt,
  chance: 0.36,
  evidence: 'context',
  isUpperCase: true,
  context:
    contextWords(`nrt, número de registre tributari, numero de registre tributari, registre tributari, andorran tax number,
andorra tax number`),
  hits: [
    { text: 'NRT: U-132950-X', value: 'U-132950-X', atLeast: 0.8 },
    { text: '{"nrt":"L605932B"}', value: 'L605932B' },
    { text: 'Andorran tax number F-123456-Z', value: 'F-123456-Z', atLeast: 0.8 },
  ],
  misses: [{ text: 'NRT I 706193 G' }, { text: 'NRT A123B' }, { text: 'U-132950-X' }],
});

export const AD: readonly Recognizer[] = [adNrt];
