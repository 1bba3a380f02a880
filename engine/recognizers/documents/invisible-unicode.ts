/**
 * Characters that nobody sees and models read: tags (U+E0000 block), overrides of direction (Unicode Standard Annex #9),
 * and zero-width characters where no script needs them.
 */
import { isAscii } from 'node:buffer';
import { nextNonAscii, quadsOf } from '../../encodings/quads.ts';
import { isAlnum } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

export const invisibleUnicode: Recognizer = {
  name: 'invisible-unicode',
  entity: 'INVISIBLE_UNICODE',
  category: 'content',
  countries: [],
  finish(passage: Passage): void {
    const { text } = passage;
    if (isAscii(text)) return;
    const quads = quadsOf(text);
    for (let i = nextNonAscii(text, 0, quads); i < text.length; i = nextNonAscii(text, i + 1, quads)) {
      if ((text[i] as number) < 0xe2) continue;
      const first = kindAt(text, i);
      if (first === 'none') continue;
      let end = i;
      let count = 0;
      let kind: Kind = first;
      while (kind !== 'none') {
        end += widthOf(text[end] as number);
        count++;
        kind = kindAt(text, end);
      }
      passage.reportWhole(invisibleUnicode, i, end, scoreOf(text, i, end, first, count));
      i = end - 1;
    }
  },
  hits: [
    { text: `hello${'\u{e0069}\u{e0067}\u{e006e}'}`, value: '\u{e0069}\u{e0067}\u{e006e}', atLeast: 0.8 },
    { text: 'file\u202egnp.exe', value: '\u202e', atLeast: 0.8 },
    { text: 'pass\u200bword', value: '\u200b' },
    {
      text: 'x\u200b\u200c\u200d\u200b\u200c\u200d\u200b\u200c y',
      value: '\u200b\u200c\u200d\u200b\u200c\u200d\u200b\u200c',
      atLeast: 0.8,
    },
  ],
  misses: [
    { text: '👩\u200d💻 works' },
    { text: 'می\u200cخواهم' },
    { text: '\u200fשלום\u200e abc' },
    { text: '\ufeffBOM at the start' },
    { text: 'flag 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}' },
  ],
};

type Kind = 'none' | 'zero-width' | 'override' | 'tag';

function kindAt(text: Buffer, at: number): Kind {
  const [a, b, c] = [text[at] ?? 0, text[at + 1] ?? 0, text[at + 2] ?? 0];
  if (a === 0xe2 && b === 0x80) {
    if (c >= 0x8b && c <= 0x8d) return 'zero-width';
    return c === 0xad || c === 0xae ? 'override' : 'none';
  }
  // U+2060 to U+2064; the isolates U+2066 to U+2069 are what careful software uses.
  if (a === 0xe2 && b === 0x81) return c >= 0xa0 && c <= 0xa4 ? 'zero-width' : 'none';
  return a === 0xf3 && b === 0xa0 && (c === 0x80 || c === 0x81) ? 'tag' : 'none';
}

function widthOf(lead: number): number {
  return lead >= 0xf0 ? 4 : 3;
}

/** 0 where a script or an emoji needs them. */
function scoreOf(text: Buffer, start: number, end: number, kind: Kind, count: number): number {
  // Flags of regions are a black flag followed by tags (Unicode Technical Standard #51).
  if (kind === 'tag') return text.toString('utf8', Math.max(0, start - 4), start) === '🏴' ? 0 : 0.95;
  if (kind === 'override') return 0.85;
  if (count >= 8) return 0.9;
  const isBetweenAscii = isAlnum(text[start - 1] ?? 0) && isAlnum(text[end] ?? 0);
  return isBetweenAscii ? 0.6 : 0;
}
