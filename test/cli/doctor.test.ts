/** `weir doctor`: each check on a host as it should be and on one where just that thing is not. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, test } from 'node:test';
import type { Check } from '../../cli/doctor/check.ts';
import { checkConsole } from '../../cli/doctor/console.ts';
import { checkEnvironments } from '../../cli/doctor/environments.ts';
import { checkAuthority, checkEnvironment, checkHome, checkPort, latestSeen } from '../../cli/doctor/place.ts';
import { checkClock, checkNode, checkNodeOfPath, isInRange, requiredNode } from '../../cli/doctor/runtime.ts';
import { COMMANDS, main } from '../../cli/main.ts';
import { whoListens } from '../../cli/who-listens.ts';
import { startConsole } from '../../console/console.ts';
import type { Part } from '../../console/health.ts';
import { Metrics } from '../../console/metrics.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-doctor-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const isLinux = process.platform === 'linux';

async function doctor(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  const printed = { out: '', err: '' };
  const code = await main(
    ['doctor', ...args],
    {
      env: { HOME: cwd, PATH: process.env['PATH'], ...env },
      cwd,
      stdin: Readable.from([]),
      isTerminal: false,
      out(text) {
        printed.out += text;
      },
      err(text) {
        printed.err += text;
      },
    },
    COMMANDS,
  );
  return { code, ...printed };
}

function place(name: string, config = ''): string {
  const path = join(folder, name);
  mkdirSync(path, { mode: 0o700 });
  // A port that nothing else on the host can hold, and policies that do not depend on the shipped ones.
  writeFileSync(
    join(path, 'weir.yaml'),
    `policies: []\nproxy: {listen: "127.0.0.1:0"}\nsensor: {enabled: false}\n${config}`,
  );
  return path;
}

async function listening(port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { server, port: address.port };
}

describe('the command', () => {
  test('prints every check, exits 0 when nothing is broken and makes no file', async () => {
    const cwd = place('sound');
    const { code, out, err } = await doctor([], cwd);
    assert.equal(err, '');
    assert.equal(code, 0, out);
    for (const name of [
      'node',
      're2',
      'config',
      'policies',
      'home',
      'ca',
      'port',
      'console',
      'environment',
      'clock',
      'run',
      'sensor',
    ]) {
      assert.match(out, new RegExp(`^(ok|warning|off) +${name} `, 'm'));
    }
    assert.match(out, /^off +sensor +off \(sensor\.enabled\)/m);
    assert.match(out, /Nothing is broken\.\n$/);
    assert.ok(!existsSync(join(cwd, '.weir')));
  });

  test('--json is one document with a fix for whatever is not as it should be', async () => {
    const { code, out } = await doctor(['--json'], place('json'));
    const document: { healthy: boolean; checks: Check[] } = JSON.parse(out);
    assert.equal(code, 0);
    assert.equal(document.healthy, true);
    for (const { name, status, what, fix } of document.checks) {
      assert.ok(what !== '', name);
      assert.equal(fix !== null, status === 'broken' || status === 'warning', name);
    }
  });

  test('tells the problems of a configuration with their place, and exits 1', async () => {
    const { code, out } = await doctor([], place('wrong', 'prxy: {}\n'));
    assert.equal(code, 1);
    assert.match(out, /^broken +config +weir\.yaml:4:1: unknown key "prxy"; did you mean "proxy"\?/m);
    assert.match(out, /^off +policies +not looked at/m);
    assert.match(out, /\n1 broken\.\n$/);
  });

  test('tells the problems of a policy', async () => {
    const cwd = place('bad-policy');
    writeFileSync(join(cwd, 'p.yaml'), 'kind: Polcy');
    writeFileSync(
      join(cwd, 'weir.yaml'),
      'policies: [p.yaml]\nproxy: {listen: "127.0.0.1:0"}\nsensor: {enabled: false}\n',
    );
    const { code, out } = await doctor([], cwd);
    assert.equal(code, 1);
    assert.match(out, /^broken +policies +.*p\.yaml:1:7: expected one of Policy, Exception; did you mean "Policy"\?/m);
  });

  test('tells a listener that is open, and a weir.yml that nobody reads', async () => {
    const open = place('open');
    writeFileSync(join(open, 'weir.yaml'), 'policies: []\nproxy: {listen: "0.0.0.0:0"}\nsensor: {enabled: false}\n');
    assert.match((await doctor([], open)).out, /^broken +config +proxy\.listen is 0\.0\.0\.0/m);
    const other = join(folder, 'yml');
    mkdirSync(other);
    writeFileSync(join(other, 'weir.yml'), 'home: x');
    assert.match((await doctor([], other)).out, /^warning +config +weir\.yml is not read/m);
  });

  test('names the process that holds the port', { skip: !isLinux }, async () => {
    const { server, port } = await listening();
    try {
      const cwd = place('taken');
      writeFileSync(
        join(cwd, 'weir.yaml'),
        `policies: []\nproxy: {listen: "127.0.0.1:${port}"}\nsensor: {enabled: false}\n`,
      );
      const { code, out } = await doctor([], cwd);
      assert.equal(code, 1);
      assert.match(
        out,
        new RegExp(`^broken +port +127\\.0\\.0\\.1:${port} is taken by .+ \\(pid ${process.pid}\\)$`, 'm'),
      );
    } finally {
      server.close();
    }
  });
});

describe('home', () => {
  test('that is not there yet is well where it can be made', () => {
    assert.deepEqual(checkHome(join(folder, 'a', 'b')).status, 'ok');
  });

  test('that is open to others is a warning with the command that shuts it', () => {
    const path = join(folder, 'wide');
    mkdirSync(path, { mode: 0o755 });
    chmodSync(path, 0o755);
    const { status, what, fix } = checkHome(path);
    assert.equal(status, 'warning');
    assert.match(what, /\(0755\)$/);
    assert.equal(fix, `chmod 700 ${path}`);
    chmodSync(path, 0o700);
    assert.equal(checkHome(path).status, 'ok');
  });

  test('that is a file is broken', () => {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    assert.equal(checkHome(path).status, 'broken');
  });

  test('that cannot be written is broken', {
    skip: process.getuid?.() === 0 ? 'root may write everywhere' : false,
  }, () => {
    const path = join(folder, 'shut');
    mkdirSync(path, { mode: 0o500 });
    assert.equal(checkHome(path).status, 'broken');
    assert.equal(checkHome(join(path, 'below')).status, 'broken');
  });
});

describe('the certificate authority', () => {
  const home = join(folder, 'ca-home');
  const until = () => new Date(loadOrCreateAuthority(join(home, 'ca')).certificate.validTo).getTime();

  test('is well while it is valid, a warning in its last month, broken after', () => {
    assert.equal(checkAuthority(home, Date.now()).status, 'off');
    const end = until();
    assert.equal(checkAuthority(home, Date.now()).status, 'ok');
    assert.equal(checkAuthority(home, end - 86_400_000).status, 'warning');
    assert.equal(checkAuthority(home, end + 1).status, 'broken');
  });

  test('is broken when others can read its key, a half is missing or the certificate is none', () => {
    const key = join(home, 'ca', 'ca.key');
    chmodSync(key, 0o640);
    assert.match(checkAuthority(home, Date.now()).what, /\(0640\)$/);
    chmodSync(key, 0o600);
    writeFileSync(join(home, 'ca', 'ca.pem'), 'none');
    assert.equal(checkAuthority(home, Date.now()).status, 'broken');
    rmSync(join(home, 'ca', 'ca.pem'));
    assert.match(checkAuthority(home, Date.now()).what, /ca\.pem is missing$/);
  });
});

describe('the port', () => {
  test('is free, or taken by weir itself where its home says so', { skip: !isLinux }, async () => {
    const { server, port } = await listening();
    const listen = { host: '127.0.0.1', port };
    const home = join(folder, 'port-home');
    mkdirSync(home);
    try {
      assert.equal((await checkPort(listen, home)).status, 'broken');
      writeFileSync(join(home, 'lock.pid'), `${process.pid}\n`);
      assert.equal((await checkPort(listen, home)).status, 'ok');
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    assert.equal((await checkPort(listen, home)).status, 'ok');
  });

  test('on an address that this host does not have is broken', async () => {
    const { status, what } = await checkPort({ host: '192.0.2.1', port: 8787 }, folder);
    assert.equal(status, 'broken');
    assert.match(what, /is no address of this host/);
  });

  test('is named by its holder, IPv4 and IPv6, and by nobody once it is free', { skip: !isLinux }, async () => {
    const { server, port } = await listening();
    const holder = whoListens(port);
    assert.equal(holder?.pid, process.pid);
    assert.match(holder?.process ?? '', /^.{1,15}$/);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(whoListens(port), null);
    const six = createServer();
    await new Promise<void>((resolve) => six.listen(0, '::1', resolve));
    const address = six.address();
    assert.ok(typeof address === 'object' && address !== null);
    assert.equal(whoListens(address.port)?.pid, process.pid);
    six.close();
  });
});

describe('the environment', () => {
  const listen = { host: '127.0.0.1', port: 8787 };
  const statusOf = (env: NodeJS.ProcessEnv) => checkEnvironment(env, listen).status;

  test('is well without proxy variables and with ones that point here', () => {
    assert.equal(statusOf({}), 'ok');
    assert.equal(statusOf({ HTTPS_PROXY: 'http://127.0.0.1:8787', http_proxy: 'http://app:t@localhost:8787/' }), 'ok');
    assert.equal(statusOf({ HTTPS_PROXY: '' }), 'ok');
  });

  test('is a warning when a variable points elsewhere, which is named without its value', () => {
    const value = ['http://user', 'hush@proxy.example:3128'].join(':');
    const { status, what } = checkEnvironment({ HTTPS_PROXY: value, http_proxy: 'http://127.0.0.1:8787' }, listen);
    assert.equal(status, 'warning');
    assert.equal(what, 'HTTPS_PROXY point to another proxy than this one');
    assert.equal(statusOf({ ALL_PROXY: '127.0.0.1:8788' }), 'warning');
    assert.equal(statusOf({ HTTP_PROXY: '::::' }), 'warning');
  });

  test('is a warning when every host is exempt or certificates are not checked', () => {
    assert.equal(statusOf({ HTTPS_PROXY: 'http://127.0.0.1:8787', NO_PROXY: 'localhost, *' }), 'warning');
    assert.equal(statusOf({ HTTPS_PROXY: 'http://127.0.0.1:8787', NO_PROXY: 'localhost,*.example' }), 'ok');
    assert.equal(statusOf({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }), 'warning');
  });
});

describe('the runtime', () => {
  test('Node is judged by the range in package.json', () => {
    assert.equal(checkNode().status, 'ok');
    assert.equal(checkNode('20.19.0').status, 'broken');
    assert.match(checkNode('20.19.0').what, /^Node 20\.19\.0; weir needs /);
    assert.match(requiredNode(), /\d/);
  });

  test('ranges of engines are read as npm reads them', () => {
    const range = '^24.15.0 || >=26.0.0';
    for (const version of ['24.15.0', '24.21.3', '26.0.0', '27.1.0']) assert.ok(isInRange(version, range), version);
    for (const version of ['20.1.0', '22.21.0', '24.14.9', '25.9.0', '23.99.0'])
      assert.ok(!isInRange(version, range), version);
    assert.ok(isInRange('1.2.3', '*'));
  });

  test('the node on PATH is looked at for weir run, and may be missing', () => {
    assert.match(checkNodeOfPath(process.env).what, /^the node on PATH is \d+\.\d+\.\d+ and /);
    assert.match(checkNodeOfPath({ PATH: folder }).what, /^no node on PATH/);
    const old = join(folder, 'old');
    mkdirSync(old);
    writeFileSync(join(old, 'node'), '#!/bin/sh\necho v20.11.1\n', { mode: 0o755 });
    assert.match(checkNodeOfPath({ PATH: `${old}:/usr/bin:/bin` }).what, /20\.11\.1 and is routed by a preload$/);
  });

  test('a clock before what the home has seen is broken', () => {
    const home = join(folder, 'clock');
    assert.equal(latestSeen(home), 0);
    mkdirSync(home);
    writeFileSync(join(home, 'weir.db'), '');
    const latest = latestSeen(home);
    assert.equal(latest, statSync(join(home, 'weir.db')).mtimeMs);
    assert.equal(checkClock(latest - 60_000, latest).status, 'ok');
    assert.equal(checkClock(latest - 600_000, latest).status, 'broken');
  });
});

describe('the console', () => {
  test('its port is free, or taken by somebody else', async () => {
    const free = await listening();
    await new Promise((resolve) => free.server.close(resolve));
    const listen = { host: '127.0.0.1', port: free.port };
    assert.equal((await checkConsole(listen, folder)).status, 'ok');
    const taken = await listening(free.port);
    const check = await checkConsole(listen, folder);
    taken.server.close();
    assert.equal(check.status, 'broken');
    assert.match(check.fix ?? '', /`console\.listen`/);
  });

  test('a Weir of this home says what is not ready', { skip: isLinux ? false : 'reads /proc' }, async () => {
    const home = join(folder, 'running');
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(join(home, 'lock.pid'), `${process.pid}\n`);
    let parts: readonly Part[] = [{ name: 'proxy', problem: null }];
    const running = await startConsole({
      listen: { host: '127.0.0.1', port: 0 },
      names: [],
      parts: () => parts,
      metrics: new Metrics('1'),
      gather: async () => {},
      pages: null,
      api: null,
    });
    const listen = { host: '127.0.0.1', port: running.port };
    const ready = await checkConsole(listen, home);
    parts = [...parts, { name: 'store', problem: 'the spool cannot be written (ENOSPC)' }];
    const not = await checkConsole(listen, home);
    await running.close();
    assert.equal(ready.status, 'ok', ready.what);
    assert.deepEqual([not.status, not.what], ['broken', 'store: the spool cannot be written (ENOSPC)']);
  });
});

test('fences: a name that nothing here has is named with the near one; no fence is off', async () => {
  const path = place(
    'fences',
    'environments: {pci: {apps: [biling, billing], stores: [cards], vendors: [Strype, stripe, acme]}}\n' +
      'apps: [{name: billing}]\nstores: [{name: card, hosts: ["10.0.0.4:5432"]}]\n' +
      'destinations: [{hosts: [api.acme.example], vendor: Acme}]\n',
  );
  const { code, out } = await doctor(['--json'], path);
  const { checks }: { checks: readonly Check[] } = JSON.parse(out);
  const check = checks.find(({ name }) => name === 'environments');
  assert.equal(code, 0);
  assert.equal(check?.status, 'warning');
  assert.deepEqual(check?.what.split('\n'), [
    'environments.pci.apps names "biling", which nothing here has; did you mean "billing"?',
    'environments.pci.stores names "cards", which nothing here has; did you mean "card"?',
    'environments.pci.vendors names "Strype", which nothing here has; did you mean "Stripe"?',
  ]);
  const nothing = { environments: new Map(), apps: [], stores: [], destinations: [] };
  assert.equal(checkEnvironments(nothing).status, 'off');
});
