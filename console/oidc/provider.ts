/**
 * An identity provider spoken to by OpenID Connect: authorization code with PKCE, state and nonce; a refresh; the sign-out on
 * its side; its word that a session has ended. openid-client does the protocol and is loaded when somebody first signs in.
 * Nothing here decides who may do what.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { CryptoKey, JWTVerifyGetKey } from 'jose';
import type { ClientAuth, Configuration, ServerMetadata, TokenEndpointResponseHelpers } from 'openid-client';
import type { Claims } from './claims.ts';
import { type EndedByProvider, LogoutTokens } from './logout-token.ts';
import { isLoopbackUrl, ProviderAway, ProviderFetch } from './provider-fetch.ts';
import type { ProviderSettings } from './settings.ts';
import { TakenOnce } from './taken-once.ts';

/** What a browser that was sent to the provider has to come back with. */
export interface Pending {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface Answered {
  readonly kind: 'answered';
  /** Of the ID token; null where a refresh brought none, as it need not (OpenID Connect Core §12.2). */
  readonly claims: Claims | null;
  /** How long the provider's word holds from now on: by the ID token's own two times, so that no clock matters. */
  readonly holdsMs: number;
  readonly tokens: { readonly refresh: string | null; readonly id: string | null };
}

/**
 * `away`: it could not be asked. `clock`: the clocks are too far apart. `declined`: the provider said no. `invalid`: what came
 * back is not what this console may take.
 */
export interface Failed {
  readonly kind: 'away' | 'clock' | 'declined' | 'invalid';
  /** For people; holds nothing secret. */
  readonly reason: string;
}

type Library = typeof import('openid-client');
type Tokens = TokenEndpointResponseHelpers & { readonly refresh_token?: string; readonly id_token?: string };

interface Known {
  readonly library: Library;
  readonly configuration: Configuration;
  readonly metadata: ServerMetadata;
  readonly logoutTokens: LogoutTokens | null;
  readonly until: number;
}

/** What a provider says of itself is asked for again after this. */
const KNOWN_MS = 3_600_000;
/** For an answer that says nothing of its time. */
const HOLDS_SECONDS = 300;
const CODE = /^[A-Za-z0-9_.-]{1,80}$/;
/** Those that are signed with a key of the provider alone; `none` and the ones with a shared secret are not taken. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'Ed25519',
  'EdDSA',
];

export class Provider {
  readonly settings: ProviderSettings;
  readonly #fetch: ProviderFetch;
  readonly #now: () => number;
  /** Outlives what is known of the provider: no token is taken a second time after that was asked for again. */
  readonly #taken = new TakenOnce();
  #known: Known | null = null;
  #asking: Promise<Known> | null = null;

  /** `now`: milliseconds that only go forwards. */
  constructor(settings: ProviderSettings, now: () => number = () => performance.now()) {
    this.settings = settings;
    this.#fetch = new ProviderFetch(settings.ca);
    this.#now = now;
  }

  /** How far the provider's clock is from ours where that is more than the tolerance; in words. */
  get clockProblem(): string | null {
    const aheadMs = this.#fetch.aheadMs;
    if (aheadMs === null || Math.abs(aheadMs) <= this.settings.skewMs) return null;
    const seconds = Math.round(Math.abs(aheadMs) / 1000);
    const direction = aheadMs > 0 ? 'behind' : 'ahead of';
    return `the clock of this host is ${seconds} s ${direction} that of ${this.settings.name}`;
  }

