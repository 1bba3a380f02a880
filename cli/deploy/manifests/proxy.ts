/** The proxies: behind one name, as many as there is work (or one on each node), never all away at once. */
import type { IDaemonSet } from 'kubernetes-models/apps/v1/DaemonSet';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import type { IService } from 'kubernetes-models/v1/Service';
import {
  type Condition,
  eachOf,
  ITEM,
  NAMESPACE,
  type Place,
  type Templated,
  type Tree,
  text,
  value,
  when,
} from '../templated.ts';
import {
  authorityContainer,
  authorityVolume,
  configMap,
  container,
  joinContainer,
  joinVolume,
  labelsOf,
  nameOf,
  namespace,
  podBase,
  podSecurity,
  probes,
  scraped,
  serviceAccount,
  volumes,
} from './pods.ts';

const labels = labelsOf('proxy');
const name = nameOf('proxy');
/** How the Service is called from within the cluster. */
const names = [
  text(name),
  text(`${name}.`, NAMESPACE),
  text(`${name}.`, NAMESPACE, '.svc'),
  text(`${name}.`, NAMESPACE, '.svc.cluster.local'),
];

const config = configMap('proxy', [{ key: ['proxy', 'names'], to: { kind: 'before', texts: names } }]);

const pod: Templated<IPodTemplateSpec> = {
  metadata: { labels, annotations: scraped },
  spec: {
    ...podBase,
    serviceAccountName: name,
    // A call under way is finished: what a Service takes away is given time to be known, then open exchanges theirs.
    terminationGracePeriodSeconds: 60,
    securityContext: podSecurity,
    nodeSelector: value('proxy.nodeSelector'),
    tolerations: value('proxy.tolerations'),
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: labels },
      },
    ],
    initContainers: [when('proxy.authority', authorityContainer('proxy')), joinContainer('proxy')],
    containers: [
      container('proxy', 'up', {
        ports: [
          { name: 'proxy', containerPort: 8787 },
          { name: 'console', containerPort: 8788 },
        ],
        lifecycle: { preStop: { exec: { command: ['sleep', '8'] } } },
        ...probes(),
      }),
    ],
    volumes: [
      ...volumes('proxy', { name: 'home', emptyDir: { sizeLimit: value('proxy.volumeSize') } }),
      authorityVolume('proxy'),
      joinVolume('proxy'),
    ],
  },
};

const deployment: Templated<IDeployment> = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace, labels },
  spec: {
    replicas: when({ path: 'proxy.autoscaling.enabled', isNot: true }, value('proxy.replicas')),
    revisionHistoryLimit: 5,
    selector: { matchLabels: labels },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: pod,
  },
};

const daemonSet: Templated<IDaemonSet> = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name, namespace, labels },
  spec: {
    selector: { matchLabels: labels },
    // The next one is there before the last one goes, so that no node is without.
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: pod,
  },
};

const service: Templated<IService> = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace, labels },
  spec: {
    selector: labels,
    internalTrafficPolicy: when({ path: 'proxy.mode', is: 'daemonset' }, 'Local'),
    ports: [{ name: 'proxy', port: 8787, targetPort: 'proxy', appProtocol: 'http' }],
  },
};

const disruption: Templated<IPodDisruptionBudget> = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace, labels },
  spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
};

const autoscaler: Templated<IHorizontalPodAutoscaler> = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name, namespace, labels },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    minReplicas: value('proxy.autoscaling.min'),
    maxReplicas: value('proxy.autoscaling.max'),
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: value('proxy.autoscaling.cpu') } },
      },
    ],
    behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
  },
};

/** The certificate that apps trust, in the namespace of the proxies and in each of the apps'. */
function trust(where: Place): Templated<IConfigMap> {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'weir-trust', namespace: where, labels: { 'app.kubernetes.io/part-of': 'weir' } },
    data: { 'ca.pem': value('trust.certificate'), 'bundle.pem': value('trust.certificate') },
  };
}

const isThere: Condition = { path: 'proxy.mode', isNot: 'none' };
const isDeployment: Condition = { path: 'proxy.mode', is: 'deployment' };

export const proxyManifests: readonly Tree[] = [
  when(isThere, serviceAccount('proxy')),
  when(isThere, config),
  when(isThere, service),
  when(isDeployment, deployment),
  when(isDeployment, disruption),
  when([isDeployment, { path: 'proxy.autoscaling.enabled' }], autoscaler),
  when({ path: 'proxy.mode', is: 'daemonset' }, daemonSet),
  when('trust.certificate', trust(namespace)),
  when(
    'trust.certificate',
    eachOf('network.namespaces', () => trust(text(ITEM))),
  ),
];
