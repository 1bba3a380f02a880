/**
 * The part of helm's template language that the chart of deploy/helm/weir uses: if, range with two variables, pipelines, and some
 * functions of Go's text/template and of sprig, with helm's meaning of empty. What else a template holds is refused.
 */
import { stringify } from 'yaml';

export interface Release {
  readonly values: unknown;
  readonly namespace: string;
}

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly expression: string }
  | { readonly kind: 'if'; readonly expression: string; readonly body: readonly Node[] }
  | { readonly kind: 'range'; readonly expression: string; readonly body: readonly Node[] };

interface Token {
  readonly kind: 'text' | 'action';
  readonly text: string;
}

/** The text that helm makes of a template. */
export function renderTemplate(template: string, release: Release): string {
  const tokens = tokensOf(template);
  const { nodes, rest } = parse(tokens);
  if (rest.length > 0) throw new Error('an end too many');
  const scope = new Map<string, unknown>([
    ['$', { Values: release.values, Release: { Namespace: release.namespace } }],
  ]);
  return print(nodes, scope);
}

/** `{{-` and `-}}` take the white space beside them away (text/template, "Text and spaces"). */
function tokensOf(template: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let isTrimmed = false;
  for (const match of template.matchAll(/\{\{(-\s)?([\s\S]*?)(\s-)?\}\}/g)) {
    let text = template.slice(at, match.index);
    if (isTrimmed) text = text.trimStart();
    if (match[1] !== undefined) text = text.trimEnd();
    tokens.push({ kind: 'text', text }, { kind: 'action', text: (match[2] ?? '').trim() });
    isTrimmed = match[3] !== undefined;
    at = match.index + match[0].length;
  }
  const last = template.slice(at);
  tokens.push({ kind: 'text', text: isTrimmed ? last.trimStart() : last });
  return tokens;
}

function parse(tokens: readonly Token[]): { readonly nodes: readonly Node[]; readonly rest: readonly Token[] } {
  const nodes: Node[] = [];
  let rest = tokens;
  for (;;) {
    const [token, ...after] = rest;
    if (token === undefined) return { nodes, rest: [] };
    rest = after;
    if (token.kind === 'text') {
      nodes.push({ kind: 'text', text: token.text });
      continue;
    }
    if (token.text.startsWith('/*')) continue;
    if (token.text === 'end') return { nodes, rest: [token, ...rest] };
    const [, word, expression = ''] = /^(if|range \$key, \$item :=) ([\s\S]*)$/.exec(token.text) ?? [];
    if (word === undefined) {
      nodes.push({ kind: 'print', expression: token.text });
      continue;
    }
    const inner = parse(rest);
    if (inner.rest[0]?.text !== 'end') throw new Error(`no end of ${token.text}`);
    nodes.push({ kind: word === 'if' ? 'if' : 'range', expression, body: inner.nodes });
    rest = inner.rest.slice(1);
  }
}

type Scope = ReadonlyMap<string, unknown>;

function print(nodes: readonly Node[], scope: Scope): string {
  return nodes
    .map((node) => {
      if (node.kind === 'text') return node.text;
      const value = evaluate(node.expression, scope);
      if (node.kind === 'print') return String(value);
      if (node.kind === 'if') return isTrue(value) ? print(node.body, scope) : '';
      return itemsOf(value)
        .map(([key, item]) => print(node.body, new Map([...scope, ['$key', key], ['$item', item]])))
        .join('');
    })
    .join('');
}

function itemsOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  if (!isMap(value)) throw new Error('range takes a list or a map');
  // By key, as text/template goes through maps.
  return Object.keys(value)
    .sort()
    .map((key) => [key, value[key]]);
}

/** text/template: false, 0, nil and whatever has a length of zero are not true. */
function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return value !== null && value !== undefined && value !== false && value !== 0 && value !== '';
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Marks, words and texts of a pipeline. */
function wordsOf(expression: string): string[] {
  const words = expression.match(/"(?:[^"\\]|\\.)*"|[()|]|[^\s()|]+/g) ?? [];
  return [...words];
}

function evaluate(expression: string, scope: Scope): unknown {
  const words = wordsOf(expression);
  const value = pipeline(words, scope);
  if (words.length > 0) throw new Error(`not understood behind ${expression}: ${words.join(' ')}`);
  return value;
}

function pipeline(words: string[], scope: Scope): unknown {
  let value = call(words, scope, []);
  while (words[0] === '|') {
    words.shift();
    value = call(words, scope, [value]);
  }
  return value;
}

function call(words: string[], scope: Scope, piped: readonly unknown[]): unknown {
  const [first = ''] = words;
  const made = FUNCTIONS[first];
  if (made === undefined) {
    if (piped.length > 0) throw new Error(`no function ${first}`);
    return operand(words, scope);
  }
  words.shift();
  const given: unknown[] = [];
  while (words.length > 0 && words[0] !== '|' && words[0] !== ')') given.push(operand(words, scope));
  return made(...given, ...piped);
}

function operand(words: string[], scope: Scope): unknown {
  const word = words.shift() ?? '';
  if (word === '(') {
    const value = pipeline(words, scope);
    if (words.shift() !== ')') throw new Error('a bracket is not closed');
    return value;
  }
  if (word.startsWith('"')) return JSON.parse(word);
  if (/^(true|false|-?\d+)$/.test(word)) return JSON.parse(word);
  const [variable = '', ...fields] = word.split('.');
  if (!scope.has(variable)) throw new Error(`not understood: ${word}`);
  return fields.reduce<unknown>((value, field) => {
    if (!isMap(value)) throw new Error(`nil pointer evaluating ${word}`);
    return value[field];
  }, scope.get(variable));
}

const FUNCTIONS: Readonly<Record<string, (...given: readonly unknown[]) => unknown>> = {
  and: (...given) => given.find((one) => !isTrue(one)) ?? given.at(-1),
  or: (...given) => given.find(isTrue) ?? given.at(-1),
  not: (one) => !isTrue(one),
  eq: (one, other) => one === other,
  ne: (one, other) => one !== other,
  list: (...given) => given,
  concat: (...given) => given.flat(),
  deepCopy: (one) => structuredClone(one),
  set: (map, key, value) => Object.assign(Object(map), { [String(key)]: value }),
  toJson: (one) => JSON.stringify(one ?? null),
  toYaml: (one) => stringify(one).trimEnd(),
  nindent: (count, text) => `\n${String(text).replace(/^/gm, ' '.repeat(Number(count)))}`,
  printf: (form, ...given) => {
    const rest = [...given];
    return String(form).replace(/%[s%]/g, (mark) => (mark === '%%' ? '%' : String(rest.shift())));
  },
  required: (message, value) => {
    if (value === null || value === undefined || value === '') throw new Error(String(message));
    return value;
  },
};
