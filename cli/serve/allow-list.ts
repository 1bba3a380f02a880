/** Values that a request wants left alone: exactly these texts, or whatever one of its patterns is found in. */
import { patternProblem, SearchPattern } from '../../engine/scan/pattern.ts';
import { isTextList, type JsonObject, member } from './json-value.ts';
import { Refusal } from './refusal.ts';

const MAX_ENTRIES = 10_000;
const MAX_CHARS = 10_000;

/** Whether a value is to be left alone; null where the request has no list. `flags` are inline flags of RE2. Throws Refusal. */
export function allowList(body: JsonObject, flags: string): ((value: string) => boolean) | null {
  const list = member(body, 'allow_list') ?? [];
  const match = member(body, 'allow_list_match') ?? 'exact';
  if (!isTextList(list) || list.length > MAX_ENTRIES) {
    throw new Refusal(
      400,
      `Failed to parse /analyze request: allow_list: expected a list of at most ${MAX_ENTRIES} strings`,
    );
  }
  if (match !== 'exact' && match !== 'regex') {
    throw new Refusal(500, "allow_list_match must either be set to 'exact' or 'regex'.");
  }
  if (list.length === 0) return null;
  if (match === 'exact') {
    const values = new Set(list);
    return (value) => values.has(value);
  }
  const patterns = list.map((source, index) => compiled(source, `allow_list[${index}]`, flags));
  return (value) => {
    const bytes = Buffer.from(value, 'utf8');
    let isAllowed = false;
    for (const pattern of patterns) {
      if (isAllowed) break;
      pattern.each(bytes, () => {
        isAllowed = true;
      });
    }
    return isAllowed;
  };
}

function compiled(source: string, place: string, flags: string): SearchPattern {
  const refuse = (what: string) => new Refusal(400, `Failed to parse /analyze request: ${place}: ${what}`);
  if (source.length > MAX_CHARS) throw refuse(`longer than ${MAX_CHARS} characters`);
  const problem = patternProblem(source);
  if (problem !== null) throw refuse(`${problem}. RE2 has no look-around and no back-references`);
  try {
    return new SearchPattern(flags === '' ? source : `(?${flags})${source}`, place);
  } catch {
    // The reason may quote the pattern, and a pattern may hold a value.
    throw refuse('it matches the empty text and so everything, or is too large to compile');
  }
}
