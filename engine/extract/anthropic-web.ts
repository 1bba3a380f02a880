/**
 * The page of Claude (`/chat_conversations/ID/completion`), as its own client speaks. Not documented by the vendor: what
 * is not known here is read all the same. Its answers stream in the events of the Messages API. Sets zones only.
 */
import { markBlock } from './anthropic-messages.ts';
import { get, getAll, itemsOf, type JsonNode } from './json.ts';
import { firstTextOf, type Marks } from './marks.ts';
import { METADATA, SYSTEM, USER, zone } from './zone.ts';

/** `prompt`, and `attachments` with the text that the page took out of files; the path names the conversation. */
export function markClaudePageRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const prompts = getAll(bytes, root, 'prompt');
  for (const prompt of prompts) prompt.zone = USER;
  for (const attachments of getAll(bytes, root, 'attachments')) attachments.zone = zone('file', 'latest');
  for (const files of getAll(bytes, root, 'files')) files.zone = zone('file', 'latest', 'reference');
  for (const style of getAll(bytes, root, 'personalized_styles')) style.zone = SYSTEM;
  return { conversationId: null, firstUserText: firstTextOf(bytes, prompts) };
}

/** A conversation as the page loads it. */
export function markClaudePageResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = zone('assistant', 'latest');
  for (const message of itemsOf(get(bytes, root, 'chat_messages'))) {
    for (const block of itemsOf(get(bytes, message, 'content'))) markBlock(bytes, block, root.zone);
  }
}
