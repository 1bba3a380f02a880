import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../config/load.ts';
import { packageRoot } from '../config/package-root.ts';

const read = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');
const dockerfile = read('docker/Dockerfile').replace(/\\\n\s*/g, '');
const stages = dockerfile.split(/^FROM .*$/m).slice(1);
const buildFolders: readonly string[] = parse(read('tsconfig.build.json')).include;
const ignored = read('.dockerignore').split('\n');

/** Sources of the COPY lines that come from the build context. */
function copied(): readonly string[] {
  return [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));
}

interface Service {
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly profiles?: readonly string[];
  readonly build?: { readonly target?: string };
  readonly security_opt?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** What bpf/privilege.c keeps. */
const SENSOR_CAPABILITIES = ['BPF', 'PERFMON', 'NET_ADMIN', 'SYS_PTRACE', 'DAC_READ_SEARCH'];

const compose: Compose = parse(read('docker/compose.yaml'), { merge: true });

describe('the image', () => {
  test('copies only what is there and what .dockerignore lets through', () => {
    assert.ok(copied().length > 5);
    for (const path of copied()) {
      assert.ok(existsSync(join(packageRoot, path)), `${path} is not there`);
      assert.ok(ignored.includes(`!${path}`), `${path} is kept from the builder by .dockerignore`);
    }
  });

  test('copies every folder that the build compiles, and the policies', () => {
    const wanted = [...buildFolders.filter((path) => existsSync(join(packageRoot, path))), 'policies'];
    assert.deepEqual(
      wanted.filter((path) => !copied().includes(path)),
      [],
    );
  });

  test('runs as a user who is not root, with home as a volume, and asks its own console whether it is ready', () => {
    const final = stages.at(-1) ?? '';
    const [, user = '0'] = /^USER (\d+)/m.exec(final) ?? [];
    assert.ok(Number(user) > 0);
    const [, home = ''] = /WEIR_HOME=(\S+)/.exec(final) ?? [];
    assert.match(final, new RegExp(`^VOLUME \\["${home}"\\]`, 'm'));
    assert.match(final, /^EXPOSE 8787$/m);
    assert.match(final, /^HEALTHCHECK [\s\S]*?127\.0\.0\.1:8788\/readyz/m);
    assert.doesNotMatch(final, /curl|wget/);
  });

  test('takes a Node that Weir runs on', () => {
    assert.match(dockerfile, /^ARG NODE_IMAGE=node:24-/m);
    assert.match(dockerfile, /npm ci --engine-strict/);
  });
});

describe('the compose file', () => {
  test('gives no service a writable root or new privileges, and none but the sensor a capability', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      assert.equal(service.read_only, true, name);
      assert.deepEqual(service.cap_drop, ['ALL'], name);
      assert.ok(service.security_opt?.includes('no-new-privileges:true'), name);
      if (name === 'sensor') continue;
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
      assert.equal(service.cap_add, undefined, name);
    }
  });

  test('gives the sensor the capabilities that its loader keeps and no more, and only who asks for it has it', () => {
    const { sensor } = compose.services;
    assert.deepEqual(sensor?.cap_add, SENSOR_CAPABILITIES);
    assert.deepEqual(sensor.profiles, ['sensor']);
    assert.equal(sensor.build?.target, 'sensor');
    const config = loadConfig({ file: join(packageRoot, 'docker/sensor.yaml'), env: {}, cwd: packageRoot });
    assert.equal(config.sensor.enabled, true);
  });

  test('leaves the app no way out but weir', () => {
    const app = compose.services['app'];
    assert.deepEqual(app?.networks, ['apps']);
    assert.equal(compose.networks['apps']?.internal, true);
    assert.equal(app?.environment?.['HTTPS_PROXY'], 'http://weir:8787');
  });

  test('publishes the port on loopback only', () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
    assert.deepEqual(ports, ['127.0.0.1:8787:8787']);
  });

  test('shows the app the certificate and not the home that holds its key', () => {
    const volumes = compose.services['app']?.volumes ?? [];
    assert.ok(volumes.some((volume) => volume.startsWith('certificate:')));
    assert.ok(!volumes.some((volume) => volume.startsWith('home:')));
  });

  test('mounts only files that are there and volumes that it declares', () => {
    for (const volume of Object.values(compose.services).flatMap((service) => service.volumes ?? [])) {
      const [source = ''] = volume.split(':');
      // Of the host's own folders the sensor alone has one: the cgroups.
      if (source === '/sys/fs/cgroup') continue;
      const isThere = source.startsWith('./')
        ? existsSync(join(packageRoot, 'docker', source))
        : Object.hasOwn(compose.volumes, source);
      assert.ok(isThere, volume);
    }
  });

  test('brings a configuration that weir takes, and that listens where the service is known', () => {
    const config = loadConfig({ file: join(packageRoot, 'docker/weir.yaml'), env: {}, cwd: packageRoot });
    assert.equal(config.proxy.listen.host, '0.0.0.0');
    assert.equal(config.proxy.listen.port, 8787);
    assert.ok(config.proxy.names.includes('weir'));
  });
});
