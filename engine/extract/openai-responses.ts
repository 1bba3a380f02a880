/** OpenAI responses: https://platform.openai.com/docs/api-reference/responses. Sets zones; reads no text itself. */
import type { Response, ResponseCreateParams } from 'openai/resources/responses/responses';
import type { Role } from '../../flow/segment.ts';
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, NO_TEXT, skipTime, treat } from './marks.ts';
import { markFile } from './openai-chat.ts';
import { positionsOf, type Turn } from './turns.ts';
import { METADATA, SYSTEM, USER, type Zone, zone } from './zone.ts';

/** `input` as text or as items: messages, the model's own items (assistant), outputs of calls (tool). */
export function markResponsesRequest(bytes: Buffer, root: JsonNode<ResponseCreateParams>): Marks {
  root.zone = METADATA;
  for (const instructions of getAll(bytes, root, 'instructions')) instructions.zone = SYSTEM;
  for (const prompt of getAll(bytes, root, 'prompt')) prompt.zone = USER;
  const userContents: (JsonNode | null)[] = [];
  for (const input of getAll(bytes, root, 'input') as JsonNode[]) {
    if (input.kind === 'string') {
      input.zone = USER;
      userContents.push(input);
      continue;
    }
    markInputItems(bytes, input, userContents);
  }
  return { conversationId: conversationOf(bytes, root), firstUserText: firstTextOf(bytes, userContents) };
}

/** A whole response, or the event of a stream that carries one, an item or a part. */
export function markResponsesResponse(bytes: Buffer, root: JsonNode<Response>): Marks {
  root.zone = METADATA;
  skipTime(get(bytes, root, 'created_at'));
  const assistant = zone('assistant', 'latest');
  for (const item of itemsOf(get(bytes, root, 'output'))) markItem(bytes, item, assistant);
  return { conversationId: textOf(bytes, get(bytes, root, 'id')), firstUserText: NO_TEXT };
}

/** Of one item its media and its files; the rest is text of the zone given. */
export function markItem(bytes: Buffer, item: JsonNode, around: Zone): void {
  item.zone = around;
  if (textOf(bytes, get(bytes, item, 'type')) === 'image_generation_call') {
    treat(get(bytes, item, 'result'), around, 'media');
  }
  for (const key of ['content', 'output']) {
    for (const content of getAll(bytes, item, key)) {
      if (content.kind === 'object') markPart(bytes, content, around);
      for (const part of itemsOf(content)) markPart(bytes, part, around);
    }
  }
}

function markPart(bytes: Buffer, part: JsonNode, around: Zone): void {
  switch (textOf(bytes, get(bytes, part, 'type'))) {
    case 'input_image':
    case 'computer_screenshot':
      treat(get(bytes, part, 'image_url'), around, 'media');
      treat(get(bytes, part, 'file_id'), around, 'reference');
      return;
    case 'input_audio':
      treat(get(bytes, get(bytes, part, 'input_audio'), 'data'), around, 'media');
      return;
    case 'input_file':
      markFile(bytes, part, around.position);
      return;
    default:
      return;
  }
}

/** Sets the zones of input items, and gathers what users say in them. */
export function markInputItems(bytes: Buffer, input: JsonNode, userContents: (JsonNode | null)[]): void {
  const items = itemsOf(input) as readonly JsonNode[];
  const roles = items.map((item) => roleOf(bytes, item));
  const positions = positionsOf(roles.map(turnOf));
  items.forEach((item, i) => {
    const role = roles[i] as Role;
    markItem(bytes, item, role === 'system' ? SYSTEM : zone(role, positions[i] ?? 'latest'));
    if (role === 'user') userContents.push(item.kind === 'string' ? item : get(bytes, item, 'content'));
  });
}

function roleOf(bytes: Buffer, item: JsonNode): Role {
  const type = textOf(bytes, get(bytes, item, 'type'));
  if (type === null || type === 'message') {
    const role = textOf(bytes, get(bytes, item, 'role'));
    if (role === 'assistant') return 'assistant';
    return role === 'system' || role === 'developer' ? 'system' : 'user';
  }
  // `function_call_output`, `computer_call_output`, `custom_tool_call_output`, `mcp_approval_response` …
  if (type.endsWith('_output') || type === 'mcp_approval_response') return 'tool';
  // A reference names an item that the provider keeps; it holds no text and answers nothing.
  return 'assistant';
}

function turnOf(role: Role): Turn {
  return role === 'assistant' ? 'assistant' : role === 'system' ? 'outside' : 'asks';
}

function conversationOf(bytes: Buffer, root: JsonNode<ResponseCreateParams>): string | null {
  const previous = textOf(bytes, get(bytes, root, 'previous_response_id'));
  if (previous !== null) return previous;
  const conversation: JsonNode | null = get(bytes, root, 'conversation');
  return textOf(bytes, conversation) ?? textOf(bytes, get(bytes, conversation, 'id'));
}
