/** OpenAI conversations: https://platform.openai.com/docs/api-reference/conversations. Items are those of responses. Sets zones only. */
import { get, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, NO_TEXT, skipTime } from './marks.ts';
import { markInputItems, markItem } from './openai-responses.ts';
import { METADATA, zone } from './zone.ts';

/** `items` that are added to a conversation. */
export function markConversationsRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const userContents: (JsonNode | null)[] = [];
  const items = get(bytes, root, 'items');
  if (items !== null) markInputItems(bytes, items, userContents);
  return { conversationId: null, firstUserText: firstTextOf(bytes, userContents) };
}

/** A conversation, or its items. */
export function markConversationsResponse(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  skipTime(get(bytes, root, 'created_at'));
  for (const item of itemsOf(get(bytes, root, 'data'))) markItem(bytes, item, zone('assistant', 'latest'));
  const isConversation = textOf(bytes, get(bytes, root, 'object')) === 'conversation';
  return { conversationId: isConversation ? textOf(bytes, get(bytes, root, 'id')) : null, firstUserText: NO_TEXT };
}
