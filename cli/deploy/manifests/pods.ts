/**
 * What the pods of all parts have in common: who they run as, what they may write, where configuration, secrets and home are. No
 * pod has a token of the API server, for none asks it anything.
 */
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import type { IServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import type { IVolume } from 'kubernetes-models/v1/Volume';
import type { IVolumeMount } from 'kubernetes-models/v1/VolumeMount';
import {
  type Each,
  eachOf,
  NAMESPACE,
  type Setting,
  type Templated,
  text,
  value,
  type When,
  when,
  yamlText,
} from '../templated.ts';

export type Part = 'proxy' | 'sidecar' | 'sensor' | 'collector' | 'console';

/** The unprivileged user of docker/Dockerfile. */
const USER = 10001;
/** A folder in the volume, which is made: the volume itself belongs to root. */
export const HOME = '/var/lib/weir/home';
const IMAGE_MISSING = 'image: name the image of docker/Dockerfile that the cluster pulls, best by its digest';

export function nameOf(part: Part): string {
  return `weir-${part}`;
}

export function labelsOf(part: Part): { readonly [key: string]: string } {
  return { 'app.kubernetes.io/name': nameOf(part), 'app.kubernetes.io/part-of': 'weir' };
}

/** Of an unprivileged pod. */
export const podSecurity = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
} satisfies Templated<IPodSpec['securityContext']>;

const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} satisfies Templated<IContainer['securityContext']>;

export const namespace = text(NAMESPACE);

export const image = value('image', IMAGE_MISSING);

/** The variables of a part: home, and what Secrets give. */
export function environmentOf(part: Part, home: string): Templated<NonNullable<IContainer['env']>> {
  return [
    { name: 'WEIR_HOME', value: home },
    eachOf(`${part}.environment`, (name, field) => ({
      name,
      valueFrom: { secretKeyRef: { name: field('secret'), key: field('key') } },
    })),
  ];
}

/** `weir COMMAND` in a pod without privileges; `rest` has what is its own. */
export function container(
  part: Part,
  command: string,
  rest: { readonly [K in keyof IContainer]?: Templated<IContainer[K]> },
): Templated<IContainer> {
  return {
    name: part === 'sidecar' ? 'weir' : part,
    image,
    args: [command, '--config', '/etc/weir/weir.yaml'],
    env: environmentOf(part, HOME),
    securityContext: containerSecurity,
    resources: value(`${part}.resources`),
    volumeMounts: mounts(part, '/var/lib/weir'),
    ...rest,
  };
}

/** Where home, configuration and Secrets are. */
export function mounts(part: Part, state: string): readonly (Templated<IVolumeMount> | When | Each)[] {
  return [
    { name: volumeName(part, 'home'), mountPath: state },
    { name: volumeName(part, 'config'), mountPath: '/etc/weir', readOnly: true },
    { name: volumeName(part, 'tmp'), mountPath: '/tmp' },
    eachOf(`${part}.secretFiles`, (_, field) => ({ name: field('secret'), mountPath: field('path'), readOnly: true })),
  ];
}

/** `home` is where it keeps what it has; the others are the same for every part. */
export function volumes(
  part: Part,
  home: { readonly [K in keyof IVolume]?: Templated<IVolume[K]> },
): readonly (Templated<IVolume> | When | Each)[] {
  return [
    { ...home, name: volumeName(part, 'home') },
    { name: volumeName(part, 'config'), configMap: { name: nameOf(part) } },
    { name: volumeName(part, 'tmp'), emptyDir: {} },
    eachOf(`${part}.secretFiles`, (_, field) => ({
      name: field('secret'),
      secret: { secretName: field('secret'), defaultMode: 0o440 },
    })),
  ];
}

/** A sidecar's stand beside an app's own. */
function volumeName(part: Part, name: string): string {
  return part === 'sidecar' ? `weir-${name}` : name;
}

/** Puts the authority of a Secret into home, with the modes that a key has there. */
export function authorityContainer(part: 'proxy' | 'sidecar'): Templated<IContainer> {
  const copy = [
    'install -d -m 0700 "$WEIR_HOME" "$WEIR_HOME/ca"',
    'install -m 0644 /run/weir-authority/ca.pem "$WEIR_HOME/ca/ca.pem"',
    'install -m 0600 /run/weir-authority/ca.key "$WEIR_HOME/ca/ca.key"',
  ];
  return {
    name: 'weir-authority',
    image,
    command: ['/bin/sh', '-ec', copy.join(' && ')],
    env: [{ name: 'WEIR_HOME', value: HOME }],
    securityContext: containerSecurity,
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
    volumeMounts: [
      { name: volumeName(part, 'home'), mountPath: '/var/lib/weir' },
      { name: 'weir-authority', mountPath: '/run/weir-authority', readOnly: true },
    ],
  };
}

export function authorityVolume(part: 'proxy' | 'sidecar'): When {
  return when(`${part}.authority`, {
    name: 'weir-authority',
    secret: { secretName: value(`${part}.authority`), defaultMode: 0o440 },
  });
}

/** Joins the fleet by the token of a Secret, where this home has not joined before. Runs as the part itself does. */
export function joinContainer(
  part: Part,
  home = HOME,
  state = '/var/lib/weir',
  security: Templated<IContainer['securityContext']> = containerSecurity,
): When {
  return when(
    `${part}.join`,
    container(part, 'join', {
      name: 'weir-join',
      args: ['join', '--once', '--token-file', '/run/weir-join/token', '--config', '/etc/weir/weir.yaml'],
      env: environmentOf(part, home),
      securityContext: security,
      resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '256Mi' } },
      volumeMounts: [...mounts(part, state), { name: 'weir-join', mountPath: '/run/weir-join', readOnly: true }],
    }),
  );
}

export function joinVolume(part: Part): When {
  return when(`${part}.join`, {
    name: 'weir-join',
    secret: { secretName: value(`${part}.join`), defaultMode: 0o440 },
  });
}

/** The configuration of a part, with the addresses that all parts share. */
export function configMap(part: Part, more: readonly Setting[] = []): Templated<IConfigMap> {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: nameOf(part), namespace, labels: labelsOf(part) },
    data: {
      'weir.yaml': yamlText(`${part}.config`, [
        { key: ['bus'], to: { kind: 'value', path: 'bus' } },
        { key: ['store'], to: { kind: 'value', path: 'store' } },
        ...more,
      ]),
    },
  };
}

/** An account of its own, that may do nothing: there is no role for it. */
export function serviceAccount(part: Part): Templated<IServiceAccount> {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: nameOf(part), namespace, labels: labelsOf(part) },
    automountServiceAccountToken: false,
  };
}

/** Alive while it answers; started once it does; given calls while its parts work. */
export function probes(port = 'console'): Partial<IContainer> {
  return {
    startupProbe: { httpGet: { path: '/livez', port }, periodSeconds: 2, failureThreshold: 60 },
    livenessProbe: { httpGet: { path: '/livez', port }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    readinessProbe: { httpGet: { path: '/readyz', port }, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
  };
}

/** Read by a Prometheus that looks at annotations. */
export const scraped = {
  'prometheus.io/scrape': 'true',
  'prometheus.io/port': '8788',
  'prometheus.io/path': '/metrics',
};

/** What every pod of the deployment's own says of itself. */
export const podBase = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  imagePullSecrets: eachSecret(),
} as const;

function eachSecret(): When {
  return when('imagePullSecrets', [eachOf('imagePullSecrets', (_, field) => ({ name: field(null) }))]);
}
