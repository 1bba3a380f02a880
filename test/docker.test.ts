import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { COMMANDS } from '../cli/main.ts';
import { loadConfig } from '../config/load.ts';
import { packageRoot } from '../config/package-root.ts';
import { imageOf, keptByDockerignore, readDockerfile } from './support/dockerfile.ts';

const read = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');
const dockerfile = readDockerfile(read('docker/Dockerfile'));
const isKept = keptByDockerignore(read('.dockerignore'));
const buildFolders: readonly string[] = parse(read('tsconfig.build.json')).include;
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

interface Service {
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly profiles?: readonly string[];
  readonly image?: string;
  readonly build?: { readonly target?: string; readonly args?: { readonly NODE_IMAGE?: string } };
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly secrets?: readonly string[];
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
  readonly secrets?: Readonly<Record<string, unknown>>;
}

/** What bpf/privilege.c keeps. */
const SENSOR_CAPABILITIES = ['BPF', 'PERFMON', 'NET_ADMIN', 'SYS_PTRACE', 'DAC_READ_SEARCH'];

const compose: Compose = parse(read('docker/compose.yaml'), { merge: true });

describe('the image', () => {
  test('has a base by argument alone, which no stage goes round', () => {
    assert.deepEqual([...dockerfile.args], [['NODE_IMAGE', null]]);
    const names = new Set<string>();
    for (const { name, base } of dockerfile.stages) {
      assert.ok(base === '${NODE_IMAGE}' || names.has(base), `${name} is from ${base}`);
      names.add(name);
    }
  });

  test('refuses a base without a digest before anything else is done', () => {
    const build = dockerfile.stages.find(({ name }) => name === 'build');
    const [args, first] = build?.instructions ?? [];
    assert.equal(args?.text, 'NODE_IMAGE');
    assert.equal(first?.name, 'RUN');
    const run = (image: string) =>
      spawnSync('/bin/sh', ['-c', first?.text ?? ''], { env: { NODE_IMAGE: image }, encoding: 'utf8' });
    for (const image of ['node:24-bookworm-slim', 'node:24@sha256:abc', `node:24@${DIGEST}0`, '', 'node@md5:1']) {
      const { status, stderr } = run(image);
      assert.equal(status, 1, image);
      assert.match(stderr, /NODE_IMAGE has no digest/);
    }
    assert.equal(run(`registry.example:5000/node:24@${DIGEST}`).status, 0);
  });

  test('copies what is there: from a stage before, or of the checkout', () => {
    const before = new Set<string>();
    for (const { name, instructions } of dockerfile.stages) {
      for (const { flags, words } of instructions.filter((one) => one.name === 'COPY')) {
        if (flags['from'] !== undefined) assert.ok(before.has(flags['from']), flags['from']);
        else for (const source of words.slice(0, -1)) assert.ok(existsSync(join(packageRoot, source)), source);
      }
      before.add(name);
    }
  });

  test('gets from the checkout what is built and shipped, and neither tests nor what is made', () => {
    const wanted = [
      ...buildFolders.map((folder) => `${folder}/x.ts`),
      ...[
        'policies/default.yaml',
        'bpf/loader.c',
        'package-lock.json',
        'tsconfig.build.json',
        'LICENSE',
        'NOTICE',
        'README.md',
      ],
      ...[
        'scripts/build.ts',
        'scripts/build-console.ts',
        'scripts/build-sensor.sh',
        'scripts/stage-program.ts',
        'scripts/sbom.ts',
      ],
      'console/web/main.tsx',
    ];
    assert.deepEqual(
      wanted.filter((path) => !isKept(path)),
      [],
    );
    const kept = [
      'test/x.ts',
      'docs/x.md',
      'node_modules/x',
      'console/web/node_modules/x',
      'console/web/dist/x',
      'runtime/x',
      '.git/x',
      'dist/x',
      'console/README.md',
    ];
    assert.deepEqual(kept.filter(isKept), []);
  });

  test('is started without privileges but as a sensor, and each part by its command', () => {
    for (const [part, command] of Object.entries({
      proxy: 'up',
      collector: 'collect',
      console: 'console',
      sensor: 'sensor',
    })) {
      const image = imageOf(dockerfile, part);
      assert.deepEqual(image.entrypoint, ['weir']);
      assert.deepEqual(image.command, [command, '--config', '/etc/weir/weir.yaml']);
      assert.ok(COMMANDS.some(({ name }) => name === command));
      assert.equal(image.user, part === 'sensor' ? 'root' : '10001:10001');
      assert.deepEqual(image.volumes, [image.env.get('WEIR_HOME')]);
      assert.equal(image.env.get('NODE_ENV'), 'production');
    }
    assert.equal(dockerfile.stages.at(-1)?.name, 'proxy', 'what is built without --target');
    assert.deepEqual(imageOf(dockerfile, 'proxy').ports, ['8787']);
  });

  test('asks its own console whether it is ready, by what is in the image', () => {
    for (const [part, port] of [
      ['proxy', 8788],
      ['console', 8788],
      ['collector', 8790],
    ] as const) {
      const health = imageOf(dockerfile, part).health?.join(' ') ?? '';
      assert.match(health, new RegExp(`^node -e .*127\\.0\\.0\\.1:${port}/readyz`));
    }
    assert.equal(imageOf(dockerfile, 'sensor').health, null);
  });

  test('takes a Node that Weir runs on', () => {
    const build = dockerfile.stages.find(({ name }) => name === 'build');
    assert.ok(build?.instructions.some(({ text }) => /npm ci --engine-strict/.test(text)));
  });
});

