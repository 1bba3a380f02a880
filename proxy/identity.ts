/** Who sends: the app label and whether its token came with it. Pure but for the digest of a token. */
import type { AppConfig } from '../config/config.ts';
import { tokenMatches } from '../config/tokens.ts';
import type { Source } from '../flow/parties.ts';

export type Identity =
  | { readonly kind: 'anonymous' }
  /** A label without its token: recorded, and no rule relaxes for it. */
  | { readonly kind: 'labelled'; readonly app: string }
  | { readonly kind: 'verified'; readonly app: string }
  /** A token that is not the app's. */
  | { readonly kind: 'denied' };

/** A label is shown in tables and pages: so long, and no control characters. */
const LABEL = /^[^\p{Cc}:]{1,100}$/u;

/** `app:token`, as in Basic credentials and in `x-weir-app`; `app:` and `app` are a label alone. */
export function identify(credential: string | null, apps: readonly AppConfig[]): Identity {
  if (credential === null || credential === '' || credential === ':') return { kind: 'anonymous' };
  const colon = credential.indexOf(':');
  const app = colon === -1 ? credential : credential.slice(0, colon);
  const token = colon === -1 ? '' : credential.slice(colon + 1);
  if (!LABEL.test(app)) return { kind: 'denied' };
  if (token === '') return { kind: 'labelled', app };
  const known = apps.find((one) => one.name === app);
  return known !== undefined && tokenMatches(known, token) ? { kind: 'verified', app } : { kind: 'denied' };
}

/** The credential of `Proxy-Authorization: Basic …` (RFC 7617); null where there is none, `''` where it is not Basic. */
export function basicCredential(header: string | null): string | null {
  if (header === null) return null;
  const match = /^basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(header);
  return match === null ? '' : Buffer.from(match[1] ?? '', 'base64').toString('utf8');
}

/** The source of an exchange. `host` is the peer's address, or this host's name for a peer on it; `subject` its certificate's. */
export function sourceOf(identity: Identity, host: string | null, subject: string | null = null): Source {
  const isNamed = identity.kind === 'labelled' || identity.kind === 'verified';
  return {
    app: isNamed ? identity.app : null,
    verified: identity.kind === 'verified',
    host,
    pid: null,
    process: null,
    exe: null,
    user: null,
    container: null,
    credential: null,
    ...(subject === null ? {} : { subject }),
  };
}
