/**
 * The console's way to an identity provider: HTTPS, and plain HTTP to this host alone; bounded in time and size; no redirect is
 * followed. It keeps how far the provider's clock is from ours, so that a refusal for the time can be told with its figure.
 */
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { rootCertificates } from 'node:tls';

/** The provider could not be asked, or failed itself: whoever asks may do so again. */
export class ProviderAway extends Error {}

const LIMIT_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | Headers;
  readonly body?: unknown;
}

export function isLoopbackUrl({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

export class ProviderFetch {
  readonly #ca: readonly string[];
  #aheadMs: number | null = null;

  constructor(ca: readonly string[]) {
    this.#ca = ca;
  }

  /** How far the provider's clock is ahead of ours, to the second or so; null before it has answered with one. */
  get aheadMs(): number | null {
    return this.#aheadMs;
  }

  /** As `fetch` does it. Rejects with ProviderAway. */
  async ask(target: string, { method = 'GET', headers = {}, body }: Asking): Promise<Response> {
    const url = new URL(target);
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackUrl(url))) {
      throw new ProviderAway(`${url.origin} is not asked: only https is, or http on this host`);
    }
    const text = body instanceof URLSearchParams ? body.toString() : typeof body === 'string' ? body : null;
    const sent = Object.fromEntries(headers instanceof Headers ? headers : Object.entries(headers));
    const { status, headers: answered, bytes } = await this.#send(url, method, sent, text);
    const date = Date.parse(answered.get('date') ?? '');
    if (!Number.isNaN(date)) this.#aheadMs = date - Date.now();
    if (status >= 500 || status === 429) throw new ProviderAway(`${url.origin} answered ${status}`);
    const isBare = status === 204 || status === 304;
    return new Response(isBare ? null : bytes, { status, headers: answered });
  }

  #send(
    url: URL,
    method: string,
    headers: Readonly<Record<string, string>>,
    body: string | null,
  ): Promise<{ readonly status: number; readonly headers: Headers; readonly bytes: Uint8Array<ArrayBuffer> }> {
    const isTls = url.protocol === 'https:';
    const roots = this.#ca.length === 0 ? {} : { ca: [...rootCertificates, ...this.#ca] };
    return new Promise((resolve, reject) => {
      const away = (error: unknown): void => reject(new ProviderAway(`${url.origin}: ${reasonOf(error)}`));
      const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const options = {
        method,
        headers: { ...headers, ...length },
        agent: false,
        signal: AbortSignal.timeout(LIMIT_MS),
        ...roots,
      };
      const heard = (answer: IncomingMessage): void => {
        const chunks: Buffer[] = [];
        let size = 0;
        answer.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) answer.destroy(new Error('its answer is too long'));
          else chunks.push(chunk);
        });
        answer.on('error', away);
        answer.on('end', () => {
          if (!answer.complete) return away(new Error('it closed the connection in the middle of an answer'));
          const bytes = new Uint8Array(Buffer.concat(chunks));
          resolve({ status: answer.statusCode ?? 0, headers: headersOf(answer), bytes });
        });
      };
      const asking = isTls ? requestTls(url, options, heard) : requestPlain(url, options, heard);
      asking.on('error', away);
      asking.end(body ?? undefined);
    });
  }
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  return headers;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return `it did not answer in ${LIMIT_MS / 1000} s`;
  if ('code' in error && typeof error.code === 'string') return `it cannot be reached (${error.code})`;
  return error.message;
}
