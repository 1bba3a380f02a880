/** Recovery and backup codes of accounts: a list of codes of one form, or a single one, behind the words for them. */
import { byteAt } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isStandIn } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { spellings } from '../../scan/spellings.ts';

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
  reach: {
    maxLength: REACH + 40,
    opens:
      /(?:(?:recovery|backup|verification|scratch)[ _-]?codes?|wiederherstellungscodes?|codes de secours)(?:[^0-9]{0,200}|[\s\S]{0,600})$/i,
  },
  isWhole: true,
  cues: [
    ...['recovery code', 'backup code', 'backup verification code', 'scratch code'].flatMap(spellings),
    ...['wiederherstellungscode', 'codes de secours'],
  ].map((literal) => ({ literal })),
  findAtCue(passage: Passage, start: number, end: number): void {
    if (passage.isRead('recovery-codes', start)) return;
    const written = passage.ascii(end, Math.min(passage.text.length, end + REACH));
    const lead =
      /^[sn]?(?:[ \t][\w ,.'()-]{0,80}?)?(?:\s*["'\]]?\s*[:=]\s*|\s+(?:is|are|were)\s+|\s*\n)[\s*\d.)["'`-]*/.exec(
        written,
      );
    // A number of a list is no code; what the lead swallowed of one is given back.
    const at = lead === null ? -1 : written.slice(0, lead[0].length).search(/[A-Za-z0-9]*$/);
    const own = at === -1 ? null : readCodes(written, at);
    const list = own !== null && own.count > 0 ? own : listIn(written);
    if (list === null || /[A-Za-z0-9]/.test(String.fromCharCode(byteAt(passage.text, end + list.end)))) return;
    const isSingle = list.count < 3;
    // A single run without a joint may be a word or an order's number.
    if (isSingle && (!list.isTelling || (!list.form.includes('-') && !/^x{10,}$/.test(list.form)))) return;
    passage.markRead('recovery-codes', end + list.end);
    passage.report(recoveryCodes, end + list.start, end + list.end, isSingle ? 0.6 : 0.88);
  },
  hits: [
    { text: `Recovery codes:\n${codes.join('\n')}\n`, value: codes.join('\n'), atLeast: 0.8 },
    { text: `my backup code is ${codes[0]}.`, value: codes[0] ?? '' },
    { text: `<th>recovery codes</th><td>${codes.join('\n')}</td>`, value: codes.join('\n'), atLeast: 0.8 },
    { text: `Subject: backup codes\n\nThe ones on file are ${codes.join(' ')} today`, value: codes.join(' ') },
    { text: `| recovery codes | ${codes.join(', ')} |`, value: codes.join(', '), atLeast: 0.8 },
    { text: `Save these backup codes: ${codes.join(', ')}`, value: codes.join(', '), atLeast: 0.8 },
  ],
  misses: [
    { text: 'Enter one of your recovery codes to sign in.' },
    { text: 'Recovery codes:\nxxxxx-xxxxx\nxxxxx-xxxxx' },
    { text: 'the recovery code is in src/backup.ts' },
    { text: 'backup code: see docs' },
  ],
};

interface Codes {
  readonly start: number;
  readonly end: number;
  readonly count: number;
  /** With an x for each letter and digit. */
  readonly form: string;
  /** Half of them hold a digit, and so each of a few. */
  readonly isTelling: boolean;
}

/** Codes of one form that begin at `at`, with spaces, commas, quotes or numbers of a list between. */
function readCodes(written: string, at: number): Codes {
  let next = at;
  let end = at;
  let count = 0;
  let withDigit = 0;
  let form = '';
  for (;;) {
    CODE.lastIndex = next;
    const code = CODE.exec(written)?.[0];
    if (code === undefined || isStandIn(code)) break;
    const own = code.replace(/[A-Za-z0-9]/g, 'x');
    if (form !== '' && own !== form) break;
    const hasDigit = /\d/.test(code);
    // A word ends the list, but for codes that only chance gives no digit.
    if (!hasDigit && !own.includes('-')) break;
    form = own;
    count++;
    if (hasDigit) withDigit++;
    end = next + code.length;
    BETWEEN.lastIndex = end;
    const gap = BETWEEN.exec(written)?.[0];
    if (gap === undefined) break;
    next = end + gap.length;
  }
  return { start: at, end, count, form, isTelling: count < 3 ? withDigit === count : withDigit * 2 >= count };
}

/** How far behind the words a list may begin that nothing leads to: in the cell below, in the next sentence. */
const NEAR = 120;
const MAY_BEGIN = /(?<![\w-])[A-Za-z0-9]{4,16}(?=[-\s,;"'`|*•])/g;

/** A list of three codes or more, whatever leads to it. */
function listIn(written: string): Codes | null {
  for (const { index } of written.slice(0, NEAR).matchAll(MAY_BEGIN)) {
    const list = readCodes(written, index);
    if (list.count >= 3 && list.isTelling) return list;
  }
  return null;
}
