/**
 * What a browser takes along while it is away at the provider, or brings back when that went wrong: a short-lived cookie that
 * only this process can read or make. So the server keeps nothing of a sign-in that was begun, and none can be begun for
 * somebody else's browser (login CSRF).
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Pending } from './provider.ts';

/** `back`: the path of a page to go to when it is done. */
export type Errand =
  | { readonly kind: 'away'; readonly pending: Pending; readonly back: string }
  | { readonly kind: 'failed'; readonly reason: string };

const COOKIE = 'weir_errand';
const PATH = '/api/v1/session';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MAX_BACK = 2000;

export class Errands {
  readonly #key = randomBytes(32);

  /** `Set-Cookie`. Lax, since the way back from the provider comes from another site. */
  cookie(errand: Errand, seconds: number, isSecure: boolean, now: Date): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    const text = JSON.stringify({ errand, until: now.getTime() + seconds * 1000 });
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return cookieText(Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url'), seconds, isSecure);
  }

  /** `Set-Cookie` that takes it away. */
  over(isSecure: boolean): string {
    return cookieText('', 0, isSecure);
  }

  /** The errand of a browser; null where it has none, or one that is over or not ours. */
  of(header: string | undefined, now: Date): Errand | null {
    for (const part of (header ?? '').slice(0, 16_384).split(';')) {
      const [, text] = /^\s*weir_errand=([\w-]{1,8000})\s*$/.exec(part) ?? [];
      const errand = text === undefined ? null : this.#read(text, now);
      if (errand !== null) return errand;
    }
    return null;
  }

  #read(text: string, now: Date): Errand | null {
    try {
      const bytes = Buffer.from(text, 'base64url');
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, IV_BYTES), options);
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const plain = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
      // Only this process has the key: what can be read was written above.
      const { errand, until } = JSON.parse(plain.toString('utf8')) as { errand: Errand; until: number };
      return now.getTime() < until ? errand : null;
    } catch {
      return null;
    }
  }
}

function cookieText(text: string, seconds: number, isSecure: boolean): string {
  return `${COOKIE}=${text}; Path=${PATH}; HttpOnly; SameSite=Lax; Max-Age=${seconds}${isSecure ? '; Secure' : ''}`;
}

/** A path of the console's own pages, or `/`: whatever else a link asks to be led to is another place. */
export function pagePath(asked: string): string {
  if (asked.length > MAX_BACK || !/^\/(?![/\\])[\x21-\x7e]*$/.test(asked) || asked.includes('\\')) return '/';
  const base = 'http://console.invalid';
  const url = URL.canParse(asked, base) ? new URL(asked, base) : null;
  if (url === null || url.origin !== base || url.pathname.startsWith('//')) return '/';
  const isPage = /^\/(?:[a-z][a-z-]{0,40})?$/.test(url.pathname) && url.pathname !== '/signin';
  return isPage ? url.pathname + url.search : '/';
}
