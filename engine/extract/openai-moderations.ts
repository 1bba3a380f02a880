/** OpenAI moderations: https://platform.openai.com/docs/api-reference/moderations; Mistral's, chats included. Sets zones only. */
import { get, getAll, itemsOf, type JsonNode } from './json.ts';
import { firstTextOf, type Marks } from './marks.ts';
import { markParts } from './openai-chat.ts';
import { METADATA, USER } from './zone.ts';

/** `input`: a text, several, parts with images, or (Mistral) messages. */
export function markModerationsRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const inputs = getAll(bytes, root, 'input');
  for (const input of inputs) {
    input.zone = USER;
    markParts(bytes, input, USER);
    for (const message of itemsOf(input)) markParts(bytes, get(bytes, message, 'content'), USER);
  }
  return { conversationId: null, firstUserText: firstTextOf(bytes, inputs) };
}

/** Scores by category: nothing of a user's. */
export function markModerationsResponse(_bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
}
