/**
 * Globs in which only `*` is special, turned into RE2 patterns: linear in the text, whatever the glob and whoever
 * chose the text. Refuses every other wildcard, so that no glob means more than it shows.
 */
import { domainToASCII } from 'node:url';
import RE2 from 're2';

export type TextTest = (text: string) => boolean;

function escaped(literal: string): string {
  return literal.replace(/[^A-Za-z0-9]/gu, (character) => `\\x{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A test of the whole text; `*` stands for any characters, none included. Case counts unless `ignoreCase`. */
export function compileGlob(glob: string, options: { readonly ignoreCase?: boolean } = {}): TextTest {
  const flags = options.ignoreCase === true ? 'isu' : 'su';
  if (!glob.includes('*') && options.ignoreCase !== true) return (text) => text === glob;
  const pattern = new RE2(`^(?:${glob.split(/\*+/).map(escaped).join('.*')})$`, flags);
  return (text) => pattern.test(text);
}

/** As compileGlob over a path: `*` stays within one step, `**` crosses steps. */
export function compilePathGlob(glob: string): TextTest {
  if (!glob.includes('*')) return (text) => text === glob;
  const parts = glob
    .split(/(\*+)/)
    .map((part) => (part === '*' ? '[^/]*' : part.startsWith('**') ? '.*' : escaped(part)));
  const pattern = new RE2(`^(?:${parts.join('')})$`, 'su');
  return (text) => pattern.test(text);
}

/** What is wrong with a host glob, or null. Hosts have no scheme, port or path. */
export function hostGlobProblem(glob: string): string | null {
  if (glob.includes('/')) return 'expected a host without scheme or path, such as "*.openai.com"';
  if (/^[^:]*:[0-9]+$/.test(glob) || /^\[.*\]/.test(glob)) return 'expected a host without port or brackets';
  if (canonicalHostGlob(glob) === null) return 'expected a host; only * is special in it';
  return null;
}

/** As hosts are spelt in messages: lower case, punycode, numbers of IPv4 in decimal, no trailing dot; null if no host. */
function canonicalHostGlob(glob: string): string | null {
  const bare = glob.toLowerCase().replace(/\.$/, '');
  if (!bare.includes('*')) {
    const url = /[/?#@\\%]/.test(bare) ? null : URL.parse(`http://${bare.includes(':') ? `[${bare}]` : bare}/`);
    const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
    return /^[a-z0-9._:-]{1,253}$/.test(host) ? host : null;
  }
  const ascii = /^[\x20-\x7e]*$/.test(bare) ? bare : domainToASCII(bare);
  return /^[a-z0-9*._:-]{1,253}$/.test(ascii) ? ascii : null;
}

/** Hosts that a glob names: `*.openai.com` takes `api.openai.com` and `a.b.openai.com`, not `openai.com` itself. */
export function compileHostGlob(glob: string): TextTest {
  const canonical = canonicalHostGlob(glob);
  return canonical === null ? () => false : compileGlob(canonical);
}

/** One test for a list of globs; null for an empty list, which narrows nothing. */
export function anyOf(globs: readonly string[], compile: (glob: string) => TextTest): TextTest | null {
  if (globs.length === 0) return null;
  const exact = new Set(globs.filter((glob) => !glob.includes('*')));
  const tests = globs.map(compile);
  return (text) => exact.has(text) || tests.some((test) => test(text));
}
