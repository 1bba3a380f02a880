/**
 * What a cluster's deployment is made with: the values of `weir deploy k8s --values FILE` and of the Helm chart, with their
 * defaults, and the shape that both are checked against. It reads no file; which files a configuration names is the pods' matter.
 */
import { X509Certificate } from 'node:crypto';
import { parse } from 'yaml';
import { configShape } from '../../config/grammar.ts';
import type { JsonSchema, Problem, Shape } from '../../engine/decide/checked-yaml.ts';
import { readDocument } from '../../engine/decide/checked-yaml.ts';
import {
  boolean,
  either,
  type Fields,
  list,
  map,
  nullable,
  number,
  object,
  oneOf,
  optional,
  string,
} from '../../engine/decide/shapes.ts';
import { readBusUrl } from '../../fleet/bus-settings.ts';
import { shapeOfSchema } from './schema-shape.ts';
import type { Plain } from './templated.ts';

/** The defaults, as the chart's values.yaml has them. */
export const DEFAULT_VALUES = `# What a cluster's Weir is made with: \`weir deploy k8s --values FILE\` and the Helm chart take the same keys.

# Where the cluster pulls the image of docker/Dockerfile from, best by digest: registry.example/weir@sha256:... It has to be given.
image: null
# Names of Secrets that the registry wants.
imagePullSecrets: []

# As in weir.yaml: what the nodes publish to, and what collectors write and the console reads. Collectors come with a bus, the
# console with a store that is not sqlite. Passwords stand in no value: \`passfile\` in the address of the store names a file of
# \`secretFiles\`, as \`credentials\` of a bus does (bus: {url: ..., credentials: /run/bus/node.creds}).
bus: null
store: sqlite

# The certificate (PEM) that apps are to trust: \`weir deploy k8s --ca FILE\`, or helm's --set-file trust.certificate=FILE.
trust:
  certificate: null

proxy:
  # deployment: some proxies behind one name. daemonset: one on each node, for the apps of that node. none: no proxy.
  mode: deployment
  # How many, where \`autoscaling\` is off.
  replicas: 3
  autoscaling: {enabled: true, min: 3, max: 20, cpu: 70}
  # The Secret with ca.pem and ca.key that all proxies sign with. Without one each makes its own, which no app trusts.
  authority: null
  # The Secret with \`token\`, from \`weir fleet token --uses N\`: each pod joins the fleet before it starts (docs/fleet.md). A pod that
  # cannot is started again until it can.
  join: null
  # Everything else of weir.yaml (docs/configuration.md). One worker a CPU of the request below.
  config:
    proxy:
      listen: 0.0.0.0:8787
      # The names of the Service are added.
      names: []
      workers: 2
      # The network policy lets no pod in but those of \`network.namespaces\`. With \`apps\` that have tokens, false.
      open: true
    console: {listen: "0.0.0.0:8788"}
    sensor: {enabled: false}
  resources: {requests: {cpu: "2", memory: 1536Mi}, limits: {memory: 3Gi}}
  # Room for records that the bus, or the database in the pod, has not had yet.
  volumeSize: 10Gi
  # NAME: {secret: NAME OF A SECRET, key: KEY} for each variable.
  environment: {}
  # {secret: NAME OF A SECRET, path: /FOLDER} for each Secret that is to be there as files.
  secretFiles: []
  nodeSelector: {}
  tolerations: []

# Beside an app, in its own pod: \`weir deploy sidecar\`.
sidecar:
  authority: null
  join: null
  config:
    proxy: {listen: "127.0.0.1:8787", workers: 1}
    console: {listen: "0.0.0.0:8788"}
    sensor: {enabled: false}
  resources: {requests: {cpu: 200m, memory: 512Mi}, limits: {memory: 1Gi}}
  volumeSize: 2Gi
  environment: {}
  secretFiles: []

sensor:
  enabled: true
  # As of the proxies, with a token of the role of this part; so for collectors and console.
  join: null
  # Before Linux 6.6 probes on TLS libraries need CAP_SYS_ADMIN as well.
  systemAdmin: false
  config:
    sensor: {enabled: true}
    # What goes to the proxies is not round them.
    proxy: {listen: "127.0.0.1:8787"}
  resources: {requests: {cpu: 50m, memory: 256Mi}, limits: {memory: 1Gi}}
  environment: {}
  secretFiles: []
  nodeSelector: {}
  tolerations: [{operator: Exists}]

collector:
  replicas: 2
  join: null
  config:
    collect: {listen: "0.0.0.0:8790"}
  resources: {requests: {cpu: 500m, memory: 256Mi}, limits: {memory: 1Gi}}
  volumeSize: 2Gi
  environment: {}
  secretFiles: []
  nodeSelector: {}
  tolerations: []

console:
  join: null
  config:
    console: {listen: "0.0.0.0:8788"}
  resources: {requests: {cpu: 200m, memory: 512Mi}, limits: {memory: 2Gi}}
  # Tokens, sessions, drafts and the baseline: a claim of this size, of this class (null: the cluster's own).
  volumeSize: 2Gi
  storageClass: null
  environment: {}
  secretFiles: []
  nodeSelector: {}
  tolerations: []

network:
  # Off where the cluster's network knows no NetworkPolicy; then nothing keeps apps from going round the proxy.
  enabled: true
  # Namespaces of apps: their pods reach one another, DNS and the proxies, and nothing outside but \`allowed\`.
  namespaces: []
  # Networks (CIDR) outside the cluster that these apps may reach by themselves: data stores, internal services.
  allowed: []
  # Who scrapes /metrics and opens the console, by namespace.
  monitoring: [monitoring]
  consoleFrom: []
  # Ports on which proxies reach upstreams, anywhere.
  upstreamPorts: [80, 443]
  # Networks (CIDR) in which the bus, the store and the identity provider are, where they are outside the cluster.
  backends: []
  # A node-local DNS cache.
  dns: [169.254.20.10/32]
`;

