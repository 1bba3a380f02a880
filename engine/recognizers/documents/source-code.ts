/**
 * Source code in any common language: pieces of syntax that prose does not have, several different ones within a few
 * lines. Words alone (`return`, `class`) count for little: they are words of English too.
 */
import { HIGH } from '../../../flow/finding.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import type { Cluster } from '../../scan/tally.ts';
import { cuesOf, documentKind, lineEnd, lineStart } from './document.ts';

/** With the signs that make them code. */
const SYNTAX = [
  '#include <',
  '#include "',
  '#!/bin/',
  '#!/usr/bin/',
  '#define ',
  '#ifdef ',
  '#ifndef ',
  'import java.',
  'public class ',
  'public static ',
  'public int ',
  'public void ',
  'public String ',
  'private static ',
  'private final ',
  'def __init__',
  'def ',
  '):\n',
  'if __name__',
  '(self',
  'self.',
  'console.log(',
  'module.exports',
  '=> {',
  'function (',
  'function(',
  'export default ',
  'export const ',
  'export function ',
  'import {',
  '} else {',
  '} from ',
  '} catch (',
  'try {',
  'if (',
  'for (',
  'while (',
  'switch (',
  'return;',
  'return (',
  'return this.',
  'new Error(',
  'throw new ',
  ' = new ',
  'package main',
  'func (',
  ':= ',
  'if err != nil',
  'fmt.Errorf(',
  'fmt.Print',
  'fmt.Sprint',
  'fn main(',
  'pub fn ',
  'impl ',
  'let mut ',
  'std::',
  'using namespace ',
  'using System',
  'System.out.',
  'nullptr',
  'printf(',
  'print(f',
  'elif ',
  '<?php',
  '$this->',
  '@Override',
  'static_cast<',
  'template <',
  'typeof ',
  '=== ',
  '!== ',
  '&& ',
  '!= null',
  ' = function',
  'async function ',
  'await ',
  'raise ',
  'except ',
  'lambda ',
  'yield ',
  '</div>',
  '<script',
  'document.',
  'end\n',
];

const CUES = cuesOf(SYNTAX, { exact: true });
const NUMBERS = new Map(CUES.map((cue, number) => [cue, number]));
/** Bytes between two cues of one stretch. */
const GAP = 1500;

const short = `def total(items, limit=7):\n    sum = 0\n    for item in items:\n        if item.size > limit:\n            continue\n        sum += item.size\n    return sum\n`;
const cpp = `#include <stdio.h>\nint main(void) {\n  for (int i = 0; i < 3; i++) {\n    if (i == 2) printf("%d", i);\n  }\n  return (0);\n}\n`;
const python = `def __init__(self, host):\n    self.host = host\n    if host is None:\n        raise ValueError\n\ndef run(self):\n    print(f"{self.host}")\n`;

/** Scores of a stretch by its cues alone. */
function scoreOf({ count, distinct }: Cluster): number {
  if (distinct >= 6 && count >= 10) return 0.9;
  if (distinct >= 5 && count >= 6) return 0.8;
  return distinct >= 4 && count >= 5 ? 0.6 : 0;
}

const byCues = documentKind({
  name: 'source-code',
  entity: 'SOURCE_CODE',
  cues: CUES,
  gap: GAP,
  score: scoreOf,
  hits: [
    { text: cpp, value: cpp.trimEnd(), atLeast: 0.5 },
    { text: `Why does this fail?\n\n${python}`, value: python.trimEnd(), atLeast: 0.5 },
    { text: `Is this right?\n\n${short}\nThank you.`, value: short.trimEnd() },
  ],
  misses: [
    {
      text: 'We await your reply. If (as planned) the class returns, let it import the goods and yield to the public.',
    },
    { text: 'Run `npm install` and then `console.log(1)` in a shell; see example.com for (more) help.' },
    { text: '{"if": "x", "for": [1, 2, 3], "while": {"a": 1}, "return": null, "function": "f(x)"}' },
    { text: 'def main():\n' },
    {
      text: 'We said (as before): await the new rules.\nIt was so.\nWe yield to (them):\nall of it.\nThen we await more.',
    },
  ],
});

