/** The sensor without its loader, on a real /proc: connections of programs in another network namespace. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelSkip, makeCgroup } from './host.ts';
import { openSandbox } from './sandbox.ts';
import { startTestSensor } from './sensor.ts';

const SERVER = `require('node:net').createServer((s) => s.on('error', () => {})).listen(443, '127.0.0.1', () => console.log('ready'));
process.stdin.on('end', () => process.exit()).resume()`;
const CLIENT = `require('node:net').connect(443, '127.0.0.1', () => console.log('connected'));
process.stdin.on('end', () => process.exit()).resume()`;

test('without the loader connections are edges of their process, whatever namespace it is in', {
  skip: kernelSkip(),
}, async (t) => {
  const cgroup = makeCgroup();
  const sandbox = await openSandbox();
  const sensor = await startTestSensor({ cgroup, isWithoutLoader: true });
  t.after(async () => {
    await sensor.stop();
    await sandbox.close();
    await cgroup.remove();
  });
  assert.deepEqual([sensor.running.state.kind, sensor.running.state.rung], ['unable', 'none']);
  await sandbox.start(process.execPath, ['-e', SERVER]).says('ready');
  // One that is not watched, and one that is.
  await sandbox.start(process.execPath, ['-e', CLIENT]).says('connected');
  const client = sandbox.start(process.execPath, ['-e', CLIENT], { cgroup });
  await client.says('connected');
  const edges = await sensor.edges(({ destination }) => destination.port === 443);
  assert.deepEqual(
    edges.map(({ source, destination, direction, coverage, calls }) => [
      ...[source.pid, source.process, source.exe, destination.host],
      ...[direction, coverage.reason, calls],
    ]),
    [[client.pid, 'node', process.execPath, '127.0.0.1', 'out', 'sockets', 1]],
  );
  assert.match(edges[0]?.source.workload?.cgroup ?? '', /weir-test-/);
});
