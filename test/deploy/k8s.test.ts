/** What `weir deploy` prints: objects that Kubernetes' own schemas take, whose configurations Weir takes, and how bad values are told. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, describe, test } from 'node:test';
import { DaemonSet } from 'kubernetes-models/apps/v1/DaemonSet';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Pod } from 'kubernetes-models/v1/Pod';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { parseAllDocuments } from 'yaml';
import { main } from '../../cli/main.ts';
import { loadConfig } from '../../config/load.ts';
import { CERTIFICATE, DEPLOYMENTS } from '../support/deployments.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-deploy-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function weir(...args: readonly string[]): Promise<Ran> {
  const printed = { out: '', err: '' };
  const code = await main(args, {
    env: {},
    cwd: folder,
    stdin: Readable.from([]),
    isTerminal: false,
    out(text) {
      printed.out += text;
    },
    err(text) {
      printed.err += text;
    },
  });
  return { code, ...printed };
}

interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

const MODELS = {
  ConfigMap,
  DaemonSet,
  Deployment,
  HorizontalPodAutoscaler,
  Namespace,
  NetworkPolicy,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  Service,
  ServiceAccount,
};

async function printed(what: string, ...more: readonly string[]): Promise<readonly KubernetesObject[]> {
  writeFileSync(join(folder, 'values.yaml'), DEPLOYMENTS[what] ?? '');
  const { code, out, err } = await weir('deploy', 'k8s', '--values', 'values.yaml', ...more);
  assert.equal(code, 0, err);
  const documents = parseAllDocuments(out);
  assert.deepEqual(
    documents.flatMap((one) => one.errors),
    [],
  );
  return documents.map((one): KubernetesObject => one.toJS());
}

function named(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
  assert.ok(found !== undefined, `${kind} ${name} is not there`);
  return found;
}

/** Of a Deployment or a DaemonSet. */
function podOf({ spec }: KubernetesObject): IPodSpec {
  return (spec as { readonly template: { readonly spec: IPodSpec } }).template.spec;
}

/** Throws where Kubernetes' schema of its kind does not take it. */
function validate(one: KubernetesObject): void {
  assert.ok(Object.hasOwn(MODELS, one.kind), `no schema for ${one.kind}`);
  const Model = MODELS[one.kind as keyof typeof MODELS];
  const model = new Model(structuredClone(one) as never);
  assert.equal(model.apiVersion, one.apiVersion);
  model.validate();
}