/** Fewest cues, and different ones, for which lines are looked at. */
const FEW = { count: 2, distinct: 2 };
/** Fewest lines of a short piece of code. */
const MIN_LINES = 5;
const MIN_SURE = 4;
/** Bytes of lines that are looked at from a cue on. */
const MAX_LOOK = 16_384;

/** What no prose has: signs at its end, a keyword with a sign, an assignment. */
const CODE_LINE =
  /[;{}]$|^#(?:include|define|ifdef|ifndef|endif|pragma|!)|\)(?::| \{| =>)$|^(?:def|if|for|while|return|import|from|elif|func|fn|let|const|var|public|private|class|package|try|except|throw|raise|use|export)\b.*[:({;=)]$|^(?:const|let|var|return|await|yield|throw|raise) .*[=(;'"]|^(?:continue|break|return|else|try|pass)\b;?:?$|^return [\w.]+$|^from \S+ import \S|^import ["'{\w]\S*$|^[\w.[\]"'*&]+(?: ?: ?[\w<>[\]]+)? (?:[+\-*/]|:)?= \S/;
/** Of data as well. */
const BRACKETS = /^[{}[\]]+,?$/;
/** What stands between such lines: brackets, arguments, comments, strings. */
const OPEN_LINE = /^[})\]"'`]|^["'`\w.]+[,:(]|[([,)]$|^(?:\/\/|#|\/?\*|--) ?/;
/** Links, sentences and members of JSON, whatever they end with. */
const PROSE_LINE = /^"[^"]*" ?: |\]\(|\]: |\]\[|^[#*-] |(?:^| )[A-Za-z]?[a-z]+(?: [a-z]{2,}){4}/;

/** Source code; short pieces are told by their lines, whose signs prose does not have. */
export const sourceCode: Recognizer = {
  ...byCues,
  findAtCue(passage, start, end, cue): void {
    const number = NUMBERS.get(cue) ?? 0;
    passage.note(sourceCode, start, end, number);
  },
  finish(passage): void {
    for (const cluster of passage.tallyOf(sourceCode)?.clusters(GAP) ?? []) {
      const score = scoreOf(cluster);
      const { text } = passage;
      if (score >= HIGH)
        passage.reportWhole(sourceCode, lineStart(text, cluster.start), lineEnd(text, cluster.end), score);
      else if (cluster.count >= FEW.count && cluster.distinct >= FEW.distinct) findLines(passage, cluster);
    }
  },
};

/** Reports each stretch of lines in a cluster that are code nearly all. */
function findLines(passage: Passage, cluster: Cluster): void {
  const { text } = passage;
  const last = Math.min(text.length, cluster.end + MAX_LOOK, cluster.start + 2 * MAX_LOOK);
  let from = -1;
  let to = -1;
  let lines = 0;
  let sure = 0;
  let others = 0;
  const close = (): void => {
    if (lines >= MIN_LINES && sure * 2 >= lines && sure >= MIN_SURE) passage.reportWhole(sourceCode, from, to, 0.6);
    from = -1;
    lines = 0;
    sure = 0;
    others = 0;
  };
  for (let at = lineStart(text, cluster.start); at < last; ) {
    const end = lineEnd(text, at);
    const line = passage.ascii(at, end).trim();
    if (line !== '') {
      const isCode = !PROSE_LINE.test(line) && !BRACKETS.test(line) && CODE_LINE.test(line);
      if (isCode || (from !== -1 && !PROSE_LINE.test(line) && OPEN_LINE.test(line))) {
        if (from === -1) from = at;
        if (isCode || BRACKETS.test(line)) to = end;
        lines++;
        others = 0;
        if (isCode) sure++;
      } else if (from !== -1 && ++others > 1) close();
      if (from === -1 && at > cluster.end) return;
    }
    at = end + 1;
  }
  close();
}
