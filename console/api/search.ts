/**
 * The search language of the console, read: words, `key:value`, `key:"two words"`, `-key:value`, and numbers with `>`, `<`,
 * `>=`, `<=`. What keys mean is the business of whoever searches. Nothing here is a pattern that could take long.
 */

export interface Term {
  /** Null: a word by itself. */
  readonly key: string | null;
  readonly op: ':' | '>' | '<' | '>=' | '<=';
  readonly value: string;
  readonly isNegated: boolean;
}

const TERM = /(-?)(?:([a-z]+)(:|>=|<=|>|<))?(?:"([^"]*)"|([^\s"]+))/gi;
const MAX_TERMS = 30;

/** Terms in the order in which they stand; all of them have to hold, values of one key joined by a comma are any of them. */
export function readSearch(text: string): readonly Term[] {
  const terms: Term[] = [];
  for (const match of text.matchAll(TERM)) {
    const [, minus, key, op, quoted, bare] = match;
    const value = quoted ?? bare ?? '';
    if (value === '' || terms.length === MAX_TERMS) continue;
    terms.push({
      key: key === undefined ? null : key.toLowerCase(),
      op: (op ?? ':') as Term['op'],
      value,
      isNegated: minus === '-',
    });
  }
  return terms;
}

/** As it is written: quoted where it has to be. */
export function termText(key: string, value: string): string {
  const plain = value.replaceAll('"', '');
  return /^[^\s",]+$/.test(plain) ? `${key}:${plain}` : `${key}:"${plain}"`;
}

/** The values of a term, which a comma joins unless it was quoted as a whole. */
export function valuesOf({ value }: Term): readonly string[] {
  return value.split(',').filter((one) => one !== '');
}

/** Whether a number is as a term asks; null where its value is no number. */
export function compares(term: Term, number: number | null): boolean | null {
  if (!/^\d{1,15}(?:\.\d{1,6})?$/.test(term.value)) return null;
  if (number === null) return false;
  const asked = Number(term.value);
  switch (term.op) {
    case ':':
      return number === asked;
    case '>':
      return number > asked;
    case '<':
      return number < asked;
    case '>=':
      return number >= asked;
    case '<=':
      return number <= asked;
  }
}

/** `*` is any run of characters; compared without case. In time that grows with the text alone. */
export function fitsPattern(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  const subject = text.toLowerCase();
  const last = rest.pop();
  if (last === undefined) return subject === first;
  if (!subject.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = subject.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return subject.length - last.length >= at && subject.endsWith(last);
}

/** `7d`, `24h`, `30m` before now, or a date; null for anything else. */
export function momentOf(text: string, now: Date): Date | null {
  const [, digits, unit] = /^(\d{1,5})([mhdw])$/.exec(text) ?? [];
  const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
  if (digits !== undefined && unit !== undefined)
    return new Date(now.getTime() - Number(digits) * (UNIT_MS[unit] ?? 0));
  if (!/^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?$/.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time);
}
