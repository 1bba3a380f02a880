#!/usr/bin/env node
/**
 * The `weir` program: finds the command, reads its options and runs it. A command's module is loaded only when it is
 * called, so that help and version come at once.
 */
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { packageRoot, packageVersion } from '../config/package-root.ts';
import { didYouMean } from '../engine/decide/near-name.ts';
import { firstPositional, parseArguments, splitAtCommand } from './arguments.ts';
import { type Command, type CommandContext, type CommandEntry, UsageError } from './command.ts';
import { reportFailure } from './failure.ts';
import { helpText, overview } from './help.ts';

/** Every command, in the order in which help shows them. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'up', summary: 'run the proxy in the foreground', load: () => import('./up.ts') },
  { name: 'run', summary: 'run a program with its egress routed through the proxy', load: () => import('./run.ts') },
  { name: 'env', summary: 'print the variables that `run` would set', load: () => import('./env.ts') },
  { name: 'scan', summary: 'finds sensitive data in text', load: () => import('./scan.ts') },
  {
    name: 'serve',
    summary: "the engine as an HTTP service with Presidio's REST shapes",
    load: () => import('./serve.ts'),
  },
  { name: 'recognizers', summary: 'lists what can be found', load: () => import('./recognizers.ts') },
  { name: 'policy', summary: 'checks, tests and explains policies', load: () => import('./policy.ts') },
  { name: 'log', summary: 'reads, reviews, verifies and exports the audit log', load: () => import('./log.ts') },
  { name: 'flows', summary: 'who sends what to whom', load: () => import('./flows.ts') },
  { name: 'store', summary: 'the store that many nodes write to', load: () => import('./store.ts') },
  { name: 'token', summary: 'who may open the console and its API', load: () => import('./token.ts') },
  {
    name: 'sensor',
    summary: 'run the sensor alone: what leaves this host, without a proxy',
    load: () => import('./sensor.ts'),
  },
  {
    name: 'console',
    summary: 'run the console alone, without a proxy',
    load: () => import('./console.ts'),
  },
  {
    name: 'collect',
    summary: 'write what nodes publish into the shared store',
    load: () => import('./collect.ts'),
  },
  { name: 'ca', summary: 'the certificate authority of this home', load: () => import('./ca.ts') },
  { name: 'deploy', summary: 'print what a cluster needs to run Weir', load: () => import('./deploy.ts') },
  { name: 'fleet', summary: 'the centre of many nodes: who joins, and their keys', load: () => import('./fleet.ts') },
  { name: 'join', summary: 'make this home a node of a fleet', load: () => import('./join.ts') },
  { name: 'secrets', summary: 'seal the secrets of this home', load: () => import('./secrets.ts') },
  { name: 'doctor', summary: 'what works on this host and what does not', load: () => import('./doctor.ts') },
  { name: 'demo', summary: 'everything at once against a local stand-in', load: () => import('./demo.ts') },
];

/** What the program touches of its process; a test hands in its own. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream;
  /** Whether stdout is a terminal. */
  readonly isTerminal: boolean;
  /** Whether stderr is one; not unless said. */
  readonly isErrTerminal?: boolean;
  out(text: string): void;
  err(text: string): void;
}

/** Runs `weir ARGS`. Resolves to the exit code and never rejects. */
export async function main(args: readonly string[], io: Surroundings, commands = COMMANDS): Promise<number> {
  try {
    return await dispatch(args, io, commands);
  } catch (error) {
    return reportFailure(error, io);
  }
}

async function dispatch(args: readonly string[], io: Surroundings, commands: readonly CommandEntry[]): Promise<number> {
  const { leading, name, rest } = splitAtCommand(args);
  if (leading.includes('--version') || leading.includes('-V')) {
    io.out(`weir ${packageVersion()}\n`);
    return 0;
  }
  if (name === null) {
    const isAsked = leading.includes('--help') || leading.includes('-h');
    if (!isAsked && leading.length > 0) parseArguments(leading, {}, false); // names the option that is wrong
    (isAsked ? io.out : io.err)(overview(commands));
    return isAsked ? 0 : 2;
  }
  if (name === 'help') {
    const [topic, ...more] = rest.filter((arg) => !arg.startsWith('-'));
    if (topic === undefined) {
      io.out(overview(commands));
      return 0;
    }
    return await dispatch([topic, ...more.slice(0, 1), '--help'], io, commands);
  }
  const command = await load(find(commands, name));
  return await execute(command, [...leading, ...rest], io);
}

