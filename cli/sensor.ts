/** `weir sensor`: the sensor and the records, without a proxy. stdout carries one NDJSON line an event and nothing else. */
import { once } from 'node:events';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { loadPolicies } from '../config/policies.ts';
import { createRecorder } from '../store/recorder.ts';
import type { Command, CommandContext } from './command.ts';
import { openConfiguredHome } from './configured-home.ts';
import { memberWhereJoined } from './fleet/member.ts';
import { type ReportingNode, startReportingNode } from './fleet/reporting-node.ts';
import type { RunningMember } from './fleet/running-member.ts';
import { asNode, LAST_RECORDS_MS, startConfiguredCarrier } from './keeping.ts';
import { type Reloading, startReloading } from './reloading.ts';
import { type SensorChild, startSensorChild } from './sensor/sensor-child.ts';
import { standingLine } from './sensor/standing-text.ts';
import { serviceManager } from './systemd.ts';

export const command: Command = {
  name: 'sensor',
  summary: 'run the sensor alone: what leaves this host, without a proxy',
  usage: 'weir sensor [--config FILE]',
  details: `Watches the processes of this host (Linux, by eBPF) in the foreground until it is stopped: who calls an LLM, a third
party or a data store, and what is in it before TLS encrypts it. Nothing is changed or stopped: every event is in
monitor mode. Prints on stdout one line of NDJSON for each event. \`weir up\` runs it beside the proxy. Changes of
the configuration, of policies and of the fleet's bundle are taken up while it runs.

Exit code: 0 when it was stopped, 1 where this host does not allow it (\`weir doctor\` says what it needs).`,
  example: `weir sensor
weir sensor | jq -r '[.source.process, .destination.host, .action] | @tsv'`,
  options: {},
  run,
};

async function run(context: CommandContext): Promise<number> {
  const config = context.config();
  const log = (line: string): void => context.err(`${line}\n`);
  const home = openConfiguredHome(config, log);
  const lock = home.lock();
  let sensor: SensorChild | null = null;
  let member: RunningMember | null = null;
  let node: ReportingNode | null = null;
  let reloading: Reloading | null = null;
  const recorder = createRecorder(home, {
    encryptExcerpts: config.excerpts.encrypt,
    eventLog: 'stdout',
    outboxBytes: config.outbox.maxBytes,
    onProblem: (message) => log(`weir: ${message}`),
    onRemoved: (name) => sensor?.spoolRemoved(name),
    ...(config.bus === null ? {} : { onCounted: (figures) => node?.counted(figures) }),
  });
  const shipping = await startConfiguredCarrier(config, home, log);
  try {
    node = await startReportingNode({
      ...{ config, home, hasPolicies: true, log },
      parts: () => (sensor?.standing.state === 'running' ? ['sensor'] : []),
    });
    const snapshot = { config, documents: loadPolicies(config) };
    member = await memberWhereJoined(
      config,
      home,
      (event) => recorder.close({ event, edges: [], excerpt: null }),
      log,
      (identity) => {
        node?.take(identity);
        if (config.bus !== null) shipping?.take(asNode(config.bus, identity));
      },
    );
    const onState = (): void => node?.changed();
    const { port } = config.proxy.listen;
    sensor = startSensorChild({ snapshot, home, recorder, log, ownPids: [], port, onState });
    reloading = startReloading({
      read: (): Config => loadConfig({ file: context.configFile, env: context.env, cwd: context.cwd }),
      ...{ configured: config, snapshot, check: () => {}, recorder, log },
      take: async (next) => {
        recorder.encryptExcerpts(next.config.excerpts.encrypt);
        sensor?.take(next);
      },
    });
    node.attach(recorder, async () => await reloading?.reload());
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
    reloading?.close();
    await sensor?.close();
    member?.close();
    await node?.close();
    await recorder.close();
    await shipping?.close(LAST_RECORDS_MS);
    lock.release();
  }
}
