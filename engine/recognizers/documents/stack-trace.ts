/** Stack traces and logs: frames of the common runtimes, and lines that begin with a time and bear a level. */
import { isDigit } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { documentKind, lineStart } from './document.ts';

const TRACES = [
  'Traceback (most recent call last)',
  'Exception in thread "',
  'Caused by: ',
  '\n\tat ',
  '\n    at ',
  '\n   at ',
  'File "',
  'goroutine ',
  'panic: ',
  "thread 'main' panicked at",
  'stack backtrace:',
  'Stack trace:',
  'Unhandled exception',
  'UnhandledPromiseRejection',
];
const LEVELS = [
  'ERROR',
  'WARN',
  'INFO',
  'DEBUG',
  'TRACE',
  'FATAL',
  '[error]',
  '[warn]',
  '[info]',
  '[notice]',
  '[debug]',
  'level=',
  'HTTP/1.1" ',
  'HTTP/2.0" ',
];
const TRACE_BITS = (1 << TRACES.length) - 1;
const FRAMES = new Set(['\n\tat ', '\n    at ', '\n   at ', 'File "']);

/** A frame names a file with a line; a level stands in a line that begins with a time. */
function counts(passage: Passage, start: number, end: number, literal: string): boolean {
  if (FRAMES.has(literal))
    return /^[^\n]{0,200}(?::\d+|line \d+|\(Native Method\))/.test(passage.ascii(end, end + 220));
  return LEVELS.includes(literal) ? hasTimeAtStart(passage.text, start) : true;
}

/** Eight digits or more, with the signs of dates and times between them, in the first 40 bytes of the line. */
function hasTimeAtStart(text: Buffer, at: number): boolean {
  const from = lineStart(text, at);
  let digits = 0;
  let hasColon = false;
  for (let i = from; i < Math.min(at, from + 60); i++) {
    if (isDigit(text[i] as number)) digits++;
    else if (text[i] === 0x3a) hasColon = true;
  }
  return digits >= 6 && hasColon;
}

const log = ['INFO started', 'WARN slow', 'ERROR failed', 'INFO retried', 'INFO done']
  .map((line, second) => `2026-03-01T12:00:0${second}Z ${line}`)
  .join('\n');
const trace = `Traceback (most recent call last):\n  File "app.py", line 3, in <module>\n    main()\n  File "app.py", line 9, in main\n    boom()`;

export const stackTrace = documentKind({
  name: 'stack-trace-log-dump',
  entity: 'STACK_TRACE_LOG_DUMP',
  cues: [...TRACES, ...LEVELS].map((literal) => ({ literal, exact: true })),
  counts: (passage, start, end, cue) => counts(passage, start, end, cue.literal),
  gap: 600,
  score: ({ kinds, count }) => {
    if ((kinds & TRACE_BITS) !== 0 && count >= 3) return 0.9;
    return count >= 5 ? 0.8 : 0;
  },
  hits: [
    { text: log, value: log, atLeast: 0.8 },
    { text: trace, value: trace.slice(0, trace.indexOf('\n    boom')), atLeast: 0.8 },
    {
      text: 'Exception in thread "main" java.lang.Error: x\n\tat a.B.c(B.java:12)\n\tat a.B.main(B.java:3)\n',
      value: 'Exception in thread "main" java.lang.Error: x\n\tat a.B.c(B.java:12)\n\tat a.B.main(B.java:3)',
      atLeast: 0.8,
    },
  ],
  misses: [
    { text: 'INFO for travellers: in case of ERROR or WARN lights, see page 12:30.' },
    { text: 'He looked at me.\n    at noon we met\n    at night we left\n    at last' },
  ],
});
