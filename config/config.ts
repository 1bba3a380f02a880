/** The configuration as the rest of Weir sees it: read once, checked, defaults filled in, frozen. Types only. */

import type { DestinationEntry } from '../catalog/catalog.ts';
import type { HostPort } from '../catalog/host.ts';
import type { GatewayProvider } from '../catalog/providers.ts';
import type { AppPattern } from '../engine/decide/app-match.ts';
import type { BusSettings } from '../fleet/bus-settings.ts';
import type { Severity } from '../flow/decision.ts';
import type { EventKind } from '../flow/event.ts';
import type { StoreAddress } from '../flow/store-address.ts';
import type { SealPlace } from '../keys/seal.ts';
import type { AwsKeys } from './aws-credentials.ts';
import type { SyslogPlace } from './values.ts';

/** Bytes, milliseconds and counts, as their names say; see docs/configuration.md. */
export interface ProxyLimits {
  /** Largest body held for inspection, decoded and not. */
  readonly inspectBytes: number;
  /** Most bytes of an unheld body that are scanned beside it. */
  readonly besideBytes: number;
  /** All held bodies together; workers have equal parts of it. */
  readonly heldBytes: number;
  readonly headerBytes: number;
  /** Most bytes of a JSON body held until its shape is known. */
  readonly shapeBytes: number;
  /** How long text of a stream waits for words behind it that may tell what it is. */
  readonly holdMs: number;
  readonly connectMs: number;
  readonly tlsMs: number;
  readonly firstByteMs: number;
  readonly clientHeadMs: number;
  /** Least rate of a client's body. */
  readonly clientBodyBytesPerSecond: number;
  readonly idleMs: number;
  readonly clientHelloMs: number;
  readonly drainMs: number;
  /** What the model of `detection.model` gets for the texts of one message. */
  readonly modelMs: number;
  /** What the reading of the documents in one message may take. */
  readonly documentMs: number;
  readonly maxConnections: number;
}

/** A proxy between this one and the world. */
export interface UpstreamProxyConfig {
  readonly scheme: 'http' | 'https' | 'socks5';
  /** Canonical. */
  readonly host: string;
  readonly port: number;
  /** Null where it asks for none. */
  readonly credential: { readonly user: string; readonly password: string } | null;
}

export type OpaqueAction = 'allow' | 'alert' | 'block';

export interface ListenerTlsConfig {
  readonly cert: string;
  readonly key: string;
  readonly clients: readonly string[];
  readonly required: boolean;
}

export interface ProxyConfig {
  /** Port 0 takes any free one. */
  readonly listen: HostPort;
  /**
   * What TLS on `listen` is spoken with; null where it is not. Certificate and key are PEM. `clients`: authorities (PEM) whose
   * certificates clients may show; none, where they are not asked. `required`: they have to.
   */
  readonly tls: ListenerTlsConfig | null;
  /** Further host names of this listener, canonical. */
  readonly names: readonly string[];
  /** Processes that carry the traffic; `auto` is one a core. */
  readonly workers: 'auto' | number;
  /** Host globs that are tunnelled untouched. */
  readonly bypass: readonly string[];
  /** Host globs whose TLS is terminated; what no glob matches is tunnelled. */
  readonly intercept: readonly string[];
  /** `host:port` as asked for -> where to connect instead. Keys are canonical, IPv6 in brackets. */
  readonly resolve: ReadonlyMap<string, HostPort>;
  /** Where connections that the kernel redirects come in; null without. */
  readonly transparent: HostPort | null;
  /** `from`: addresses and networks of those who put a PROXY header before every connection. */
  readonly proxyProtocol: { readonly from: readonly string[] };
  /**
   * `ca`: certificates in PEM, read from the files named. `proxy`: the one that every call outside leads through.
   * `aws`: keys to sign requests to AWS with. `certificates`: what is shown to upstreams, by host globs; in PEM.
   */
  readonly upstream: {
    readonly ca: readonly string[];
    readonly proxy: UpstreamProxyConfig | null;
    readonly aws: AwsKeys | null;
    readonly certificates: readonly {
      readonly hosts: readonly string[];
      readonly cert: string;
      readonly key: string;
    }[];
  };
  /** By gateway name: additions to, and replacements of, the built-in ones. */
  readonly providers: ReadonlyMap<string, GatewayProvider>;
  readonly open: boolean;
  /** Browser origins, serialised as browsers send them: `https://app.example`. */
  readonly origins: readonly string[];
  readonly onError: 'closed' | 'open';
  readonly onOpaque: { readonly media: OpaqueAction; readonly encoded: OpaqueAction };
  readonly block: { readonly status: number; readonly style: 'error' | 'message' };
  readonly limits: ProxyLimits;
}

