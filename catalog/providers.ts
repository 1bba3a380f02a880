/**
 * The gateway's names for upstreams: `/openai/v1/…` on this proxy is `/v1/…` on api.openai.com. A name is taken only
 * as it is written here, byte for byte; a request can choose among these upstreams and never name a host of its own.
 */
import { canonicalHost } from './host.ts';

export type ProviderShape = 'openai' | 'anthropic' | 'gemini';

export interface GatewayProvider {
  /** `openai`, `azure/RESOURCE` with the resource filled in, or a name from `proxy.providers`. */
  readonly name: string;
  /** An origin, without a path: `https://api.openai.com`. */
  readonly url: string;
  /** What its paths speak by default; null where it speaks several, and path and body decide. */
  readonly shape: ProviderShape | null;
}

export interface Origin {
  readonly scheme: 'http' | 'https';
  /** Canonical. */
  readonly host: string;
  readonly port: number;
}

export interface GatewayTarget {
  readonly origin: Origin;
  /** The request target for the upstream, byte for byte what followed the name; `/` when nothing did. May begin with `//`. */
  readonly rest: string;
  readonly provider: GatewayProvider;
}

function provider(name: string, url: string, shape: ProviderShape | null): [string, GatewayProvider] {
  return [name, { name, url, shape }];
}

/** The providers with one host, by name. */
export const PROVIDERS: ReadonlyMap<string, GatewayProvider> = new Map([
  provider('openai', 'https://api.openai.com', 'openai'),
  provider('anthropic', 'https://api.anthropic.com', 'anthropic'),
  provider('gemini', 'https://generativelanguage.googleapis.com', 'gemini'),
  provider('mistral', 'https://api.mistral.ai', 'openai'),
  provider('cohere', 'https://api.cohere.com', null),
  provider('groq', 'https://api.groq.com', 'openai'),
  provider('ollama', 'http://127.0.0.1:11434', 'openai'),
  provider('together', 'https://api.together.xyz', 'openai'),
  provider('openrouter', 'https://openrouter.ai', 'openai'),
  provider('deepseek', 'https://api.deepseek.com', 'openai'),
  provider('xai', 'https://api.x.ai', 'openai'),
  provider('perplexity', 'https://api.perplexity.ai', 'openai'),
  provider('fireworks', 'https://api.fireworks.ai', 'openai'),
  provider('cerebras', 'https://api.cerebras.ai', 'openai'),
  provider('huggingface', 'https://router.huggingface.co', 'openai'),
  provider('nvidia', 'https://integrate.api.nvidia.com', 'openai'),
]);

/** One DNS label: what follows `azure/`, `bedrock/` and `vertex/` becomes part of a host name. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The providers whose host depends on a second segment. */
const FAMILIES: ReadonlyMap<string, { readonly shape: ProviderShape | null; host(label: string): string }> = new Map([
  ['azure', { shape: 'openai', host: (resource: string) => `${resource}.openai.azure.com` }],
  ['bedrock', { shape: null, host: (region: string) => `bedrock-runtime.${region}.amazonaws.com` }],
  ['vertex', { shape: null, host: vertexHost }],
]);

/** Vertex AI has regional hosts, a global one, and one each for the `us` and `eu` multi-regions. */
function vertexHost(region: string): string {
  if (region === 'global') return 'aiplatform.googleapis.com';
  if (region === 'us' || region === 'eu') return `aiplatform.${region}.rep.googleapis.com`;
  return `${region}-aiplatform.googleapis.com`;
}

/** The names as a person writes them, for help and messages. */
export const PROVIDER_NAMES: readonly string[] = [
  ...PROVIDERS.keys(),
  'azure/RESOURCE',
  'bedrock/REGION',
  'vertex/REGION',
];

/**
 * Resolves an origin-form request target (path and query, as received) to its upstream; null when its first segment
 * names no provider. `overrides` are `proxy.providers`, which win. The name is compared as bytes: `/OpenAI/`,
 * `/%6fpenai/` and `//openai/` are no provider, and `/openai/../x` is the path `/../x` on OpenAI's own host.
 */
export function resolveGateway(
  target: string,
  overrides: ReadonlyMap<string, GatewayProvider> = new Map(),
): GatewayTarget | null {
  const first = segmentAt(target, 0);
  if (first === null) return null;
  const named = overrides.get(first.text) ?? PROVIDERS.get(first.text);
  if (named !== undefined) return targetOf(named, target.slice(first.end));
  const family = FAMILIES.get(first.text);
  const second = family === undefined ? null : segmentAt(target, first.end);
  if (family === undefined || second === null || !LABEL.test(second.text)) return null;
  const name = `${first.text}/${second.text}`;
  return targetOf({ name, url: `https://${family.host(second.text)}`, shape: family.shape }, target.slice(second.end));
}

/** The segment that begins with the slash at `at`, up to the next slash or question mark. */
function segmentAt(target: string, at: number): { readonly text: string; readonly end: number } | null {
  if (target[at] !== '/') return null;
  let end = at + 1;
  while (end < target.length && target[end] !== '/' && target[end] !== '?') end++;
  return { text: target.slice(at + 1, end), end };
}

function targetOf(found: GatewayProvider, rest: string): GatewayTarget | null {
  const origin = originOf(found.url);
  if (origin === null) return null;
  return { origin, rest: rest.startsWith('/') ? rest : `/${rest}`, provider: found };
}

/** An `http://` or `https://` origin taken apart; null when it is none, or has a path, a query or a password. */
export function originOf(url: string): Origin | null {
  const [, scheme, authority] = /^(https?):\/\/([^/?#@\\]+)\/?$/.exec(url) ?? [];
  if (authority === undefined || (scheme !== 'http' && scheme !== 'https')) return null;
  const [, name, digits] = /^(\[[^\]]*\]|[^:[\]]*)(?::([0-9]{1,5}))?$/.exec(authority) ?? [];
  const host = name === undefined ? null : canonicalHost(name);
  const port = digits === undefined ? (scheme === 'https' ? 443 : 80) : Number(digits);
  return host === null || port < 1 || port > 65_535 ? null : { scheme, host, port };
}
