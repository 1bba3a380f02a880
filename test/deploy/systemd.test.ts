/** The units of deploy/systemd: what systemd itself says of them, and what a service manager hears from the program. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { COMMANDS } from '../../cli/main.ts';
import { serviceManager } from '../../cli/systemd.ts';
import { packageRoot } from '../../config/package-root.ts';
import { measureExposure } from '../../scripts/write-exposure.ts';
import { listenForNotices } from '../support/notify-socket.ts';
import { startWeirCommand } from '../support/weir-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-units-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const units = globSync('deploy/systemd/*.service', { cwd: packageRoot }).sort();
const present = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;
const mayLack = (program: string): { skip: string | false } => ({
  skip: process.env['WEIR_TEST_INSTALL'] === '1' || present(program) ? false : `${program} is not on this host`,
});

/** The settings of a unit's section [Service]; a setting that stands twice has both values. */
function service(unit: string): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(join(packageRoot, unit), 'utf8');
  const [, body = ''] = /^\[Service\]\n([\s\S]*?)^\[/m.exec(text) ?? [];
  const settings = new Map<string, string[]>();
  for (const [, name = '', value = ''] of body.matchAll(/^(\w+)=(.*)$/gm)) {
    settings.set(name, [...(settings.get(name) ?? []), value]);
  }
  return settings;
}

const SENSOR_CAPABILITIES = 'CAP_BPF CAP_PERFMON CAP_NET_ADMIN CAP_SYS_PTRACE CAP_DAC_READ_SEARCH';

describe('the units', () => {
  test('are one for each part', () => {
    assert.deepEqual(
      units.map((unit) => basename(unit)),
      [
        'weir-centre.service',
        'weir-collect.service',
        'weir-console.service',
        'weir-proxy.service',
        'weir-sensor.service',
      ],
    );
  });

  test('systemd takes each of them', mayLack('systemd-analyze'), () => {
    // A program has to be there: the package brings it.
    const program = join(folder, 'weir');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    for (const unit of units) {
      const copy = join(folder, basename(unit));
      const text = readFileSync(join(packageRoot, unit), 'utf8');
      assert.match(text, /^ExecStart=\/usr\/bin\/weir /m);
      writeFileSync(copy, text.replaceAll('/usr/bin/weir', program));
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', copy], { encoding: 'utf8' });
      assert.deepEqual([status, stderr], [0, ''], unit);
    }
  });

  test('none is more exposed than systemd calls OK', mayLack('systemd-analyze'), () => {
    const found = measureExposure();
    assert.equal(found.length, units.length);
    for (const { unit, exposure } of found) {
      const most = unit === 'weir-sensor.service' ? 3.5 : 1.9;
      assert.ok(exposure > 0 && exposure <= most, `${unit}: ${exposure}`);
    }
  });

  test('docs/operations.md says what systemd says', mayLack('systemd-analyze'), () => {
    const page = readFileSync(join(packageRoot, 'docs/operations.md'), 'utf8');
    for (const { unit, exposure } of measureExposure())
      assert.ok(page.includes(`| \`${unit}\` | ${exposure.toFixed(1)} |`), unit);
  });

  test('each runs as a user of its own, writes its state only, and tells when it is ready', () => {
    for (const unit of units) {
      const settings = service(unit);
      const one = (name: string): string => settings.get(name)?.join(' ') ?? '';
      assert.equal(one('Type'), 'notify', unit);
      assert.equal(one('NotifyAccess'), 'all', unit);
      assert.equal(one('DynamicUser'), 'yes', unit);
      assert.equal(one('ProtectSystem'), 'strict', unit);
      assert.equal(one('NoNewPrivileges'), 'yes', unit);
      assert.equal(one('Environment').includes(`WEIR_HOME=%S/${one('StateDirectory')} `), true, unit);
      assert.equal(settings.has('ReadWritePaths'), false, unit);
      assert.notEqual(one('LoadCredential'), '', unit);
    }
  });

  test('the sensor has the capabilities that its loader keeps, and the others none', () => {
    for (const unit of units) {
      const wanted = unit.includes('sensor') ? SENSOR_CAPABILITIES : '';
      assert.deepEqual(service(unit).get('CapabilityBoundingSet'), [wanted], unit);
      assert.deepEqual(service(unit).get('AmbientCapabilities'), [wanted], unit);
    }
  });

  test('each starts a command that is there', () => {
    for (const unit of units) {
      const [, command = ''] =
        /^\/usr\/bin\/weir (\w+)(?: serve)? --config /.exec(service(unit).get('ExecStart')?.[0] ?? '') ?? [];
      assert.ok(
        COMMANDS.some(({ name }) => name === command),
        `${unit}: ${command}`,
      );
    }
  });
});

