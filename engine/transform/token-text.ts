/**
 * Tokens in text that comes in pieces: which are whole and can be put back, and how much at the end could still be
 * the beginning of one. In a fragment of JSON text (`json`) a token may be written with `\u003c` and `\u003e`, and
 * its value is escaped as the inside of a JSON string.
 */
import { escapeJson } from '../extract/json-escapes.ts';
import { TOKEN_FORM } from './conversation.ts';

export type TextForm = 'text' | 'json';

export interface Restored {
  /** Text that is settled, tokens put back. */
  readonly text: string;
  /** Text that could become a token; comes before whatever follows. */
  readonly held: string;
  /** How many were put back. */
  readonly count: number;
}

/** `<PERSON_1>` in JSON text, angle brackets escaped or not. */
const JSON_TOKEN = /(?:<|\\u003[cC])([A-Z][A-Z0-9_]*_[1-9][0-9]*)(?:>|\\u003[eE])/g;
/** An end of JSON text at which a token, or an escape that could open one, has begun. */
const JSON_BEGUN = /(?:(?:<|\\u003[cC])([A-Z0-9_]*)(?:\\(?:u(?:0(?:03?)?)?)?)?|\\(?:u(?:0(?:03?)?)?)?)$/;
/** No token is longer: only the end of a text is looked at for the beginning of one. */
const MAX_TOKEN_CHARS = 256;

/** Puts back what is whole in `text`; `isLast` when nothing follows, so that nothing is held. */
export function restoreText(
  text: string,
  form: TextForm,
  tokens: ReadonlyMap<string, string>,
  isLast: boolean,
): Restored {
  const from = isLast ? text.length : form === 'json' ? begunInJson(text, tokens) : begunInText(text, tokens);
  let count = 0;
  const put = (token: string, name: string): string => {
    const value = tokens.get(name);
    if (value === undefined) return token;
    count++;
    return form === 'json' ? escapeJson(value) : value;
  };
  const settled = from === text.length ? text : text.slice(0, from);
  const restored =
    form === 'json'
      ? settled.replace(JSON_TOKEN, (token, name: string, at: number) =>
          isEscaped(settled, at) ? token : put(token, `<${name}>`),
        )
      : settled.replace(TOKEN_FORM, (token) => put(token, token));
  return { text: restored, held: text.slice(from), count };
}

function begunInText(text: string, tokens: ReadonlyMap<string, string>): number {
  const at = text.lastIndexOf('<');
  return at !== -1 && beginsToken(text.slice(at), tokens) ? at : text.length;
}

function begunInJson(text: string, tokens: ReadonlyMap<string, string>): number {
  for (let from = Math.max(0, text.length - MAX_TOKEN_CHARS); from < text.length; ) {
    const match = JSON_BEGUN.exec(text.slice(from));
    if (match === null) return text.length;
    const at = from + match.index;
    const begins = match[1] === undefined || beginsToken(`<${match[1]}`, tokens);
    if (begins && !isEscaped(text, at)) return at;
    from = at + 1;
  }
  return text.length;
}

/** The character at `at` is the second of an escape, behind an odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1;
}

function beginsToken(start: string, tokens: ReadonlyMap<string, string>): boolean {
  for (const token of tokens.keys()) if (token.length > start.length && token.startsWith(start)) return true;
  return false;
}
