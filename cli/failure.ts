/**
 * What is printed when a command fails, and the exit code: one clear message. A stack, or the text of an error that
 * nobody expected, is not printed by default, because it may hold what a message held.
 */
import { ERRORS, type ErrorCode, WeirError } from '../flow/errors.ts';
import { UsageError } from './command.ts';

const BAD_CONFIGURATION: ReadonlySet<ErrorCode> = new Set([
  'config_invalid',
  'policy_invalid',
  'pattern_invalid',
  'listener_open',
  'model_unusable',
]);

/** Where to print, and WEIR_DEBUG. */
export interface Report {
  readonly env: NodeJS.ProcessEnv;
  err(text: string): void;
}

/** Prints one message for one failure and gives the exit code. */
export function reportFailure(error: unknown, io: Report): number {
  if (error instanceof UsageError) {
    io.err(`weir: ${error.message}\nSee: weir --help\n`);
    return 2;
  }
  if (error instanceof WeirError) {
    // Problems of a file stand on lines of their own, so that an editor finds file:line:column at the start.
    const isList = error.code === 'config_invalid' || error.code === 'policy_invalid' || error.message.includes('\n');
    const what = isList ? `${ERRORS[error.code].meaning}\n${error.message}` : error.message;
    io.err(`weir: ${error.code}: ${what}\nHint: ${error.hint}\n`);
    return BAD_CONFIGURATION.has(error.code) ? 2 : 1;
  }
  if (isIncomplete(error)) {
    io.err(`weir: a module does not load (${error.code}): the installation is not complete\nHint: weir doctor\n`);
    return 1;
  }
  if (isSystemError(error)) {
    io.err(`weir: ${error.message}\n`);
    return 1;
  }
  const stack = error instanceof Error ? framesOf(error) : [];
  const name = error instanceof Error ? error.name : typeof error;
  const place = stack[0]?.trim() ?? 'at an unknown place';
  io.err(`weir: unexpected ${name} ${place}: this is a bug, please report it (WEIR_DEBUG=1 shows where)\n`);
  if (io.env['WEIR_DEBUG'] === '1') io.err(`${stack.join('\n')}\n`);
  return 1;
}

/** The frames alone: the first lines of a stack repeat the message, and JSON.parse quotes its input there. */
function framesOf(error: Error): string[] {
  const stack = error.stack ?? '';
  const message = stack.indexOf(error.message);
  const behind = message === -1 ? stack : stack.slice(message + error.message.length);
  const frames = behind.split('\n').filter((line) => /^\s+at /.test(line));
  return error.cause instanceof Error ? [...frames, `caused by ${error.cause.name}`, ...framesOf(error.cause)] : frames;
}

/** ENOENT, EACCES and the like: the host's answer, whose message names a call and a path only. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && 'errno' in error && 'code' in error;
}

/** A dependency, or the native module for this Node, is missing: nobody's data, and no bug of the command. */
function isIncomplete(error: unknown): error is Error & { readonly code: string } {
  const codes = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'];
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