  /** Where to send a browser. `callback`: the registered redirect URI. */
  async begin(
    callback: string,
  ): Promise<{ readonly kind: 'begun'; readonly url: string; readonly pending: Pending } | Failed> {
    return this.#guarded(async ({ library, configuration }) => {
      const pending = {
        state: library.randomState(),
        nonce: library.randomNonce(),
        verifier: library.randomPKCECodeVerifier(),
      };
      const url = library.buildAuthorizationUrl(configuration, {
        redirect_uri: callback,
        scope: this.settings.scopes.join(' '),
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await library.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: 'S256',
      });
      return { kind: 'begun', url: url.href, pending };
    });
  }

  /** `returned`: the redirect URI as the browser came back to it, with its query. */
  async finish(returned: URL, { state, nonce, verifier }: Pending): Promise<Answered | Failed> {
    return this.#guarded(async ({ library, configuration }) => {
      const tokens = await library.authorizationCodeGrant(configuration, returned, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const answered = answeredWith(tokens, null);
      return answered.claims === null ? { kind: 'invalid', reason: 'the provider sent no ID token' } : answered;
    });
  }

  /** Asks again. `subject`: whom it has to be about. */
  async refresh(token: string, subject: string): Promise<Answered | Failed> {
    return this.#guarded(async ({ library, configuration }) => {
      const tokens = await library.refreshTokenGrant(configuration, token);
      const answered = answeredWith(tokens, token);
      const isOther = answered.claims !== null && answered.claims['sub'] !== subject;
      return isOther ? { kind: 'invalid', reason: 'the ID token is about somebody else' } : answered;
    });
  }

  /** Where a browser signs out at the provider; null where it has no such place, or cannot be asked now. */
  async endUrl(idToken: string | null, back: string): Promise<string | null> {
    const found = await this.#guarded(async ({ library, configuration, metadata }) => {
      if (metadata.end_session_endpoint === undefined) return { kind: 'url', url: null } as const;
      const hint: Record<string, string> = idToken === null ? {} : { id_token_hint: idToken };
      const url = library.buildEndSessionUrl(configuration, { ...hint, post_logout_redirect_uri: back });
      const isTaken = url.protocol === 'https:' || isLoopbackUrl(url);
      return { kind: 'url', url: isTaken ? url.href : null } as const;
    });
    return found.kind === 'url' ? found.url : null;
  }

  /** Whose sessions a logout token ends, once; a Failed where it is not to be believed. */
  async ended(logoutToken: string, now: Date): Promise<EndedByProvider | Failed> {
    return this.#guarded(async ({ logoutTokens }) => {
      if (logoutTokens === null) return { kind: 'invalid', reason: 'the provider publishes no keys' };
      const ended = await logoutTokens.read(logoutToken, now);
      return typeof ended === 'string' ? { kind: 'invalid', reason: ended } : ended;
    });
  }

  /** Does something with what is known of the provider; what fails becomes a Failed. */
  async #guarded<T>(work: (known: Known) => Promise<T | Failed>): Promise<T | Failed> {
    try {
      return await work(await this.#ask());
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** One question at a time; what was known goes on holding where there is no new answer. */
  async #ask(): Promise<Known> {
    const known = this.#known;
    if (known !== null && this.#now() < known.until) return known;
    this.#asking ??= this.#discover().finally(() => {
      this.#asking = null;
    });
    try {
      this.#known = await this.#asking;
      return this.#known;
    } catch (error) {
      if (known !== null && awayOf(error) !== null) return known;
      throw error;
    }
  }

  async #discover(): Promise<Known> {
    const library = await import('openid-client');
    const { issuer, client, credential, skewMs } = this.settings;
    const url = new URL(issuer);
    const fetch = (target: string, asking: Parameters<ProviderFetch['ask']>[1]): Promise<Response> =>
      this.#fetch.ask(target, asking);
    const found = await library.discovery(url, client, undefined, undefined, {
      [library.customFetch]: fetch,
      execute: url.protocol === 'http:' ? [library.allowInsecureRequests] : [],
    });
    const metadata = found.serverMetadata();
    // The library lets a provider for many tenants name another issuer than was asked; any tenant's people would come in.
    if (metadata.issuer !== issuer) {
      throw new NotTheIssuer(
        `${issuer} names ${CODE.test(metadata.issuer) ? metadata.issuer : 'another issuer'} as issuer`,
      );
    }
    const authentication =
      credential.kind === 'secret'
        ? secretAuthentication(library, metadata, credential.secret)
        : library.PrivateKeyJwt({
            key: await signingKey(createPrivateKey(credential.pem), metadata),
            ...(credential.id === null ? {} : { kid: credential.id }),
          });
    const configuration = new library.Configuration(
      metadata,
      client,
      { [library.clockTolerance]: Math.max(1, Math.round(skewMs / 1000)) },
      authentication,
    );
    configuration[library.customFetch] = fetch;
    if (url.protocol === 'http:') library.allowInsecureRequests(configuration);
    // The signature of the ID token is looked at, though it comes from the provider itself: an `alg` of none is refused.
    library.enableNonRepudiationChecks(configuration);
    const jose = await import('jose');
    const keys: JWTVerifyGetKey | null =
      metadata.jwks_uri === undefined
        ? null
        : jose.createRemoteJWKSet(new URL(metadata.jwks_uri), { [jose.customFetch]: fetch });
    const supported = metadata['id_token_signing_alg_values_supported'];
    const algorithms = Array.isArray(supported) ? ALGORITHMS.filter((one) => supported.includes(one)) : ['RS256'];
    const logoutTokens =
      keys === null ? null : new LogoutTokens({ jose, keys, issuer, client, algorithms, skewMs, taken: this.#taken });
    return { library, configuration, metadata, logoutTokens, until: this.#now() + KNOWN_MS };
  }

  #failed(error: unknown): Failed {
    const { name } = this.settings;
    const away = awayOf(error);
    if (away !== null) return { kind: 'away', reason: `${name} cannot be asked now: ${away.message}` };
    if (error instanceof NotTheIssuer) return { kind: 'invalid', reason: error.message };
    const codes = codesOf(error);
    if (codes.includes('OAUTH_TIMEOUT')) return { kind: 'away', reason: `${name} did not answer in time` };
    if (codes.includes('OAUTH_JWT_TIMESTAMP_CHECK_FAILED')) {
      return { kind: 'clock', reason: this.clockProblem ?? `the ID token of ${name} is not valid at this time` };
    }
    const said = saidBy(error);
    if (said !== null) return { kind: 'declined', reason: `${name} answered ${said}` };
    const [code = 'unexpected'] = codes;
    return { kind: 'invalid', reason: `the answer of ${name} is not to be trusted (${code}${placeOf(error)})` };
  }
}

