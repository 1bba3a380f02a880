/**
 * Where in a YAML text the cursor stands, as far as completion needs it: the keys above it, and whether a key or a value is
 * being written. Reads lines and indentation; what it does not understand (anchors over several lines, block scalars) only
 * costs an offer. Pure.
 */

export interface YamlPlace {
  /** Keys from the top; `[]` for an item of a list. */
  readonly path: readonly string[];
  /** A key of the mapping at `path`, or the value at `path`. */
  readonly kind: 'key' | 'value';
  /** What is written of it so far. */
  readonly begun: string;
}

const KEY = /^(?:"([^"]*)"|'([^']*)'|([\w.$-]+))\s*:(?=\s|$)/;

interface Line {
  /** Columns of the dashes before it. */
  readonly dashes: readonly number[];
  /** Where what follows them begins. */
  readonly column: number;
  readonly text: string;
}

function lineOf(raw: string): Line {
  const dashes: number[] = [];
  let column = raw.length - raw.trimStart().length;
  let text = raw.trimStart();
  while (/^-(?:\s|$)/.test(text)) {
    dashes.push(column);
    const rest = text.slice(1);
    const trimmed = rest.trimStart();
    column += 1 + rest.length - trimmed.length;
    text = trimmed;
  }
  return { dashes, column, text };
}

function keyOf(text: string): { readonly key: string; readonly length: number } | null {
  const match = KEY.exec(text);
  if (match === null) return null;
  return { key: match[1] ?? match[2] ?? match[3] ?? '', length: match[0].length };
}

/** The keys of the lines above that hold what stands at `column`. */
function pathAbove(lines: readonly string[], column: number, dashes: readonly number[]): readonly string[] {
  const path: string[] = [];
  let limit = column;
  // A list may stand in the column of the key that it belongs to.
  let isList = false;
  const passDashes = (marks: readonly number[]): void => {
    for (const mark of marks.toReversed()) {
      if (mark >= limit) continue;
      path.unshift('[]');
      limit = mark;
      isList = true;
    }
  };
  passDashes(dashes);
  for (const raw of lines.toReversed()) {
    if (/^\s*(?:#.*)?$/.test(raw)) continue;
    if (/^(?:---|\.\.\.)/.test(raw)) break;
    const line = lineOf(raw);
    const key = keyOf(line.text);
    if (key !== null && (line.column < limit || (isList && line.column === limit && line.dashes.length === 0))) {
      path.unshift(key.key);
      limit = line.column;
      isList = false;
    }
    passDashes(line.dashes);
    if (limit === 0 && !isList) break;
  }
  return path;
}

interface Open {
  readonly kind: '{' | '[';
  key: string | null;
}

/** What is open of `{` and `[` in the text behind a key, and what is written since. */
function flowOf(
  text: string,
): { readonly path: readonly string[]; readonly kind: 'key' | 'value'; readonly begun: string } | null {
  const open: Open[] = [];
  let begun = '';
  let quote = '';
  for (const char of text) {
    const top = open.at(-1);
    if (quote !== '') {
      if (char === quote) quote = '';
      begun += char;
    } else if ((char === '"' || char === "'") && begun.trim() === '') {
      quote = char;
      begun = char;
    } else if (char === '{' || char === '[') {
      open.push({ kind: char, key: null });
      begun = '';
    } else if (char === '}' || char === ']') {
      open.pop();
      begun = '';
    } else if (char === ',' && top !== undefined) {
      top.key = null;
      begun = '';
    } else if (char === ':' && top?.kind === '{' && top.key === null) {
      top.key = begun.trim().replace(/^["']|["']$/g, '');
      begun = '';
    } else begun += char;
  }
  if (open.length === 0) return null;
  const path = open.flatMap(({ kind, key }) => (kind === '[' ? ['[]'] : key === null ? [] : [key]));
  const top = open.at(-1);
  const isKey = top?.kind === '{' && top.key === null;
  return { path, kind: isKey ? 'key' : 'value', begun: begun.trimStart() };
}

/** `text`: everything before the cursor. Null inside a comment. */
export function yamlPlace(text: string): YamlPlace | null {
  const lines = text.split('\n');
  const line = lineOf(lines.pop() ?? '');
  if (/(?:^|\s)#/.test(line.text.replaceAll(/"[^"]*(?:"|$)|'[^']*(?:'|$)/g, ''))) return null;
  const above = pathAbove(lines, line.column, line.dashes);
  const key = keyOf(line.text);
  const value = key === null ? line.text : line.text.slice(key.length);
  const place = key === null ? above : [...above, key.key];
  const flow = flowOf(value.replace(/^\s*&\S+\s/, ''));
  if (flow !== null) return { path: [...place, ...flow.path], kind: flow.kind, begun: flow.begun };
  if (key !== null) return { path: place, kind: 'value', begun: value.trimStart() };
  // A word behind a dash may be a value of the list as well as the first key of a mapping in it: the schema knows.
  return { path: place, kind: 'key', begun: value };
}
