/**
 * The sources as the architecture test sees them: their imports, and their code without comments and without what
 * stands in quotes, so that a rule about code is not misled by a sentence about it. A reading of tokens, no parser.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';

export interface ImportedName {
  /** The name that the module exports; `*` for a namespace, `default` for a default import. */
  readonly name: string;
  readonly alias: string;
  readonly isType: boolean;
}

export interface Import {
  /** As written: `./leaves.ts`, `node:net`, `undici`. */
  readonly specifier: string;
  /** True for `import type` and for a list in which every name is marked `type`: nothing is loaded. */
  readonly isType: boolean;
  readonly isDynamic: boolean;
  readonly names: readonly ImportedName[];
}

export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the insides of quotes and regular expressions blanked, same length. */
  readonly code: string;
  readonly imports: readonly Import[];
}

export function sourceFile(path: string, text: string): SourceFile {
  const { code, bare } = blank(text);
  return { path, text, code, imports: importsOf(bare) };
}

/** Every .ts file below the given folders of the checkout; a folder that is not there yet has none. */
export function readSources(folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: packageRoot }))
    .map((path) => sourceFile(path.replaceAll('\\', '/'), readFileSync(join(packageRoot, path), 'utf8')));
}

/** `code` as in SourceFile; `bare` keeps what stands in quotes and loses only comments. */
function blank(text: string): { readonly code: string; readonly bare: string } {
  const code = text.split('');
  const bare = text.split('');
  const wipe = (into: string[], from: number, to: number): void => {
    for (let i = from; i < to; i += 1) if (into[i] !== '\n') into[i] = ' ';
  };
  // Braces open inside each `${`, so that the end of a template's expression is known.
  const templates: number[] = [];
  let before = '';
  let i = 0;
  const chars = text.split('');
  const skipQuoted = (close: string): void => {
    const from = i + 1;
    i += 1;
    while (i < chars.length && chars[i] !== close) {
      if (close === '`' && chars[i] === '$' && chars[i + 1] === '{') {
        wipe(code, from, i);
        templates.push(0);
        i += 2;
        before = '{';
        return;
      }
      i += chars[i] === '\\' ? 2 : 1;
    }
    wipe(code, from, i);
    i += 1;
    before = close;
  };
  const skipRegExp = (): void => {
    const from = i + 1;
    let isClass = false;
    i += 1;
    while (i < chars.length && (isClass || chars[i] !== '/') && chars[i] !== '\n') {
      if (chars[i] === '[') isClass = true;
      if (chars[i] === ']') isClass = false;
      i += chars[i] === '\\' ? 2 : 1;
    }
    wipe(code, from, i);
    i += 1;
    before = '/';
  };
  while (i < chars.length) {
    const char = chars[i] ?? '';
    const next = chars[i + 1];
    if (char === '/' && (next === '/' || next === '*')) {
      const from = i;
      const isEnd =
        next === '/' ? () => chars[i] === '\n' : () => chars[i - 2] === '*' && chars[i - 1] === '/' && i > from + 3;
      while (i < chars.length && !isEnd()) i += 1;
      wipe(code, from, i);
      wipe(bare, from, i);
    } else if (char === "'" || char === '"' || char === '`') {
      skipQuoted(char);
    } else if (char === '/' && startsRegExp(before, code, i)) {
      skipRegExp();
    } else if (char === '}' && templates.at(-1) === 0) {
      templates.pop();
      skipQuoted('`');
    } else {
      const open = templates.length - 1;
      if (open >= 0 && char === '{') templates[open] = (templates[open] ?? 0) + 1;
      if (open >= 0 && char === '}') templates[open] = (templates[open] ?? 0) - 1;
      if (!/\s/.test(char)) before = char;
      i += 1;
    }
  }
  return { code: code.join(''), bare: bare.join('') };
}

/** A slash begins a regular expression where no value stands before it. */
function startsRegExp(before: string, code: readonly string[], at: number): boolean {
  if (before === '' || '(,=:[!&|?{};+-*%<>~^'.includes(before)) return true;
  return /(?:^|[^\w.$])(?:return|typeof|case|of|in|yield|await)\s*$/.test(
    code.slice(Math.max(0, at - 20), at).join(''),
  );
}

const STATIC = /(?:^|[;}\n])\s*(?:import|export)\s+(type\s+)?([^'"`;()]*?)\s*from\s*(['"])([^'"\n]+)\3/g;
const EFFECT = /(?:^|[;}\n])\s*import\s*(['"])([^'"\n]+)\1/g;
const DYNAMIC = /\b(?:import|require)\s*\(\s*(['"`])([^'"`\n]+)\1/g;

function importsOf(text: string): readonly Import[] {
  const found: Import[] = [];
  for (const [, type, clause = '', , specifier = ''] of text.matchAll(STATIC)) {
    const names = namesOf(clause, type !== undefined);
    const isType = type !== undefined || (names.length > 0 && names.every((name) => name.isType));
    found.push({ specifier, isType, isDynamic: false, names });
  }
  for (const [, , specifier = ''] of text.matchAll(EFFECT)) {
    found.push({ specifier, isType: false, isDynamic: false, names: [] });
  }
  for (const match of text.matchAll(DYNAMIC)) {
    // `typeof import('x')` and `import('x').Name` in a type would be types; the sources write `import type` for these.
    found.push({ specifier: match[2] ?? '', isType: false, isDynamic: true, names: [] });
  }
  return found;
}

function namesOf(clause: string, isType: boolean): readonly ImportedName[] {
  const braces = /\{([^}]*)\}/.exec(clause);
  const listed = (braces?.[1] ?? '').split(',').map((part) => part.trim());
  const plain = clause.replace(/\{[^}]*\}/, '').split(',');
  const names: ImportedName[] = [];
  for (const part of listed) {
    const match = /^(type\s+)?(\S+)(?:\s+as\s+(\S+))?$/.exec(part);
    if (match === null) continue;
    const name = match[2] ?? '';
    names.push({ name, alias: match[3] ?? name, isType: isType || match[1] !== undefined });
  }
  for (const part of plain.map((text) => text.trim())) {
    const namespace = /^\*(?:\s+as\s+(\S+))?$/.exec(part);
    if (namespace !== null) names.push({ name: '*', alias: namespace[1] ?? '', isType });
    else if (/^[\w$]+$/.test(part)) names.push({ name: 'default', alias: part, isType });
  }
  return names;
}
