/**
 * Who may speak to whom. Apps reach one another, DNS and the proxies; the proxies alone reach the world, so that no way to an LLM
 * goes round them. A network policy knows no host names: what apps may reach outside beside, is named by networks.
 */
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { type Condition, eachOf, ITEM, type Place, type Templated, type Tree, text, when } from '../templated.ts';
import { labelsOf, nameOf, namespace, type Part } from './pods.ts';

type Rule = NonNullable<NonNullable<INetworkPolicy['spec']>['egress']>[number];

const NAME = 'kubernetes.io/metadata.name';
const everywhere = [{ ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: '::/0' } }];

const dns: Templated<Rule> = {
  to: [
    { namespaceSelector: { matchLabels: { [NAME]: 'kube-system' } } },
    eachOf('network.dns', (_, field) => ({ ipBlock: { cidr: field(null) } })),
  ],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};

/** The bus, the store and the identity provider: in the cluster, or in the networks that are named. */
const backends: Templated<Rule> = {
  to: [{ namespaceSelector: {} }, eachOf('network.backends', (_, field) => ({ ipBlock: { cidr: field(null) } }))],
};

function inNamespaces(path: string): Tree {
  return eachOf(path, (_, field) => ({ namespaceSelector: { matchLabels: { [NAME]: field(null) } } }));
}

const proxy: Templated<INetworkPolicy> = {
  ...head('proxy'),
  spec: {
    podSelector: { matchLabels: labelsOf('proxy') },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      when('network.namespaces', {
        from: [inNamespaces('network.namespaces')],
        ports: [{ protocol: 'TCP', port: 'proxy' }],
      }),
      when('network.monitoring', {
        from: [inNamespaces('network.monitoring')],
        ports: [{ protocol: 'TCP', port: 'console' }],
      }),
    ],
    egress: [
      dns,
      backends,
      {
        to: everywhere,
        ports: [eachOf('network.upstreamPorts', (_, field) => ({ protocol: 'TCP', port: field(null) }))],
      },
    ],
  },
};

const collector: Templated<INetworkPolicy> = {
  ...head('collector'),
  spec: {
    podSelector: { matchLabels: labelsOf('collector') },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      when('network.monitoring', {
        from: [inNamespaces('network.monitoring')],
        ports: [{ protocol: 'TCP', port: 'probes' }],
      }),
    ],
    egress: [dns, backends],
  },
};

const console: Templated<INetworkPolicy> = {
  ...head('console'),
  spec: {
    podSelector: { matchLabels: labelsOf('console') },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      when('network.consoleFrom', {
        from: [inNamespaces('network.consoleFrom')],
        ports: [{ protocol: 'TCP', port: 'console' }],
      }),
      when('network.monitoring', {
        from: [inNamespaces('network.monitoring')],
        ports: [{ protocol: 'TCP', port: 'console' }],
      }),
    ],
    egress: [dns, backends],
  },
};

/** Of all pods in a namespace of apps. Their ingress is their owners' matter. */
const apps: Templated<INetworkPolicy> = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: {
    name: 'weir-only-way-out',
    namespace: text(ITEM),
    labels: { 'app.kubernetes.io/part-of': 'weir' },
  },
  spec: {
    podSelector: {},
    policyTypes: ['Egress'],
    egress: [
      dns,
      // Any pod of the cluster, the proxies among them.
      { to: [{ namespaceSelector: {} }] },
      when('network.allowed', { to: [eachOf('network.allowed', (_, field) => ({ ipBlock: { cidr: field(null) } }))] }),
    ],
  },
};

function head(part: Part): {
  readonly apiVersion: 'networking.k8s.io/v1';
  readonly kind: 'NetworkPolicy';
  readonly metadata: {
    readonly name: string;
    readonly namespace: Place;
    readonly labels: Readonly<Record<string, string>>;
  };
} {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: nameOf(part), namespace, labels: labelsOf(part) },
  };
}

const isOn: Condition = { path: 'network.enabled' };

export const networkManifests: readonly Tree[] = [
  when([isOn, { path: 'proxy.mode', isNot: 'none' }], proxy),
  when([isOn, { path: 'bus' }], collector),
  when([isOn, { path: 'store', isNot: 'sqlite' }], console),
  when(
    isOn,
    eachOf('network.namespaces', () => apps),
  ),
];
