/**
 * The grammar of weir.yaml: every key, what it takes and its default; docs/configuration.md says what each does. Keys
 * whose part is not built are refused by name. Files that it names are read here, so that a problem has its place.
 */
import { isIP } from 'node:net';
import { type HostPort, hostPortText, parseHostPort } from '../catalog/host.ts';
import type { GatewayProvider } from '../catalog/providers.ts';
import type { AppPattern } from '../engine/decide/app-match.ts';
import { INVALID, readDocument, type Shape, type TypeOf } from '../engine/decide/checked-yaml.ts';
import { didYouMean } from '../engine/decide/near-name.ts';
import {
  as,
  boolean,
  checked,
  duration,
  either,
  type Fields,
  list,
  map,
  nullable,
  number,
  type ObjectOf,
  type Optional,
  object,
  oneOf,
  optional,
  size,
  string,
} from '../engine/decide/shapes.ts';
import { SHIPPED_COUNTRIES, SHIPPED_NAMES } from '../engine/recognizers/shipped-names.ts';
import type { BusSettings } from '../fleet/bus-settings.ts';
import { SEVERITIES } from '../flow/decision.ts';
import { EVENT_KINDS } from '../flow/event.ts';
import { DESTINATION_CATEGORIES } from '../flow/parties.ts';
import { type AwsKeys, readAwsCredentials } from './aws-credentials.ts';
import type { SignInConfig } from './config.ts';
import type { PathBase } from './paths.ts';
import {
  age,
  browserOrigin,
  bundlePlace,
  busUrl,
  bytes,
  certificateFile,
  credentialsFile,
  DAY_MS,
  existingPath,
  hostGlob,
  hostName,
  isKeyOf,
  isSigningKey,
  issuerUrl,
  listenAddress,
  milliseconds,
  network,
  noticeUrl,
  originUrl,
  pageOrigin,
  path,
  place,
  placeProblem,
  privateKeyFile,
  proxyUrl,
  publicKeyFile,
  sealPlace,
  secretFile,
  secretVariable,
  siemPlace,
  storePlace,
  syslogPlace,
  tokenDigest,
} from './values.ts';

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** A shape that may be left out, with the defaults that an empty object gives. */
function withDefaults<T>(shape: Shape<T>): Optional<T> {
  const read = readDocument('defaults', '{}', shape);
  if (read.value === null) throw new Error(`a section has a key without a default: ${read.problems[0]?.message}`);
  return optional(shape, read.value);
}

function section<const F extends Fields>(fields: F): Optional<ObjectOf<F>> {
  return withDefaults(object(fields));
}

const limits = withDefaults(
  checked(
    object({
      inspectBytes: optional(bytes({ min: KIB, max: GIB }), 32 * MIB),
      besideBytes: optional(bytes({ min: 0, max: 64 * MIB }), MIB),
      heldBytes: optional(bytes({ min: KIB, max: 1024 * GIB }), 512 * MIB),
      headerBytes: optional(bytes({ min: KIB, max: MIB }), 64 * KIB),
      shapeBytes: optional(bytes({ min: KIB, max: 32 * MIB }), MIB),
      holdMs: optional(milliseconds({ min: 0, max: 60_000 }), 200),
      connectMs: optional(milliseconds({ min: 1 }), 10_000),
      tlsMs: optional(milliseconds({ min: 1 }), 10_000),
      firstByteMs: optional(milliseconds({ min: 1 }), 900_000),
      clientHeadMs: optional(milliseconds({ min: 1 }), 30_000),
      clientBodyBytesPerSecond: optional(bytes({ min: 0, max: GIB }), KIB),
      idleMs: optional(milliseconds({ min: 1 }), 75_000),
      clientHelloMs: optional(milliseconds({ min: 1 }), 10_000),
      drainMs: optional(milliseconds({ min: 0 }), 10_000),
      modelMs: optional(milliseconds({ min: 10, max: 60_000 }), 2000),
      documentMs: optional(milliseconds({ min: 10, max: 60_000 }), 10_000),
      maxConnections: optional(number({ integer: true, min: 1, max: 1_000_000 }), 10_000),
    }),
    (value, report) => {
      if (value.heldBytes < value.inspectBytes)
        report('expected at least inspectBytes: one body must fit', ['heldBytes']);
    },
  ),
);

