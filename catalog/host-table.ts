/**
 * Something by host: exact names, domains with all below them, and globs, found in a few map look-ups whatever the
 * size of the table. The most specific holds; nothing is fetched or resolved.
 */
import { globMatcher, type HostPort, hostPortText, parseHostGlob } from './host.ts';

interface GlobEntry<T> {
  matches(host: string): boolean;
  readonly port: number | null;
  readonly value: T;
}

export class HostTable<T> {
  readonly #exact = new Map<string, T>();
  readonly #below = new Map<string, T>();
  /** By the last two labels, which nearly every glob ends with; `''` holds those that do not. */
  readonly #globs = new Map<string, GlobEntry<T>[]>();

  /**
   * Adds a host, `host:port`, a glob of either, or `.domain`, which is the domain and every name below it. Of two alike
   * the first holds. False when the pattern is none of these.
   */
  add(pattern: string, value: T): boolean {
    const isDomain = pattern.startsWith('.');
    const parsed = parseHostGlob(isDomain ? pattern.slice(1) : pattern);
    if (parsed === null || (isDomain && (parsed.port !== null || parsed.glob.includes('*')))) return false;
    const { glob, port } = parsed;
    if (isDomain) {
      if (!this.#below.has(glob)) this.#below.set(glob, value);
    } else if (!glob.includes('*')) {
      const key = port === null ? glob : hostPortText({ host: glob, port });
      if (!this.#exact.has(key)) this.#exact.set(key, value);
    } else {
      const tail = glob.slice(glob.lastIndexOf('*') + 1);
      const key = lastTwoLabels(tail.slice(tail.indexOf('.') + 1));
      const bucket = tail.includes('.') && key.includes('.') ? key : '';
      const entries = this.#globs.get(bucket) ?? [];
      this.#globs.set(bucket, entries);
      entries.push({ matches: globMatcher(glob), port, value });
    }
    return true;
  }

  /** The value for a canonical host: `host:port`, else the host, else the first glob, else the nearest domain above. */
  find(place: HostPort): T | null {
    const { host, port } = place;
    const exact = this.#exact.get(hostPortText(place)) ?? this.#exact.get(host);
    if (exact !== undefined) return exact;
    for (const bucket of [lastTwoLabels(host), '']) {
      for (const entry of this.#globs.get(bucket) ?? []) {
        if ((entry.port === null || entry.port === port) && entry.matches(host)) return entry.value;
      }
    }
    for (let name = host; ; name = name.slice(name.indexOf('.') + 1)) {
      const found = this.#below.get(name);
      if (found !== undefined) return found;
      if (!name.includes('.')) return null;
    }
  }
}

function lastTwoLabels(host: string): string {
  const last = host.lastIndexOf('.');
  return last === -1 ? host : host.slice(host.lastIndexOf('.', last - 1) + 1);
}
