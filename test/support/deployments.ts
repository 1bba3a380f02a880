/** Values of clusters as people may have them, by what they are. */
import { execFileSync } from 'node:child_process';

/** An authority's certificate as openssl makes one. */
function madeCertificate(): string {
  const options = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  return execFileSync('openssl', [...options, '-subj', '/CN=weir test', '-keyout', '/dev/null'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

export const CERTIFICATE = madeCertificate();

export const DEPLOYMENTS: Readonly<Record<string, string>> = {
  'nothing but an image': 'image: registry.example/weir:1\n',
  'a fleet': `
image: registry.example/weir@sha256:${'ab'.repeat(32)}
imagePullSecrets: [registry, mirror]
bus: {url: "tls://nats.messaging.svc:4222"}
store: postgres://weir@db.example:5432/weir?passfile=/run/weir-store/password
trust: {certificate: ${JSON.stringify(CERTIFICATE)}}
proxy:
  authority: weir-authority
  join: join-proxy
  config:
    proxy: {names: [llm.corp.example], open: false, bypass: ["*.bank.example"]}
    apps: [{name: billing, hosts: ["api.openai.com:443"]}]
    policies: [/etc/weir-policies]
  environment:
    ZONE: {secret: zone, key: name}
    NATS_PASSWORD: {secret: weir-bus, key: password}
  secretFiles: [{secret: weir-policies, path: /etc/weir-policies}]
  nodeSelector: {pool: edge}
  tolerations: [{key: edge, operator: Equal, value: "yes", effect: NoSchedule}]
sensor: {join: join-sensor}
collector: {replicas: 3, join: join-collector, secretFiles: [{secret: weir-store, path: /run/weir-store}]}
console: {join: join-console, storageClass: fast, volumeSize: 5Gi, secretFiles: [{secret: weir-store, path: /run/weir-store}]}
network:
  namespaces: [billing, support]
  allowed: [10.20.0.0/16]
  consoleFrom: [ingress]
  monitoring: []
  backends: [10.9.0.0/24, "fd00::/8"]
  upstreamPorts: [443, 8443]
`,
  'a proxy on each node, no network policies, an old kernel': `
image: weir:2
proxy: {mode: daemonset, autoscaling: {enabled: false}}
sensor: {systemAdmin: true, config: {apps: [{name: billing, match: {pod: "prod/billing-*"}}]}}
network: {enabled: false}
`,
  'a fixed number of proxies':
    'image: weir:2\nproxy: {replicas: 5, autoscaling: {enabled: false}}\nsensor: {enabled: false}\n',
  'the sensor alone': 'image: weir:2\nproxy: {mode: none}\nnetwork: {enabled: false}\n',
};