async function execute(command: Command, args: readonly string[], io: Surroundings): Promise<number> {
  const [first, at] = firstPositional(args, command.options);
  const entry = command.subcommands?.find((one) => one.name === first);
  if (entry !== undefined) return await execute(await load(entry), args.toSpliced(at, 1), io);

  try {
    if (command.subcommands !== undefined && first !== null) {
      const names = command.subcommands.map((one) => one.name);
      throw new UsageError(`unknown command "${first}"${didYouMean(first, names)}`);
    }
    const { values, positionals } = parseArguments(args, command.options, command.passThrough === true);
    if (values['help'] !== true) return await command.run(await contextOf(values, positionals, io));
    io.out(helpText(command));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.err(`weir ${command.name}: ${error.message}\nSee: weir ${command.name} --help\n`);
    return 2;
  }
}

async function contextOf(
  values: CommandContext['values'],
  positionals: readonly string[],
  io: Surroundings,
): Promise<CommandContext> {
  // The module is loaded here, the file when asked for. A failure to load is told to those who ask: `doctor` says why.
  const loading = await import('../config/load.ts').catch((error: unknown) => ({ error }));
  const file = typeof values['config'] === 'string' ? values['config'] : null;
  let loaded: Config | null = null;
  return {
    values,
    positionals,
    env: io.env,
    cwd: io.cwd,
    configFile: file,
    config() {
      if ('error' in loading) throw loading.error;
      loaded ??= loading.loadConfig({ file, env: io.env, cwd: io.cwd });
      return loaded;
    },
    out: io.out,
    err: io.err,
    color: io.isTerminal && values['no-color'] !== true && !io.env['NO_COLOR'] && io.env['TERM'] !== 'dumb',
    isErrTerminal: io.isErrTerminal === true && io.env['TERM'] !== 'dumb',
    stdin: io.stdin,
  };
}

async function load(entry: CommandEntry): Promise<Command> {
  return (await entry.load()).command;
}

function find(commands: readonly CommandEntry[], name: string): CommandEntry {
  const entry = commands.find((one) => one.name === name);
  if (entry !== undefined) return entry;
  const names = commands.map((one) => one.name);
  throw new UsageError(`unknown command "${name}"${didYouMean(name, [...names, 'help'])}`);
}

/**
 * In a checkout each start strips hundreds of sources of their types; what came of it is kept beside the pinned Node,
 * which halves the next start. A package has JavaScript, and may lie where nothing can be written.
 */
function keepCompiled(): void {
  const runtime = join(packageRoot, 'runtime');
  if (existsSync(runtime)) enableCompileCache(join(runtime, 'compile-cache'));
}

async function runAsProgram(): Promise<void> {
  keepCompiled();
  const io: Surroundings = {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    isTerminal: process.stdout.isTTY === true,
    isErrTerminal: process.stderr.isTTY === true,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
  };
  // A reader that went away (`weir log list | head -1`) is no failure; 141 is what a shell shows for SIGPIPE.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(141);
    io.err(`weir: stdout cannot be written (${error.code ?? error.name})\n`);
    process.exit(1);
  });
  process.stderr.on('error', () => {}); // nowhere is left to say it
  const crash = (error: unknown) => process.exit(reportFailure(error, io));
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  const code = await main(process.argv.slice(2), io);
  // What was written leaves first; then nothing that a command left open keeps the program alive. A write that fails
  // ends the program by the stream's error event instead.
  process.stdout.write('', (error) => {
    if (error === null || error === undefined) process.stderr.write('', () => process.exit(code));
  });
}

if (import.meta.main) await runAsProgram();
