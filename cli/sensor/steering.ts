/**
 * Steering and blocking as the configuration wants them, beside a running sensor: what it is made of, and the socket at which
 * the proxy asks it. Null where neither is wanted.
 */
import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createCatalog } from '../../catalog/catalog.ts';
import { readRanges } from '../../catalog/ranges.ts';
import type { Config } from '../../config/config.ts';
import { Steering, type SteeringTools } from '../../sensor/steer.ts';
import type { SteerPlace } from '../../sensor/steer-commands.ts';
import { openSteerSocket, type SteerSocket } from '../../sensor/steer-socket.ts';
import type { HomePaths } from '../../store/home.ts';

export interface ConfiguredSteering {
  readonly make: (tools: SteeringTools) => Steering;
  close(): Promise<void>;
}

export function configuredSteering(
  config: Config,
  home: Pick<HomePaths, 'steerSocket'>,
  cgroupRoot: string,
  log: (line: string) => void,
): ConfiguredSteering | null {
  const { steer, block } = config.sensor;
  if (steer === null && !block) return null;
  const catalog = createCatalog(config.destinations);
  let socket: Promise<SteerSocket | null> = Promise.resolve(null);
  return {
    make: (tools) => {
      const steering = new Steering({
        wishes: {
          steer:
            steer === null ? null : { ...steer, cgroups: steer.cgroups.map((path) => withinRoot(path, cgroupRoot)) },
          block,
          onError: config.proxy.onError,
        },
        proxy: steer === null ? null : reachedAt(config.proxy.transparent),
        kindOf: (host) => {
          const { category, sanctioned } = catalog.lookup(host, 443);
          return { isGenai: category === 'genai', isSanctioned: sanctioned };
        },
        names: steer === null ? [] : catalog.patternsOf('genai'),
        networks: readRanges().flatMap(({ category, networks }) => (category === 'genai' ? networks : [])),
        cgroupId: (path) => cgroupId(join(cgroupRoot, path)),
        sourceOf: tools.sourceOf,
        command: tools.command,
        log,
      });
      if (steer !== null) {
        socket = openSteerSocket(home.steerSocket, steering).catch((error: unknown) => {
          const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
          log(`weir: nothing is steered: its socket in home cannot be made (${code})`);
          return null;
        });
      }
      return steering;
    },
    close: async () => await (await socket)?.close(),
  };
}

/** Paths in the configuration are whole ones; those of processes begin where cgroup v2 is mounted. */
function withinRoot(path: string, root: string): string {
  const inside = path === root ? '/' : path.startsWith(`${root}/`) ? path.slice(root.length) : path;
  return inside.replace(/(?<=.)\/+$/, '');
}

function cgroupId(folder: string): bigint | null {
  try {
    return statSync(folder, { bigint: true }).ino;
  } catch {
    return null;
  }
}

/** As programs of this host reach a listener. */
function reachedAt(listener: Config['proxy']['transparent']): SteerPlace | null {
  if (listener === null) return null;
  const { host, port } = listener;
  const isAny = host === '0.0.0.0' || host === '::' || isIP(host) === 0;
  return { host: isAny ? '127.0.0.1' : host, port };
}
