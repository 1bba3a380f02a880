/** Post office boxes: the words for one and a number. */
import { isDigit } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Cue, Recognizer } from '../../scan/recognizer.ts';

const WORDS =
  `p.o. box,p.o.box,p. o. box,po box,p o box,post office box,postfach,apartado postal,apartado de correos,apartado,
apdo.,boite postale,caixa postal,casella postale,postbus,postboks,skrytka pocztowa,casilla de correo,casilla postal`
    .split(/,\s*/)
    .map((word) => word.trim());

const CUES: readonly Cue[] = [
  ...WORDS.map((literal) => ({ literal, startsWord: true })),
  { literal: 'PO_BOX' },
  { literal: 'POBox', exact: true },
];

/** A number of one to six digits, in groups (\`Postfach 10 12 34\`), perhaps with a letter. */
const NUMBER =
  /^(?:(?: ?(?:no|nr|number|n)\.?|\xc2[\xb0\xba])?[ :#"'=]{0,4})(\d{1,3}(?: \d{2}){1,2}|[A-Z]?-?\d{1,6}[A-Z]?)(?![A-Za-z0-9_.-]*[A-Za-z0-9_])/;

export const poBox: Recognizer = {
  name: 'po-box',
  entity: 'PO_BOX',
  category: 'personal',
  countries: [],
  reach: { words: 6, maxLength: 60 },
  cues: CUES,
  findAtCue(passage: Passage, start: number, end: number): void {
    const found = NUMBER.exec(passage.ascii(end, Math.min(passage.text.length, end + 28)));
    if (found === null || !/\d/.test(found[1] ?? '')) return;
    if (isDigit(passage.text[end] ?? 0)) return;
    passage.report(poBox, start, end + found[0].length, 0.85);
  },
  hits: [
    { text: 'Mail to P.O. Box 1234, Springfield', value: 'P.O. Box 1234', atLeast: 0.8 },
    { text: 'PO Box 567', value: 'PO Box 567', atLeast: 0.8 },
    { text: 'Postfach 10 12 34, 60012 Frankfurt', value: 'Postfach 10 12 34', atLeast: 0.8 },
    { text: 'apartado postal 4321', value: 'apartado postal 4321', atLeast: 0.8 },
  ],
  misses: [{ text: 'box 1234' }, { text: 'PO Box is closed' }, { text: 'apartado 3.2.1 del informe' }],
};
