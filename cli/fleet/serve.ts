/** `weir fleet serve`: the centre's listener in the foreground. */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { parseHostPort } from '../../catalog/host.ts';
import { Attempts } from '../../console/api/attempts.ts';
import { Centre } from '../../fleet/enrolment/centre.ts';
import { startListener } from '../../fleet/enrolment/listener.ts';
import { takeLock } from '../../store/lock.ts';
import { type Command, type CommandContext, textOption, UsageError } from '../command.ts';
import { serviceManager } from '../systemd.ts';
import { centreHere } from './centre-here.ts';

export const command: Command = {
  name: 'fleet serve',
  summary: 'answer the nodes of the fleet',
  usage: 'weir fleet serve [--listen HOST:PORT]',
  details: `Listens until it is stopped (Ctrl-C), on every address, at the port that nodes are told (weir fleet init
--address) unless --listen says otherwise. TLS 1.3 with a certificate of the fleet's own, which nodes hold against
the pin in their token, so that the address may be a name, a number or a load balancer that passes TCP on. What
happens is recorded in this home as events of kind admin. One process a home; it may run beside weir up, collect
and console.`,
  example: 'weir fleet serve --listen 0.0.0.0:8791',
  options: { listen: { type: 'string' } },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { files, record, say } = centreHere(context);
  const { address: told } = files.settings();
  const listen = parseHostPort(textOption(context, 'listen') ?? `0.0.0.0:${parseHostPort(told)?.port ?? 0}`);
  if (listen === null) throw new UsageError('--listen must be host:port');
  mkdirSync(files.folder, { recursive: true, mode: 0o700 });
  const lock = takeLock(files.folder, 1000);
  try {
    const tell = (text: string, isGrave: boolean): void => {
      say(text);
      try {
        record(text, isGrave);
      } catch (error) {
        say(`the event cannot be kept: ${error instanceof Error ? error.message : 'unknown reason'}`);
      }
    };
    const centre = new Centre({ files, now: Date.now, tell });
    const log = (line: string): void => context.err(`${line}\n`);
    const running = await startListener({ ...listen, centre, attempts: new Attempts(), log });
    const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    const { id, address } = files.settings();
    const text = `the centre of fleet ${id} listens on port ${running.port}; nodes are told ${address}`;
    say(text);
    const manager = serviceManager({ env: context.env, pid: process.pid, log });
    await manager.ready(text);
    await stopped;
    await manager.stopping();
    await running.close();
  } finally {
    lock.release();
  }
  say('stopped');
  return 0;
}