describe('the compose file', () => {
  test('has no image but ours and by argument, and no argument that may be left out', () => {
    for (const [name, { image = '' }] of Object.entries(compose.services)) {
      assert.match(image, /^(weir(-\w+)?|\$\{\w+_IMAGE:\?.+\})$/, name);
    }
    const text = read('docker/compose.yaml');
    assert.deepEqual(
      [...text.matchAll(/\$\{(\w+)(?!:\?)[^}:]*\}/g)].map(([, variable]) => variable),
      [],
    );
  });

  test('builds every image of ours from a stage that is there', () => {
    for (const [name, { image = '', build }] of Object.entries(compose.services)) {
      if (!image.startsWith('weir')) continue;
      assert.match(build?.args?.NODE_IMAGE ?? '', /^\$\{NODE_IMAGE:\?/, name);
      assert.equal(image, build?.target === undefined ? 'weir' : `weir-${build.target}`);
      imageOf(dockerfile, build?.target ?? 'proxy');
    }
  });

  test('names no network, volume, secret or service that it does not declare', () => {
    const declared = { networks: compose.networks, secrets: compose.secrets ?? {}, depends_on: compose.services };
    for (const [name, service] of Object.entries(compose.services)) {
      for (const [kind, known] of Object.entries(declared)) {
        const named = service[kind as keyof typeof declared] ?? [];
        for (const one of Array.isArray(named) ? named : Object.keys(named)) {
          assert.ok(Object.hasOwn(known, one), `${name}: ${kind} ${one}`);
        }
      }
    }
  });

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
    assert.deepEqual(ports, ['127.0.0.1:8787:8787', '127.0.0.1:8788:8788']);
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
    assert.deepEqual(config.bus?.servers, [{ host: 'nats', port: 4222 }]);
    for (const file of ['collect.yaml', 'console.yaml']) {
      const { store, bus } = loadConfig({ file: join(packageRoot, 'docker', file), env: {}, cwd: packageRoot });
      assert.ok(store !== 'sqlite' && store.passwordFile === '/run/secrets/postgres-password', file);
      assert.equal(store.host, 'postgres');
      assert.ok(bus?.servers.every(({ host }) => Object.hasOwn(compose.services, host)));
    }
  });
});
