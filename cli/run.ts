/**
 * `weir run -- CMD`: runs a command with its egress routed through the proxy, one that is up or one of its own. It does
 * not touch what the command reads and writes, says little and only on stderr, and ends as the command ends.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { HostPort } from '../catalog/host.ts';
import type { Config } from '../config/config.ts';
import { WeirError } from '../flow/errors.ts';
import { type Authority, loadOrCreateAuthority } from '../proxy/tls/authority.ts';
import { homePaths } from '../store/home.ts';
import { appLabel, labelOf } from './app-label.ts';
import { type Command, type CommandContext, UsageError } from './command.ts';
import { proxyUrl, routingOf } from './routing.ts';
import { findProxy } from './running-proxy.ts';

export const command: Command = {
  name: 'run',
  summary: 'run a program with its egress routed through the proxy',
  usage: 'weir run [--app LABEL[:TOKEN]] [--] CMD [ARG…]',
  details: `Runs CMD with the variables of \`weir env\`. Uses the proxy that \`weir up\` has started; when none is up,
starts one of its own for as long as CMD runs. The calls are recorded under the name of CMD's file.

  --app  another label; with a token (or one in WEIR_APP_TOKEN) it is recorded as verified

Exits with CMD's code, 128 + the signal's number when a signal ended it, 127 when there is no CMD, 126 when it cannot
be executed. Signals are passed on to CMD.`,
  example: `weir run -- claude
weir run --app billing -- python3 batch.py
weir run -- curl -s https://api.openai.com/v1/models`,
  options: { app: { type: 'string' } },
  passThrough: true,
  run,
};

/** What `run` needs of a Weir that it has started; `startWeir` of start.ts gives it. */
export interface OwnProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of loopback. */
export type StartProxy = (config: Config) => Promise<OwnProxy>;

async function run(context: CommandContext): Promise<number> {
  return await runRouted(context, async (config) => {
    const { startWeir } = await import('./start.ts'); // compiles recognizers: only where a proxy is needed
    return await startWeir(config, { port: 0, eventLog: null, log: (line) => context.err(`${line}\n`) });
  });
}

/** `run` with the way to start a proxy handed in. Resolves to the exit code. */
export async function runRouted(context: CommandContext, start: StartProxy): Promise<number> {
  const [name, ...args] = context.positionals;
  if (name === undefined || name === '') throw new UsageError('needs a command: weir run -- CMD');
  const app = appLabel(context) ?? { label: labelOf(name), token: null };
  const config = context.config();
  const { caFolder } = homePaths(config.home);
  const authority = loadOrCreateAuthority(caFolder, new Date(), config.proxy.intercept);

  const up = await proxyThatIsUp(context, config, authority);
  const own = up === null ? await ownProxy(config, start) : null;
  try {
    const proxy = proxyUrl(own === null ? (up ?? config.proxy.listen) : placeOf(own.url), app.label, app.token);
    const routing = routingOf({ proxy, caFolder, caPath: authority.certPath, env: context.env });
    for (const warning of routing.warnings) context.err(`weir run: ${warning}\n`);
    const { WEIR_APP_TOKEN: _, ...inherited } = context.env;
    return await runCommand(context, name, args, { ...inherited, ...routing.variables });
  } finally {
    await own?.close();
  }
}

/** Where a proxy of this home listens: as configured, or where the environment already leads; null where none does. */
async function proxyThatIsUp(context: CommandContext, config: Config, authority: Authority): Promise<HostPort | null> {
  const { listen } = config.proxy;
  const found = await findProxy(listen, authority);
  if (found === 'this-home') return listen;
  // Inside another run: its proxy listens on a port of its own and has the home.
  const around = context.env['HTTPS_PROXY'] ?? '';
  const outer = around.startsWith('http://') && URL.canParse(around) ? placeOf(around) : null;
  if (outer !== null && (await findProxy(outer, authority)) === 'this-home') return outer;
  const place = proxyUrl(listen, null, null);
  if (found === 'other-home')
    context.err(`weir run: the weir at ${place} has another home; starting one for this run\n`);
  if (found === 'stranger')
    context.err(`weir run: what listens at ${place} is not a weir; starting one for this run\n`);
  return null;
}

/** On loopback wherever the configured one listens: it is for this command alone. */
async function ownProxy(config: Config, start: StartProxy): Promise<OwnProxy> {
  try {
    return await start({ ...config, proxy: { ...config.proxy, listen: { host: '127.0.0.1', port: 0 } } });
  } catch (error) {
    if (!(error instanceof WeirError) || error.code !== 'home_locked') throw error;
    const place = proxyUrl(config.proxy.listen, null, null);
    const advice = `it does not listen at ${place}; run "weir up" there, which every "weir run" then shares`;
    throw new WeirError('home_locked', `${error.message}; ${advice}`, { cause: error });
  }
}

function placeOf(url: string): HostPort {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
}

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

function runCommand(
  context: CommandContext,
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(name, args, { cwd: context.cwd, env, stdio: 'inherit' });
    const forward = (signal: NodeJS.Signals): void => {
      // A terminal sends Ctrl-C and Ctrl-\\ to the command as well; a second one means "at once" to many programs.
      const isFromTerminal = (signal === 'SIGINT' || signal === 'SIGQUIT') && isForeground();
      if (!isFromTerminal) child.kill(signal);
    };
    const end = (code: number): void => {
      for (const signal of FORWARDED) process.off(signal, forward);
      resolve(code);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return; // a signal that came too late to be passed on
      context.err(`weir run: ${name}: ${error.code === 'ENOENT' ? 'command not found' : error.message}\n`);
      end(error.code === 'ENOENT' ? 127 : 126);
    });
    child.on('exit', (code, signal) => end(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
  });
}

/** Whether this process is in the terminal's foreground group, to which the terminal's own signals go. */
function isForeground(): boolean {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync('/proc/self/stat', 'utf8');
      const [, , group, , , foreground] = // state, parent, group, session, terminal, its foreground group
        stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return group === foreground;
    } catch {
      // No /proc: as on other systems.
    }
  }
  return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
}
