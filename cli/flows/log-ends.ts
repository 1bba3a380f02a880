/** The ends of the flows that a log tells of. A log names the same few hosts over and over: each is looked up once. */
import { hostname, networkInterfaces } from 'node:os';
import type { Catalog } from '../../catalog/catalog.ts';
import { canonicalHost } from '../../catalog/host.ts';
import type { EventDestination } from '../../flow/event.ts';
import { bareSource, type Source } from '../../flow/parties.ts';
import type { LoggedFlow } from '../../map/imports/logged-flow.ts';

const MAX_KNOWN = 20_000;

export class LogEnds {
  readonly #catalog: Catalog;
  readonly #ours = ownAddresses();
  readonly #sources = new Known<string | null, string | null, Source>();
  readonly #destinations = new Known<string, number, EventDestination | null>();

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** One of this host's own addresses is this host, as in what proxy and sensor record. */
  sourceOf({ host, user }: LoggedFlow['source']): Source {
    return this.#sources.of(host, user, () => {
      const canonical = host === null ? null : (canonicalHost(host) ?? host);
      return bareSource({ host: canonical !== null && this.#ours.has(canonical) ? hostname() : canonical, user });
    });
  }

  /** Null where it is no host. */
  destinationOf({ host, port }: LoggedFlow['destination']): EventDestination | null {
    return this.#destinations.of(host, port, () => {
      const canonical = canonicalHost(host);
      if (canonical === null) return null;
      const { vendor, category, country } = this.#catalog.lookup(canonical, port);
      return { host: canonical, port, vendor, category, country };
    });
  }
}

/** What was made of two parts, so many of them that a log of ever new ones fills no memory. */
class Known<A, B, T> {
  readonly #made = new Map<A, Map<B, T>>();
  #size = 0;

  of(a: A, b: B, make: () => T): T {
    const earlier = this.#made.get(a)?.get(b);
    if (earlier !== undefined) return earlier;
    if (this.#size >= MAX_KNOWN) {
      this.#made.clear();
      this.#size = 0;
    }
    const made = make();
    this.#size++;
    const ofA = this.#made.get(a) ?? new Map<B, T>();
    this.#made.set(a, ofA.set(b, made));
    return made;
  }
}

function ownAddresses(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map((one) => one.address)),
  );
}
