/** Recovery and backup codes of accounts: a list of codes of one form, or a single one, behind the words for them. */
import { byteAt } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isStandIn } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';

/** How far behind the words the codes are looked for, bytes. */
const REACH = 600;
const CODE = /[A-Za-z0-9]{4,6}(?:-[A-Za-z0-9]{4,6}){1,4}|\d{4} \d{4}|[A-Za-z0-9]{8,16}/y;
const BETWEEN = /(?:[\s,;"'`|*•[\]-]|\\n|\d{1,2}[.)]\s)+/y;

const codes = [
  assembled('b3kx9', '-q7hm2'),
  assembled('w4tpr', '-3ncz8'),
  assembled('m9jd5', '-h2vk6'),
  assembled('x7gq4', '-t8bn3'),
];

export const recoveryCodes: Recognizer = {
  name: 'recovery-codes',
  entity: 'RECOVERY_CODES',
  category: 'credential',
  countries: [],
  isWhole: true,
  cues: [
    { literal: 'recovery code' },
    { literal: 'recovery_code' },
    { literal: 'recoverycode' },
    { literal: 'backup code' },
    { literal: 'backup_code' },
    { literal: 'backupcode' },
    { literal: 'backup verification code' },
    { literal: 'scratch code' },
    { literal: 'wiederherstellungscode' },
    { literal: 'codes de secours' },
  ],
  findAtCue(passage: Passage, start: number, end: number): void {
    if (passage.isRead('recovery-codes', start)) return;
    const written = passage.ascii(end, Math.min(passage.text.length, end + REACH));
    const lead =
      /^[sn]?(?:[ \t][\w ,.'()-]{0,80}?)?(?:\s*["'\]]?\s*[:=]\s*|\s+(?:is|are|were)\s+|\s*\n)[\s*\d.)["'`-]*/.exec(
        written,
      );
    if (lead === null) return;
    // A number of a list is no code; what it swallowed of one is given back.
    let at = written.slice(0, lead[0].length).search(/[A-Za-z0-9]*$/);
    const first = at;
    let last = at;
    let count = 0;
    let form = '';
    for (;;) {
      CODE.lastIndex = at;
      const code = CODE.exec(written)?.[0];
      if (code === undefined || !/\d/.test(code) || isStandIn(code)) break;
      const own = code.replace(/[A-Za-z0-9]/g, 'x');
      if (form !== '' && own !== form) break;
      form = own;
      count++;
      last = at + code.length;
      BETWEEN.lastIndex = last;
      const gap = BETWEEN.exec(written)?.[0];
      if (gap === undefined) break;
      at = last + gap.length;
    }
    if (count === 0 || /[A-Za-z0-9]/.test(String.fromCharCode(byteAt(passage.text, end + last)))) return;
    const isSingle = count < 3;
    // A single run without a joint may be a word or an order's number.
    if (isSingle && !form.includes('-') && !/^x{10,}$/.test(form)) return;
    passage.markRead('recovery-codes', end + last);
    passage.report(recoveryCodes, end + first, end + last, isSingle ? 0.6 : 0.88);
  },
  hits: [
    { text: `Recovery codes:\n${codes.join('\n')}\n`, value: codes.join('\n'), atLeast: 0.8 },
    { text: `my backup code is ${codes[0]}.`, value: codes[0] ?? '' },
    { text: `Save these backup codes: ${codes.join(', ')}`, value: codes.join(', '), atLeast: 0.8 },
  ],
  misses: [
    { text: 'Enter one of your recovery codes to sign in.' },
    { text: 'Recovery codes:\nxxxxx-xxxxx\nxxxxx-xxxxx' },
    { text: 'the recovery code is in src/backup.ts' },
    { text: 'backup code: see docs' },
  ],
};
