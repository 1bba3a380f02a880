/**
 * YAML text to plain values, checked against a shape (shapes.ts builds them), every problem with its place.
 * Refuses: duplicate keys, unknown tags, merge keys, files over 1 MiB, nesting over 64, and aliases that unfold to
 * more than 200,000 nodes. Never throws for what stands in a file, and no message repeats a value of it.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';

/** Line and column are 1-based; the message says what was expected. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `policies/default.yaml:12:5: unknown key "detekt"; did you mean "detect"?` */
export function problemText(problem: Problem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`;
}

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What a shape gives for a node that it has refused; the reader has the problem. */
export const INVALID: unique symbol = Symbol('invalid');

export type JsonSchema = { readonly [key: string]: unknown };

/** What a YAML node has to be, and the value it becomes. */
export interface Shape<T> {
  /** For messages: `a string`, `one of request, response`. */
  readonly expected: string;
  read(node: Node | null, reader: Reader): T | typeof INVALID;
  /** JSON Schema (draft 2020-12) of what is taken. */
  schema(): JsonSchema;
}

export type TypeOf<S> = S extends Shape<infer T> ? T : never;

const MAX_TEXT = 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_NODES = 200_000;
const MAX_PROBLEMS = 100;

/** Values that may still be read in one file, of so many. */
interface Budget {
  nodes: number;
  readonly most: number;
}

/** One document while it is read: resolves aliases, counts nodes, gathers problems. */
export class Reader {
  readonly file: string;
  readonly problems: Problem[];
  readonly #lines: LineCounter;
  readonly #anchors: ReadonlyMap<string, readonly Node[]>;
  readonly #fallback: number;
  #budget: Budget;
  #depth = 0;

  constructor(options: {
    file: string;
    lines: LineCounter;
    anchors: ReadonlyMap<string, readonly Node[]>;
    start: number;
    problems: Problem[];
    budget: Budget;
  }) {
    this.file = options.file;
    this.problems = options.problems;
    this.#lines = options.lines;
    this.#anchors = options.anchors;
    this.#fallback = options.start;
    this.#budget = options.budget;
  }

  /** True once no further problem is kept: shapes may then stop early. */
  get isFull(): boolean {
    return this.problems.length >= MAX_PROBLEMS;
  }

  /** Where a node begins; of no node, where the document begins. */
  placeOf(node: Node | null): Place {
    return placeAt(this.file, this.#lines, node?.range?.[0] ?? this.#fallback);
  }

  /** Notes a problem at a node and gives INVALID, so that a shape can return it. */
  refuse(node: Node | null, message: string): typeof INVALID {
    note(this.problems, { ...this.placeOf(node), message });
    return INVALID;
  }

  /** Reads a child node with a shape; aliases are followed. */
  read<T>(node: Node | null, shape: Shape<T>): T | typeof INVALID {
    if (this.#budget.nodes-- <= 0) {
      // Said once: a bomb would otherwise repeat it for every node.
      return this.#budget.nodes === -1
        ? this.refuse(
            node,
            `too much in one file: aliases unfold to over ${this.#budget.most.toLocaleString('en-US')} values`,
          )
        : INVALID;
    }
    if (this.#depth >= MAX_DEPTH) return this.refuse(node, `nested deeper than ${MAX_DEPTH} levels`);
    const resolved = this.resolve(node);
    if (resolved === null && isAlias(node)) return this.refuse(node, 'no anchor of this name stands before it');
    this.#depth += 1;
    try {
      return shape.read(resolved, this);
    } finally {
      this.#depth -= 1;
    }
  }

  /** The node that an alias stands for (the nearest anchor before it), or the node itself. */
  resolve(node: Node | null): Node | null {
    if (!isAlias(node)) return node;
    const at = node.range?.[0] ?? 0;
    const anchored = this.#anchors.get(node.source) ?? [];
    let low = 0;
    let high = anchored.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((anchored[middle]?.range?.[0] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return anchored[low - 1] ?? null;
  }
}

function placeAt(file: string, lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
}

function note(problems: Problem[], problem: Problem): void {
  if (problems.length >= MAX_PROBLEMS) return;
  const isKnown = problems.some(
    (one) => one.line === problem.line && one.column === problem.column && one.message === problem.message,
  );
  if (!isKnown) problems.push(problem);
}

/** Anchored nodes by name in document order; walks with a stack of its own, so depth cannot overflow. */
function anchorsOf(root: Node | null): Map<string, Node[]> {
  const anchors = new Map<string, Node[]>();
  const open: unknown[] = [root];
  while (open.length > 0) {
    const node = open.pop();
    if (isMap(node)) for (const pair of [...node.items].reverse()) open.push(pair.value, pair.key);
    else if (isSeq(node)) open.push(...[...node.items].reverse());
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined) {
      const same = anchors.get(node.anchor);
      if (same === undefined) anchors.set(node.anchor, [node]);
      else same.push(node);
    }
  }
  return anchors;
}

