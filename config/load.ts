/**
 * Reads the configuration once, checks all of it, fills in the defaults and freezes it. It never starts with half of
 * a configuration: every problem is told at once, with its place.
 */
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import type { AppPattern } from '../engine/decide/app-match.ts';
import { type Problem, problemText, readDocument } from '../engine/decide/checked-yaml.ts';
import { WeirError } from '../flow/errors.ts';
import type { Config } from './config.ts';
import { type ConfigFile, configShape } from './grammar.ts';
import { absolutePath, homeFolderOf, type PathBase } from './paths.ts';
import { codeOf } from './values.ts';

export interface LoadOptions {
  /** What `--config` names, relative to `cwd`; null reads weir.yaml in `cwd` if it is there. */
  readonly file: string | null;
  /** WEIR_HOME wins over `home`; HOME is what `~` stands for. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** The file's name where none is given. */
export const CONFIG_FILE = 'weir.yaml';

/** Throws WeirError `config_invalid`, whose message has one line a problem: `file:line:column: what was expected`. */
export function loadConfig(options: LoadOptions): Config {
  const shown = options.file ?? CONFIG_FILE;
  const file = resolve(options.cwd, shown);
  const text = readText(file, shown, options.file !== null);
  const base: PathBase = {
    folder: text === null ? options.cwd : dirname(file),
    homeFolder: homeFolderOf(options.env),
  };
  const read = readDocument(shown, text ?? '', configShape(base, options.env));
  if (read.value === null) throw new WeirError('config_invalid', read.problems.map(problemText).join('\n'));
  const home = options.env['WEIR_HOME']
    ? absolutePath(options.env['WEIR_HOME'], { ...base, folder: options.cwd })
    : (read.value.home ?? join(base.homeFolder, '.weir'));
  return frozen(configOf(read.value, text === null ? null : file, home));
}

/** Null when nobody named a file and there is none. */
function readText(file: string, shown: string, isNamed: boolean): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' && !isNamed) return null;
    const why =
      code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'is a folder, not a file' : `cannot be read (${code})`;
    const problem: Problem = { file: shown, line: 1, column: 1, message: why };
    throw new WeirError('config_invalid', problemText(problem), { cause: error });
  }
}

function configOf(read: ConfigFile, file: string | null, home: string): Config {
  const {
    listen,
    tls,
    transparent,
    proxyProtocol,
    names,
    bypass,
    intercept,
    resolve: resolved,
    upstream,
    providers,
  } = read.proxy;
  const { workers, open, origins, onError, onOpaque, block } = read.proxy;
  const { limits } = read.proxy;
  return {
    file,
    home,
    proxy: {
      listen,
      tls,
      names,
      workers,
      bypass,
      intercept,
      resolve: resolved,
      transparent,
      proxyProtocol,
      upstream: { ca: upstream.ca, proxy: upstream.proxy, aws: upstream.aws, certificates: upstream.certificates },
      providers,
      open,
      origins,
      onError,
      onOpaque,
      block,
      limits,
    },
    policies: read.policies,
    bundle: read.bundle,
    conversations: read.conversations,
    siem: read.siem,
    detection: {
      disable: read.detection.disable,
      countries: read.detection.countries,
      names: read.detection.names,
      model: read.detection.model,
    },
    apps: read.apps.map(({ name, owner, token, match, hosts }) => {
      const iam = match?.iam ?? null;
      return { name, owner, tokenSha256: token, match: processMatch(match), iam, hosts };
    }),
    destinations: read.destinations,
    stores: read.stores,
    excerpts: read.excerpts,
    retention: {
      eventsMs: read.retention.events,
      allowedMs: read.retention.allowed,
      excerptsMs: read.retention.excerpts,
      edgesMs: read.retention.edges,
      maxBytes: read.retention.maxBytes,
    },
    store: read.store,
    bus: read.bus,
    outbox: read.outbox,
    collect: read.collect,
    environments: read.environments,
    baseline: read.baseline,
    notify: read.notify,
    secrets: read.secrets,
    console: read.console,
    sensor: read.sensor,
  };
}

/** What only names a cloud principal says nothing of the processes of a host, and would fit them all. */
function processMatch(match: ConfigFile['apps'][number]['match']): AppPattern | null {
  if (match === null) return null;
  const { iam: _, ...process } = match;
  return Object.values(process).some((glob) => glob !== null) ? process : null;
}

/** Maps cannot be frozen and are typed read-only. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Map)) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}

/**
 * Refuses a listener that others on the network could use without a token. Throws WeirError `listener_open`. A name
 * other than localhost counts as off loopback: what it resolves to may change.
 */
export function checkListener(config: Config): void {
  const { listen, tls, transparent, open } = config.proxy;
  if (open) return;
  if (transparent !== null && !isLoopback(transparent.host)) {
    throw new WeirError(
      'listener_open',
      `proxy.transparent is ${transparent.host}, which other hosts can reach, and nobody can give a token there; ` +
        'only proxy.open lets it start',
    );
  }
  if (isLoopback(listen.host) || tls?.required === true) return;
  if (config.apps.some((app) => app.tokenSha256 !== null)) return;
  throw new WeirError(
    'listener_open',
    `proxy.listen is ${listen.host}, which other hosts can reach, and no app has a token`,
  );
}

/** 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
