/**
 * The arguments of a process without their secrets. What follows an option that is named for a secret goes, whatever it is;
 * in the rest goes what the scanner finds.
 */
import type { Scanner } from '../../engine/scan/scanner.ts';

const MAX_ARGS = 32;
const MAX_CHARS = 200;
/** `--api-key`, `-password`, `GITHUB_TOKEN=`: a name that ends in one of these words. */
const SECRET_NAME =
  /(?:^|[-_.])(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|auth|(?:api|access|private|secret|encryption|signing)[-_.]?key)$/i;
/** Options with a secret behind them that are not named for it. */
const SECRET_SHORT: ReadonlySet<string> = new Set([
  '-u',
  '--user',
  '--proxy-user',
  '-U',
  '-H',
  '--header',
  '-b',
  '--cookie',
]);
const HIDDEN = '[SECRET]';

/** The scanner's own minimum holds: what is hardly a finding is shown. */
export function shownArguments(args: readonly string[], scanner: Pick<Scanner, 'scan'>): readonly string[] {
  const shown: string[] = [];
  let isNextSecret = false;
  for (const arg of args.slice(0, MAX_ARGS)) {
    if (isNextSecret) {
      shown.push(HIDDEN);
      isNextSecret = false;
      continue;
    }
    const equals = arg.indexOf('=');
    const name = (equals === -1 ? arg : arg.slice(0, equals)).replace(/^-+/, '');
    const isOption = arg.startsWith('-');
    if (equals > 0 && (SECRET_NAME.test(name) || SECRET_SHORT.has(arg.slice(0, equals)))) {
      shown.push(`${arg.slice(0, equals)}=${HIDDEN}`);
      continue;
    }
    isNextSecret = equals === -1 && isOption && (SECRET_NAME.test(name) || SECRET_SHORT.has(arg));
    // `-pSECRET` of mysql, `-uuser:secret` of curl.
    const [, letter] = /^-([pu])(?=[^-])./.exec(arg) ?? [];
    if (letter !== undefined && (letter === 'p' || arg.includes(':'))) {
      shown.push(`-${letter}${HIDDEN}`);
      continue;
    }
    shown.push(redacted(arg, scanner));
  }
  if (args.length > MAX_ARGS) shown.push('…');
  return shown;
}

function redacted(arg: string, scanner: Pick<Scanner, 'scan'>): string {
  const text = Buffer.from(arg.slice(0, MAX_CHARS * 4), 'utf8');
  let out = '';
  let at = 0;
  for (const { start, end, entity } of scanner.scan(text, { label: null, role: 'metadata' })) {
    if (start < at) continue;
    out += `${text.toString('utf8', at, start)}[${entity}]`;
    at = end;
  }
  out += text.toString('utf8', at);
  return out.length > MAX_CHARS ? `${out.slice(0, MAX_CHARS)}…` : out;
}
