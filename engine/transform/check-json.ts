/** The proof that an edit of a JSON text changed what it was to change and nothing else: both are parsed and compared. */
import { WeirError } from '../../flow/errors.ts';
import { type JsonNode, parseJson, stringBytes } from '../extract/json.ts';

export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Throws WeirError `edit_unsafe` unless both spans hold JSON of the same build, each string whose inside (or number
 * whose text) starts at a key of `expected` reads as its value, and every other byte of a scalar is the same.
 */
export function checkJson(
  before: Buffer,
  beforeSpan: Span,
  after: Buffer,
  afterSpan: Span,
  expected: ReadonlyMap<number, Buffer>,
): void {
  const was = parseJson(before, beforeSpan.start, beforeSpan.end);
  const is = parseJson(after, afterSpan.start, afterSpan.end);
  if (was === null || is === null) throw unsafeJson('it does not parse');
  compare(before, was, after, is, expected);
}

function compare(
  before: Buffer,
  was: JsonNode,
  after: Buffer,
  is: JsonNode,
  expected: ReadonlyMap<number, Buffer>,
): void {
  const edited = expected.get(was.kind === 'string' ? was.start + 1 : was.start);
  if (edited !== undefined && (was.kind === 'string' || was.kind === 'number')) {
    if (is.kind !== 'string' || !stringBytes(after, is).equals(edited))
      throw unsafeJson('an edited string reads otherwise');
    return;
  }
  if (was.kind !== is.kind || was.items.length !== is.items.length) throw unsafeJson('its build has changed');
  if (was.items.length === 0) {
    if (!areSame(before, was, after, is)) throw unsafeJson('another value has changed');
    return;
  }
  for (let i = 0; i < was.items.length; i++) {
    if (was.kind === 'object') compare(before, was.keys[i] as JsonNode, after, is.keys[i] as JsonNode, expected);
    compare(before, was.items[i] as JsonNode, after, is.items[i] as JsonNode, expected);
  }
}

/** Up to this many bytes a loop is quicker than a call out of JavaScript. */
const SHORT_SPAN = 48;

function areSame(before: Buffer, was: Span, after: Buffer, is: Span): boolean {
  const length = was.end - was.start;
  if (is.end - is.start !== length) return false;
  if (length > SHORT_SPAN) return before.compare(after, is.start, is.end, was.start, was.end) === 0;
  for (let i = 0; i < length; i++) if (before[was.start + i] !== after[is.start + i]) return false;
  return true;
}

function unsafeJson(what: string): WeirError {
  return new WeirError('edit_unsafe', `an edited JSON text was read again: ${what}`);
}