/** A synthetic answer is one that the SDK reads as success; an error has to be one that no SDK retries. */
const block = withDefaults(
  as(
    checked(
      object({
        status: optional(number({ integer: true })),
        style: optional(oneOf(['error', 'message']), 'error'),
      }),
      ({ status, style }, report) => {
        if (status === null || (status >= 400 && status <= 499)) return;
        if (style === 'error') report('expected a status from 400 to 499', ['status']);
        else if (status !== 200) report('expected 200, or a status from 400 to 499', ['status']);
      },
    ),
    ({ status, style }) => ({ status: status ?? (style === 'message' ? 200 : 400), style }),
  ),
);

const opaqueAction = oneOf(['allow', 'alert', 'block']);

const providers = as(
  map(object({ url: originUrl(), shape: optional(nullable(oneOf(['openai', 'anthropic', 'gemini']))) }), {
    key: (name) =>
      /^[a-z0-9][a-z0-9-]{0,62}$/.test(name) ? null : 'expected a name of lower-case letters, digits and "-"',
  }),
  (read): ReadonlyMap<string, GatewayProvider> =>
    new Map([...read].map(([name, { url, shape }]) => [name, { name, url, shape }])),
);

const resolve = as(map(place(), { key: placeProblem }), (read): ReadonlyMap<string, HostPort> => {
  const canonical = new Map<string, HostPort>();
  for (const [key, to] of read) {
    const from = parseHostPort(key);
    if (from !== null) canonical.set(hostPortText(from), to);
  }
  return canonical;
});

function clientCertificate(base: PathBase) {
  return checked(
    object({
      hosts: list(hostGlob({ port: false }), { min: 1 }),
      cert: as(certificateFile(base), (blocks) => blocks.join('\n')),
      key: privateKeyFile(base),
    }),
    ({ cert, key }, report) => {
      if (!isKeyOf(cert, key)) report('expected the key of the first certificate in `cert`', ['key']);
    },
  );
}

function bus(base: PathBase) {
  const withMore = checked(
    object({
      url: busUrl(),
      credentials: optional(nullable(credentialsFile(base)), null),
      ca: optional(list(certificateFile(base)), []),
      cert: optional(nullable(as(certificateFile(base), (blocks) => blocks.join('\n'))), null),
      key: optional(nullable(privateKeyFile(base)), null),
    }),
    ({ url, ca, cert, key }, report) => {
      if ((cert === null) !== (key === null))
        report('expected `cert` and `key`, or neither', [cert === null ? 'key' : 'cert']);
      else if (cert !== null && key !== null && !isKeyOf(cert, key))
        report('expected the key of the first certificate in `cert`', ['key']);
      if (!url.isTls && (cert !== null || ca.length > 0)) report('expected tls:// with `ca` and `cert`', ['url']);
    },
  );
  const whole = as(withMore, ({ url, credentials, ca, cert, key }): BusSettings => {
    const certificate = cert === null || key === null ? null : { cert, key };
    return { ...url, credentials, ca: ca.flat(), certificate };
  });
  return either(busUrl(), whole, 'the URL of a bus, nats://… or tls://…, or an object with `url`');
}

const workers = either(
  oneOf(['auto']),
  number({ integer: true, min: 1, max: 256 }),
  '`auto` (one a core), or a number from 1 to 256',
);

/** Read here, so that what is wrong with a profile is told with its place. */
function awsCredentials(base: PathBase, env: NodeJS.ProcessEnv): Shape<AwsKeys> {
  const named = object({ profile: optional(nullable(string({ expected: 'the name of a profile' })), null) });
  return {
    ...named,
    read(node, reader) {
      const value = named.read(node, reader);
      if (value === INVALID) return INVALID;
      const found = readAwsCredentials(value.profile, env, base.homeFolder);
      return typeof found === 'string' ? reader.refuse(node, found) : found;
    },
  };
}

/** TLS on `proxy.listen` itself. */
function listenerTls(base: PathBase) {
  const tls = object({
    cert: as(certificateFile(base), (blocks) => blocks.join('\n')),
    key: privateKeyFile(base),
    clients: optional(
      as(list(certificateFile(base), { min: 1 }), (files) => files.flat()),
      [],
    ),
    required: optional(boolean(), false),
  });
  return checked(tls, ({ cert, key, clients, required }, report) => {
    if (!isKeyOf(cert, key)) report('expected the key of the first certificate in `cert`', ['key']);
    if (required && clients.length === 0)
      report('expected `clients`: whose certificates are to be good?', ['required']);
  });
}

