/** OpenAI chat completions: https://platform.openai.com/docs/api-reference/chat. Sets zones; reads no text itself. */
import type { ChatCompletion, ChatCompletionCreateParams } from 'openai/resources/chat/completions';
import type { Position, Role } from '../../flow/segment.ts';
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, skipTime, treat } from './marks.ts';
import { positionsOf, type Turn } from './turns.ts';
import { METADATA, SYSTEM, type Zone, zone } from './zone.ts';

/** `messages` with roles `system` and `developer` (outside the turns), `user`, `assistant`, `tool` and `function`. */
export function markChatRequest(bytes: Buffer, root: JsonNode<ChatCompletionCreateParams>): Marks {
  root.zone = METADATA;
  const userContents: JsonNode[] = [];
  for (const messages of getAll(bytes, root, 'messages')) {
    const roles = itemsOf(messages).map((message) => roleOf(textOf(bytes, get(bytes, message, 'role'))));
    const positions = positionsOf(roles.map(turnOf));
    itemsOf(messages).forEach((message, i) => {
      const role = roles[i] as Role;
      message.zone = role === 'system' ? SYSTEM : zone(role, positions[i] as Position);
      for (const content of getAll(bytes, message, 'content')) {
        if (role === 'user') userContents.push(content);
        markParts(bytes, content, message.zone);
      }
    });
  }
  const conversation: JsonNode | null = root;
  return {
    conversationId: textOf(bytes, get(bytes, conversation, 'thread_id')),
    firstUserText: firstTextOf(bytes, userContents),
  };
}

/** `choices` with a whole `message` or a `delta`. */
export function markChatResponse(bytes: Buffer, root: JsonNode<ChatCompletion>): void {
  root.zone = METADATA;
  skipTime(get(bytes, root, 'created'));
  const assistant = zone('assistant', 'latest');
  for (const choice of itemsOf(get(bytes, root, 'choices'))) {
    choice.zone = assistant;
    const message: JsonNode | null = get(bytes, choice, 'message');
    treat(get(bytes, get(bytes, message, 'audio'), 'data'), assistant, 'media');
    treat(get(bytes, choice, 'logprobs'), assistant, 'skip');
    if (message !== null) markParts(bytes, get(bytes, message, 'content'), assistant);
  }
}

/** Content parts: text stays as it is; an image, audio or file is media. */
export function markParts(bytes: Buffer, content: JsonNode | null, around: Zone): void {
  for (const part of itemsOf(content)) {
    treat(get(bytes, part, 'image_url'), around, 'media');
    treat(get(bytes, get(bytes, part, 'input_audio'), 'data'), around, 'media');
    for (const file of getAll(bytes, part, 'file')) markFile(bytes, file, around.position);
  }
}

/** A file with its bytes (`file_data`), or by reference (`file_id`, `file_url`); its name is text of role `file`. */
export function markFile(bytes: Buffer, file: JsonNode, position: Position): void {
  const around = zone('file', position);
  file.zone = around;
  treat(get(bytes, file, 'file_data'), around, 'media');
  treat(get(bytes, file, 'file_url'), around, 'reference');
  treat(get(bytes, file, 'file_id'), around, 'reference');
}

function roleOf(role: string | null): Role {
  switch (role) {
    case 'system':
    case 'developer':
      return 'system';
    case 'assistant':
      return 'assistant';
    case 'tool':
    case 'function':
      return 'tool';
    default:
      // An unknown role is held to the strictest: what a user says now.
      return 'user';
  }
}

function turnOf(role: Role): Turn {
  return role === 'assistant' ? 'assistant' : role === 'system' ? 'outside' : 'asks';
}
