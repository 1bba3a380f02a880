/**
 * A proxy beside an app, in its pod: a native sidecar (an init container that goes on; Kubernetes 1.29), so that it is there before
 * the app and goes after it. The manifests name only what is Weir's: `kubectl apply --server-side` merges them into what is there.
 */
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { containerVariables, NOT_PROXIED } from '../../routing.ts';
import { type Templated, type Tree, value, when } from '../templated.ts';
import {
  authorityContainer,
  authorityVolume,
  configMap,
  container,
  joinContainer,
  joinVolume,
  labelsOf,
  namespace,
  probes,
  volumes,
} from './pods.ts';

const TRUST = '/etc/weir-trust';

/** What programs read by themselves; Java wants a store of its own form (docs/routing.md). */
function appVariables(): readonly (readonly [string, string])[] {
  const { JAVA_TOOL_OPTIONS: _, ...variables } = containerVariables('http://127.0.0.1:8787', TRUST);
  const inside = [...NOT_PROXIED, '.svc', '.cluster.local'].join(',');
  return Object.entries({ ...variables, NO_PROXY: inside, no_proxy: inside });
}

export interface Workload {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly name: string;
  /** The app's containers. */
  readonly containers: readonly string[];
}

/** The objects in the app's namespace. */
export function sidecarManifests({ kind, name, containers }: Workload): readonly Tree[] {
  const trust: Templated<IConfigMap> = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'weir-trust', namespace, labels: labelsOf('sidecar') },
    // Programs to which a file is all that they trust see Weir's certificates only; the names are those of `weir env`.
    data: { 'ca.pem': value('trust.certificate'), 'bundle.pem': value('trust.certificate') },
  };
  return [
    configMap('sidecar'),
    when('trust.certificate', trust),
    {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name, namespace: namespace },
      spec: {
        template: {
          spec: {
            initContainers: [
              when('sidecar.authority', authorityContainer('sidecar')),
              joinContainer('sidecar'),
              container('sidecar', 'up', {
                restartPolicy: 'Always',
                ports: [{ name: 'weir-console', containerPort: 8788 }],
                ...probes('weir-console'),
              }),
            ],
            containers: containers.map((one) => ({
              name: one,
              env: appVariables().map(([variable, set]) => ({ name: variable, value: set })),
              volumeMounts: [{ name: 'weir-trust', mountPath: TRUST, readOnly: true }],
            })),
            volumes: [
              ...volumes('sidecar', { emptyDir: { sizeLimit: value('sidecar.volumeSize') } }),
              { name: 'weir-trust', configMap: { name: 'weir-trust' } },
              authorityVolume('sidecar'),
              joinVolume('sidecar'),
            ],
          },
        },
      },
    },
  ];
}
