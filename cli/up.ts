/** `weir up`: proxy and records in the foreground. stdout carries one NDJSON line an event and nothing else. */
import { closeSync, openSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { hostPortText } from '../catalog/host.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import type { Command, CommandContext } from './command.ts';
import { standingLine } from './sensor/standing-text.ts';
import { type RunningWeir, startWeir } from './start.ts';
import { serviceManager } from './systemd.ts';
import { CAN_SHARE_PORT } from './workers/workers.ts';

export const command: Command = {
  name: 'up',
  summary: 'run the proxy in the foreground',
  usage: 'weir up [--config FILE]',
  details: `Starts the proxy, the console's listener and the records until it is stopped (Ctrl-C), prints on stderr where each
listens and how to route an app, and on stdout one line of NDJSON for each event. Where the host allows it the sensor
runs beside (Linux, as root; sensor: {enabled: false} keeps it off). At the first start it makes
the certificate authority, the keys and the database in home (~/.weir, or WEIR_HOME).
A stop gives open exchanges ten seconds; a second Ctrl-C ends them at once. Nothing recorded is lost.
Changes of the configuration and of policies are taken up as their files change, or with SIGHUP; a file with an error
changes nothing, and is named.`,
  example: `weir up
weir up --config weir.yaml > events.ndjson`,
  options: {},
  run,
};

async function run(context: CommandContext): Promise<number> {
  const config = context.config();
  const log = (line: string): void => context.err(`${line}\n`);
  const workers = workerCount(config, log);
  const read = (): Config => loadConfig({ file: context.configFile, env: context.env, cwd: context.cwd });
  const weir = await startWeir(config, { workers, read, eventLog: 'stdout', console: true, sensor: true, log });
  // Before a word says that it is there: whoever waits for that may stop it at once.
  const signalled = stopSignal(context, weir);
  context.err(greeting(weir, config));
  void weir.sensorSettled.then(() => {
    if (weir.sensor !== null) log(`weir: the sensor ${standingLine(weir.sensor)}`);
  });
  const manager = serviceManager({ env: context.env, pid: process.pid, log });
  await manager.ready(`the proxy listens on ${weir.url}`);
  await signalled;
  await manager.stopping();
  await weir.close();
  context.err('weir: stopped\n');
  return 0;
}

/** `proxy.workers` as a number, 1 where the system cannot share a port. */
function workerCount({ proxy }: Config, log: (line: string) => void): number {
  const count = proxy.workers === 'auto' ? availableParallelism() : proxy.workers;
  if (count === 1 || CAN_SHARE_PORT) return count;
  if (proxy.workers !== 'auto') log('weir: this system cannot share a port between processes; there is one worker');
  return 1;
}

function greeting(weir: RunningWeir, { proxy: { transparent }, sensor }: Config): string {
  return `weir: the proxy listens on ${weir.url}
${transparent === null ? '' : `  redirected   ${hostPortText(transparent)}: connections that the kernel redirects\n`}  console      ${weir.consoleLink ?? weir.consoleUrl}
               (good once, within ten minutes; \`weir token create\` makes further ways in)
  workers      ${weir.workers.length === 0 ? 'none (one process)' : weir.workers.length}
  home         ${weir.home}
  certificate  ${weir.caPath}
  policies     ${weir.policies.join(', ')}
  sensor       ${sensor.enabled === false ? 'off (sensor.enabled)' : 'starting; what becomes of it is said below'}

Route an app:
  weir run -- CMD                                    any command, whatever it is written in
  eval "$(weir env)"                                 this shell and all that it starts
  OPENAI_BASE_URL=${weir.url}/openai/v1    one SDK, through the gateway

Read what happened:  weir log list    Stop: Ctrl-C
`;
}

/**
 * Resolves at the first signal to stop; a second one ends the process at once. SIGHUP has the configuration read again,
 * unless it is the end of the terminal that this was started in.
 */
async function stopSignal(context: CommandContext, weir: RunningWeir): Promise<void> {
  const hadTerminal = hasTerminal();
  const stopped = Promise.withResolvers<void>();
  process.on('SIGHUP', () => {
    if (hadTerminal && !hasTerminal()) stopped.resolve();
    else void weir.reload();
  });
  let isStopping = false;
  // Never without a listener: in between, a signal would end the process by the system's own way, and leave its workers.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(130);
      isStopping = true;
      stopped.resolve();
    });
  }
  await stopped.promise;
  isStopping = true;
  context.err('weir: stopping; open exchanges get their time (limits.drainMs)\n');
}

/** Whether this process has a terminal that is still there. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    // None, or one that has hung up (ENXIO, EIO); a system without /dev/tty sends no SIGHUP for one.
    return false;
  }
}
