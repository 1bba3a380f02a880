/**
 * An error in the words of each provider, so that its SDK raises its own: by the shape of the call, else by the host,
 * else OpenAI's, which most others have taken over. What ends a stream is in stream-error.ts.
 */

import type { Shape } from '../extract/extract.ts';

export interface ErrorContent {
  readonly status: number;
  readonly message: string;
  /** Mistral has the same three. */
  readonly openai: { readonly type: string; readonly code: string; readonly param: string | null };
  /** Anthropic's `type`. */
  readonly anthropic: string;
  /** JSON of the call's id in JSON-RPC; absent or null where there is none. */
  readonly callId?: string | null;
}

/** A body in JSON, and headers that go with it, a flat list of names and values. */
export interface ProviderError {
  readonly headers: readonly string[];
  readonly body: Buffer;
}

export type ErrorFamily =
  | 'openai'
  | 'anthropic'
  | 'google'
  | 'amazon'
  | 'cohere'
  | 'mistral'
  | 'ollama'
  | 'chatgpt'
  | 'mcp';

export function providerError(shape: Shape | null, host: string, error: ErrorContent): ProviderError {
  const { message, status } = error;
  const { type, code, param } = error.openai;
  switch (errorFamily(shape, host)) {
    case 'anthropic':
      return json({ type: 'error', error: { type: error.anthropic, message } });
    case 'google':
      return json({ error: { code: status, message, status: googleStatus(status) } });
    case 'amazon':
      return { ...json({ message }), headers: ['x-amzn-errortype', amazonType(status)] };
    case 'cohere':
      return json({ message });
    case 'mistral':
      return json({ object: 'error', message, type, param, code });
    case 'ollama':
      return json({ error: message });
    case 'chatgpt':
      return json({ detail: { message, code, type } });
    case 'mcp':
      return { headers: [], body: Buffer.from(rpcError(error), 'utf8') };
    case 'openai':
      return json({ error: { message, type, code, param } });
  }
}

/** The body alone. */
export function errorBody(shape: Shape | null, host: string, error: ErrorContent): Buffer {
  return providerError(shape, host, error).body;
}

const FAMILIES: Readonly<Record<string, ErrorFamily>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  gemini: 'google',
  bedrock: 'amazon',
  amazon: 'amazon',
  cohere: 'cohere',
  mistral: 'mistral',
  ollama: 'ollama',
  mcp: 'mcp',
};

const HOSTS: readonly (readonly [RegExp, ErrorFamily])[] = [
  [/(?:^|\.)(?:anthropic\.com|claude\.(?:ai|com))$/, 'anthropic'],
  [/(?:^|[.-])(?:generativelanguage|aiplatform|cloudcode-pa)\.(?:[a-z]+\.rep\.)?googleapis\.com$/, 'google'],
  [/(?:^|\.)(?:aiplatform\.(?:us|eu)\.rep\.googleapis\.com)$/, 'google'],
  [/(?:^|\.)(?:amazonaws\.com|api\.aws)$/, 'amazon'],
  [/(?:^|\.)cohere\.(?:com|ai)$/, 'cohere'],
  [/(?:^|\.)mistral\.ai$/, 'mistral'],
];

/** Chat in OpenAI's shape is spoken to many hosts, of which Mistral alone has errors of its own. */
export function errorFamily(shape: Shape | null, host: string): ErrorFamily {
  if (shape === 'openai.web') return 'chatgpt';
  const family = shape === null ? undefined : FAMILIES[shape.slice(0, shape.indexOf('.'))];
  const isMistral = family === 'openai' && /(?:^|\.)mistral\.ai$/.test(host);
  if (isMistral) return 'mistral';
  return family ?? HOSTS.find(([pattern]) => pattern.test(host))?.[1] ?? 'openai';
}

/** https://docs.anthropic.com/en/api/errors */
export function anthropicType(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    case 504:
      return 'timeout_error';
    default:
      return status >= 500 ? 'api_error' : 'invalid_request_error';
  }
}

/** https://cloud.google.com/apis/design/errors#handling_errors */
function googleStatus(status: number): string {
  switch (status) {
    case 401:
      return 'UNAUTHENTICATED';
    case 403:
      return 'PERMISSION_DENIED';
    case 404:
      return 'NOT_FOUND';
    case 429:
      return 'RESOURCE_EXHAUSTED';
    case 500:
      return 'INTERNAL';
    case 504:
      return 'DEADLINE_EXCEEDED';
    default:
      return status > 500 ? 'UNAVAILABLE' : 'INVALID_ARGUMENT';
  }
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors */
export function amazonType(status: number): string {
  switch (status) {
    case 401:
    case 403:
      return 'AccessDeniedException';
    case 404:
      return 'ResourceNotFoundException';
    case 408:
      return 'ModelTimeoutException';
    case 429:
      return 'ThrottlingException';
    case 503:
      return 'ServiceUnavailableException';
    default:
      return status >= 500 ? 'InternalServerException' : 'ValidationException';
  }
}

/** https://www.jsonrpc.org/specification#error_object: codes from -32000 to -32099 are the server's own. */
function rpcError({ message, openai, status, callId }: ErrorContent): string {
  const data = { code: openai.code, param: openai.param };
  const error = { code: status >= 500 ? -32_603 : -32_000, message, data };
  return `{"jsonrpc":"2.0","id":${callId ?? 'null'},"error":${JSON.stringify(error)}}`;
}

function json(value: unknown): ProviderError {
  return { headers: [], body: Buffer.from(JSON.stringify(value), 'utf8') };
}