describe('weir deploy k8s', () => {
  for (const what of Object.keys(DEPLOYMENTS)) {
    test(`${what}: Kubernetes' schemas take every object, and each stands once`, async () => {
      const objects = await printed(what);
      for (const one of objects) validate(one);
      const ids = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
      assert.equal(new Set(ids).size, ids.length, ids.join('\n'));
      assert.deepEqual(
        objects.filter(({ kind }) => kind === 'Secret'),
        [],
      );
    });

    test(`${what}: Weir takes every configuration`, async () => {
      for (const { kind, metadata, data } of await printed(what)) {
        const text = data?.['weir.yaml'];
        if (kind !== 'ConfigMap' || text === undefined) continue;
        // What a pod mounts is not here.
        writeFileSync(join(folder, 'weir.yaml'), text.replace(/- \/etc\/weir-policies$/m, `- ${folder}`));
        const config = loadConfig({ file: null, env: {}, cwd: folder });
        if (metadata.name !== 'weir-proxy') continue;
        assert.deepEqual(config.proxy.listen, { host: '0.0.0.0', port: 8787 });
        assert.ok(config.proxy.names.includes('weir-proxy.weir.svc'));
      }
    });

    test(`${what}: every pod mounts what it declares, and asks nothing of the API server`, async () => {
      for (const one of await printed(what)) {
        if (one.kind !== 'Deployment' && one.kind !== 'DaemonSet') continue;
        const pod = podOf(one);
        assert.equal(pod.automountServiceAccountToken, false);
        const declared = (pod.volumes ?? []).map(({ name }) => name);
        const mounted = [...(pod.initContainers ?? []), ...pod.containers].flatMap(({ volumeMounts }) =>
          (volumeMounts ?? []).map(({ name }) => name),
        );
        assert.deepEqual([...new Set(mounted)].sort(), declared.sort(), one.metadata.name);
      }
    });
  }

  test('without privileges but for the sensor, which has those that its loader keeps', async () => {
    for (const one of await printed('a fleet')) {
      if (one.kind !== 'Deployment' && one.kind !== 'DaemonSet') continue;
      const pod = podOf(one);
      for (const { name, securityContext } of [...(pod.initContainers ?? []), ...pod.containers]) {
        assert.equal(securityContext?.readOnlyRootFilesystem, true);
        assert.equal(securityContext.allowPrivilegeEscalation, false);
        assert.deepEqual(securityContext.capabilities?.drop, ['ALL']);
        if (name === 'weir-join') {
          assert.equal(securityContext.capabilities?.add, undefined);
        } else if (one.kind === 'DaemonSet') {
          const kept = ['BPF', 'PERFMON', 'NET_ADMIN', 'SYS_PTRACE', 'DAC_READ_SEARCH'];
          assert.deepEqual(securityContext.capabilities?.add, kept);
          assert.deepEqual([pod.hostPID, pod.hostNetwork], [true, true]);
        } else {
          assert.equal(securityContext.capabilities?.add, undefined);
          assert.deepEqual([pod.hostPID, pod.hostNetwork], [undefined, undefined]);
          assert.equal(pod.securityContext?.runAsNonRoot, true);
          assert.deepEqual(pod.securityContext.seccompProfile, { type: 'RuntimeDefault' });
          assert.ok(!(pod.volumes ?? []).some(({ hostPath }) => hostPath !== undefined));
        }
      }
    }
  });

  test('a proxy gets what the values name: the authority, secrets as variables and files, where it may run', async () => {
    const pod = podOf(named(await printed('a fleet'), 'Deployment', 'weir-proxy'));
    const [proxy] = pod.containers;
    assert.deepEqual(proxy?.env, [
      { name: 'WEIR_HOME', value: '/var/lib/weir/home' },
      { name: 'NATS_PASSWORD', valueFrom: { secretKeyRef: { name: 'weir-bus', key: 'password' } } },
      { name: 'ZONE', valueFrom: { secretKeyRef: { name: 'zone', key: 'name' } } },
    ]);
    assert.ok(proxy.volumeMounts?.some(({ mountPath }) => mountPath === '/etc/weir-policies'));
    assert.deepEqual(
      pod.initContainers?.map(({ name }) => name),
      ['weir-authority', 'weir-join'],
    );
    assert.deepEqual(pod.nodeSelector, { pool: 'edge' });
    assert.deepEqual(pod.imagePullSecrets, [{ name: 'registry' }, { name: 'mirror' }]);
  });

  test('a part with a token of the fleet joins before it starts, in its own home, each with its own Secret', async () => {
    const objects = await printed('a fleet');
    for (const [kind, part] of [
      ['Deployment', 'proxy'],
      ['DaemonSet', 'sensor'],
      ['Deployment', 'collector'],
      ['Deployment', 'console'],
    ] as const) {
      const pod = podOf(named(objects, kind, `weir-${part}`));
      const joining = pod.initContainers?.find(({ name }) => name === 'weir-join');
      const [own] = pod.containers;
      assert.deepEqual(joining?.args, [
        ...['join', '--once', '--token-file', '/run/weir-join/token'],
        ...['--config', '/etc/weir/weir.yaml'],
      ]);
      const home = (container: IContainer | undefined) => [
        container?.env?.find(({ name }) => name === 'WEIR_HOME')?.value,
        container?.volumeMounts?.find(({ name }) => name === 'home')?.mountPath,
        container?.securityContext?.runAsUser,
      ];
      assert.deepEqual(home(joining), home(own));
      const { secret } = pod.volumes?.find(({ name }) => name === 'weir-join') ?? {};
      assert.equal(secret?.secretName, `join-${part}`);
    }
    const alone = podOf(named(await printed('nothing but an image'), 'Deployment', 'weir-proxy'));
    assert.deepEqual(alone.initContainers ?? [], []);
  });

  test('apps reach one another, DNS, the proxies and what is named, and nothing else outside', async () => {
    const objects = await printed('a fleet');
    for (const namespace of ['billing', 'support']) {
      const policy = objects.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.namespace === namespace);
      const spec = policy?.spec as NonNullable<NetworkPolicy['spec']>;
      assert.deepEqual(spec.podSelector, {});
      assert.deepEqual(spec.policyTypes, ['Egress']);
      const networks = (spec.egress ?? []).flatMap(({ to }) =>
        (to ?? []).flatMap(({ ipBlock }) => ipBlock?.cidr ?? []),
      );
      assert.deepEqual(networks, ['169.254.20.10/32', '10.20.0.0/16']);
      // A rule without `to` would let everything out.
      for (const { to } of spec.egress ?? []) assert.notEqual(to ?? [], []);
      assert.equal(named(objects, 'ConfigMap', 'weir-trust').data?.['ca.pem'], CERTIFICATE);
    }
    const proxy = named(objects, 'NetworkPolicy', 'weir-proxy').spec as NonNullable<NetworkPolicy['spec']>;
    assert.deepEqual(
      proxy.ingress?.map(({ from, ports }) => [from?.length, ports?.[0]?.port]),
      [[2, 'proxy']],
    );
    assert.deepEqual(
      proxy.egress?.at(-1)?.ports?.map(({ port }) => port),
      [443, 8443],
    );
  });

  test('a proxy on each node is asked by the pods of its node alone', async () => {
    const objects = await printed('a proxy on each node, no network policies, an old kernel');
    const service = named(objects, 'Service', 'weir-proxy').spec as Record<string, unknown>;
    assert.equal(service['internalTrafficPolicy'], 'Local');
    named(objects, 'DaemonSet', 'weir-proxy');
    assert.ok(!objects.some(({ kind }) => ['HorizontalPodAutoscaler', 'Deployment', 'NetworkPolicy'].includes(kind)));
  });

  test('only what is asked for, in the namespace that is asked for, as JSON', async () => {
    const { code, out, err } = await weir(
      'deploy',
      'k8s',
      '--image',
      'weir:1',
      '--only',
      'sensor',
      '--namespace',
      'eyes',
      '--json',
    );
    assert.equal(code, 0, err);
    const { items }: { readonly items: readonly KubernetesObject[] } = JSON.parse(out);
    assert.deepEqual(
      items.map(({ kind, metadata }) => [kind, metadata.namespace ?? metadata.name]),
      [
        ['Namespace', 'eyes'],
        ['ServiceAccount', 'eyes'],
        ['ConfigMap', 'eyes'],
        ['DaemonSet', 'eyes'],
      ],
    );
    assert.equal(err, '');
  });

  test('says what an operator still has to do', async () => {
    const { code, err } = await weir('deploy', 'k8s', '--image', 'weir:1');
    assert.equal(code, 0);
    assert.match(err, /proxy\.authority names no Secret/);
    assert.match(err, /no certificate for apps/);
    assert.match(err, /network\.namespaces is empty/);
  });
});

