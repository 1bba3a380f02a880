/**
 * Shapes of single values in a configuration: addresses, host globs, files, times. They turn what is written into what
 * the rest of Weir uses, and refuse it with what was expected; no message repeats a value.
 */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { isScalar } from 'yaml';
import { canonicalHost, type HostPort, parseHostGlob, parseHostPort } from '../catalog/host.ts';
import { originOf } from '../catalog/providers.ts';
import { INVALID, type Shape } from '../engine/decide/checked-yaml.ts';
import { as, checked, duration, either, nullable, number, size, string } from '../engine/decide/shapes.ts';
import { type BusSettings, busSettings, readBusUrl } from '../fleet/bus-settings.ts';
import { type StoreAddress, storeAddress } from '../flow/store-address.ts';
import { parseSealPlace, type SealPlace } from '../keys/seal.ts';
import type { BundlePlace, SiemPlace, UpstreamProxyConfig } from './config.ts';
import { absolutePath, type PathBase } from './paths.ts';

/** A string turned into something else. `parse` gives null for what is not `expected`; `wrong` may say it better. */
function parsed<T extends object | string>(
  expected: string,
  parse: (text: string) => T | null,
  wrong: (text: string) => string | null = () => null,
): Shape<T> {
  const text = string({ expected, maxLength: 4096 });
  return {
    expected,
    schema: text.schema,
    read(node, reader) {
      const value = text.read(node, reader);
      if (value === INVALID) return INVALID;
      return parse(value) ?? reader.refuse(node, wrong(value) ?? `expected ${expected}`);
    },
  };
}

/** Where the key is that secrets are sealed under. */
export function sealPlace(): Shape<SealPlace> {
  return parsed(
    '`file:` and an absolute path, or `credential:` and the name of a credential of systemd',
    parseSealPlace,
  );
}

/** Where to listen: `127.0.0.1:8787`. Port 0 takes any free one. */
export function listenAddress(): Shape<HostPort> {
  const expected = 'host:port, such as 127.0.0.1:8787 or "[::1]:8787"';
  return parsed(expected, parseHostPort, (text) =>
    text.startsWith(':')
      ? 'expected host:port; for every address of this host write "0.0.0.0" or "[::]" before the port'
      : null,
  );
}

function parsePlace(text: string): HostPort | null {
  const place = parseHostPort(text);
  return place === null || place.port === 0 ? null : place;
}

/** A peer: `api.openai.com:443`. */
export function place(): Shape<HostPort> {
  return parsed('host:port, such as api.openai.com:443', parsePlace);
}

/** What is wrong with a key of `proxy.resolve`, or null. */
export function placeProblem(key: string): string | null {
  if (key.includes('*')) return 'expected one host:port; * is not taken here';
  return parsePlace(key) === null ? 'expected host:port, such as api.openai.com:443' : null;
}

/** Canonical. */
export function hostName(): Shape<string> {
  return parsed('a host name without scheme or port', canonicalHost);
}

/** A canonical host glob; with `port`, one that may end in `:port`. */
export function hostGlob(options: { readonly port: boolean }): Shape<string> {
  const expected = `a host, in which * is any characters, with${options.port ? ' or without' : 'out'} a port`;
  return parsed(
    expected,
    (text) => {
      const found = parseHostGlob(text);
      if (found === null || (found.port !== null && !options.port)) return null;
      if (found.port === null) return found.glob;
      return found.glob.includes(':') ? `[${found.glob}]:${found.port}` : `${found.glob}:${found.port}`;
    },
    (text) => {
      if (text.includes('/')) return 'expected a host, without scheme or path';
      return text.startsWith('.') ? 'expected a host; every name below a domain is written "*.example.com"' : null;
    },
  );
}

/** An upstream: `https://llm.corp.example`. */
export function originUrl(): Shape<string> {
  return parsed('an origin such as https://llm.corp.example, without path or password', (text) =>
    originOf(text) === null ? null : text.replace(/\/$/, ''),
  );
}

/** Addresses of one or of many hosts: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`; as it stands there. */
export function network(): Shape<string> {
  return parsed('an address or a network such as 10.0.0.0/8 or fd00::/8', (text) => {
    const [, address = '', bits] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    return Number(bits ?? 0) <= most ? text.toLowerCase() : null;
  });
}

