/**
 * Whether a browser sends a request for a page of our own. SameSite knows no port, so that a page of another program on this
 * host would be taken for ours by the cookie alone.
 */
import type { IncomingMessage } from 'node:http';

/**
 * `own`: a page of ours asks. `none`: nothing says so, as with a machine, an older browser's GET, or an address typed in.
 * `foreign`: a page of another origin asks.
 */
export type Asking = 'own' | 'none' | 'foreign';

/** `names`: host names of this listener, for a proxy before it that names it differently. */
export function askingPage({ headers }: IncomingMessage, names: readonly string[]): Asking {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'foreign';
  const { origin } = headers;
  if (origin === undefined) return site === 'same-origin' ? 'own' : 'none';
  return isOwn(origin, headers.host, names) ? 'own' : 'foreign';
}

function isOwn(origin: string, host: string | undefined, names: readonly string[]): boolean {
  if (!URL.canParse(origin)) return false; // `null` too: a sandboxed page or a file
  const url = new URL(origin);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  if (url.host === canonical(host, url.protocol)) return true;
  return url.port === '' && names.includes(url.hostname);
}

/** A Host header as a URL writes it: lower case, without the scheme's own port. */
function canonical(host: string | undefined, protocol: string): string | null {
  const text = `${protocol}//${host ?? ''}`;
  return host !== undefined && URL.canParse(text) ? new URL(text).host : null;
}

/** Whether the browser's side of it is encrypted. */
export function isEncrypted({ headers }: IncomingMessage): boolean {
  return headers.origin?.startsWith('https://') === true;
}
