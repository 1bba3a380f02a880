/**
 * Source code in any common language: pieces of syntax that prose does not have, several different ones within a few
 * lines. Words alone (`return`, `class`) count for little: they are words of English too.
 */
import { cuesOf, documentKind } from './document.ts';

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
  'private static ',
  'private final ',
  'def __init__',
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
  'package main',
  'func (',
  ':= ',
  'if err != nil',
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

const cpp = `#include <stdio.h>\nint main(void) {\n  for (int i = 0; i < 3; i++) {\n    if (i == 2) printf("%d", i);\n  }\n  return (0);\n}\n`;
const python = `def __init__(self, host):\n    self.host = host\n    if host is None:\n        raise ValueError\n\ndef run(self):\n    print(f"{self.host}")\n`;

export const sourceCode = documentKind({
  name: 'source-code',
  entity: 'SOURCE_CODE',
  cues: cuesOf(SYNTAX, { exact: true }),
  gap: 1500,
  score: ({ count, distinct }) => {
    if (distinct >= 6 && count >= 10) return 0.9;
    if (distinct >= 5 && count >= 6) return 0.8;
    return distinct >= 4 && count >= 5 ? 0.6 : 0;
  },
  hits: [
    { text: cpp, value: cpp.slice(0, cpp.indexOf(';\n}\n') + 1), atLeast: 0.5 },
    { text: `Why does this fail?\n\n${python}`, value: python.trimEnd(), atLeast: 0.5 },
  ],
  misses: [
    {
      text: 'We await your reply. If (as planned) the class returns, let it import the goods and yield to the public.',
    },
    { text: 'Run `npm install` and then `console.log(1)` in a shell; see example.com for (more) help.' },
    { text: '{"if": "x", "for": [1, 2, 3], "while": {"a": 1}, "return": null, "function": "f(x)"}' },
  ],
});
