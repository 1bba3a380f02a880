/** From a shape to the file that knows it. */
import type { Direction } from '../../flow/decision.ts';
import { markMessagesRequest, markMessagesResponse } from './anthropic-messages.ts';
import { markGenerateRequest, markGenerateResponse } from './gemini-generate.ts';
import type { JsonNode } from './json.ts';
import { type Marks, NO_MARKS } from './marks.ts';
import { markChatRequest, markChatResponse } from './openai-chat.ts';
import { markEmbeddingsRequest, markEmbeddingsResponse } from './openai-embeddings.ts';
import { markRealtimeRequest, markServerEvent } from './openai-realtime.ts';
import { markResponsesRequest, markResponsesResponse } from './openai-responses.ts';
import type { Shape } from './shape.ts';

type Mark = (bytes: Buffer, root: JsonNode) => Marks | undefined;

const MARKS: Readonly<Record<Shape, Readonly<Record<Direction, Mark>>>> = {
  'openai.chat': { request: markChatRequest, response: markChatResponse },
  'openai.responses': { request: markResponsesRequest, response: markResponsesResponse },
  'openai.realtime': { request: markRealtimeRequest, response: markServerEvent },
  'openai.embeddings': { request: markEmbeddingsRequest, response: markEmbeddingsResponse },
  'anthropic.messages': { request: markMessagesRequest, response: markMessagesResponse },
  'gemini.generate': { request: markGenerateRequest, response: markGenerateResponse },
} as unknown as Readonly<Record<Shape, Readonly<Record<Direction, Mark>>>>;

/** Sets the zones of a body that parsed; a body that does not keep to its schema just has fewer of them. */
export function markBody(shape: Shape, direction: Direction, bytes: Buffer, root: JsonNode): Marks {
  return MARKS[shape][direction](bytes, root) ?? NO_MARKS;
}