export interface ReadDocument<T> {
  readonly value: T;
  readonly place: Place;
}

export interface ReadResult<T> {
  /** The documents without a problem, in order. */
  readonly documents: readonly ReadDocument<T>[];
  /** All problems, in order of place; at most 100. */
  readonly problems: readonly Problem[];
}

/** How much a file may hold: characters, and values once aliases are unfolded. */
export interface ReadLimits {
  readonly text: number;
  readonly nodes: number;
}

const LIMITS: ReadLimits = { text: MAX_TEXT, nodes: MAX_NODES };

/** Reads every document of a YAML stream with one shape. Empty documents are passed over. */
export function readDocuments<T>(file: string, text: string, shape: Shape<T>, limits = LIMITS): ReadResult<T> {
  if (text.length > limits.text) {
    const message = `larger than ${limits.text / MAX_TEXT} MiB`;
    return { documents: [], problems: [{ file, line: 1, column: 1, message }] };
  }
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const documents: ReadDocument<T>[] = [];
  const budget: Budget = { nodes: limits.nodes, most: limits.nodes };
  let parsed: ReturnType<typeof parseAllDocuments>;
  try {
    // uniqueKeys would compare every key with every other; shapes.ts finds duplicates with a set.
    parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, schema: 'core' });
  } catch (error) {
    // The parser recurses: thousands of nested brackets exhaust the stack before MAX_DEPTH is looked at.
    const message = error instanceof RangeError ? `nested deeper than ${MAX_DEPTH} levels` : 'not YAML';
    return { documents: [], problems: [{ file, line: 1, column: 1, message }] };
  }
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const faults = [...document.errors, ...document.warnings];
    for (const fault of faults)
      note(problems, { ...placeAt(file, lines, fault.pos[0]), message: `YAML: ${oneLine(fault.message)}` });
    const root = document.contents;
    if (faults.length > 0 || root === null || (isScalar(root) && root.value === null)) continue;
    const start = root.range?.[0] ?? 0;
    const reader = new Reader({ file, lines, anchors: anchorsOf(root), start, problems, budget });
    const value = reader.read(root, shape);
    if (value !== INVALID) documents.push({ value, place: placeAt(file, lines, start) });
  }
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return { documents, problems };
}

/** Reads a file that is one document; an empty one is read as an empty object, so that defaults apply. */
export function readDocument<T>(
  file: string,
  text: string,
  shape: Shape<T>,
  limits = LIMITS,
):
  | { readonly value: T; readonly problems: readonly [] }
  | { readonly value: null; readonly problems: readonly Problem[] } {
  const many = readDocuments(file, text, shape, limits);
  if (many.problems.length > 0) return { value: null, problems: many.problems };
  const [first, second] = many.documents;
  if (second !== undefined)
    return { value: null, problems: [{ ...second.place, message: 'expected one document in this file' }] };
  if (first !== undefined) return { value: first.value, problems: [] };
  const empty = readDocuments(file, '{}', shape);
  const value = empty.documents[0];
  return value === undefined ? { value: null, problems: empty.problems } : { value: value.value, problems: [] };
}

function oneLine(message: string): string {
  if (message.startsWith('Maximum call stack')) return `nested deeper than ${MAX_DEPTH} levels`;
  return message.split('\n', 1)[0]?.slice(0, 200) ?? '';
}
