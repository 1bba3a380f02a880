/** From a shape to the file that knows it. */
import type { Direction } from '../../flow/decision.ts';
import { markQRequest } from './amazon-q.ts';
import { markBatchesRequest, markBatchesResponse } from './anthropic-batches.ts';
import { markMessagesRequest, markMessagesResponse } from './anthropic-messages.ts';
import { markClaudePageRequest, markClaudePageResponse } from './anthropic-web.ts';
import { markConverseRequest, markConverseResponse } from './bedrock-converse.ts';
import { markInvokeRequest, markInvokeResponse } from './bedrock-invoke.ts';
import {
  markCohereChat2Request,
  markCohereChat2Response,
  markCohereChatRequest,
  markCohereChatResponse,
  markCohereEmbedRequest,
  markCohereEmbedResponse,
} from './cohere-chat.ts';
import { markCodeAssistRequest, markCodeAssistResponse } from './gemini-code-assist.ts';
import { markCountRequest, markEmbedRequest, markEmbedResponse } from './gemini-embed.ts';
import { markGenerateRequest, markGenerateResponse } from './gemini-generate.ts';
import { markLiveRequest } from './gemini-live.ts';
import type { JsonNode } from './json.ts';
import { type Marks, NO_MARKS } from './marks.ts';
import { markMcp } from './mcp-rpc.ts';
import { markAgentRequest, markAgentResponse, markFimRequest, markOcrRequest, markOcrResponse } from './mistral.ts';
import {
  markOllamaChatRequest,
  markOllamaEmbedRequest,
  markOllamaEmbedResponse,
  markOllamaGenerateRequest,
  markOllamaResponse,
} from './ollama.ts';
import { markAssistantsRequest, markAssistantsResponse } from './openai-assistants.ts';
import { markAudioRequest, markAudioResponse } from './openai-audio.ts';
import { markChatRequest, markChatResponse } from './openai-chat.ts';
import { markCompletionsRequest, markCompletionsResponse } from './openai-completions.ts';
import { markConversationsRequest, markConversationsResponse } from './openai-conversations.ts';
import { markEmbeddingsRequest, markEmbeddingsResponse } from './openai-embeddings.ts';
import { markJobRequest, markJobResponse } from './openai-files.ts';
import { markImagesRequest, markImagesResponse } from './openai-images.ts';
import { markModerationsRequest, markModerationsResponse } from './openai-moderations.ts';
import { markRealtimeRequest, markServerEvent } from './openai-realtime.ts';
import { markResponsesRequest, markResponsesResponse } from './openai-responses.ts';
import { markChatPageRequest, markChatPageResponse } from './openai-web.ts';
import type { Shape } from './shape.ts';
import { USER, zone } from './zone.ts';

type Mark = (bytes: Buffer, root: JsonNode) => Marks | undefined;

/** Nothing is known of the build: what goes out is a user's, what comes back the model's. */
function markUserRequest(_bytes: Buffer, root: JsonNode): void {
  root.zone = USER;
}

function markAssistantResponse(_bytes: Buffer, root: JsonNode): void {
  root.zone = zone('assistant', 'latest');
}

const MARKS: Readonly<Record<Shape, Readonly<Record<Direction, Mark>>>> = {
  'openai.chat': { request: markChatRequest, response: markChatResponse },
  'openai.responses': { request: markResponsesRequest, response: markResponsesResponse },
  'openai.realtime': { request: markRealtimeRequest, response: markServerEvent },
  'openai.embeddings': { request: markEmbeddingsRequest, response: markEmbeddingsResponse },
  'openai.completions': { request: markCompletionsRequest, response: markCompletionsResponse },
  'openai.moderations': { request: markModerationsRequest, response: markModerationsResponse },
  'openai.images': { request: markImagesRequest, response: markImagesResponse },
  'openai.audio': { request: markAudioRequest, response: markAudioResponse },
  'openai.files': { request: markJobRequest, response: markJobResponse },
  'openai.batches': { request: markJobRequest, response: markJobResponse },
  'openai.fine_tuning': { request: markJobRequest, response: markJobResponse },
  'openai.assistants': { request: markAssistantsRequest, response: markAssistantsResponse },
  'openai.conversations': { request: markConversationsRequest, response: markConversationsResponse },
  'openai.web': { request: markChatPageRequest, response: markChatPageResponse },
  'anthropic.messages': { request: markMessagesRequest, response: markMessagesResponse },
  'anthropic.count_tokens': { request: markMessagesRequest, response: markMessagesResponse },
  'anthropic.batches': { request: markBatchesRequest, response: markBatchesResponse },
  'anthropic.web': { request: markClaudePageRequest, response: markClaudePageResponse },
  'gemini.generate': { request: markGenerateRequest, response: markGenerateResponse },
  'gemini.count_tokens': { request: markCountRequest, response: markGenerateResponse },
  'gemini.embed': { request: markEmbedRequest, response: markEmbedResponse },
  'gemini.predict': { request: markEmbedRequest, response: markEmbedResponse },
  'gemini.code_assist': { request: markCodeAssistRequest, response: markCodeAssistResponse },
  'gemini.live': { request: markLiveRequest, response: markServerEvent },
  'gemini.web': { request: markUserRequest, response: markAssistantResponse },
  'amazon.q': { request: markQRequest, response: markAssistantResponse },
  'bedrock.converse': { request: markConverseRequest, response: markConverseResponse },
  'bedrock.invoke': { request: markInvokeRequest, response: markInvokeResponse },
  'cohere.chat': { request: markCohereChatRequest, response: markCohereChatResponse },
  'cohere.chat_v2': { request: markCohereChat2Request, response: markCohereChat2Response },
  'cohere.embed': { request: markCohereEmbedRequest, response: markCohereEmbedResponse },
  'mistral.fim': { request: markFimRequest, response: markChatResponse },
  'mistral.conversations': { request: markAgentRequest, response: markAgentResponse },
  'mistral.ocr': { request: markOcrRequest, response: markOcrResponse },
  'ollama.chat': { request: markOllamaChatRequest, response: markOllamaResponse },
  'ollama.generate': { request: markOllamaGenerateRequest, response: markOllamaResponse },
  'ollama.embed': { request: markOllamaEmbedRequest, response: markOllamaEmbedResponse },
  'mcp.rpc': { request: markMcp, response: markMcp },
} as unknown as Readonly<Record<Shape, Readonly<Record<Direction, Mark>>>>;

/** Sets the zones of a body that parsed; a body that does not keep to its schema just has fewer of them. */
export function markBody(shape: Shape, direction: Direction, bytes: Buffer, root: JsonNode): Marks {
  return MARKS[shape][direction](bytes, root) ?? NO_MARKS;
}
