/**
 * `weir up` as the one that steers and blocks: what it records of a steered call, what becomes of calls when its sensor's
 * process is killed under load, and what `sensor.block` refuses.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openReader, type Reader } from '../../store/reader.ts';
import { kernelSkipWithout } from './host.ts';
import { packageFile } from './npm-package.ts';
import type { Started } from './sandbox.ts';
import {
  NEIGHBOUR,
  OPENAI,
  OTHER,
  openSteeredPlace,
  PROMPT,
  type SteeredPlace,
  soon,
  withinThreeSeconds,
} from './steered-place.ts';

/** What was seen of a call is recorded by then: edges each second, connections three seconds after their end. */
const SETTLE_MS = 6000;

/** Connects again and again, and says how many it has begun at the end of its input. */
const LOAD = `
  const net = require('node:net');
  let begun = 0, isOver = false;
  const next = (host) => {
    if (isOver) return;
    begun++;
    const socket = net.connect(443, host, () => socket.destroy());
    socket.on('error', () => undefined).on('close', () => setTimeout(next, 5, host));
  };
  for (const host of process.argv.slice(1)) for (let i = 0; i < 10; i++) next(host);
  console.log('under way');
  process.stdin.on('end', () => { isOver = true; console.log('begun ' + begun); setTimeout(process.exit, 100, 0); }).resume();
`;

const DENO = packageFile('@deno/linux-x64-glibc', '2.9.6', 'deno');

/** Process numbers by the parent's. */
function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]) === pid;
      } catch {
        return false; // It has ended meanwhile.
      }
    })
    .map(Number);
}

/** The sensor's process of a Weir, and the loader below it. */
function sensorOf(weir: number): { readonly sensor: number; readonly loader: number } | null {
  for (const sensor of childrenOf(weir)) {
    for (const loader of childrenOf(sensor)) {
      if (readFileSync(`/proc/${loader}/comm`, 'utf8').trim() === 'weir-sensor') return { sensor, loader };
    }
  }
  return null;
}

describe('weir up', { skip: kernelSkipWithout('curl', 'openssl', 'setpriv', 'bpftool') }, () => {
  let place: SteeredPlace;
  let weir: Started;

  before(async () => {
    place = await openSteeredPlace();
  });
  after(() => place.close());

  const isBlocked = async (): Promise<boolean> => (await place.curl(OPENAI, ...PROMPT)).body.includes('weir_blocked');
  const recorded = <T>(ask: (reader: Reader) => T): T => {
    const reader = openReader(place.home);
    try {
      return ask(reader);
    } finally {
      reader.close();
    }
  };

  test("steers by itself where sensor.steer says whom; a steered call is the proxy's and nobody else's", async () => {
    const sensor = { enabled: true, cgroup: place.cgroup.path, steer: { cgroups: [place.cgroup.path] } };
    weir = await place.startWeir({ sensor });
    await soon(isBlocked);
    assert.deepEqual(JSON.parse((await place.curl(NEIGHBOUR, ...PROMPT)).body), { upstream: NEIGHBOUR });
    // One more, now that all of it stands: the proxy's call, and neither one of the sensor's nor one that went round.
    const callsOfSensor = (): number =>
      recorded((reader) =>
        [...reader.edges()]
          .filter(({ channel, destination }) => channel === 'sensor' && destination.host === OPENAI)
          .reduce((sum, { calls }) => sum + calls, 0),
      );
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const before_ = { position: recorded((reader) => reader.position()), calls: callsOfSensor() };
    assert.match((await place.curl(OPENAI, ...PROMPT)).body, /weir_blocked/);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const { events } = recorded((reader) => reader.after(before_.position, 100));
    assert.deepEqual(
      events.filter(({ destination }) => destination.host === OPENAI).map(({ kind, channel }) => [kind, channel]),
      [['exchange', 'proxy']],
    );
    assert.equal(callsOfSensor(), before_.calls);
  });

  test('reads what deno says, whose library cannot be read, by steering it', {
    skip: 'reason' in DENO ? DENO.reason : false,
  }, async () => {
    assert.ok('path' in DENO);
    const { path } = DENO;
    const { sandbox, cgroup } = place;
    const script = `const r = await fetch('https://${OPENAI}/v1/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '${PROMPT[1]}' }); console.log(await r.text())`;
    const env = { DENO_DIR: sandbox.folder, DENO_NO_UPDATE_CHECK: '1' };
    await soon(async () => {
      const args = ['eval', `--cert=${join(sandbox.folder, 'both.pem')}`, script];
      return (await sandbox.run(path, args, { cgroup, env })).stdout.includes('weir_blocked');
    });
  });

  test('with its sensor killed under load no hook is left, calls go their way, and it steers again by itself', async () => {
    const found = sensorOf(weir.pid);
    assert.ok(found !== null, 'there is a sensor with a loader');
    const load = place.sandbox.start(process.execPath, ['-e', LOAD, '--', OPENAI, OTHER], { cgroup: place.cgroup });
    await load.says('under way');
    // Who would start it again waits, so that what is left by the one that was killed is seen.
    process.kill(weir.pid, 'SIGSTOP');
    try {
      process.kill(found.sensor, 'SIGKILL');
      await withinThreeSeconds(async () => {
        const { body, isWeirs } = await place.curl(OPENAI, ...PROMPT);
        return body.includes(OPENAI) && !isWeirs;
      });
      await soon(async () => !existsSync(`/proc/${found.loader}`));
      const attached = spawnSync('bpftool', ['--json', 'cgroup', 'show', place.cgroup.path], { encoding: 'utf8' });
      assert.deepEqual([attached.status, JSON.parse(attached.stdout.trim() || '[]')], [0, []], attached.stderr);
    } finally {
      process.kill(weir.pid, 'SIGCONT');
    }
    load.stdin.end();
    const { stdout } = await load.finished();
    assert.ok(Number(/begun (\d+)/.exec(stdout)?.[1]) > 20, stdout);
    await soon(isBlocked);
    assert.notEqual(sensorOf(weir.pid)?.sensor, found.sensor);
  });

  test('blocks where sensor.block says so, at an address that no other name leads to', async () => {
    await weir.kill();
    weir = await place.startWeir({ sensor: { enabled: true, cgroup: place.cgroup.path, block: true } });
    await soon(async () => /Operation not permitted/.test((await place.curl(OPENAI, ...PROMPT)).failure));
    await soon(async () => {
      const refused = recorded((reader) =>
        [...reader.events()].find(({ kind, rule }) => kind === 'drift' && rule === 'block'),
      );
      return refused?.enforced === true && refused.source.process === 'curl' && refused.destination.host === OPENAI;
    });
    assert.deepEqual(JSON.parse((await place.curl(OTHER)).body), { upstream: OTHER });
    // The neighbour's name has to be learned first, which its first connection does not wait for.
    await soon(async () => (await place.curl(NEIGHBOUR)).failure === '');
    await soon(async () => (await place.curl(OPENAI)).failure === '');
  });
});
