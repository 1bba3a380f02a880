/**
 * Networks that vendors publish as those at which they answer, and which nobody else answers at: so that an address without
 * a name has a vendor. Never a name, since many stand behind one address.
 */
import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';
import { DESTINATION_CATEGORIES, type DestinationCategory } from '../flow/parties.ts';

/** One vendor's networks. `source`: where it publishes them. */
export interface VendorRange {
  readonly vendor: string;
  readonly category: DestinationCategory;
  readonly country: string | null;
  readonly source: string;
  readonly networks: readonly string[];
}

let shipped: readonly { readonly range: VendorRange; readonly list: BlockList }[] | null = null;

/** The vendor of an address; null where none publishes it, and for a name. */
export function rangeOf(host: string): VendorRange | null {
  const family = isIP(host);
  if (family === 0) return null;
  shipped ??= readRanges().map((range) => ({ range, list: listOf(range) }));
  return shipped.find(({ list }) => list.check(host, family === 4 ? 'ipv4' : 'ipv6'))?.range ?? null;
}

/** The shipped data, catalog/ranges.json. Throws when it is not as it should be: a broken package. */
export function readRanges(): readonly VendorRange[] {
  const parsed: unknown = JSON.parse(readFileSync(join(packageRoot, 'catalog', 'ranges.json'), 'utf8'));
  if (!Array.isArray(parsed) || !parsed.every(isRange)) throw new Error('catalog/ranges.json is not a list of ranges');
  return parsed;
}

function listOf({ networks }: VendorRange): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix = ''] = network.split('/');
    list.addSubnet(address, Number(prefix), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function isRange(value: unknown): value is VendorRange {
  if (typeof value !== 'object' || value === null) return false;
  const { vendor, category, country, source, networks } = value as Record<string, unknown>;
  return (
    typeof vendor === 'string' &&
    DESTINATION_CATEGORIES.some((one) => one === category) &&
    (country === null || typeof country === 'string') &&
    typeof source === 'string' &&
    Array.isArray(networks) &&
    networks.every((network) => typeof network === 'string')
  );
}