class NotTheIssuer extends Error {}

/** How a refusal of ours is told from one of the provider, whichever error of the library holds it. */
function awayOf(error: unknown): ProviderAway | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at instanceof ProviderAway) return at;
  }
  return null;
}

function codesOf(error: unknown): readonly string[] {
  const codes: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && CODE.test(at.code)) codes.push(at.code);
  }
  return codes;
}

/** The claim that an answer was refused for. */
function placeOf(error: unknown): string {
  const { cause } = error instanceof Error && error.cause instanceof Error ? error.cause : { cause: null };
  const claim = typeof cause === 'object' && cause !== null && 'claim' in cause ? cause.claim : null;
  return typeof claim === 'string' && CODE.test(claim) ? `: ${claim}` : '';
}

/** The `error` of OAuth that the provider answered with (RFC 6749 §4.1.2.1, §5.2). */
function saidBy(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  // Where the client is not let in, it stands in a header (RFC 6750 §3).
  const challenge: unknown = Array.isArray(error.cause) ? error.cause[0] : null;
  const inHeader = isObject(challenge) && isObject(challenge['parameters']) ? challenge['parameters']['error'] : null;
  if (!('error' in error) && challenge === null) return null;
  const said = 'error' in error ? error.error : inHeader;
  return typeof said === 'string' && CODE.test(said) ? said : 'an error';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** `before`: the refresh token so far, for a provider that keeps it. */
function answeredWith(tokens: Tokens, before: string | null): Answered {
  const { refresh_token: refresh = before, id_token: id = null } = tokens;
  const claims = tokens.claims();
  const seconds = claims === undefined ? (tokens.expiresIn() ?? HOLDS_SECONDS) : claims.exp - claims.iat;
  const holdsMs = Math.max(0, seconds * 1000);
  return { kind: 'answered', claims: claims === undefined ? null : { ...claims }, holdsMs, tokens: { refresh, id } };
}

/** In the head of the request where the provider takes it so, as it has to by default (RFC 6749 §2.3.1). */
function secretAuthentication(library: Library, metadata: ServerMetadata, secret: string): ClientAuth {
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return methods.includes('client_secret_basic') ? library.ClientSecretBasic(secret) : library.ClientSecretPost(secret);
}

async function signingKey(key: KeyObject, metadata: ServerMetadata): Promise<CryptoKey> {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return key.toCryptoKey('Ed25519', false, ['sign']);
  if (type === 'ec') {
    const curves: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
    const namedCurve = curves[details?.namedCurve ?? ''] ?? 'P-256';
    return key.toCryptoKey({ name: 'ECDSA', namedCurve }, false, ['sign']);
  }
  const taken = metadata.token_endpoint_auth_signing_alg_values_supported ?? ['RS256'];
  const name = !taken.includes('RS256') && taken.includes('PS256') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
  return key.toCryptoKey({ name, hash: 'SHA-256' }, false, ['sign']);
}
