/** `weir deploy`: what a cluster is given to run Weir. It prints and applies nothing. */
import { type Command, UsageError } from './command.ts';

export const command: Command = {
  name: 'deploy',
  summary: 'print what a cluster needs to run Weir',
  usage: 'weir deploy k8s|sidecar',
  details: `Manifests for Kubernetes, from the same source as the Helm chart in deploy/helm/weir. Nothing is applied, and no
cluster is asked.`,
  example: `weir deploy k8s --image registry.example/weir@sha256:… --ca ca.pem | kubectl apply -f -`,
  options: {},
  subcommands: [
    { name: 'k8s', summary: 'print the manifests of a cluster', load: () => import('./deploy/k8s.ts') },
    { name: 'sidecar', summary: 'print what puts a proxy beside an app', load: () => import('./deploy/sidecar.ts') },
  ],
  async run() {
    throw new UsageError('needs one of k8s, sidecar');
  },
};