export interface AppConfig {
  readonly name: string;
  readonly owner: string | null;
  /** SHA-256 of the app's token, lower-case hex; null when the app has none. */
  readonly tokenSha256: string | null;
  /** Which processes of this host are the app, whatever they say; null for none. */
  readonly match: AppPattern | null;
  /** A glob on the cloud principals (ARNs) that the app acts as. */
  readonly iam: string | null;
  /** Host globs, with or without a port, at which the app answers. */
  readonly hosts: readonly string[];
}

/** A data store that is known and managed. */
export interface StoreConfig {
  readonly name: string;
  readonly owner: string | null;
  /** Globs over canonical hosts, each with or without `:port`. */
  readonly hosts: readonly string[];
}

/** Where signed policies come from: the whole path, or a URL. */
export type BundlePlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'https'; readonly url: string }
  /** `url`: of a bus of its own for policies; null for the node's, which `bus` names. */
  | { readonly kind: 'bus'; readonly url: string | null };

export interface BundleConfig {
  readonly from: BundlePlace;
  /** On a bus, the name of the bundles that are for this node; null for any. */
  readonly name: string | null;
  /** Public keys in PEM, one of which has to have signed. */
  readonly keys: readonly string[];
  /** How often it is looked for, milliseconds. */
  readonly every: number;
  /** Of this node. */
  readonly labels: readonly string[];
  /** Further roots for the URL, in PEM. */
  readonly ca: readonly string[];
}

/** What the proxies of a fleet keep of conversations together. */
export interface ConversationsConfig {
  /** `auto`: where the node has joined a fleet, and so has its keys. */
  readonly shared: 'auto' | boolean;
  /** What an answer of the bus may take, milliseconds. */
  readonly waitMs: number;
  /** Of all conversations on the bus. */
  readonly maxBytes: number;
}

/** Where events go for others to keep. */
export type SiemPlace =
  | { readonly kind: 'splunk' | 'elasticsearch' | 'otlp'; readonly url: string }
  | { readonly kind: 'syslog'; readonly host: string; readonly port: number; readonly isTls: boolean }
  | { readonly kind: 'file'; readonly path: string };

export interface SiemConfig {
  /** Each once: how far it has come is kept under it. */
  readonly name: string;
  readonly to: SiemPlace;
  readonly format: 'ocsf' | 'weir';
  /** `findings`: events with a finding of medium score, an action above allow, or of another kind than an exchange. */
  readonly what: 'findings' | 'all';
  readonly token: string | null;
  /** Further roots, PEM. */
  readonly ca: readonly string[];
  /** Most events a second. */
  readonly rate: number;
  /** Of a file: the size at which the next is begun, and how many older ones are kept. */
  readonly maxBytes: number;
  readonly keep: number;
}

/** How people sign in to the console at an identity provider, by OpenID Connect. */
export interface SignInConfig {
  readonly issuer: string;
  readonly name: string;
  /** The id of the client that the console is there. */
  readonly client: string;
  /** `pem`: a private key, for private_key_jwt. */
  readonly credential:
    | { readonly kind: 'secret'; readonly secret: string }
    | { readonly kind: 'key'; readonly pem: string; readonly id: string | null };
  /** Further roots, in PEM. */
  readonly ca: readonly string[];
  readonly scopes: readonly string[];
  /** The name of a claim, or a JSON Pointer. */
  readonly claim: string;
  /** For each role the values of the claim that give it. */
  readonly roles: {
    readonly admin: readonly string[];
    readonly reviewer: readonly string[];
    readonly viewer: readonly string[];
  };
  /** The claim with people's names; null for the usual ones. */
  readonly user: string | null;
  readonly skewMs: number;
  readonly sessionMs: number;
}

/** Whom to tell of what; exactly one of webhook, slack, syslog and stdout. */
export interface NotifyConfig {
  /** Of this severity or graver, and of these kinds of event. */
  readonly when: { readonly severity: Severity; readonly kinds: readonly EventKind[] };
  readonly webhook: string | null;
  readonly slack: string | null;
  readonly syslog: SyslogPlace | null;
  readonly stdout: boolean;
  /** Milliseconds: at most one message in so long; what comes meanwhile is joined. */
  readonly every: number;
  /** What a webhook is signed with; null for the one in home. */
  readonly secret: string | null;
  /** Whether it may be at a private address. */
  readonly private: boolean;
}

