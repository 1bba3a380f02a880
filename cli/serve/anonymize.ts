/**
 * `POST /anonymize` and `POST /deanonymize`: what an analysis found is replaced in the text, or what was encrypted is
 * put back. Request and answer are those of Presidio's anonymizer; places count code points. It looks for nothing in
 * the text itself.
 */
import { randomBytes } from 'node:crypto';
import { CodePointText, countCodePoints } from './code-points.ts';
import { type EntitySpan, resolveSpans } from './entity-spans.ts';
import { isObject, isTextList, type JsonObject, member } from './json-value.ts';
import { anonymizer, deanonymizer, type Operator } from './operators.ts';
import { Refusal } from './refusal.ts';

/** One replaced span; `start` and `end` are its place in the new text. */
interface Item {
  readonly start: number;
  readonly end: number;
  readonly entity_type: string;
  readonly text: string;
  readonly operator: string;
}

export interface Anonymized {
  readonly text: string;
  /** From the end of the text to its beginning. */
  readonly items: readonly Item[];
}

const SALT_BYTES = 32;

/** Overlapping results, or many with a long replacement, would make far more text than came in. Code units. */
const MAX_WORK = 128 * 1024 * 1024;

/** An answer to `POST /anonymize`; a list for a list of texts. Throws Refusal. */
export function anonymize(body: JsonObject): Anonymized | readonly Anonymized[] {
  const salt = randomBytes(SALT_BYTES);
  const operatorOf = operatorsOf(
    body,
    'anonymizers',
    (config) => anonymizer(config, salt),
    () => anonymizer({ type: 'replace' }, salt),
  );
  return each(body, 'analyzer_results', (text, results) => {
    if (results === null) throw new Refusal(422, 'Invalid input, request must contain analyzer results');
    const whole = new CodePointText(text);
    const spans = results.map((result) => spanOf(result, whole, true));
    return replaced(
      whole,
      resolveSpans(spans, (start, end) => whole.slice(start, Math.max(start, end))),
      operatorOf,
    );
  });
}

/** An answer to `POST /deanonymize`; a list for a list of texts. Throws Refusal. */
export function deanonymize(body: JsonObject): Anonymized | readonly Anonymized[] {
  const operatorOf = operatorsOf(body, 'deanonymizers', deanonymizer, () => {
    throw new Refusal(422, 'Invalid input, request must contain a deanonymizer for the entity, or DEFAULT');
  });
  return each(body, 'anonymizer_results', (text, results) => {
    const whole = new CodePointText(text);
    const spans = (results ?? []).map((result) => spanOf(result, whole, false));
    return replaced(whole, spans, operatorOf);
  });
}

/** Runs `work` on the text and its results, or on each of a list of texts with a list of lists of results. */
function each(
  body: JsonObject,
  resultsKey: string,
  work: (text: string, results: readonly unknown[] | null) => Anonymized,
): Anonymized | readonly Anonymized[] {
  const text = member(body, 'text') ?? '';
  const results = member(body, resultsKey) ?? null;
  if (results !== null && !Array.isArray(results)) {
    throw new Refusal(422, `Invalid input, ${resultsKey} must be a list`);
  }
  if (typeof text === 'string') return work(text, results);
  if (!isTextList(text)) throw new Refusal(422, 'Invalid input, text must be a string or a list of strings');
  if (results !== null && results.length !== text.length) {
    throw new Refusal(422, `Invalid input, '${resultsKey}' must contain one list of results per item in 'text'`);
  }
  return text.map((one, index) => {
    const own: unknown = results === null ? [] : results[index];
    if (!Array.isArray(own)) throw new Refusal(422, `Invalid input, ${resultsKey} must be a list of lists`);
    return work(one, own);
  });
}

/** The operator of an entity: its own, else DEFAULT, else the fallback. Each is read once, when it is first needed. */
function operatorsOf(
  body: JsonObject,
  key: string,
  read: (config: JsonObject) => Operator,
  fallback: () => Operator,
): (entity: string) => Operator {
  const configs = member(body, key) ?? {};
  if (!isObject(configs)) throw new Refusal(422, `Invalid input, ${key} must be an object`);
  for (const name of Object.keys(configs)) {
    const config = configs[name];
    if (!isObject(config)) throw new Refusal(422, `Invalid input, each of ${key} must be an object`);
    if (config['type'] === 'custom') read(config);
  }
  const known = new Map<string, Operator>();
  return (entity) => {
    const name = Object.hasOwn(configs, entity) ? entity : 'DEFAULT';
    const found = known.get(name);
    if (found !== undefined) return found;
    const config = member(configs, name);
    const operator = isObject(config) ? read(config) : fallback();
    known.set(name, operator);
    return operator;
  };
}

function spanOf(result: unknown, text: CodePointText, isScored: boolean): EntitySpan {
  if (!isObject(result)) throw new Refusal(422, 'Invalid input, a result must be an object');
  const score = member(result, 'score') ?? null;
  if (isScored && typeof score !== 'number') {
    throw new Refusal(422, 'Invalid input, analyzer result must contain score');
  }
  const [start, end] = [placeOf(result, 'start'), placeOf(result, 'end')];
  const entity = member(result, 'entity_type');
  if (typeof entity !== 'string' || entity === '') {
    throw new Refusal(422, 'Invalid input, result must contain entity_type');
  }
  if (start < 0 || end < 0) throw new Refusal(422, 'Invalid input, result start and end must be positive');
  if (start > end) {
    throw new Refusal(422, `Invalid input, start index '${start}' must be smaller than end index '${end}'`);
  }
  if (end > text.length) {
    throw new Refusal(
      422,
      `Invalid analyzer result, start: ${start} and end: ${end}, while text length is only ${text.length}.`,
    );
  }
  return { entity, start, end, score: typeof score === 'number' ? score : 0 };
}

function placeOf(result: JsonObject, key: string): number {
  const value = member(result, key) ?? null;
  if (value === null) throw new Refusal(422, `Invalid input, result must contain ${key}`);
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new Refusal(422, `Invalid input, result ${key} must be a whole number`);
  }
  return value;
}

/** Where two spans overlap in part, the later one's text is what the earlier one's replacement ends before. */
function replaced(
  text: CodePointText,
  spans: readonly EntitySpan[],
  operatorOf: (entity: string) => Operator,
): Anonymized {
  const parts: string[] = [];
  const items: { entity: string; operator: string; text: string; fromEnd: number }[] = [];
  let rest = text.length;
  let written = 0;
  let work = 0;
  for (const span of spans.toSorted((a, b) => b.start - a.start || b.end - a.end)) {
    const operator = operatorOf(span.entity);
    const replacement = operator.operate(text.slice(span.start, span.end), span.entity);
    work += span.end - span.start + replacement.length;
    if (work > MAX_WORK) throw new Refusal(422, 'Invalid input, the results make more text than is taken');
    const end = Math.min(span.end, rest);
    const behind = text.slice(end, rest);
    written += rest - end + countCodePoints(replacement);
    parts.push(behind, replacement);
    items.push({ entity: span.entity, operator: operator.name, text: replacement, fromEnd: written });
    rest = span.start;
  }
  parts.push(text.slice(0, rest));
  const length = written + rest;
  return {
    text: parts.reverse().join(''),
    items: items.map((item) => {
      const start = length - item.fromEnd;
      const end = start + countCodePoints(item.text);
      return { start, end, entity_type: item.entity, text: item.text, operator: item.operator };
    }),
  };
}