describe('bad values', () => {
  const cases: readonly (readonly [text: string, told: RegExp])[] = [
    ['proxi:\n  replicas: 2\n', /values\.yaml:1:1: unknown key "proxi"; did you mean "proxy"\?/],
    ['proxy:\n  mode: deploymnt\n', /values\.yaml:2:9: expected one of .*did you mean "deployment"\?/],
    [
      'proxy:\n  config:\n    proxy:\n      bypas: []\n',
      /values\.yaml:4:7: unknown key "bypas"; did you mean "bypass"\?/,
    ],
    ['proxy: {replicas: many}', /values\.yaml:1:19: expected a whole number/],
    ['proxy: {config: {store: sqlite}}', /values\.yaml:1:18: unknown key "store"/],
    ['store: "postgres://weir:pw@db/weir"', /values\.yaml:1:8: expected no password in it/],
    ['bus: "nats://me:pw@nats.example"', /values\.yaml:1:6: expected nats:.* without a password/],
    ['bus: http://nats.example', /values\.yaml:1:6: expected nats:\/\/HOST:PORT/],
    ['sensor: {resources: {limits: {memory: lots}}}', /values\.yaml:1:39: expected an amount such as/],
    ['network: {allowed: [everything]}', /values\.yaml:1:21: expected a network such as 10\.0\.0\.0\/8/],
    ['trust: {certificate: "no certificate"}', /values\.yaml:1:22: expected a certificate \(PEM\)/],
    ['image: [', /values\.yaml:\d+:\d+: YAML/],
  ];
  for (const [text, told] of cases) {
    test(text.replaceAll('\n', ' '), async () => {
      writeFileSync(join(folder, 'values.yaml'), text);
      const { code, out, err } = await weir('deploy', 'k8s', '--values', 'values.yaml', '--image', 'weir:1');
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, told);
      assert.doesNotMatch(err, /:pw@|no certificate"/);
    });
  }

  test('a file that is not there, no image, an unknown part, a namespace that is none', async () => {
    for (const [args, told] of [
      [['--values', 'nowhere.yaml'], /nowhere\.yaml: no such file/],
      [[], /image: name the image of docker\/Dockerfile/],
      [['--image', 'weir:1', '--only', 'sensr'], /--only must be one of .*did you mean "sensor"\?/],
      [['--image', 'weir:1', '--namespace', 'My Place'], /--namespace must be/],
      [['--image', 'we ir'], /--image, --ca:1:8: expected the reference of an image/],
    ] as const) {
      const { code, out, err } = await weir('deploy', 'k8s', ...args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, told);
    }
  });
});

