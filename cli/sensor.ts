/** `weir sensor`: the sensor and the records, without a proxy. stdout carries one NDJSON line an event and nothing else. */
import { once } from 'node:events';
import { loadPolicies } from '../config/policies.ts';
import { createRecorder } from '../store/recorder.ts';
import type { Command, CommandContext } from './command.ts';
import { openConfiguredHome } from './configured-home.ts';
import { memberWhereJoined } from './fleet/member.ts';
import type { RunningMember } from './fleet/running-member.ts';
import { asNode, LAST_RECORDS_MS, startConfiguredCarrier } from './keeping.ts';
import { type SensorChild, startSensorChild } from './sensor/sensor-child.ts';
import { standingLine } from './sensor/standing-text.ts';
import { serviceManager } from './systemd.ts';

export const command: Command = {
  name: 'sensor',
  summary: 'run the sensor alone: what leaves this host, without a proxy',
  usage: 'weir sensor [--config FILE]',
  details: `Watches the processes of this host (Linux, by eBPF) in the foreground until it is stopped: who calls an LLM, a third
party or a data store, and what is in it before TLS encrypts it. Nothing is changed or stopped: every event is in
monitor mode. Prints on stdout one line of NDJSON for each event. \`weir up\` runs it beside the proxy.

Exit code: 0 when it was stopped, 1 where this host does not allow it (\`weir doctor\` says what it needs).`,
  example: `weir sensor
weir sensor | jq -r '[.source.process, .destination.host, .action] | @tsv'`,
  options: {},
  run,
};

async function run(context: CommandContext): Promise<number> {
  const config = context.config();
  const log = (line: string): void => context.err(`${line}\n`);
  const snapshot = { config, documents: loadPolicies(config) };
  const home = openConfiguredHome(config, log);
  const lock = home.lock();
  let sensor: SensorChild | null = null;
  let member: RunningMember | null = null;
  const recorder = createRecorder(home, {
    encryptExcerpts: config.excerpts.encrypt,
    eventLog: 'stdout',
    outboxBytes: config.outbox.maxBytes,
    onProblem: (message) => log(`weir: ${message}`),
    onRemoved: (name) => sensor?.spoolRemoved(name),
  });
  const shipping = await startConfiguredCarrier(config, home, log);
  try {
    member = await memberWhereJoined(
      config,
      home,
      (event) => recorder.close({ event, edges: [], excerpt: null }),
      log,
      (identity) => {
        if (config.bus !== null) shipping?.take(asNode(config.bus, identity));
      },
    );
    sensor = startSensorChild({ snapshot, home, recorder, log, ownPids: [], port: config.proxy.listen.port });
    await sensor.settled;
    const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    context.err(`weir: the sensor ${standingLine(sensor.standing)}\n  home  ${home.path}\n`);
    if (sensor.standing.state === 'unavailable') return 1;
    const manager = serviceManager({ env: context.env, pid: process.pid, log });
    await manager.ready(`the sensor ${standingLine(sensor.standing)}`);
    await stopped;
    context.err('weir: stopping\n');
    await manager.stopping();
    return 0;
  } finally {
    await sensor?.close();
    member?.close();
    await recorder.close();
    await shipping?.close(LAST_RECORDS_MS);
    lock.release();
  }
}
