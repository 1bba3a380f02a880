/**
 * The variables that route a process through the proxy and make it trust the authority: one place for `run` and `env`.
 * What the user has set is joined, not lost: exceptions of the proxy, further roots, options of Node and Java. It sets
 * nothing itself; it writes the files of certificates that the variables name.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostPort } from '../catalog/host.ts';
import { putOver } from '../keys/private-files.ts';
import { JKS_PASSWORD, javaTrustStore } from './java-trust.ts';
import {
  type Certificate,
  certificatesAt,
  certificatesIn,
  systemRoots,
  trustFileName,
  writeTrustFile,
} from './trust-bundle.ts';

export type Variables = Readonly<Record<string, string>>;

export interface Routing {
  readonly variables: Variables;
  /** What the user should know, a line each, without a prefix. */
  readonly warnings: readonly string[];
}

export interface RoutingInput {
  /** As from `proxyUrl`. */
  readonly proxy: string;
  /** home/ca, with the authority's certificate in it. */
  readonly caFolder: string;
  readonly caPath: string;
  readonly env: NodeJS.ProcessEnv;
}

/** These programs take a file as all that they trust; the rest of a program's roots is lost. */
export const REPLACING = [
  'SSL_CERT_FILE',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'AWS_CA_BUNDLE',
  'PIP_CERT',
  'GIT_SSL_CAINFO',
  'CARGO_HTTP_CAINFO',
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
  'CODEX_CA_CERTIFICATE',
  'CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE',
] as const;
/** These add to what a program trusts anyway. */
export const ADDING = ['NODE_EXTRA_CA_CERTS', 'DENO_CERT'] as const;
/** Not set by us, but a file named there would keep the authority out. */
const REPLACING_IF_SET = ['npm_config_cafile', 'NIX_SSL_CERT_FILE', 'HTTPLIB2_CA_CERTS', 'PERL_LWP_SSL_CA_FILE'];
/** Not set by us, but a proxy named there would be asked instead. */
const PROXY_IF_SET = [
  'ws_proxy',
  'wss_proxy',
  'grpc_proxy',
  'WS_PROXY',
  'WSS_PROXY',
  'GRPC_PROXY',
  'npm_config_proxy',
  'npm_config_https_proxy',
];

/**
 * Never through the proxy: this host itself, and the addresses at which clouds hand out a machine's credentials, which
 * answer to the machine alone. IPv6 with brackets and without, because programs differ.
 */
export const NOT_PROXIED = [
  'localhost',
  '127.0.0.1',
  '::1',
  '[::1]',
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  '[fd00:ec2::254]',
  '100.100.100.200',
  'metadata.google.internal',
  'metadata',
] as const;

const PRELOAD = join(import.meta.dirname, 'preload/route.cjs');

/** `http://127.0.0.1:8787`, with `label:token@` before the host where a label is given; any address means loopback. */
export function proxyUrl(listen: HostPort, label: string | null, token: string | null): string {
  const anywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1', '': '127.0.0.1' };
  const host = anywhere[listen.host] ?? listen.host;
  const place = `${host.includes(':') ? `[${host}]` : host}:${listen.port}`;
  // The colon stays without a token: git would ask for a password otherwise.
  const user = label === null ? '' : `${encodeURIComponent(label)}:${encodeURIComponent(token ?? '')}@`;
  return `http://${user}${place}`;
}

/** Everything for a process on this host. Throws WeirError where home cannot be written. */
export function routingOf(input: RoutingInput): Routing {
  const { env, proxy } = input;
  const warnings: string[] = [];
  const exceptions = exceptionsOf(env);
  if (exceptions.includes('*')) warnings.push('NO_PROXY names *: most programs will go round the proxy');
  const trust = trustVariables(input, warnings);
  const variables: Record<string, string> = {
    ...proxyVariables(proxy, exceptions),
    ...Object.fromEntries(PROXY_IF_SET.filter((name) => env[name]).map((name) => [name, proxy])),
    ...trust.variables,
    NODE_OPTIONS: withPreload(env['NODE_OPTIONS']),
    JAVA_TOOL_OPTIONS: javaOptions(env['JAVA_TOOL_OPTIONS'] ?? '', proxy, exceptions, trust.javaStore),
  };
  return { variables, warnings };
}

/** For a container: its own file system, with the certificates mounted at `folder`; nothing of this host's. */
export function containerVariables(proxy: string, folder: string): Variables {
  const bundle = `${folder}/bundle.pem`;
  return {
    ...proxyVariables(proxy, [...NOT_PROXIED]),
    ...Object.fromEntries(ADDING.map((name) => [name, `${folder}/ca.pem`])),
    ...Object.fromEntries(REPLACING.map((name) => [name, bundle])),
    JAVA_TOOL_OPTIONS: javaOptions('', proxy, [...NOT_PROXIED], `${folder}/java.jks`),
  };
}

function proxyVariables(proxy: string, exceptions: readonly string[]): Variables {
  const noProxy = exceptions.join(',');
  return {
    // Both cases: curl reads only http_proxy, others only the upper case. ALL_PROXY: what asks for neither.
    http_proxy: proxy,
    https_proxy: proxy,
    all_proxy: proxy,
    no_proxy: noProxy,
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    ALL_PROXY: proxy,
    NO_PROXY: noProxy,
    NODE_USE_ENV_PROXY: '1',
  };
}

