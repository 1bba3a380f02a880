/**
 * Lines that hold a whole call each, as files for batches and fine-tuning do: OpenAI's (`body`, in the output
 * `response.body`), Bedrock's (`modelInput`, `modelOutput`), Vertex's and Gemini's (`request`, `response`), Anthropic's
 * results (`result.message`). A line of training data is a request by itself. Sets zones; reads no text itself.
 */
import type { Direction } from '../../flow/decision.ts';
import { get, type JsonNode, textOf } from './json.ts';
import { markBody } from './providers.ts';
import { type Shape, shapeOfPath, shapeOfRequest, shapeOfResponse } from './shape.ts';
import { METADATA } from './zone.ts';

/** Marks the call within a line, and says its shape; null where there is none that is known. */
export function markCall(bytes: Buffer, line: JsonNode, direction: Direction): Shape | null {
  const { call, shape } = callOf(bytes, line, direction);
  const found =
    shape ??
    (direction === 'request'
      ? shapeOfRequest(bytes, call, { host: '', hasAnthropicVersion: false })
      : shapeOfResponse(bytes, call));
  if (found === null) return null;
  if (call !== line) line.zone = METADATA;
  // A line of a file within a file would have no end.
  if (found !== 'openai.files' && found !== 'openai.batches') markBody(found, direction, bytes, call);
  return found;
}

function callOf(
  bytes: Buffer,
  line: JsonNode,
  direction: Direction,
): { readonly call: JsonNode; readonly shape: Shape | null } {
  if (direction === 'request') {
    const body = get(bytes, line, 'body');
    const url = textOf(bytes, get(bytes, line, 'url'));
    if (body !== null) return { call: body, shape: url === null ? null : shapeOfPath(url) };
    const inner = get(bytes, line, 'modelInput') ?? get(bytes, line, 'request') ?? get(bytes, line, 'params');
    return { call: inner?.kind === 'object' ? inner : line, shape: null };
  }
  const response = get(bytes, line, 'response');
  const inner =
    get(bytes, response, 'body') ??
    get(bytes, get(bytes, line, 'result'), 'message') ??
    get(bytes, line, 'modelOutput') ??
    (response?.kind === 'object' ? response : null);
  return { call: inner ?? line, shape: null };
}
