/**
 * The sensor as `weir up` starts it, in a process that starts none of the programs that it watches: what Weir starts itself
 * is never captured. Asked for its figures, its processes and what it has recorded.
 *
 * sensor-host.ts HOME CGROUP RESPONSES
 */
import { startSensorChild } from '../../cli/sensor/sensor-child.ts';
import { loadConfig } from '../../config/load.ts';
import { packageRoot } from '../../config/package-root.ts';
import { loadPolicies } from '../../config/policies.ts';
import { openHome } from '../../store/home.ts';
import { openReader } from '../../store/reader.ts';
import { createRecorder } from '../../store/recorder.ts';
import { readyToStop, tell } from '../child.ts';
import { treeOf } from '../process-usage.ts';
import { ASKED_HOST } from './place.ts';

const [folder = '', cgroup = '', responses = 'true'] = process.argv.slice(2);
const base = loadConfig({ file: null, env: { HOME: folder }, cwd: packageRoot });
const config = { ...base, home: folder, sensor: { ...base.sensor, cgroup, responses: responses === 'true' } };
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const home = openHome(folder);
const lock = home.lock();
const recorder = createRecorder(home, {
  encryptExcerpts: config.excerpts.encrypt,
  eventLog: null,
  onProblem: (message) => say(`weir: ${message}`),
});
const sensor = startSensorChild({
  snapshot: { config, documents: loadPolicies(config) },
  home,
  recorder,
  log: say,
  ownPids: [],
  port: 1,
});
await sensor.settled;

readyToStop(() => {
  void close().then(() => process.exit(0));
});
process.on('message', (message: unknown) => {
  if (typeof message !== 'object' || message === null || !('kind' in message)) return;
  if (message.kind === 'figures') void sensor.figures().then((figures) => tell({ figures }));
  if (message.kind === 'standing') tell({ standing: sensor.standing });
  if (message.kind === 'processes') tell({ pids: treeOf(process.pid).slice(1) });
  if (message.kind === 'recorded') void recordedCalls().then((calls) => tell({ calls }));
});
tell({ standing: sensor.standing });

/** Calls that the store has of what was sent, after the sensor was ended: nothing is on its way any more. */
async function recordedCalls(): Promise<number> {
  await sensor.close();
  await recorder.flush();
  const reader = openReader(home);
  let calls = 0;
  for (const { direction, destination, calls: counted } of reader.edges()) {
    if (direction === 'out' && destination.host === ASKED_HOST) calls += counted;
  }
  reader.close();
  return calls;
}

async function close(): Promise<void> {
  await sensor.close();
  await recorder.close();
  lock.release();
}
