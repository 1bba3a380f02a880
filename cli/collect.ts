/** `weir collect`: from the bus into the store that many share. Runs without a proxy; as many as wanted, on any hosts. */
import { once } from 'node:events';
import { hostname } from 'node:os';
import { hostPortText } from '../catalog/host.ts';
import { busPlace } from '../fleet/bus-settings.ts';
import type { EventBody } from '../flow/event.ts';
import { storeText } from '../flow/store-address.ts';
import { recordOwn } from '../store/own-events.ts';
import { listenForProbes } from './collect/probes.ts';
import { startCollecting } from './collect/start-collecting.ts';
import { type Command, type CommandContext, UsageError } from './command.ts';
import { openConfiguredHome } from './configured-home.ts';
import { identityWhereJoined, memberWhereJoined } from './fleet/member.ts';
import { startReportingNode } from './fleet/reporting-node.ts';
import { asNode } from './keeping.ts';
import { serviceManager } from './systemd.ts';

export const command: Command = {
  name: 'collect',
  summary: 'write what nodes publish into the shared store',
  usage: 'weir collect [--config FILE]',
  details: `Takes the records that nodes publish on the bus (bus: nats://…) and writes them into the store
(store: postgres://…), in the foreground, until it is stopped. A record is acknowledged when it is
committed; one that is killed, or a bus or store that goes away, loses nothing. Any number of them
share the work. Each checks every node's chain as it arrives: a fork, a record that was not made with
its node's key, and what is missing for minutes become events. What no store will keep lies in
dead-letters.ndjson in home. /livez, /readyz and /metrics answer at collect.listen.`,
  example: `weir collect --config /etc/weir/collect.yaml
curl -s http://127.0.0.1:8790/metrics | grep weir_collect`,
  options: {},
  run,
};

async function run(context: CommandContext): Promise<number> {
  const config = context.config();
  const { bus, store, collect, retention } = config;
  if (bus === null || store === 'sqlite') {
    throw new UsageError('weir collect needs `bus: nats://…` and `store: postgres://…` in its configuration');
  }
  const log = (line: string): void => context.err(`${line}\n`);
  const home = openConfiguredHome(config, log);
  const lock = home.lock();
  const opened: (() => Promise<void> | void)[] = [() => lock.release()];
  try {
    const name = `weir collect ${hostname()}`;
    const settings = asNode(bus, await identityWhereJoined(home.path));
    const collecting = startCollecting({ homePath: home.path, bus: settings, store, retention, name }, log);
    opened.push(() => collecting.close());
    const node = await startReportingNode({ config, home, parts: () => ['collector'], hasPolicies: false, log });
    opened.push(() => node.close());
    // The chain keys of nodes that join come to it by its own membership.
    const record = (event: EventBody): void => recordOwn(home, [event], (message) => log(`weir: ${message}`));
    const member = await memberWhereJoined(config, home, record, log, (identity) => {
      collecting.take(asNode(bus, identity));
      node.take(identity);
    });
    opened.push(() => member?.close());
    const probes = await listenForProbes(collect.listen, collecting, () => member?.membership.figures() ?? []);
    opened.push(() => probes.close());
    const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    context.err(`weir: collecting from ${busPlace(bus)} into ${storeText(store)}
  probes       ${probes.url}/readyz, /livez, /metrics
  home         ${home.path} (${hostPortText(collect.listen)})
`);
    const manager = serviceManager({ env: context.env, pid: process.pid, log });
    await manager.ready(`collecting from ${busPlace(bus)}`);
    await stopped;
    context.err('weir: stopping\n');
    await manager.stopping();
    return 0;
  } finally {
    for (const close of opened.reverse()) await close();
  }
}