describe('the word to the service manager', mayLack('systemd-notify'), () => {
  test('ready, alive as often as asked for, and stopping, after which nothing is alive', async () => {
    const socket = await listenForNotices(join(folder, 'words'));
    try {
      const lines: string[] = [];
      const env = { ...process.env, NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: '600000' };
      const manager = serviceManager({ env, pid: process.pid, log: (line) => lines.push(line) });
      await manager.ready('the proxy listens');
      await socket.heard(/^WATCHDOG=1$/);
      await manager.stopping();
      await socket.heard(/^STOPPING=1$/);
      assert.deepEqual(socket.words.slice(0, 2), ['READY=1', 'STATUS=the proxy listens']);
      assert.deepEqual(lines, []);
    } finally {
      await socket.close();
    }
  });

  test('a watchdog that is meant for another process gets nothing', async () => {
    const socket = await listenForNotices(join(folder, 'other'));
    try {
      const env = { ...process.env, NOTIFY_SOCKET: socket.path, WATCHDOG_USEC: '3000', WATCHDOG_PID: '1' };
      const manager = serviceManager({ env, pid: process.pid, log: () => {} });
      await manager.ready('x');
      await manager.stopping();
      await socket.heard(/^STOPPING=1$/);
      assert.equal(socket.words.includes('WATCHDOG=1'), false);
    } finally {
      await socket.close();
    }
  });

  test('weir up and weir console say when they are ready, and that they stop', async () => {
    for (const command of ['up', 'console']) {
      const place = join(folder, command);
      mkdirSync(place);
      const config = { proxy: { listen: '127.0.0.1:0', workers: 1 }, console: { listen: '127.0.0.1:0' } };
      writeFileSync(join(place, 'weir.yaml'), JSON.stringify({ ...config, sensor: { enabled: false } }));
      const socket = await listenForNotices(join(place, 'notify'));
      const env = { NOTIFY_SOCKET: socket.path, WEIR_HOME: join(place, 'home') };
      const weir = startWeirCommand([command], { cwd: place, env });
      try {
        await socket.heard(/^STATUS=the (proxy|console) listens on http:/);
        const [, url = ''] = await weir.shows(/(?:console {2,}|console listens on )(http:\/\/127\.0\.0\.1:\d+)/);
        const { ready, parts } = (await (await fetch(`${url}/readyz`)).json()) as { ready: boolean; parts: object };
        assert.deepEqual([ready, Object.keys(parts)], [true, command === 'up' ? ['proxy', 'store'] : ['store']]);
        weir.signal('SIGTERM');
        await socket.heard(/^STOPPING=1$/);
        assert.equal((await weir.ended).code, 0);
      } finally {
        weir.signal('SIGKILL');
        await weir.ended;
        await socket.close();
      }
    }
  });
});

test('without the program that tells it, Weir says so once and goes on', async () => {
  const lines: string[] = [];
  const env = { PATH: folder, NOTIFY_SOCKET: join(folder, 'nobody') };
  const manager = serviceManager({ env, pid: process.pid, log: (line) => lines.push(line) });
  await manager.ready('x');
  await manager.stopping();
  assert.deepEqual(lines, ['weir: the service manager could not be told (systemd-notify: ENOENT)']);
});

test('without a service manager nothing is run', async () => {
  const lines: string[] = [];
  const manager = serviceManager({ env: { PATH: folder }, pid: process.pid, log: (line) => lines.push(line) });
  await manager.ready('x');
  await manager.stopping();
  assert.deepEqual(lines, []);
});