const DEFAULT_PROXY_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, socks5: 1080, socks5h: 1080 };
/** RFC 1929 has one octet for the length of each. */
const MAX_CREDENTIAL = 255;

/** A proxy behind this one: `http://user:password@corp-proxy:3128`. */
export function proxyUrl(): Shape<UpstreamProxyConfig> {
  const expected = 'http://, https:// or socks5://, then [user:password@]host[:port] and nothing more';
  return parsed(expected, (text) => {
    const pattern =
      /^(https?|socks5h?):\/\/(?:([^:/?#@]*)(?::([^/?#@]*))?@)?(\[[^\]]*\]|[^:/?#@[\]]+)(?::(\d{1,5}))?\/?$/i;
    const match = pattern.exec(text);
    const host = match === null ? null : canonicalHost(match[4] ?? '');
    if (match === null || host === null) return null;
    const name = (match[1] ?? '').toLowerCase();
    const port = match[5] === undefined ? (DEFAULT_PROXY_PORTS[name] ?? 0) : Number(match[5]);
    const user = match[2] === undefined ? null : decoded(match[2]);
    const password = decoded(match[3] ?? '');
    if (port < 1 || port > 65_535 || password === null || (match[2] !== undefined && user === null)) return null;
    // A name that is sent to the proxy is never resolved here: `socks5` is what others call `socks5h`.
    const scheme = name === 'http' || name === 'https' ? name : 'socks5';
    return { scheme, host, port, credential: user === null ? null : { user, password } };
  });
}

/** The embedded store, or the address of one that many write to. What is wrong with it is said without its password. */
export function storePlace(): Shape<'sqlite' | StoreAddress> {
  const expected = 'sqlite or postgres://user:password@host[:port]/database';
  return as(string({ expected, check: storeProblem }), (text) => (text === 'sqlite' ? text : storeAddress(text)));
}

function storeProblem(text: string): string | null {
  try {
    if (text !== 'sqlite') storeAddress(text);
    return null;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `expected sqlite or postgres://user:password@host[:port]/database; this ${error.message}`;
  }
}

/** Percent-decoded; null where that fails or it could not be sent. */
function decoded(text: string): string | null {
  try {
    const value = decodeURIComponent(text);
    const isSendable = Buffer.byteLength(value) <= MAX_CREDENTIAL && !/\p{Cc}/u.test(value);
    return isSendable ? value : null;
  } catch {
    return null;
  }
}

/** As browsers write it in Origin: `https://app.example`, `vscode-webview://…`. */
export function browserOrigin(): Shape<string> {
  return parsed('a browser origin such as https://app.example', (text) => {
    const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\/[^/?#@\s*]+$/.exec(text) ?? [];
    if (scheme === undefined) return null;
    if (scheme !== 'http' && scheme !== 'https') return text;
    return URL.canParse(text) && new URL(text).origin === text ? text : null;
  });
}

/** The identifier of an OpenID Connect issuer, as it is written: `https:`, or `http:` on this host. */
export function issuerUrl(): Shape<string> {
  return parsed('the https:// URL of an issuer, without query and fragment (http:// on loopback alone)', (text) => {
    if (text.length > 500 || !URL.canParse(text)) return null;
    const url = new URL(text);
    const isPlain = url.username + url.password + url.search + url.hash === '' && !/[?#]/.test(text);
    return isPlain && (url.protocol === 'https:' || isLocalHttp(url)) ? text : null;
  });
}

/** The origin by which browsers reach a page of ours: `https:`, or `http:` on this host. */
export function pageOrigin(): Shape<string> {
  return parsed('an origin such as https://weir.corp.example (http:// on loopback alone)', (text) => {
    if (!URL.canParse(text)) return null;
    const url = new URL(text);
    return url.origin === text && (url.protocol === 'https:' || isLocalHttp(url)) ? text : null;
  });
}

function isLocalHttp({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && (['localhost', '[::1]'].includes(hostname) || /^127(?:\.\d+){3}$/.test(hostname));
}

/** The SHA-256 of an app's token, lower-case hex. */
export function tokenDigest(): Shape<string> {
  const expected = '"sha256:" and the 64 hex digits of the SHA-256 of the token (printf %s TOKEN | sha256sum)';
  return parsed(expected, (text) => /^sha256:([0-9a-f]{64})$/.exec(text.toLowerCase())?.[1] ?? null);
}

/** Absolute. */
export function path(base: PathBase): Shape<string> {
  return as(string({ expected: 'a path', maxLength: 4096 }), (text) => absolutePath(text, base));
}

/** Absolute; there has to be something at it. */
export function existingPath(base: PathBase): Shape<string> {
  return checked(path(base), (value, report) => {
    if (statSync(value, { throwIfNoEntry: false }) === undefined) report(`no such file or folder: ${value}`);
  });
}

/** What a file holds, or what is wrong with it, in words without its path. */
type Content<T> = { readonly value: T } | { readonly problem: string };

/** A path in the configuration, taken for what the file at it holds. */
function contentOf<T>(base: PathBase, read: (file: string) => Content<T>): Shape<T> {
  const file = path(base);
  return {
    expected: file.expected,
    schema: file.schema,
    read(node, reader) {
      const at = file.read(node, reader);
      if (at === INVALID) return INVALID;
      const content = read(at);
      return 'value' in content ? content.value : reader.refuse(node, `${content.problem}: ${at}`);
    },
  };
}

/** A key in a PEM file as PEM; `isKey` looks at it and may throw what node:crypto throws. */
function keyFile(base: PathBase, expected: string, isKey: (pem: string) => boolean): Shape<string> {
  return contentOf(base, (file) => {
    try {
      const pem = readFileSync(file, 'latin1');
      return isKey(pem) ? { value: pem } : { problem: `expected ${expected}` };
    } catch (error) {
      const code = codeOf(error);
      const isOfFile = code.startsWith('E') && !code.startsWith('ERR_');
      return { problem: isOfFile ? `cannot be read (${code})` : `expected ${expected}` };
    }
  });
}

/** The certificates in a PEM file, each as PEM. */
export function certificateFile(base: PathBase): Shape<readonly string[]> {
  return contentOf(base, readCertificates);
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** An Ed25519 public key in a PEM file (SubjectPublicKeyInfo, RFC 8410); as PEM. */
export function publicKeyFile(base: PathBase): Shape<string> {
  return keyFile(base, 'an Ed25519 public key in PEM', (pem) => {
    // A private key would be taken too, and has no place on a node.
    return pem.includes('-----BEGIN PUBLIC KEY-----') && createPublicKey(pem).asymmetricKeyType === 'ed25519';
  });
}

/** Where notices are posted: `https://host/path`, or `http://`. Its path may be a secret, and is never repeated. */
export function noticeUrl(): Shape<string> {
  return parsed('an http:// or https:// URL without user, password and fragment', (text) => {
    if (!/^https?:\/\//i.test(text) || text.length > 2000 || !URL.canParse(text)) return null;
    const url = new URL(text);
    return url.username === '' && url.password === '' && url.hash === '' && url.hostname !== '' ? url.href : null;
  });
}

export interface SyslogPlace extends HostPort {
  readonly transport: 'udp' | 'tcp' | 'tls';
}

const SYSLOG_PORTS: Readonly<Record<SyslogPlace['transport'], number>> = { udp: 514, tcp: 514, tls: 6514 };

/** Where a syslog server listens: `udp://host:514`, `tcp://`, `tls://`. */
export function syslogPlace(): Shape<SyslogPlace> {
  return parsed('udp://, tcp:// or tls://, then host[:port] and nothing more', (text) => {
    const match = /^(udp|tcp|tls):\/\/(\[[^\]]*\]|[^:/?#@[\]]+)(?::(\d{1,5}))?\/?$/i.exec(text);
    const host = match === null ? null : canonicalHost(match[2] ?? '');
    if (match === null || host === null) return null;
    const transport = (match[1] ?? '').toLowerCase() as SyslogPlace['transport'];
    const port = match[3] === undefined ? SYSLOG_PORTS[transport] : Number(match[3]);
    return port < 1 || port > 65_535 ? null : { transport, host, port };
  });
}

/** Where a bus is, with user and password where it asks for them; what is wrong with it is said without them. */
export function busUrl(): Shape<BusSettings> {
  const expected = 'nats://HOST:PORT or tls://HOST:PORT, with USER:PASSWORD@ before HOST where it asks for them';
  return {
    expected,
    schema: () => ({ type: 'string', description: expected }),
    read(node, reader) {
      const text = isScalar(node) && typeof node.value === 'string' ? node.value : '';
      return readBusUrl(text) === null ? reader.refuse(node, `expected ${expected}`) : busSettings(text);
    },
  };
}

/** A `.creds` file of NATS: a JWT and the seed of its key. */
export function credentialsFile(base: PathBase): Shape<string> {
  return contentOf(base, (file) => {
    try {
      const text = readFileSync(file, 'utf8');
      const isShaped = /-----BEGIN NATS USER JWT-----[\s\S]+-----BEGIN USER NKEY SEED-----/.test(text);
      return isShaped ? { value: text } : { problem: 'expected a .creds file: a user JWT and the seed of its key' };
    } catch (error) {
      return { problem: `cannot be read (${codeOf(error)})` };
    }
  });
}

/** Where a bundle comes from: `https://…`, the path of a file, `bus` for the node's own, or `nats://…`. */
export function bundlePlace(base: PathBase): Shape<BundlePlace> {
  const expected = 'a URL that begins with https://, nats:// or tls://, `bus`, or the path of a file';
  const file = path(base);
  return {
    expected,
    schema: () => ({ type: 'string', description: expected }),
    read(node, reader) {
      const text = isScalar(node) && typeof node.value === 'string' ? node.value : null;
      if (text === 'bus') return { kind: 'bus', url: null };
      if (text === null || !/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) {
        const value = file.read(node, reader);
        return value === INVALID ? INVALID : { kind: 'file', path: value };
      }
      if (/^(?:nats|tls):/i.test(text)) {
        const isBus = readBusUrl(text) !== null;
        return isBus ? { kind: 'bus', url: text } : reader.refuse(node, 'expected nats://HOST:PORT and no more');
      }
      const url = URL.canParse(text) ? new URL(text) : null;
      if (url?.protocol !== 'https:') return reader.refuse(node, `expected ${expected}`);
      if (url.username !== '' || url.password !== '' || url.hash !== '')
        return reader.refuse(node, 'expected a URL without user, password and fragment');
      return { kind: 'https', url: url.href };
    },
  };
}

const SIEM_PORTS: Readonly<Record<string, number>> = { 'syslog+tls:': 6514, 'syslog+tcp:': 601 };

/** Where events go: a scheme that says how, and the place. */
export function siemPlace(base: PathBase): Shape<SiemPlace> {
  const expected =
    'splunk+https://…, elasticsearch+https://HOST/INDEX, otlp+https://…, syslog+tls://HOST:PORT, syslog+tcp://HOST:PORT or file:PATH';
  return {
    expected,
    schema: () => ({ type: 'string', description: expected }),
    read(node, reader) {
      const text = isScalar(node) && typeof node.value === 'string' ? node.value : '';
      if (text.startsWith('file:')) {
        const file = absolutePath(text.slice('file:'.length), base);
        return file === null ? reader.refuse(node, `expected ${expected}`) : { kind: 'file', path: file };
      }
      const url = URL.canParse(text) ? new URL(text) : null;
      if (url === null || url.username !== '' || url.password !== '' || url.hash !== '')
        return reader.refuse(node, `expected ${expected}, without user and password: \`tokenFile\` names those`);
      const port = SIEM_PORTS[url.protocol];
      if (port !== undefined) {
        const host = canonicalHost(url.hostname);
        if (host === null || url.pathname.length > 1) return reader.refuse(node, `expected ${expected}`);
        return { kind: 'syslog', host, port: Number(url.port || port), isTls: url.protocol === 'syslog+tls:' };
      }
      const [, shape, scheme] = /^(splunk|elasticsearch|otlp)\+(https?):$/.exec(url.protocol) ?? [];
      if (shape === undefined) return reader.refuse(node, `expected ${expected}`);
      const plain = new URL(text.replace(/^[a-z]+\+/, ''));
      const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(plain.hostname);
      if (scheme === 'http' && !isLocal)
        return reader.refuse(node, 'expected https: http is taken for this host alone (localhost, 127.0.0.1)');
      if (shape === 'elasticsearch' && !/^\/[a-z0-9][a-z0-9._-]*$/.test(plain.pathname))
        return reader.refuse(node, 'expected the name of the index behind the host: elasticsearch+https://HOST/INDEX');
      return { kind: shape as 'splunk' | 'elasticsearch' | 'otlp', url: plain.href };
    },
  };
}

/** A secret that stands alone in a file; without white space round it. */
export function secretFile(base: PathBase): Shape<string> {
  return contentOf(base, (file) => {
    try {
      const value = readFileSync(file, 'utf8').trim();
      const isOneLine = /^[\x21-\x7e]{1,4096}$/.test(value);
      return isOneLine ? { value } : { problem: 'expected one line of ASCII, the token alone' };
    } catch (error) {
      return { problem: `cannot be read (${codeOf(error)})` };
    }
  });
}

/** A secret that stands alone in a variable of the environment, by the variable's name. */
export function secretVariable(env: NodeJS.ProcessEnv): Shape<string> {
  const named = string({ expected: 'the name of a variable of the environment', pattern: /^[A-Za-z_][A-Za-z0-9_]*$/ });
  return {
    ...named,
    read(node, reader) {
      const name = named.read(node, reader);
      if (name === INVALID) return INVALID;
      const value = env[name]?.trim() ?? '';
      if (/^[\x21-\x7e]{1,4096}$/.test(value)) return value;
      return reader.refuse(node, `${name} is ${value === '' ? 'not set' : 'not one line of ASCII'} in the environment`);
    },
  };
}

/** A private key in a PEM file, without a passphrase; as PEM. */
export function privateKeyFile(base: PathBase): Shape<string> {
  return keyFile(base, 'a private key in PEM, without a passphrase', (pem) => createPrivateKey(pem).type === 'private');
}

/** Whether a key belongs to the first certificate of a chain, both PEM. */
export function isKeyOf(cert: string, key: string): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
}

/** Whether JSON Web Signatures can be made with a key of PEM: RSA, EC on the curves of RFC 7518 §3.4, Ed25519. */
export function isSigningKey(pem: string): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPrivateKey(pem);
  if (type === 'rsa') return (details?.modulusLength ?? 0) >= 2048;
  return type === 'ed25519' || (type === 'ec' && /^(prime256v1|secp384r1|secp521r1)$/.test(details?.namedCurve ?? ''));
}

function readCertificates(file: string): Content<readonly string[]> {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (error) {
    return { problem: `cannot be read (${codeOf(error)})` };
  }
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) return { problem: 'expected certificates in PEM (-----BEGIN CERTIFICATE-----)' };
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      return { problem: `certificate ${index + 1} of ${blocks.length} cannot be read as one` };
    }
  }
  return { value: blocks };
}

/** `ENOENT`; `error` where the host gave no code. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'error';
}

export const DAY_MS = 86_400_000;

/** Milliseconds as a number, or a duration. Bounds inclusive; at most a day unless said. */
export function milliseconds(bounds: { readonly min: number; readonly max?: number }): Shape<number> {
  const { min, max = DAY_MS } = bounds;
  const expected = 'milliseconds or a duration such as 200ms, 10s or 15m';
  return checked(either(number({ integer: true }), duration(), expected), (value, report) => {
    if (value < min || value > max) report(`out of range: expected from ${min}ms to ${durationText(max)}`);
  });
}

function durationText(ms: number): string {
  return ms % DAY_MS === 0 ? `${ms / DAY_MS}d` : `${ms}ms`;
}

/** How long something is kept: a duration from an hour to ten years, or null for ever. */
export function age(): Shape<number | null> {
  return nullable(
    checked(duration(), (value, report) => {
      if (value < DAY_MS / 24 || value > 3650 * DAY_MS) report('out of range: expected from 1h to 3650d, or null');
    }),
  );
}

/** Bytes as a number, or a size. Bounds inclusive. */
export function bytes(bounds: { readonly min: number; readonly max: number }): Shape<number> {
  return checked(size(), (value, report) => {
    const isTaken = value >= bounds.min && value <= bounds.max;
    if (!isTaken) report(`out of range: expected from ${sizeText(bounds.min)} to ${sizeText(bounds.max)}`);
  });
}

function sizeText(value: number): string {
  for (const [unit, factor] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (value >= factor && value % factor === 0) return `${value / factor}${unit}`;
  }
  return `${value}`;
}