function proxy(base: PathBase, env: NodeJS.ProcessEnv) {
  return section({
    listen: optional(listenAddress(), { host: '127.0.0.1', port: 8787 }),
    tls: optional(nullable(listenerTls(base)), null),
    names: optional(list(hostName()), []),
    transparent: optional(nullable(listenAddress()), null),
    proxyProtocol: section({ from: optional(list(network()), []) }),
    workers: optional(workers, 'auto'),
    bypass: optional(list(hostGlob({ port: false })), []),
    intercept: optional(list(hostGlob({ port: false })), ['*']),
    resolve: optional(resolve, new Map()),
    upstream: section({
      ca: optional(
        as(list(certificateFile(base)), (files) => files.flat()),
        [],
      ),
      proxy: optional(nullable(proxyUrl()), null),
      aws: optional(nullable(awsCredentials(base, env)), null),
      certificates: optional(list(clientCertificate(base)), []),
    }),
    providers: optional(providers, new Map()),
    open: optional(boolean(), false),
    origins: optional(list(browserOrigin()), []),
    onError: optional(oneOf(['closed', 'open']), 'closed'),
    onOpaque: section({ media: optional(opaqueAction, 'alert'), encoded: optional(opaqueAction, 'block') }),
    block,
    limits,
  });
}

const disabled = string({
  expected: 'the name of a recognizer or an entity',
  check: (name) =>
    SHIPPED_NAMES.has(name)
      ? null
      : `no recognizer or entity of this name${didYouMean(name, [...SHIPPED_NAMES]) || '; `weir recognizers` lists them'}`,
});

/** Null for all. */
const countries = either(
  as(oneOf(['all']), () => null),
  checked(list(string({ expected: 'an ISO 3166-1 code such as DE', pattern: /^[A-Z]{2}$/ })), (codes, report) => {
    for (const code of codes)
      if (!SHIPPED_COUNTRIES.has(code))
        report(`nothing is known for ${code}${didYouMean(code, [...SHIPPED_COUNTRIES])}`);
  }),
  '`all`, or a list of ISO 3166-1 codes such as [DE, FR]',
);

/** Those whose words, names and addresses the engine knows (ISO 639-1); it reads all of them at once, whichever are named. */
const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'nl', 'pl', 'pt', 'sv'];
const languages = checked(
  list(string({ expected: 'an ISO 639-1 code such as de', pattern: /^[a-z]{2}$/ }), { min: 1 }),
  (codes, report) => {
    for (const code of codes)
      if (!LANGUAGES.includes(code))
        report(`${code} is not among the languages that are read: ${LANGUAGES.join(', ')}`);
  },
);

function detection(base: PathBase) {
  return withDefaults(
    checked(
      object({
        countries: optional(countries, null),
        languages: optional(languages, ['en']),
        disable: optional(list(disabled), []),
        names: optional(oneOf(['fast', 'thorough', 'off']), 'fast'),
        model: optional(nullable(existingPath(base)), null),
      }),
      (value, report) => {
        if (value.model !== null && value.names === 'off')
          report('expected no model beside names: off, which leaves out what it finds', ['model']);
      },
    ),
  );
}

const appGlob = string({ expected: 'a name or path, in which * is any characters', maxLength: 4096 });

const appMatch = as(
  checked(
    object({
      exe: optional(appGlob),
      process: optional(appGlob),
      user: optional(appGlob),
      container: optional(appGlob),
      image: optional(appGlob),
      cgroup: optional(appGlob),
      pod: optional(appGlob),
      subject: optional(appGlob),
      iam: optional(appGlob),
    }),
    (globs, report) => {
      if (Object.values(globs).every((glob) => glob === null)) {
        report(`expected at least one of ${Object.keys(globs).join(', ')}`);
      }
    },
  ),
  ({ iam, ...globs }): AppPattern & { readonly iam: string | null } => ({ ...globs, iam }),
);

const apps = checked(
  list(
    object({
      // A label is shown in tables, and stands before the colon in Basic credentials.
      name: string({ expected: 'a name of up to 100 characters, without ":"', pattern: /^[^\p{Cc}:]{1,100}$/u }),
      owner: optional(string({ maxLength: 200 })),
      match: optional(appMatch),
      token: optional(tokenDigest()),
      hosts: optional(list(hostGlob({ port: true })), []),
    }),
  ),
  (value, report) => {
    const seen = new Set<string>();
    for (const [index, { name }] of value.entries()) {
      if (seen.has(name)) report('an app of this name stands before', [index, 'name']);
      seen.add(name);
    }
  },
);

