/** What the sensor judges by, made of a configuration. */
import { createCatalog } from '../../catalog/catalog.ts';
import type { HostPort } from '../../catalog/host.ts';
import { globMatcher } from '../../catalog/host.ts';
import type { Engine, UsageLedger } from '../../engine/inspect.ts';
import type { Override } from '../../flow/override.ts';
import { isInternalAddress } from '../../sensor/asked-for.ts';
import type { ObservedSettings } from '../../sensor/settings.ts';
import type { Snapshot } from '../snapshot.ts';

export interface ObservedParts {
  readonly engine: Engine;
  readonly usage: UsageLedger;
  readonly overrides: () => readonly Override[];
  readonly learned: ObservedSettings['learned'];
  readonly readers: Pick<ObservedSettings, 'readNames' | 'readDocuments'>;
}

export function observedSettings({ config }: Snapshot, parts: ObservedParts): ObservedSettings {
  const bypass = config.proxy.bypass.map((glob) => globMatcher(glob));
  return {
    engine: parts.engine,
    usage: parts.usage,
    overrides: parts.overrides,
    learned: parts.learned,
    ...parts.readers,
    catalog: createCatalog(config.destinations),
    isBypassed: (host) => bypass.some((matches) => matches(host)),
    excerptChars: config.excerpts.chars,
  };
}

/** Whether an address and port are a listener of Weir's; `localAddresses` are those of this host, loopback aside. */
export function ownListener(
  listeners: readonly HostPort[],
  localAddresses: () => readonly string[],
): (address: string, port: number) => boolean {
  return (address, port) =>
    listeners.some(({ host, port: own }) => {
      if (own !== port) return false;
      if (host === address) return true;
      if (host === 'localhost') return isLoopback(address);
      const isAny = host === '0.0.0.0' || host === '::';
      return (
        isAny &&
        (isLoopback(address) ||
          (isInternalAddress(address) && localAddresses().includes(address)) ||
          localAddresses().includes(address))
      );
    });
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
