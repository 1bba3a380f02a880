/** The real SDKs, sending through the proxy or the gateway, with a count of the calls that they really made. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { ProxyAgent, fetch as undiciFetch } from 'undici';
import type { UnderTest } from './weir-under-test.ts';

export interface Counted<T> {
  readonly client: T;
  /** HTTP requests that the SDK has sent so far, retries included. */
  readonly calls: () => number;
  close(): Promise<void>;
}

type Fetch = typeof globalThis.fetch;

/** By HTTPS_PROXY's way: a CONNECT tunnel to the forward proxy, trusting its CA alone. */
export function fetchThrough(
  weir: UnderTest,
  label = '',
): { fetch: Fetch; calls: () => number; close(): Promise<void> } {
  const token = label === '' ? {} : { token: `Basic ${Buffer.from(label).toString('base64')}` };
  const agent = new ProxyAgent({ uri: `http://127.0.0.1:${weir.port}`, requestTls: { ca: weir.ca }, ...token });
  let count = 0;
  // Node's own fetch has another undici inside: agent and fetch have to be of the same one.
  const send = (async (input: string, init: object) => {
    count += 1;
    return undiciFetch(input, { ...init, dispatcher: agent });
  }) as unknown as Fetch;
  return { fetch: send, calls: () => count, close: () => agent.close() };
}

export function openaiThrough(weir: UnderTest): Counted<OpenAI> {
  const { fetch, calls, close } = fetchThrough(weir);
  return { client: new OpenAI({ apiKey: 'test-key', baseURL: 'https://api.openai.com/v1', fetch }), calls, close };
}

export function anthropicThrough(weir: UnderTest): Counted<Anthropic> {
  const { fetch, calls, close } = fetchThrough(weir);
  return { client: new Anthropic({ apiKey: 'test-key', baseURL: 'https://api.anthropic.com', fetch }), calls, close };
}

/** By base URL: plain HTTP to the gateway path of the same port. */
export function openaiByGateway(weir: UnderTest): OpenAI {
  return new OpenAI({ apiKey: 'test-key', baseURL: `http://127.0.0.1:${weir.port}/openai/v1` });
}

export function anthropicByGateway(weir: UnderTest): Anthropic {
  return new Anthropic({ apiKey: 'test-key', baseURL: `http://127.0.0.1:${weir.port}/anthropic` });
}
