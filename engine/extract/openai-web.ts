/**
 * The page of ChatGPT (`/backend-api/conversation`), as its own client speaks: messages with an `author` and
 * `content.parts`. Not documented by the vendor: what is not known here is read all the same. Sets zones only.
 */
import type { Role } from '../../flow/segment.ts';
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, NO_TEXT, treat } from './marks.ts';
import { markTurns } from './turns.ts';
import { METADATA, type Zone, zone } from './zone.ts';

export function markChatPageRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const userContents: (JsonNode | null)[] = [];
  for (const messages of getAll(bytes, root, 'messages')) {
    markTurns(
      itemsOf(messages),
      (message) => roleOf(textOf(bytes, get(bytes, get(bytes, message, 'author'), 'role'))),
      (message, role, around) => {
        const content = get(bytes, message, 'content');
        if (role === 'user') userContents.push(get(bytes, content, 'parts'));
        markParts(bytes, content, around);
        // What was attached before: its name and id.
        for (const file of itemsOf(get(bytes, get(bytes, message, 'metadata'), 'attachments'))) {
          file.zone = zone('file', around.position, 'reference');
        }
      },
    );
  }
  // What the page sends while somebody still writes.
  for (const partial of getAll(bytes, root, 'partial_query')) partial.zone = zone('user', 'latest');
  return {
    conversationId: textOf(bytes, get(bytes, root, 'conversation_id')),
    firstUserText: firstTextOf(bytes, userContents),
  };
}

/** An event of the stream, or a conversation. */
export function markChatPageResponse(bytes: Buffer, root: JsonNode): Marks {
  root.zone = zone('assistant', 'latest');
  markParts(bytes, get(bytes, get(bytes, root, 'message'), 'content'), root.zone);
  return { conversationId: textOf(bytes, get(bytes, root, 'conversation_id')), firstUserText: NO_TEXT };
}

/** Parts are texts, or objects that point at an image or a sound. */
function markParts(bytes: Buffer, content: JsonNode | null, around: Zone): void {
  for (const part of itemsOf(get(bytes, content, 'parts')))
    treat(get(bytes, part, 'asset_pointer'), around, 'reference');
}

function roleOf(role: string | null): Role {
  return role === 'assistant' || role === 'system' || role === 'tool' ? role : 'user';
}
