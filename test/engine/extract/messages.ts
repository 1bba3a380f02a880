/** Messages for tests of the engine, with everything that a test does not care about filled in. */

import { type Extraction, extract } from '../../../engine/extract/extract.ts';
import type { Message } from '../../../flow/message.ts';
import { bareSource } from '../../../flow/parties.ts';
import type { Segment } from '../../../flow/segment.ts';

export const SOURCE: Message['source'] = bareSource();
export const GENAI: Message['destination'] = {
  host: 'api.openai.com',
  port: 443,
  vendor: 'OpenAI',
  category: 'genai',
  country: 'US',
  sanctioned: false,
};
export const UNKNOWN: Message['destination'] = {
  host: 'llm.example',
  port: 443,
  vendor: null,
  category: 'unknown',
  country: null,
  sanctioned: false,
};

/** A request; `body` may be a value, which is written as JSON. */
export function request(target: string, body: unknown, over: Partial<Message> = {}): Message {
  return {
    direction: 'request',
    source: SOURCE,
    destination: GENAI,
    method: 'POST',
    target,
    status: null,
    headers: ['content-type', 'application/json'],
    body: bytesOf(body),
    ...over,
  };
}

export function response(target: string, body: unknown, over: Partial<Message> = {}): Message {
  return request(target, body, { direction: 'response', status: 200, ...over });
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'utf8');
}

export function extracted(message: Message): Extraction {
  return extract(message, { maxDecodedBytes: 32 * 1024 * 1024 });
}

/** Segments of the body as `path role position text`. */
export function lines(extraction: Extraction): string[] {
  return extraction.segments
    .filter(({ part }) => part.kind === 'body')
    .map((s) => `${s.path} ${s.role} ${s.position}${s.immutable ? ' fixed' : ''} ${s.text.toString('utf8')}`);
}

/** The one segment whose text holds `words`; fails where there is none. */
export function segmentWith(extraction: Extraction, words: string): { segment: Segment; index: number } {
  const index = extraction.segments.findIndex(({ text }) => text.includes(words));
  const segment = extraction.segments[index];
  if (segment === undefined) throw new Error('no segment with these words');
  return { segment, index };
}
