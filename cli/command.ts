/**
 * What a command of `weir` is: its name, its options, its help and its run function. It reads and checks options; it
 * starts nothing, and no command writes to the process's streams but through the context that it is handed.
 */
import type { ParseArgsOptionsConfig } from 'node:util';
import type { Config } from '../config/config.ts';
import { didYouMean } from '../engine/decide/near-name.ts';

export type OptionValue = string | boolean | (string | boolean)[] | undefined;

export interface CommandContext {
  /** Options by long name, as node:util parseArgs gives them; the global ones (`config`, `no-color`) among them. */
  readonly values: Readonly<Record<string, OptionValue>>;
  readonly positionals: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** What `--config` named; null when it was not given. */
  readonly configFile: string | null;
  /** Reads the configuration once. Throws WeirError `config_invalid`. */
  config(): Config;
  /** Data, to stdout, exactly as given: a line needs its own `\n`. */
  out(text: string): void;
  /** Everything else, to stderr, exactly as given. */
  err(text: string): void;
  /** Whether stdout takes colour: a terminal, and neither NO_COLOR nor --no-color. */
  readonly color: boolean;
  /** Whether stderr is a terminal that can move its cursor: there a long command may show how far it is. Not unless said. */
  readonly isErrTerminal?: boolean;
  readonly stdin: NodeJS.ReadableStream;
}

/** A command or subcommand in a table: known by name and summary before its module is loaded. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<{ readonly command: Command }>;
}

export interface Command {
  /** `scan`, or with its parent's name, `log list`. */
  readonly name: string;
  /** A few words, without a full stop: for the table of commands. */
  readonly summary: string;
  /** `weir scan [FILE…|-] [--json]`; several lines where there are several forms. */
  readonly usage: string;
  /** What it does, its options and its exit codes, in lines of at most 100 characters. */
  readonly details: string;
  /** Lines that can be pasted into a shell. */
  readonly example: string;
  /** `json` is accepted only where it stands here. `help`, `config` and `no-color` are always there. */
  readonly options: ParseArgsOptionsConfig;
  /** Everything from the first positional on belongs to another program: `weir run curl -s URL`. */
  readonly passThrough?: true;
  /** Where it is a group: the first positional picks one of these, and `run` is called only when it picks none. */
  readonly subcommands?: readonly CommandEntry[];
  /** Resolves to the exit code: 0 success, 1 found or failed what was asked about, 2 bad usage or configuration. */
  run(context: CommandContext): Promise<number>;
}

/** Bad usage: printed as one line with a pointer to --help, exit 2. The message says what and how to mend it. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** A string option's value; null when it was not given. */
export function textOption(context: CommandContext, name: string): string | null {
  const value = context.values[name];
  return typeof value === 'string' ? value : null;
}

/** A boolean option. */
export function hasOption(context: CommandContext, name: string): boolean {
  return context.values[name] === true;
}

/** All values of a string option with `multiple: true`, in order. */
export function listOption(context: CommandContext, name: string): readonly string[] {
  const value = context.values[name];
  if (Array.isArray(value)) return value.filter((item) => typeof item === 'string');
  return typeof value === 'string' ? [value] : [];
}

/** A string option that must be one of a few words; null when it was not given. Throws UsageError. */
export function choiceOption<T extends string>(context: CommandContext, name: string, choices: readonly T[]): T | null {
  const value = textOption(context, name);
  if (value === null) return null;
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw new UsageError(`--${name} must be one of ${choices.join(', ')}${didYouMean(value, choices)}`);
}

/** A string option that must be a number within bounds, both inclusive; null when it was not given. Throws UsageError. */
export function numberOption(
  context: CommandContext,
  name: string,
  bounds: { readonly min: number; readonly max: number; readonly integer?: boolean },
): number | null {
  const value = textOption(context, name);
  if (value === null) return null;
  const number = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (number >= bounds.min && number <= bounds.max && (bounds.integer !== true || Number.isInteger(number)))
    return number;
  const kind = bounds.integer === true ? 'a whole number' : 'a number';
  throw new UsageError(`--${name} must be ${kind} from ${bounds.min} to ${bounds.max}`);
}
