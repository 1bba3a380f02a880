/** `weir console`: the console's listener and what it needs, without a proxy: where many nodes write to one store. */
import { once } from 'node:events';
import { hostPortText } from '../catalog/host.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { packageVersion } from '../config/package-root.ts';
import { loadPolicies } from '../config/policies.ts';
import { Metrics } from '../console/metrics.ts';
import type { Figures } from '../flow/figures.ts';
import { certificatePath } from '../proxy/tls/authority.ts';
import { createRecorder } from '../store/recorder.ts';
import type { Command, CommandContext } from './command.ts';
import { openConfiguredHome } from './configured-home.ts';
import { memberWhereJoined } from './fleet/member.ts';
import { startReportingNode } from './fleet/reporting-node.ts';
import { asNode, LAST_RECORDS_MS, startConfiguredCarrier } from './keeping.ts';
import { RunningAlerts } from './notify/start-alerts.ts';
import { startReloading } from './reloading.ts';
import { startConfiguredConsole } from './start-console.ts';
import { serviceManager } from './systemd.ts';

export const command: Command = {
  name: 'console',
  summary: 'run the console alone, without a proxy',
  usage: 'weir console [--config FILE]',
  details: `Starts the console's listener (console.listen) and live alerts (notify) in the foreground until it
is stopped (Ctrl-C), over the records of the store that the configuration names. Its home holds
tokens, sessions, drafts and the baseline. On the host of a proxy it is not needed: weir up has it.
Changes of the configuration and of policies are taken up while it runs.`,
  example: `weir console
weir console --config /etc/weir/console.yaml`,
  options: {},
  run,
};

async function run(context: CommandContext): Promise<number> {
  const config = context.config();
  const log = (line: string): void => context.err(`${line}\n`);
  const home = openConfiguredHome(config, log);
  const lock = home.lock();
  const opened: (() => Promise<void> | void)[] = [() => lock.release()];
  try {
    const node = await startReportingNode({ config, home, parts: () => ['console'], hasPolicies: true, log });
    opened.push(() => node.close());
    const snapshot = { config, documents: loadPolicies(config) };
    const metrics = new Metrics(packageVersion());
    let committed: () => void = () => {};
    const recorder = createRecorder(home, {
      encryptExcerpts: config.excerpts.encrypt,
      retention: config.retention,
      eventLog: null,
      outboxBytes: config.outbox.maxBytes,
      onProblem: (message) => log(`weir: ${message}`),
      onCounted: (figures) => {
        metrics.add(figures);
        node.counted(figures);
        committed();
      },
    });
    opened.push(() => recorder.close());
    const member = await memberWhereJoined(
      config,
      home,
      (event) => recorder.close({ event, edges: [], excerpt: null }),
      log,
      (identity) => {
        node.take(identity);
        if (config.bus !== null) shipping?.take(asNode(config.bus, identity));
      },
    );
    opened.push(() => member?.close());
    const shipping = await startConfiguredCarrier(config, home, log);
    opened.splice(1, 0, () => shipping?.close(LAST_RECORDS_MS));
    const alerts = new RunningAlerts(home.path, snapshot, log);
    opened.push(() => alerts.close());
    const running = await startConfiguredConsole(
      snapshot,
      metrics,
      {
        home,
        proxyUrl: `http://${hostPortText(config.proxy.listen)}`,
        certificate: certificatePath(home.caFolder),
        workers: () => 0,
        record: (event) => recorder.close({ event, edges: [], excerpt: null }),
        proxyProblem: null,
        storeProblem: () => recorder.probe(),
        sensor: () => null,
        readFleet: node.read,
        figures: async () => [
          [
            'console',
            ownFigures(recorder.spoolBytes, [...(shipping?.figures ?? []), ...(member?.membership.figures() ?? [])]),
          ],
        ],
        notify: () => alerts.state,
      },
      log,
    );
    committed = () => running.committed();
    opened.push(() => running.close());
    const reloading = startReloading({
      read: (): Config => loadConfig({ file: context.configFile, env: context.env, cwd: context.cwd }),
      ...{ configured: config, snapshot, check: () => {}, recorder, log },
      take: async (next) => {
        recorder.encryptExcerpts(next.config.excerpts.encrypt);
        recorder.retain(next.config.retention);
        running.take(next);
        alerts.take(next);
      },
    });
    opened.push(() => reloading.close());
    node.attach(recorder, async () => await reloading.reload());
    const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    context.err(`weir: the console listens on ${running.url}
  sign in      ${running.link}
               (good once, within ten minutes; \`weir token create\` makes further ways in)
  home         ${home.path}
`);
    const manager = serviceManager({ env: context.env, pid: process.pid, log });
    await manager.ready(`the console listens on ${running.url}`);
    await stopped;
    context.err('weir: stopping\n');
    await manager.stopping();
    return 0;
  } finally {
    for (const close of opened.reverse()) await close();
  }
}

/** What this process says of itself. */
function ownFigures(spoolBytes: number, others: Figures['values']): Figures {
  const cpu = process.cpuUsage();
  return {
    values: [
      { name: 'weir_resident_bytes', labels: [], value: process.memoryUsage.rss() },
      { name: 'weir_cpu_seconds_total', labels: [], value: (cpu.user + cpu.system) / 1e6 },
      { name: 'weir_spool_bytes', labels: [], value: spoolBytes },
      ...others,
    ],
    spreads: [],
  };
}
