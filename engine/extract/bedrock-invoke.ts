/**
 * Bedrock InvokeModel: the body is the model's own, so it is told by its keys: Anthropic's messages, Amazon's, OpenAI's
 * and Mistral's chats, Cohere's, and the prompts of Llama, Titan and others.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html. Sets zones; reads no text itself.
 */
import { markMessagesRequest, markMessagesResponse } from './anthropic-messages.ts';
import { markConverseRequest, markConverseResponse } from './bedrock-converse.ts';
import { markCohereChatRequest, markCohereChatResponse } from './cohere-chat.ts';
import { get, getAll, itemsOf, type JsonNode } from './json.ts';
import { firstTextOf, type Marks, treat } from './marks.ts';
import { markChatRequest, markChatResponse } from './openai-chat.ts';
import { shapeOfRequest, shapeOfResponse } from './shape.ts';
import { METADATA, USER, zone } from './zone.ts';

/** Keys of the prompts of Llama, Mistral, Stability, Titan, Cohere's embeddings and Amazon's image models. */
const PROMPTS = ['prompt', 'inputText', 'texts', 'text_prompts', 'text'] as const;
const NO_HINTS = { host: '', hasAnthropicVersion: false };

export function markInvokeRequest(bytes: Buffer, root: JsonNode): Marks {
  if (get(bytes, root, 'anthropic_version') !== null) return markMessagesRequest(bytes, root);
  const shape = shapeOfRequest(bytes, root, NO_HINTS);
  if (shape === 'bedrock.converse') return markConverseRequest(bytes, root);
  if (shape === 'anthropic.messages') return markMessagesRequest(bytes, root);
  if (shape === 'openai.chat') return markChatRequest(bytes, root as Parameters<typeof markChatRequest>[1]);
  if (get(bytes, root, 'message') !== null) return markCohereChatRequest(bytes, root);
  // Whatever else a model takes is what somebody asks it.
  root.zone = USER;
  for (const key of ['inputImage', 'image', 'images', 'init_image']) {
    for (const image of getAll(bytes, root, key)) image.zone = zone('user', 'latest', 'media');
  }
  const prompts = PROMPTS.flatMap((key) => getAll(bytes, root, key));
  return { conversationId: null, firstUserText: firstTextOf(bytes, prompts) };
}

export function markInvokeResponse(bytes: Buffer, root: JsonNode): void {
  switch (shapeOfResponse(bytes, root)) {
    case 'anthropic.messages':
      return markMessagesResponse(bytes, root);
    case 'bedrock.converse':
      return markConverseResponse(bytes, root);
    case 'openai.chat':
      return markChatResponse(bytes, root as Parameters<typeof markChatResponse>[1]);
    case 'cohere.chat':
      markCohereChatResponse(bytes, root);
      return;
    default:
      root.zone = zone('assistant', 'latest');
      for (const key of ['embedding', 'embeddings', 'embeddingsByType', 'prompt_logprobs']) {
        treat(get(bytes, root, key), METADATA, 'skip');
      }
      for (const image of itemsOf(get(bytes, root, 'images'))) image.zone = zone('assistant', 'latest', 'media');
  }
}
