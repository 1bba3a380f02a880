/**
 * Anthropic messages and count_tokens: https://docs.anthropic.com/en/api/messages. Sets zones; reads no text itself.
 * Thinking blocks are signed: they are read, and never edited in either direction.
 */
import type { Position, Role } from '../../flow/segment.ts';
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, treat } from './marks.ts';
import { positionsOf } from './turns.ts';
import { METADATA, SYSTEM, type Zone, zone } from './zone.ts';

/** `system`, and `messages` of roles `user` and `assistant` with content blocks; tool results stand in user turns. */
export function markMessagesRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  for (const system of getAll(bytes, root, 'system')) system.zone = SYSTEM;
  const userContents: JsonNode[] = [];
  for (const messages of getAll(bytes, root, 'messages')) {
    const roles = itemsOf(messages).map((message) => roleOf(textOf(bytes, get(bytes, message, 'role'))));
    const positions = positionsOf(
      roles.map((role) => (role === 'assistant' ? 'assistant' : role === 'system' ? 'outside' : 'asks')),
    );
    itemsOf(messages).forEach((message, i) => {
      const role = roles[i] as Role;
      const around = role === 'system' ? SYSTEM : zone(role, positions[i] as Position);
      message.zone = around;
      for (const content of getAll(bytes, message, 'content')) {
        if (role === 'user') userContents.push(content);
        for (const block of itemsOf(content)) markBlock(bytes, block, around);
      }
    });
  }
  return { conversationId: sessionOf(bytes, root), firstUserText: firstTextOf(bytes, userContents) };
}

/** A whole message. */
export function markMessagesResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  const assistant = zone('assistant', 'latest');
  for (const content of getAll(bytes, root, 'content')) {
    content.zone = assistant;
    for (const block of itemsOf(content)) markBlock(bytes, block, assistant);
  }
}

/** One content block. */
export function markBlock(bytes: Buffer, block: JsonNode, around: Zone): void {
  const type = textOf(bytes, get(bytes, block, 'type'));
  switch (type) {
    case 'thinking':
      block.zone = zone(around.role, around.position, 'signed');
      return;
    case 'redacted_thinking':
      block.zone = zone(around.role, around.position, 'signed');
      treat(get(bytes, block, 'data'), around, 'sealed');
      return;
    case 'image':
      block.zone = around;
      markSource(bytes, block, around);
      return;
    case 'document':
    case 'file':
    case 'container_upload':
      block.zone = zone('file', around.position);
      treat(get(bytes, block, 'file_id'), block.zone, 'reference');
      markSource(bytes, block, block.zone);
      return;
    default:
      if (type === null || !type.endsWith('tool_result')) return;
      // `tool_result`, `web_search_tool_result`, `code_execution_tool_result` …
      block.zone = zone('tool', around.position);
      for (const part of itemsOf(get(bytes, block, 'content'))) markBlock(bytes, part, block.zone);
  }
}

/** `source` of an image or document: base64, text, a URL, a file's id, or blocks. */
function markSource(bytes: Buffer, block: JsonNode, around: Zone): void {
  for (const source of getAll(bytes, block, 'source')) {
    if (textOf(bytes, get(bytes, source, 'type')) !== 'text') treat(get(bytes, source, 'data'), around, 'media');
    treat(get(bytes, source, 'url'), around, 'reference');
    treat(get(bytes, source, 'file_id'), around, 'reference');
    for (const part of itemsOf(get(bytes, source, 'content'))) markBlock(bytes, part, around);
  }
}

function roleOf(role: string | null): Role {
  // An unknown role is held to the strictest: what a user says now.
  return role === 'assistant' || role === 'system' ? role : 'user';
}

/** Claude Code writes `user_HASH_account_UUID_session_UUID` into `metadata.user_id`, or JSON with `session_id`. */
function sessionOf(bytes: Buffer, root: JsonNode): string | null {
  const userId = textOf(bytes, get(bytes, get(bytes, root, 'metadata'), 'user_id'));
  return /(?:_session_|"session_id"\s*:\s*")([0-9a-fA-F-]{36})/.exec(userId ?? '')?.[1] ?? null;
}