/** Keys of weir.yaml that a part's configuration does not set: the deployment does. */
const SET_ELSEWHERE: ReadonlySet<string> = new Set(['home', 'bus', 'store']);

function configuration(): Shape<unknown> {
  const { properties, ...rest } = configShape({ folder: '/', homeFolder: '/' }, {}).schema();
  const kept = Object.entries(properties ?? {}).filter(([key]) => !SET_ELSEWHERE.has(key));
  return shapeOfSchema({ ...rest, properties: Object.fromEntries(kept) });
}

const CONFIGURATION = configuration();

const label = string({
  expected: 'a name of lower-case letters, digits and "-"',
  pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
});
const objectName = string({
  expected: 'the name of an object of the cluster',
  pattern: /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
});
const quantity = either(
  string({ expected: 'an amount such as 500m, 2 or 1Gi', pattern: /^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/ }),
  number({ min: 0 }),
  'an amount such as 500m, 2 or 1Gi',
);
const network = string({
  expected: 'a network such as 10.0.0.0/8',
  pattern: /^(\d{1,3}(\.\d{1,3}){3}\/([0-9]|[12][0-9]|3[0-2])|[0-9a-fA-F:]*:[0-9a-fA-F:]*\/(\d{1,2}|1[01]\d|12[0-8]))$/,
});
const certificate = string({
  expected: 'a certificate (PEM)',
  check: (pem) => {
    try {
      return new X509Certificate(pem).ca ? null : 'expected the certificate of an authority';
    } catch {
      return 'expected a certificate (PEM)';
    }
  },
});
const busUrl = string({
  expected: 'nats://HOST:PORT or tls://HOST:PORT',
  check: (text) => {
    const read = readBusUrl(text);
    if (read === null) return 'expected nats://HOST:PORT or tls://HOST:PORT';
    return read.user === null ? null : 'expected no password in it: `credentials` names a file of a Secret';
  },
});
const bus = object({
  url: busUrl,
  credentials: optional(string()),
  ca: optional(list(string())),
  cert: optional(string()),
  key: optional(string()),
});
const amounts = object({ cpu: optional(quantity), memory: optional(quantity) });
const toleration = object({
  key: optional(string()),
  operator: optional(oneOf(['Exists', 'Equal'])),
  value: optional(string({ allowEmpty: true })),
  effect: optional(oneOf(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])),
  tolerationSeconds: optional(number({ integer: true })),
});

const pod = {
  join: optional(nullable(objectName)),
  config: optional(CONFIGURATION),
  resources: optional(object({ requests: optional(amounts), limits: optional(amounts) })),
  environment: optional(
    map(object({ secret: objectName, key: string() }), {
      key: (name) => (/^[A-Z_][A-Z0-9_]*$/.test(name) ? null : 'expected the name of a variable'),
    }),
  ),
  secretFiles: optional(
    list(object({ secret: objectName, path: string({ expected: 'an absolute path', pattern: /^\/[^:]+$/ }) })),
  ),
} satisfies Fields;
const placing = {
  nodeSelector: optional(map(string({ allowEmpty: true }))),
  tolerations: optional(list(toleration)),
} satisfies Fields;
const volumeSize = optional(quantity);
const replicas = optional(number({ integer: true, min: 1, max: 1000 }));

