/**
 * The sensor on every node. It is root there with five capabilities, because a container's runtime gives capabilities to nobody
 * else; its loader keeps them, and the rest of it uses none. Names of pods come from the node itself, not from the API server.
 */
import type { IDaemonSet } from 'kubernetes-models/apps/v1/DaemonSet';
import type { Templated } from '../templated.ts';
import { type Tree, value, when } from '../templated.ts';
import {
  configMap,
  container,
  environmentOf,
  joinContainer,
  joinVolume,
  labelsOf,
  mounts,
  nameOf,
  namespace,
  podBase,
  serviceAccount,
  volumes,
} from './pods.ts';

const labels = labelsOf('sensor');
const name = nameOf('sensor');
const HOME = '/var/lib/weir-sensor';

const daemonSet: Templated<IDaemonSet> = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name, namespace, labels },
  spec: {
    selector: { matchLabels: labels },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
    template: {
      metadata: { labels },
      spec: {
        ...podBase,
        serviceAccountName: name,
        // Processes and sockets are the node's.
        hostPID: true,
        hostNetwork: true,
        dnsPolicy: 'ClusterFirstWithHostNet',
        terminationGracePeriodSeconds: 45,
        priorityClassName: 'system-node-critical',
        nodeSelector: value('sensor.nodeSelector'),
        tolerations: value('sensor.tolerations'),
        securityContext: { seccompProfile: { type: 'Unconfined' } },
        initContainers: [
          joinContainer('sensor', HOME, HOME, {
            runAsUser: 0,
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
          }),
        ],
        containers: [
          container('sensor', 'sensor', {
            env: environmentOf('sensor', HOME),
            securityContext: {
              runAsUser: 0,
              readOnlyRootFilesystem: true,
              allowPrivilegeEscalation: false,
              capabilities: {
                drop: ['ALL'],
                add: [
                  'BPF',
                  'PERFMON',
                  'NET_ADMIN',
                  'SYS_PTRACE',
                  'DAC_READ_SEARCH',
                  when('sensor.systemAdmin', 'SYS_ADMIN'),
                ],
              },
              // A runtime's profile keeps /proc of other containers from it.
              appArmorProfile: { type: 'Unconfined' },
            },
            volumeMounts: [...mounts('sensor', HOME), { name: 'cgroup', mountPath: '/sys/fs/cgroup', readOnly: true }],
          }),
        ],
        volumes: [
          ...volumes('sensor', { hostPath: { path: HOME, type: 'DirectoryOrCreate' } }),
          { name: 'cgroup', hostPath: { path: '/sys/fs/cgroup', type: 'Directory' } },
          joinVolume('sensor'),
        ],
      },
    },
  },
};

export const sensorManifests: readonly Tree[] = [
  when('sensor.enabled', serviceAccount('sensor')),
  when('sensor.enabled', configMap('sensor')),
  when('sensor.enabled', daemonSet),
];
