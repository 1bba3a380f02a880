/**
 * OpenAI assistants, threads, messages and runs: https://platform.openai.com/docs/api-reference/assistants. The thread
 * is the conversation. Sets zones; reads no text itself.
 */
import type { Role } from '../../flow/segment.ts';
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, NO_TEXT, skipTime, treat } from './marks.ts';
import { markTurns } from './turns.ts';
import { METADATA, SYSTEM, type Zone, zone } from './zone.ts';

/**
 * An assistant (`instructions`), a thread or run with its messages (`messages`, `additional_messages`,
 * `thread.messages`), one message (`role`, `content`), or the outputs of tools.
 */
export function markAssistantsRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  for (const key of ['instructions', 'additional_instructions']) {
    for (const node of getAll(bytes, root, key)) node.zone = SYSTEM;
  }
  const userContents: JsonNode[] = [];
  const lists = [
    ...getAll(bytes, root, 'messages'),
    ...getAll(bytes, root, 'additional_messages'),
    ...getAll(bytes, root, 'thread').flatMap((thread) => getAll(bytes, thread, 'messages')),
  ];
  const turns = lists.flatMap((list) => [...itemsOf(list)]);
  if (get(bytes, root, 'role') !== null && get(bytes, root, 'content') !== null) turns.push(root);
  markTurns(
    turns,
    (turn) => (textOf(bytes, get(bytes, turn, 'role')) === 'assistant' ? 'assistant' : 'user'),
    (turn, role, around) => {
      for (const content of getAll(bytes, turn, 'content')) {
        if (role === 'user') userContents.push(content);
        markContent(bytes, content, around);
      }
    },
  );
  for (const outputs of getAll(bytes, root, 'tool_outputs')) outputs.zone = zone('tool', 'latest');
  return {
    conversationId: textOf(bytes, get(bytes, root, 'thread_id')),
    firstUserText: firstTextOf(bytes, userContents),
  };
}

/** A message, a run with the calls that it asks for, a step, or a list of them. */
export function markAssistantsResponse(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const items = [root, ...itemsOf(get(bytes, root, 'data'))];
  for (const item of items) markObject(bytes, item);
  const own = textOf(bytes, get(bytes, root, 'id'));
  const isThread = textOf(bytes, get(bytes, root, 'object')) === 'thread';
  const thread = isThread ? own : textOf(bytes, get(bytes, root, 'thread_id'));
  return { conversationId: thread, firstUserText: NO_TEXT };
}

function markObject(bytes: Buffer, item: JsonNode): void {
  skipTime(get(bytes, item, 'created_at'));
  const role: Role = textOf(bytes, get(bytes, item, 'role')) === 'user' ? 'user' : 'assistant';
  const around = zone(role, 'latest');
  for (const instructions of getAll(bytes, item, 'instructions')) instructions.zone = SYSTEM;
  for (const key of ['content', 'required_action', 'step_details', 'delta']) {
    for (const node of getAll(bytes, item, key)) {
      node.zone = around;
      markContent(bytes, node, around);
    }
  }
}

/** A text, or parts: text with its annotations, images by id or URL. */
function markContent(bytes: Buffer, content: JsonNode, around: Zone): void {
  for (const part of itemsOf(content)) {
    treat(get(bytes, part, 'image_file'), around, 'reference');
    treat(get(bytes, part, 'image_url'), around, 'media');
  }
}