describe('weir deploy sidecar', () => {
  test('is a native sidecar, with the variables and the certificate for the containers of the app', async () => {
    writeFileSync(join(folder, 'ca.pem'), CERTIFICATE);
    const options = [
      '--container',
      'app',
      '--container',
      'worker',
      '--namespace',
      'billing',
      '--image',
      'weir:1',
      '--ca',
      'ca.pem',
    ];
    const { code, out, err } = await weir('deploy', 'sidecar', 'billing', ...options);
    assert.equal(code, 0, err);
    const objects = parseAllDocuments(out).map((one): KubernetesObject => one.toJS());
    for (const one of objects.filter(({ kind }) => kind === 'ConfigMap')) validate(one);
    writeFileSync(join(folder, 'weir.yaml'), named(objects, 'ConfigMap', 'weir-sidecar').data?.['weir.yaml'] ?? '');
    assert.equal(loadConfig({ file: null, env: {}, cwd: folder }).proxy.listen.host, '127.0.0.1');
    const pod = podOf(named(objects, 'Deployment', 'billing'));
    // A container of the app has its image already; the schema wants one.
    const containers: readonly IContainer[] = pod.containers.map((one) => ({ ...one, image: 'app' }));
    new Pod({ metadata: { name: 'x' }, spec: { ...pod, containers: [...containers] } }).validate();
    const [sidecar] = pod.initContainers ?? [];
    assert.equal(sidecar?.restartPolicy, 'Always');
    assert.deepEqual(
      pod.containers.map(({ name }) => name),
      ['app', 'worker'],
    );
    for (const { env = [], volumeMounts = [] } of pod.containers) {
      const variables = new Map(env.map((one) => [one.name, one.value ?? '']));
      assert.equal(variables.get('HTTPS_PROXY'), 'http://127.0.0.1:8787');
      const trusted = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE'].map((name) => variables.get(name));
      const keys = Object.keys(named(objects, 'ConfigMap', 'weir-trust').data ?? {});
      const [mount] = volumeMounts;
      for (const path of trusted)
        assert.ok(
          keys.some((key) => path === `${mount?.mountPath}/${key}`),
          path,
        );
    }
  });

  test('says what it wants', async () => {
    for (const [args, told] of [
      [[], /takes the name of one workload/],
      [['billing'], /needs --container/],
      [['billing', '--container', 'app'], /needs --namespace/],
      [['billing', '--container', 'app', '--namespace', 'b', '--kind', 'Deploymnt'], /did you mean "Deployment"\?/],
    ] as const) {
      const { code, err } = await weir('deploy', 'sidecar', ...args);
      assert.equal(code, 2);
      assert.match(err, told);
    }
  });
});