/** Every key, each of which may be left out. */
export const valuesShape = object({
  image: optional(
    nullable(
      string({ expected: 'the reference of an image', pattern: /^[\w.:/-]+(@sha256:[0-9a-f]{64})?$/, maxLength: 512 }),
    ),
  ),
  imagePullSecrets: optional(list(objectName)),
  bus: optional(
    nullable(either(busUrl, bus, 'nats://HOST:PORT or tls://HOST:PORT without a password, or an object with `url`')),
  ),
  store: optional(
    string({ expected: 'sqlite, or postgres://…', pattern: /^(sqlite|postgres(ql)?:\/\/.+)$/, check: withoutPassword }),
  ),
  trust: optional(object({ certificate: optional(nullable(certificate)) })),
  proxy: optional(
    object({
      mode: optional(oneOf(['deployment', 'daemonset', 'none'])),
      replicas,
      autoscaling: optional(
        object({
          enabled: optional(boolean()),
          min: replicas,
          max: replicas,
          cpu: optional(number({ integer: true, min: 1, max: 100 })),
        }),
      ),
      authority: optional(nullable(objectName)),
      volumeSize,
      ...pod,
      ...placing,
    }),
  ),
  sidecar: optional(object({ authority: optional(nullable(objectName)), volumeSize, ...pod })),
  sensor: optional(object({ enabled: optional(boolean()), systemAdmin: optional(boolean()), ...pod, ...placing })),
  collector: optional(object({ replicas, volumeSize, ...pod, ...placing })),
  console: optional(object({ volumeSize, storageClass: optional(nullable(objectName)), ...pod, ...placing })),
  network: optional(
    object({
      enabled: optional(boolean()),
      namespaces: optional(list(label)),
      allowed: optional(list(network)),
      monitoring: optional(list(label)),
      consoleFrom: optional(list(label)),
      upstreamPorts: optional(list(number({ integer: true, min: 1, max: 65_535 }), { min: 1 })),
      backends: optional(list(network)),
      dns: optional(list(network)),
    }),
  ),
});

/** What ends up in a ConfigMap, and in the shell history of whoever made it. */
function withoutPassword(place: string): string | null {
  if (place === 'sqlite') return null;
  if (!URL.canParse(place)) return 'expected sqlite, or postgres://…';
  return new URL(place).password === '' ? null : 'expected no password in it: `passfile` names a file of a Secret';
}

/**
 * Of the chart's values.schema.json. A configuration is any map there: which keys weir.yaml has is told by `weir deploy k8s`, and
 * by Weir where it starts, so that the chart does not age with each of them.
 */
export function valuesSchema(): JsonSchema {
  const configurationText = JSON.stringify(CONFIGURATION.schema());
  const schema: JsonSchema = JSON.parse(
    JSON.stringify(valuesShape.schema()).replaceAll(configurationText, '{"type":"object"}'),
  );
  // Helm gives every chart the key `global`.
  return { ...schema, properties: { ...Object(schema['properties']), global: { type: 'object' } } };
}

export type Values = { readonly [key: string]: Plain };

/** The defaults, with what a file says over them. Null where it has problems. */
export function readValues(
  file: string,
  text: string,
):
  | { readonly values: Values; readonly problems: readonly [] }
  | { readonly values: null; readonly problems: readonly Problem[] } {
  const read = readDocument(file, text, valuesShape);
  if (read.value === null) return { values: null, problems: read.problems };
  return { values: mapOf(merged(parse(DEFAULT_VALUES), parse(text) ?? {})), problems: [] };
}

/** As helm lays values over a chart's own: maps key by key, everything else as a whole. */
export function merged(under: Plain, over: Plain): Plain {
  if (!isMap(under) || !isMap(over)) return over;
  const keys = [...new Set([...Object.keys(under), ...Object.keys(over)])];
  return Object.fromEntries(
    keys.map((key) => {
      const [below, above] = [under[key], over[key]];
      return [key, below === undefined ? (above ?? null) : above === undefined ? below : merged(below, above)];
    }),
  );
}

export function isMap(value: Plain): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapOf(value: Plain): Values {
  if (!isMap(value)) throw new Error('values are a map');
  return value;
}
