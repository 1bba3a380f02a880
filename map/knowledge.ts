/**
 * What the configuration and the catalog say of the parties of a map: owners, stores, sanctioned destinations. The map
 * reads neither; it is handed this.
 */
import type { Category } from '../flow/finding.ts';

/** Who answers for an address, and what it is taken for. */
export interface KnownDestination {
  readonly vendor: string | null;
  readonly category: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly sanctioned: boolean;
  readonly owner: string | null;
  readonly note: string | null;
}

/** A data store that is known and managed. */
export interface KnownStore {
  readonly name: string;
  readonly owner: string | null;
}

/** A fence, such as `pci`: what belongs inside. */
export interface Environment {
  readonly apps: readonly string[];
  readonly stores: readonly string[];
  readonly vendors: readonly string[];
}

export interface Knowledge {
  /** The owner of an app; null where nobody is named. */
  ownerOfApp(app: string): string | null;
  /** The app that a cloud principal (an ARN) belongs to, by `apps[].match.iam`; null where none fits. */
  appOfPrincipal(principal: string): string | null;
  /** The app that answers at an address; null where none is known to. */
  appAt(host: string, port: number | null): string | null;
  storeAt(host: string, port: number | null): KnownStore | null;
  /** Null where neither the configuration nor the catalog knows the host. */
  destinationAt(host: string, port: number | null): KnownDestination | null;
  categoryOf(entity: string): Category;
  readonly environments: ReadonlyMap<string, Environment>;
}

/** Knows nothing: every entity is `custom`, nobody owns anything. */
export const NOTHING_KNOWN: Knowledge = {
  ownerOfApp: () => null,
  appOfPrincipal: () => null,
  appAt: () => null,
  storeAt: () => null,
  destinationAt: () => null,
  categoryOf: () => 'custom',
  environments: new Map(),
};
