/** The collectors, from the bus into the store: as many as wanted, since they share one consumer of the bus. */
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { type Templated, type Tree, value, when } from '../templated.ts';
import {
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

const labels = labelsOf('collector');
const name = nameOf('collector');

const deployment: Templated<IDeployment> = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace, labels },
  spec: {
    replicas: value('collector.replicas'),
    revisionHistoryLimit: 5,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels, annotations: { ...scraped, 'prometheus.io/port': '8790' } },
      spec: {
        ...podBase,
        serviceAccountName: name,
        terminationGracePeriodSeconds: 45,
        securityContext: podSecurity,
        nodeSelector: value('collector.nodeSelector'),
        tolerations: value('collector.tolerations'),
        initContainers: [joinContainer('collector')],
        containers: [
          container('collector', 'collect', { ports: [{ name: 'probes', containerPort: 8790 }], ...probes('probes') }),
        ],
        volumes: [
          ...volumes('collector', { emptyDir: { sizeLimit: value('collector.volumeSize') } }),
          joinVolume('collector'),
        ],
      },
    },
  },
};

const disruption: Templated<IPodDisruptionBudget> = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace, labels },
  spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
};

export const collectorManifests: readonly Tree[] = [
  when('bus', serviceAccount('collector')),
  when('bus', configMap('collector')),
  when('bus', deployment),
  when('bus', disruption),
];