const destinations = checked(
  list(
    object({
      hosts: list(hostGlob({ port: true }), { min: 1 }),
      vendor: optional(string({ maxLength: 200 })),
      category: optional(oneOf(DESTINATION_CATEGORIES)),
      country: optional(
        string({ expected: 'a country as two capital letters (ISO 3166-1), in quotes', pattern: /^[A-Z]{2}$/ }),
      ),
      sanctioned: optional(boolean(), false),
      private: optional(boolean(), false),
      owner: optional(string({ maxLength: 200 })),
      note: optional(string({ maxLength: 2000 })),
    }),
  ),
  (value, report) => {
    const seen = new Set<string>();
    for (const [index, { hosts }] of value.entries()) {
      for (const [at, host] of hosts.entries()) {
        if (seen.has(host)) report('this host stands before, and one entry would hide the other', [index, 'hosts', at]);
        seen.add(host);
      }
    }
  },
);

const named = list(string({ maxLength: 200 }), { max: 1000 });

/** Fences: what belongs inside each. */
const environments = map(
  checked(
    object({ apps: optional(named, []), stores: optional(named, []), vendors: optional(named, []) }),
    ({ apps: insiders, stores, vendors }, report) => {
      if (insiders.length + stores.length + vendors.length === 0) report('expected apps, stores or vendors');
    },
  ),
  {
    key: (name) =>
      /^[a-z0-9][a-z0-9_-]{0,62}$/.test(name) ? null : 'expected a name of lower-case letters, digits, "-" and "_"',
  },
);

const stores = checked(
  list(
    object({
      name: string({ expected: 'a name of up to 100 characters', pattern: /^[^\p{Cc}]{1,100}$/u }),
      owner: optional(string({ maxLength: 200 })),
      hosts: list(hostGlob({ port: true }), { min: 1 }),
    }),
  ),
  (value, report) => {
    const names = new Set<string>();
    const seen = new Set<string>();
    for (const [index, { name, hosts }] of value.entries()) {
      if (names.has(name)) report('a store of this name stands before', [index, 'name']);
      names.add(name);
      for (const [at, host] of hosts.entries()) {
        if (seen.has(host)) report('this host stands before, and one entry would hide the other', [index, 'hosts', at]);
        seen.add(host);
      }
    }
  },
);

/** Null for the root, wherever it is mounted. */
const cgroupFolder = either(
  as(oneOf(['auto']), () => null),
  string({ expected: 'the absolute path of a folder of cgroup v2', pattern: /^\/./, maxLength: 4096 }),
  '`auto` (the root), or the absolute path of a folder of cgroup v2',
);

const label = string({
  expected: 'lower case letters, digits and hyphens',
  pattern: /^[a-z0-9][a-z0-9-]*$/,
  maxLength: 63,
});

