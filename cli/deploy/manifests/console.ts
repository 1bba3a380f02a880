/** The console, over the store that all nodes write to. One pod: its home (tokens, sessions, drafts) has one holder. */
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IPersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import type { IService } from 'kubernetes-models/v1/Service';
import { type Condition, type Templated, type Tree, value, when } from '../templated.ts';
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

const labels = labelsOf('console');
const name = nameOf('console');

const claim: Templated<IPersistentVolumeClaim> = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace, labels },
  spec: {
    accessModes: ['ReadWriteOnce'],
    storageClassName: when('console.storageClass', value('console.storageClass')),
    resources: { requests: { storage: value('console.volumeSize') } },
  },
};

const deployment: Templated<IDeployment> = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace, labels },
  spec: {
    replicas: 1,
    revisionHistoryLimit: 5,
    // The next one finds the home free.
    strategy: { type: 'Recreate' },
    selector: { matchLabels: labels },
    template: {
      metadata: { labels, annotations: scraped },
      spec: {
        ...podBase,
        serviceAccountName: name,
        terminationGracePeriodSeconds: 30,
        securityContext: podSecurity,
        nodeSelector: value('console.nodeSelector'),
        tolerations: value('console.tolerations'),
        initContainers: [joinContainer('console')],
        containers: [
          container('console', 'console', { ports: [{ name: 'console', containerPort: 8788 }], ...probes() }),
        ],
        volumes: [...volumes('console', { persistentVolumeClaim: { claimName: name } }), joinVolume('console')],
      },
    },
  },
};

const service: Templated<IService> = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace, labels },
  spec: { selector: labels, ports: [{ name: 'console', port: 8788, targetPort: 'console', appProtocol: 'http' }] },
};

/** Where many nodes write to one place. */
const isShared: Condition = { path: 'store', isNot: 'sqlite' };

export const consoleManifests: readonly Tree[] = [
  when(isShared, serviceAccount('console')),
  when(isShared, configMap('console')),
  when(isShared, claim),
  when(isShared, service),
  when(isShared, deployment),
];
