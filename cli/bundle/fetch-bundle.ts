/**
 * Gets a bundle from where the configuration says: a file, or a URL by HTTPS with its ETag (RFC 9110 §8.8.3). Bounded in
 * time and size; redirects are not followed, since who signs is known and who stands behind a redirect is not.
 */
import { readFileSync, statSync } from 'node:fs';
import { get } from 'node:https';
import { rootCertificates } from 'node:tls';
import type { BundlePlace } from '../../config/config.ts';
import { MAX_BUNDLE_BYTES } from '../../engine/decide/policy-bundle.ts';

export type Fetched =
  | { readonly kind: 'fetched'; readonly bytes: Buffer; readonly tag: string | null }
  /** As it was. */
  | { readonly kind: 'unchanged' }
  /** There is one that must not be taken up. */
  | {
      readonly kind: 'refused';
      readonly about: { readonly name: string; readonly version: number } | null;
      readonly reason: string;
    }
  /** Why there is none, in words. */
  | { readonly kind: 'failed'; readonly reason: string };

/** One that is looked at; what is on the bus is watched. */
export type FetchedPlace = Exclude<BundlePlace, { readonly kind: 'bus' }>;

const LIMIT_MS = 10_000;

/** `tag`: what the last one came with. `ca`: further roots, in PEM. Never rejects. */
export async function fetchBundle(from: FetchedPlace, tag: string | null, ca: readonly string[]): Promise<Fetched> {
  return from.kind === 'file' ? readBundleFile(from.path, tag) : await getBundle(from.url, tag, ca);
}

function readBundleFile(path: string, tag: string | null): Fetched {
  try {
    const { size, mtimeMs, ino } = statSync(path);
    const now = `${size} ${mtimeMs} ${ino}`;
    if (now === tag) return { kind: 'unchanged' };
    if (size > MAX_BUNDLE_BYTES) return failed(`${path} is longer than ${MAX_BUNDLE_BYTES} bytes`);
    return { kind: 'fetched', bytes: readFileSync(path), tag: now };
  } catch (error) {
    return failed(`${path} cannot be read (${codeOf(error)})`);
  }
}

function getBundle(url: string, tag: string | null, ca: readonly string[]): Promise<Fetched> {
  return new Promise((resolve) => {
    const headers = { accept: 'application/json', ...(tag === null ? {} : { 'if-none-match': tag }) };
    const signal = AbortSignal.timeout(LIMIT_MS);
    const roots = ca.length === 0 ? {} : { ca: [...rootCertificates, ...ca] };
    const request = get(url, { headers, signal, ...roots }, (response) => {
      const { statusCode = 0, headers: answered } = response;
      if (statusCode !== 200) {
        response.resume();
        resolve(statusCode === 304 ? { kind: 'unchanged' } : failed(`${url} answered ${statusCode}`));
        return;
      }
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_BUNDLE_BYTES) response.destroy(new Error('too long'));
        else chunks.push(chunk);
      });
      response.on('error', () => resolve(failed(`${url} did not send a whole bundle within ${LIMIT_MS / 1000} s`)));
      response.on('end', () => {
        if (!response.complete) return resolve(failed(`${url} closed the connection in the middle of it`));
        resolve({ kind: 'fetched', bytes: Buffer.concat(chunks), tag: answered.etag ?? null });
      });
    });
    request.on('error', (error) => resolve(failed(`${url} cannot be reached (${codeOf(error)})`)));
  });
}

function failed(reason: string): Fetched {
  return { kind: 'failed', reason };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
