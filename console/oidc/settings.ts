/** How people sign in at an identity provider, as the configuration says it. Types only. */
import type { Access } from '../../flow/access.ts';

export interface ProviderSettings {
  /** Exactly as the provider writes it in its tokens. */
  readonly issuer: string;
  /** What the page calls it. */
  readonly name: string;
  /** The id under which this console is registered there. */
  readonly client: string;
  /** `key`: a private key in PEM, for private_key_jwt (RFC 7523). */
  readonly credential:
    | { readonly kind: 'secret'; readonly secret: string }
    | { readonly kind: 'key'; readonly pem: string; readonly id: string | null };
  /** Further roots, in PEM. */
  readonly ca: readonly string[];
  readonly scopes: readonly string[];
  /** Where in the ID token the groups stand: the name of a claim, or a JSON Pointer that begins with `/`. */
  readonly claim: string;
  /** For each role the values of that claim that give it. */
  readonly roles: Readonly<Record<Access, readonly string[]>>;
  /** The claim that people are called by; null for the first of preferred_username, email and sub. */
  readonly user: string | null;
  /** How far clocks may differ. */
  readonly skewMs: number;
  /** The longest that a session lasts, however often the provider is asked again. */
  readonly sessionMs: number;
}
