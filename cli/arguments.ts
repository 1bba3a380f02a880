/**
 * The words behind `weir`, read into options and files as parseArgs of node:util reads them in strict mode, with messages
 * that name what was probably meant. It knows no command.
 */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { didYouMean } from '../engine/decide/near-name.ts';
import { type OptionValue, UsageError } from './command.ts';

/** Taken by every command. */
const GLOBAL_OPTIONS = {
  config: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  'no-color': { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;

/** Options before the command's name are the global ones; only --config takes a value. */
export function splitAtCommand(args: readonly string[]): { leading: string[]; name: string | null; rest: string[] } {
  let at = 0;
  while (args[at]?.startsWith('-')) at += args[at] === '--config' ? 2 : 1;
  return { leading: args.slice(0, at), name: args[at] ?? null, rest: args.slice(at + 1) };
}

function tokensOf(args: readonly string[], options: ParseArgsOptionsConfig) {
  const all = { ...options, ...GLOBAL_OPTIONS };
  return parseArgs({ args: [...args], options: all, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/** The first word that is no option nor an option's value, and where it stands; null and -1 where there is none. */
export function firstPositional(args: readonly string[], options: ParseArgsOptionsConfig): [string | null, number] {
  for (const token of tokensOf(args, options)) {
    if (token.kind === 'option-terminator') break;
    if (token.kind === 'positional') return [token.value, token.index];
  }
  return [null, -1];
}

export interface Parsed {
  readonly values: Record<string, OptionValue>;
  readonly positionals: string[];
}

/** With `passThrough` everything from the first positional on is one. Throws UsageError. */
export function parseArguments(args: readonly string[], options: ParseArgsOptionsConfig, passThrough: boolean): Parsed {
  const all: ParseArgsOptionsConfig = { ...options, ...GLOBAL_OPTIONS };
  const values: Record<string, OptionValue> = {};
  const positionals: string[] = [];
  for (const [name, option] of Object.entries(all)) if (option.default !== undefined) values[name] = option.default;
  const given = new Set<string>();
  for (const token of tokensOf(args, options)) {
    if (token.kind === 'option-terminator') {
      positionals.push(...args.slice(token.index + 1));
      break;
    }
    if (token.kind === 'positional') {
      if (passThrough) {
        positionals.push(...args.slice(token.index));
        break;
      }
      positionals.push(token.value);
      continue;
    }
    const option = all[token.name];
    if (option === undefined) {
      const names = [...Object.keys(all), 'version'].map((name) => `--${name}`);
      throw new UsageError(`unknown option "${token.rawName}"${didYouMean(token.rawName, names)}`);
    }
    const value = optionValue(token, option.type);
    if (option.multiple === true) {
      const earlier = values[token.name];
      values[token.name] = given.has(token.name) && Array.isArray(earlier) ? [...earlier, value] : [value];
    } else {
      if (given.has(token.name) && values[token.name] !== value) {
        throw new UsageError(`${token.rawName} was given twice with different values`);
      }
      values[token.name] = value;
    }
    given.add(token.name);
  }
  return { values, positionals };
}

function optionValue(
  token: { readonly rawName: string; readonly value: string | undefined; readonly inlineValue: boolean | undefined },
  type: 'string' | 'boolean',
): string | boolean {
  if (type === 'boolean') {
    if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
    return true;
  }
  if (token.value === undefined) throw new UsageError(`${token.rawName} needs a value`);
  // `--since --json` is a forgotten value far more often than a value that begins with a dash.
  if (token.inlineValue !== true && token.value.length > 1 && token.value.startsWith('-')) {
    throw new UsageError(
      `${token.rawName} needs a value; for one that begins with a dash write ${token.rawName}=VALUE`,
    );
  }
  return token.value;
}