/** The user's own first, in their order. */
function exceptionsOf(env: NodeJS.ProcessEnv): readonly string[] {
  const own = `${env['no_proxy'] ?? ''},${env['NO_PROXY'] ?? ''}`.split(/[\s,]+/).filter((entry) => entry !== '');
  return [...new Set([...own, ...NOT_PROXIED])];
}

interface Trust {
  readonly variables: Variables;
  readonly javaStore: string;
}

function trustVariables(input: RoutingInput, warnings: string[]): Trust {
  const { caFolder, caPath, env } = input;
  const own = certificatesIn(readFileSync(caPath, 'utf8'));
  const read = (name: string): readonly Certificate[] | null => {
    const path = env[name];
    if (!path) return null;
    const found = certificatesAt(path);
    if (found === null || found.length === 0) warnings.push(`${name} names no readable certificates: left out`);
    // A nested run finds our own files here.
    return found === null || found.length === 0 ? null : found.filter((one) => !own.includes(one));
  };
  const extra = unique(ADDING.flatMap((name) => read(name) ?? []));
  const named = [...REPLACING, ...REPLACING_IF_SET].map((name) => [name, read(name)] as const);

  const system = systemRoots().filter((one) => !own.includes(one));
  const everything = unique([...system, ...extra, ...named.flatMap(([, certificates]) => certificates ?? [])]);
  const write = (name: string, certificates: readonly Certificate[], plain: readonly Certificate[]): string => {
    const fileName = `${trustFileName(name, certificates, plain)}.pem`;
    return writeTrustFile(caFolder, fileName, unique([...certificates, ...own]));
  };
  const whole = write('bundle', everything, system);
  const adding = extra.length === 0 ? caPath : write('extra', extra, []);
  const variables: Record<string, string> = Object.fromEntries(ADDING.map((name) => [name, adding]));
  for (const [name, certificates] of named) {
    // Whoever narrowed what a program trusts keeps it as narrow, and gets the authority.
    if (certificates !== null && certificates.length > 0) variables[name] = write('bundle', certificates, system);
    else if (!REPLACING_IF_SET.includes(name)) variables[name] = whole;
  }
  const javaStore = join(caFolder, `${trustFileName('java', everything, system)}.jks`);
  const bytes = javaTrustStore(unique([...everything, ...own]).map((one) => Buffer.from(one, 'base64')));
  if (!isFileOf(javaStore, bytes)) putOver(javaStore, bytes, 0o644);
  return { variables, javaStore };
}

function withPreload(own: string | undefined): string {
  // Inside quotes a backslash escapes (Node's own parser); outside it is a part of a Windows path.
  const path = /[\s"]/.test(PRELOAD) ? `"${PRELOAD.replace(/[\\"]/g, '\\$&')}"` : PRELOAD;
  const option = `--require ${path}`;
  if (own === undefined || own.trim() === '') return option;
  return own.includes(option) ? own : `${own} ${option}`;
}

/** The last of two equal options wins in a JVM; those of an earlier run are taken out, so that they do not pile up. */
function javaOptions(own: string, proxy: string, exceptions: readonly string[], store: string): string {
  const { hostname, port } = new URL(proxy);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const kept = own
    .replace(/(?:^|\s)-Dhttps?\.proxy(?:Host|Port)=\S*/g, '')
    .replace(OUR_JAVA_STORE, '')
    .trim();
  const ownExceptions = /-Dhttp\.nonProxyHosts=([^\s"']*)/.exec(kept)?.[1]?.split('|') ?? [];
  const rest = kept.replace(/(?:^|\s)-Dhttp\.nonProxyHosts=[^\s"']*/, '').trim();
  const hosts = [...new Set([...ownExceptions, ...exceptions.map(javaHost)])].join('|');
  const options = [
    ...(rest === '' ? [] : [rest]),
    `-Dhttp.proxyHost=${host}`,
    `-Dhttp.proxyPort=${port}`,
    `-Dhttps.proxyHost=${host}`,
    `-Dhttps.proxyPort=${port}`,
    `-Dhttp.nonProxyHosts=${hosts}`,
  ];
  // A trust store of the user's own stays: which certificates it holds cannot be read without its password.
  if (!rest.includes('-Djavax.net.ssl.trustStore=')) {
    const quoted = /[\s']/.test(store)
      ? `"-Djavax.net.ssl.trustStore=${store}"`
      : `-Djavax.net.ssl.trustStore=${store}`;
    options.push(quoted, '-Djavax.net.ssl.trustStoreType=JKS', `-Djavax.net.ssl.trustStorePassword=${JKS_PASSWORD}`);
  }
  return options.join(' ');
}

const OUR_JAVA_STORE =
  /(?:^|\s)"?-Djavax\.net\.ssl\.trustStore=[^"]*?\/java(?:-[0-9a-f]{16})?\.jks"? -Djavax\.net\.ssl\.trustStoreType=JKS -Djavax\.net\.ssl\.trustStorePassword=changeit/g;

/** `.example.com` of NO_PROXY is `*.example.com` in Java; IPv6 wants brackets. */
function javaHost(entry: string): string {
  if (entry.startsWith('.')) return `*${entry}`;
  return entry.includes(':') && !entry.startsWith('[') && entry.indexOf(':') !== entry.lastIndexOf(':')
    ? `[${entry}]`
    : entry;
}

function isFileOf(path: string, bytes: Buffer): boolean {
  try {
    return readFileSync(path).equals(bytes);
  } catch {
    return false; // not there yet, or not readable: written anew
  }
}

function unique(certificates: readonly Certificate[]): readonly Certificate[] {
  return [...new Set(certificates)];
}