export interface Config {
  /** The file read, absolute; null when there was none and everything is the default. */
  readonly file: string | null;
  /** Absolute path. */
  readonly home: string;
  readonly proxy: ProxyConfig;
  /** Absolute paths of files and folders; null means the shipped policies/default.yaml alone. */
  readonly policies: readonly string[] | null;
  /** Policies from one place, beside those of `policies`; null for none. */
  readonly bundle: BundleConfig | null;
  readonly conversations: ConversationsConfig;
  /**
   * `disable`: names of recognizers and entities. `countries`: ISO 3166-1 alpha-2, null for all. `model`: absolute path of
   * the folder of an ONNX model, null without one.
   */
  readonly detection: {
    readonly disable: readonly string[];
    readonly countries: readonly string[] | null;
    readonly names: 'fast' | 'thorough' | 'off';
    readonly model: string | null;
  };
  /** Where events go as they are committed. */
  readonly siem: readonly SiemConfig[];
  readonly apps: readonly AppConfig[];
  readonly destinations: readonly DestinationEntry[];
  readonly stores: readonly StoreConfig[];
  /** `chars` either side of a finding, 0..500; 0 keeps no excerpt. */
  readonly excerpts: { readonly chars: number; readonly encrypt: boolean };
  /** Ages in ms, a size in bytes; null keeps for ever. */
  readonly retention: {
    readonly eventsMs: number | null;
    readonly allowedMs: number | null;
    readonly excerptsMs: number | null;
    readonly edgesMs: number | null;
    readonly maxBytes: number | null;
  };
  /** Where records are kept: in home, or in a PostgreSQL that many write to. */
  readonly store: 'sqlite' | StoreAddress;
  /** Where nodes publish their records and collectors take them from; null without a fleet. */
  readonly bus: BusSettings | null;
  /** Of a node that hands its records on: how much of them may wait. */
  readonly outbox: { readonly maxBytes: number };
  /** Where `weir collect` says how it stands. */
  readonly collect: { readonly listen: HostPort };
  /** `url`: the origin by which browsers reach it; null for the address that it listens on. `oidc`: null for tokens alone. */
  /** Where the key is that the secrets of home are sealed under; null leaves them as they are. */
  readonly secrets: { readonly sealedBy: SealPlace | null };
  readonly console: { readonly listen: HostPort; readonly url: string | null; readonly oidc: SignInConfig | null };
  /** Fences by name: the apps, stores and vendors inside. */
  readonly environments: ReadonlyMap<
    string,
    { readonly apps: readonly string[]; readonly stores: readonly string[]; readonly vendors: readonly string[] }
  >;
  /** Absolute path of the flows that are allowed; null without. */
  readonly baseline: string | null;
  readonly notify: readonly NotifyConfig[];
  /**
   * `enabled`: `auto` where the host allows it. `cgroup`: absolute path of the cgroup v2 folder that it watches, with all below
   * it; null for the root. `steer`: whose connections to GenAI go to the transparent listener (absolute paths of cgroup v2
   * folders, app labels, container ids), and where other network namespaces reach it. `block`: refuses connections to GenAI
   * that is not sanctioned.
   */
  readonly sensor: {
    readonly enabled: 'auto' | boolean;
    readonly cgroup: string | null;
    /** Of a connection that is no TLS: messages of an edge that are looked at in a minute, and bytes of each. */
    readonly sample: { readonly messages: number; readonly bytes: number };
    /** Whether what programs read through TLS is looked at as well. */
    readonly responses: boolean;
    /** Whether connections are read from /proc where the kernel lets no program in. */
    readonly sockets: boolean;
    /** The Unix socket at which a runtime of Kubernetes is asked for its containers (CRI); `auto`: at those that are there. */
    readonly cri: 'auto' | false | string;
    /** Where the kubelet is asked for the pods of this node; `tokenFile`: absolute path, read for each question. */
    readonly kubelet: {
      readonly url: string;
      readonly tokenFile: string | null;
      readonly ca: readonly string[];
    } | null;
    readonly steer: {
      readonly cgroups: readonly string[];
      readonly apps: readonly string[];
      readonly containers: readonly string[];
      readonly address: HostPort | null;
    } | null;
    readonly block: boolean;
  };
}