/** Where the runtime of Kubernetes is asked for containers: looked for, at a path, or not at all. */
const criSocket = either(
  oneOf(['auto', false]),
  string({ expected: 'the absolute path of a Unix socket', pattern: /^\//, maxLength: 100 }),
  '`auto` (where containerd and CRI-O have theirs), the absolute path of a Unix socket, or `false`',
);

function kubelet(base: PathBase) {
  return object({
    url: string({
      expected: 'https://HOST:PORT or http://HOST:PORT, alone',
      pattern: /^https?:\/\/[^\s/@?#]+$/,
      maxLength: 300,
    }),
    tokenFile: optional(nullable(path(base)), null),
    ca: optional(
      as(list(certificateFile(base)), (files) => files.flat()),
      [],
    ),
  });
}

/** Where events go as they are committed. */
function siem(base: PathBase) {
  const one = object({
    name: label,
    to: siemPlace(base),
    format: optional(oneOf(['ocsf', 'weir']), 'ocsf' as const),
    what: optional(oneOf(['findings', 'all']), 'findings' as const),
    tokenFile: optional(secretFile(base)),
    ca: optional(
      as(list(certificateFile(base)), (files) => files.flat()),
      [],
    ),
    rate: optional(number({ integer: true, min: 1, max: 100_000 }), 500),
    maxBytes: optional(size({ min: 64 * 1024, max: 1024 ** 4 }), 100 * 1024 * 1024),
    keep: optional(number({ integer: true, min: 1, max: 1000 }), 5),
  });
  const named = checked(list(one), (value, report) => {
    for (const [index, { name }] of value.entries()) {
      if (value.findIndex((other) => other.name === name) < index) report('this name stands before', [index, 'name']);
    }
  });
  return as(named, (sinks) => sinks.map(({ tokenFile, ...sink }) => ({ ...sink, token: tokenFile })));
}

/** Policies from one place for many nodes. */
function bundle(base: PathBase) {
  return object({
    from: bundlePlace(base),
    name: optional(nullable(label), null),
    keys: list(publicKeyFile(base), { min: 1 }),
    every: optional(milliseconds({ min: 1000 }), 30_000),
    labels: optional(list(label), []),
    ca: optional(
      as(list(certificateFile(base)), (files) => files.flat()),
      [],
    ),
  });
}

/** How people sign in to the console at an identity provider. */
function signInProvider(base: PathBase, env: NodeJS.ProcessEnv) {
  const values = optional(list(string({ maxLength: 500 }), { max: 500 }), []);
  const provider = object({
    issuer: issuerUrl(),
    name: optional(string({ expected: 'a name of up to 60 characters', pattern: /^[^\p{Cc}]{1,60}$/u })),
    client: string({ expected: 'the id of the client', pattern: /^[\x21-\x7e]{1,300}$/ }),
    secretFile: optional(secretFile(base)),
    secretEnv: optional(secretVariable(env)),
    keyFile: optional(privateKeyFile(base)),
    keyId: optional(string({ maxLength: 300 })),
    ca: optional(
      as(list(certificateFile(base)), (files) => files.flat()),
      [],
    ),
    scopes: optional(list(string({ expected: 'a scope', pattern: /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/ }), { max: 20 }), [
      'openid',
      'profile',
      'email',
    ]),
    claim: optional(string({ maxLength: 300 }), 'groups'),
    roles: section({ admin: values, reviewer: values, viewer: values }),
    user: optional(string({ maxLength: 300 })),
    skew: optional(duration({ min: 0, max: 600_000 }), 60_000),
    session: optional(duration({ min: 60_000, max: 7 * DAY_MS }), DAY_MS / 2),
  });
  const whole = checked(provider, ({ secretFile: file, secretEnv, keyFile, keyId, roles, scopes }, report) => {
    const given = [file, secretEnv, keyFile].filter((one) => one !== null).length;
    if (given !== 1) report('expected one of secretFile, secretEnv, keyFile: with it the console shows who it is');
    if (keyId !== null && keyFile === null) report('expected no keyId without keyFile', ['keyId']);
    if (keyFile !== null && !isSigningKey(keyFile)) {
      report('expected an RSA key of 2048 bits or more, an EC key on P-256, P-384 or P-521, or an Ed25519 key', [
        'keyFile',
      ]);
    }
    if (Object.values(roles).every((one) => one.length === 0)) {
      report('expected values of the claim for at least one role: nobody else could come in', ['roles']);
    }
    if (!scopes.includes('openid')) report('expected openid among the scopes', ['scopes']);
  });
  return as(whole, (read): SignInConfig => {
    const { secretFile: file, secretEnv, keyFile, keyId, skew, session, ...rest } = read;
    return {
      ...rest,
      name: rest.name ?? new URL(rest.issuer).hostname,
      credential:
        keyFile === null
          ? { kind: 'secret', secret: file ?? secretEnv ?? '' }
          : { kind: 'key', pem: keyFile, id: keyId },
      skewMs: skew,
      sessionMs: session,
    };
  });
}

function consoleSection(base: PathBase, env: NodeJS.ProcessEnv) {
  return withDefaults(
    checked(
      object({
        listen: optional(listenAddress(), { host: '127.0.0.1', port: 8788 }),
        url: optional(nullable(pageOrigin()), null),
        oidc: optional(nullable(signInProvider(base, env)), null),
      }),
      ({ listen, url, oidc }, report) => {
        const isLocal = listen.host === 'localhost' || listen.host === '::1' || listen.host.startsWith('127.');
        if (oidc !== null && url === null && !isLocal) {
          report('expected url beside oidc: the provider has to know where to send browsers back to', ['oidc']);
        }
      },
    ),
  );
}

const steeredFolder = string({
  expected: 'the absolute path of a folder of cgroup v2',
  pattern: /^\/./,
  maxLength: 4096,
});

/** Where programs in other network namespaces reach the proxy: an address, since nothing is resolved there. */
const steerAddress = checked(place(), ({ host }, report) => {
  if (isIP(host) === 0) report('expected ADDRESS:PORT, with an IP address');
});

const EVERY_MS = 300_000;

function notify(base: PathBase) {
  const target = object({
    when: section({
      severity: optional(oneOf(SEVERITIES), 'high'),
      kinds: optional(list(oneOf(EVENT_KINDS), { min: 1 }), ['exchange', 'bypass', 'drift']),
    }),
    webhook: optional(nullable(noticeUrl())),
    slack: optional(nullable(noticeUrl())),
    syslog: optional(nullable(syslogPlace())),
    stdout: optional(boolean(), false),
    every: optional(duration({ min: 1000, max: 86_400_000 }), EVERY_MS),
    secret: optional(nullable(secretFile(base))),
    private: optional(boolean(), false),
  });
  return list(
    checked(target, ({ webhook, slack, syslog, stdout, secret }, report) => {
      const given = [webhook !== null, slack !== null, syslog !== null, stdout].filter(Boolean).length;
      if (given !== 1) report('expected one of webhook, slack, syslog, stdout: each has an entry of its own');
      if (secret !== null && webhook === null) report('expected no secret: a webhook alone is signed', ['secret']);
    }),
    { max: 20 },
  );
}

/** The shape of the whole file. Paths in it are taken relative to `base`; files that it names are looked at. */
export function configShape(base: PathBase, env: NodeJS.ProcessEnv) {
  const file = object({
    home: optional(path(base)),
    proxy: proxy(base, env),
    policies: optional(list(existingPath(base))),
    bundle: optional(nullable(bundle(base)), null),
    siem: optional(siem(base), []),
    detection: detection(base),
    apps: optional(apps, []),
    destinations: optional(destinations, []),
    stores: optional(stores, []),
    environments: optional(environments, new Map()),
    notify: optional(notify(base), []),
    retention: section({
      events: optional(age(), 90 * DAY_MS),
      allowed: optional(age(), 7 * DAY_MS),
      excerpts: optional(age(), 30 * DAY_MS),
      edges: optional(age(), 400 * DAY_MS),
      maxBytes: optional(nullable(bytes({ min: 16 * MIB, max: 1024 * 1024 * GIB })), 10 * GIB),
    }),
    excerpts: section({
      chars: optional(number({ integer: true, min: 0, max: 500 }), 75),
      encrypt: optional(boolean(), true),
    }),
    store: optional(storePlace(), 'sqlite'),
    conversations: section({
      shared: optional(oneOf(['auto', true, false]), 'auto'),
      waitMs: optional(milliseconds({ min: 10, max: 60_000 }), 500),
      maxBytes: optional(bytes({ min: MIB, max: 1024 * GIB }), 256 * MIB),
    }),
    bus: optional(nullable(bus(base)), null),
    outbox: section({ maxBytes: optional(bytes({ min: 16 * MIB, max: 1024 * GIB }), 2 * GIB) }),
    collect: section({ listen: optional(listenAddress(), { host: '127.0.0.1', port: 8790 }) }),
    secrets: section({ sealedBy: optional(nullable(sealPlace()), null) }),
    console: consoleSection(base, env),
    // It may be written later: `weir flows baseline > flows.yaml` asks for the configuration too.
    baseline: optional(nullable(path(base)), null),
    sensor: section({
      enabled: optional(oneOf(['auto', false, true]), 'auto'),
      cgroup: optional(cgroupFolder, null),
      sample: section({
        messages: optional(number({ integer: true, min: 0, max: 100_000 }), 60),
        bytes: optional(bytes({ min: 64, max: 15 * KIB }), 4 * KIB),
      }),
      responses: optional(boolean(), true),
      sockets: optional(boolean(), true),
      cri: optional(criSocket, 'auto'),
      kubelet: optional(nullable(kubelet(base)), null),
      steer: optional(
        nullable(
          object({
            cgroups: optional(list(steeredFolder), []),
            apps: optional(list(string()), []),
            containers: optional(list(string()), []),
            address: optional(nullable(steerAddress), null),
          }),
        ),
        null,
      ),
      block: optional(boolean(), false),
    }),
  });
  return checked(file, ({ sensor, bundle: policies, bus, proxy: { transparent } }, report) => {
    if (bus === null && policies?.from.kind === 'bus' && policies.from.url === null) {
      report('expected `bus` to be set, or the URL of a bus here', ['bundle', 'from']);
    }
    if (sensor.steer !== null && transparent === null) {
      report('sensor.steer needs proxy.transparent: that listener takes what is steered', ['sensor', 'steer']);
    }
  });
}

export type ConfigFile = TypeOf<ReturnType<typeof configShape>>;
