/**
 * Which name stands behind an address that a program speaks to, and how that is known: the name set on its TLS handle, the
 * name in its ClientHello, the DNS answers that it was given. Of an address that answers gave for two names neither is
 * taken: a name is never guessed. Bounded; knows the time only as it is told.
 */
import { canonicalHost } from '../catalog/host.ts';
import type { Via } from '../flow/edge.ts';
import type { DnsAnswer } from '../wire/dns-answer.ts';

export interface NamedPlace {
  /** Canonical; the address itself where no name is known. */
  readonly host: string;
  readonly via: Via;
}

export interface NameEvidence {
  /** Set on the TLS handle: what the program asked its library for. */
  readonly handle?: string | null;
  /** Of the ClientHello. */
  readonly sni?: string | null;
  readonly address: string;
  /** Who asked: the cgroup of the program, as DNS answers were learned by. */
  readonly asker: string | number;
}

/** What a vendor says of its own addresses. */
export type RangeOf = (address: string) => { readonly vendor: string } | null;

export interface NamesOptions {
  readonly rangeOf?: RangeOf;
  readonly maxAddresses?: number;
}

/** An answer is used a little after it was given, and programs keep it somewhat longer than they should. */
const LEAST_MS = 60_000;
const MOST_MS = 86_400_000;
const MAX_ADDRESSES = 50_000;
/** Names of one address and asker that are kept apart: with more than one there is no answer anyway. */
const MAX_NAMES = 64;

interface Learned {
  readonly name: string;
  expiresMs: number;
}

export class Names {
  readonly #rangeOf: RangeOf;
  readonly #max: number;
  /** By asker and address; the one learned last is the last. */
  readonly #learned = new Map<string, Learned[]>();
  /** By address, whoever asked: programs may ask a resolver on this host, which asks for them. */
  readonly #anybody = new Map<string, Learned[]>();

  constructor(options: NamesOptions = {}) {
    this.#rangeOf = options.rangeOf ?? (() => null);
    this.#max = options.maxAddresses ?? MAX_ADDRESSES;
  }

  /** An answer that came to a socket of this asker. */
  learn(asker: string | number, { name, addresses }: DnsAnswer, nowMs: number): void {
    const host = canonicalHost(name);
    if (host === null) return;
    for (const { address, ttl } of addresses) {
      const expiresMs = nowMs + Math.min(MOST_MS, Math.max(LEAST_MS, ttl * 1000));
      this.#add(this.#learned, `${asker} ${address}`, host, expiresMs, nowMs);
      this.#add(this.#anybody, address, host, expiresMs, nowMs);
    }
  }

  /** The name of a place and how it is known. A handle's name or an SNI that is no host name is none. */
  nameOf({ handle, sni, address, asker }: NameEvidence, nowMs: number): NamedPlace {
    const byHandle = handle == null ? null : canonicalHost(handle);
    if (byHandle !== null) return { host: byHandle, via: 'handle' };
    const bySni = sni == null ? null : canonicalHost(sni);
    if (bySni !== null) return { host: bySni, via: 'sni' };
    const own = this.#names(this.#learned, `${asker} ${address}`, nowMs);
    const answers = own.length > 0 ? own : this.#names(this.#anybody, address, nowMs);
    const [only, another] = answers;
    if (only !== undefined && another === undefined) return { host: only, via: 'dns' };
    return { host: address, via: this.#rangeOf(address) === null ? 'none' : 'catalog' };
  }

  /** Every name that answers gave an address for, whoever asked. */
  namesAt(address: string, nowMs: number): readonly string[] {
    return this.#names(this.#anybody, address, nowMs);
  }

  #names(from: ReadonlyMap<string, readonly Learned[]>, key: string, nowMs: number): readonly string[] {
    return (from.get(key) ?? []).filter(({ expiresMs }) => expiresMs > nowMs).map(({ name }) => name);
  }

  #add(to: Map<string, Learned[]>, key: string, name: string, expiresMs: number, nowMs: number): void {
    const known = (to.get(key) ?? []).filter((one) => one.expiresMs > nowMs);
    const same = known.find((one) => one.name === name);
    if (same !== undefined) same.expiresMs = Math.max(same.expiresMs, expiresMs);
    else if (known.length < MAX_NAMES) known.push({ name, expiresMs });
    to.delete(key);
    to.set(key, known);
    for (const oldest of to.keys()) {
      if (to.size <= this.#max) break;
      to.delete(oldest);
    }
  }
}
