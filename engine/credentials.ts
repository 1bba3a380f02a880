/**
 * What a call authenticates with at its provider, as a keyed fingerprint: the key itself is neither kept nor written. The
 * fingerprint is a field of the source, and tells the conversations of two users apart.
 */
import { hash } from 'node:crypto';
import { headerOf, lowerName } from '../flow/message.ts';
import type { Source } from '../flow/parties.ts';
import { isSignIn } from './extract/sign-in.ts';
import type { Fingerprint } from './inspect.ts';

/** The call whose credential is asked for. */
export interface Authenticating {
  /** Canonical. */
  readonly host: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** A flat list of names and values. */
  readonly headers: readonly string[];
}

/** First the one that counts most where a call brings several. */
const HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'];
const LENGTHS: ReadonlySet<number> = new Set(HEADERS.map((name) => name.length));

/** Keys that are in use at one time; what is forgotten is computed again, to the same. */
const MAX_KNOWN = 1000;

export class Credentials {
  readonly #fingerprint: Fingerprint;
  /** By digest, so that no key is held for longer than its call. */
  readonly #known = new Map<string, string>();
  /** A connection's calls come as one object with one credential, so that what is kept by source is kept once. */
  readonly #with = new WeakMap<Source, Source>();

  constructor(fingerprint: Fingerprint) {
    this.#fingerprint = fingerprint;
  }

  /** The source with the credential of one of its calls; itself where there is none, or none is to be recorded. */
  sourceOf(source: Source, call: Authenticating, isBypassed: (host: string) => boolean): Source {
    const value = credentialOf(call);
    if (value === null || isSignIn(call.host, call.method, call.target) || isBypassed(call.host)) return source;
    const credential = this.#fingerprintOf(value);
    let named = this.#with.get(source);
    if (named?.credential !== credential) {
      named = { ...source, credential };
      this.#with.set(source, named);
    }
    return named;
  }

  /** What tells one user's conversations from another's: the credential, else what else authenticates, a cookie say. */
  ofConversation(source: Source, headers: readonly string[]): string | null {
    if (source.credential !== null) return source.credential;
    const other = headerOf(headers, 'authorization') ?? headerOf(headers, 'cookie');
    return other === null ? null : this.#fingerprintOf(other);
  }

  #fingerprintOf(value: string): string {
    // Hashed first: what the fingerprint drops (case, separators) tells two keys apart.
    const digest = hash('sha256', value);
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    const fingerprint = this.#fingerprint('CREDENTIAL', digest);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= MAX_KNOWN) this.#known.delete(oldest);
    this.#known.set(digest, fingerprint);
    return fingerprint;
  }
}

/**
 * The key, token or name that a call authenticates with; null where it brings none, or one that is made anew for each
 * call. The same key is the same by whichever header it comes.
 */
export function credentialOf({ host, target, headers }: Authenticating): string | null {
  let found: string | null = null;
  let foundRank = HEADERS.length;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!LENGTHS.has(name.length)) continue;
    const rank = HEADERS.indexOf(lowerName(name));
    if (rank === -1 || rank >= foundRank) continue;
    const sent = (headers[i + 1] as string).trim();
    const value = rank === 0 ? ofAuthorization(sent) : sent;
    if (value === null || value === '') continue;
    found = value;
    foundRank = rank;
  }
  return found ?? ofQuery(host, target);
}

/** `Bearer KEY`, `Basic …`, `Token KEY`, or a key alone; of a signature of AWS's the access key id, of others nothing. */
function ofAuthorization(value: string): string | null {
  if (/^AWS4-/.test(value)) return /[\s,]Credential=([^/,\s]+)\//.exec(value)?.[1] ?? null;
  if (/^(?:bearer|basic)$/i.test(value)) return null;
  return /^(?:[^\s,="]+\s+)?([^\s,"]+)$/.exec(value)?.[1] ?? null;
}

/** Gemini's `key=`, and the access key id of a link that is signed for AWS. */
function ofQuery(host: string, target: string): string | null {
  const query = target.indexOf('?');
  if (query === -1) return null;
  const isGoogle = host.endsWith('.googleapis.com') && target.includes('key=', query);
  if (!isGoogle && !target.includes('X-Amz-Credential=', query)) return null;
  const fields = new URLSearchParams(target.slice(query + 1));
  const key = isGoogle ? fields.get('key') : null;
  return key || fields.get('X-Amz-Credential')?.split('/', 1)[0] || null;
}
