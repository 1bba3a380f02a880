/**
 * Cohere chat, both versions: https://docs.cohere.com/reference/chat and /v1/reference/chat. Sets zones; reads no text
 * itself.
 */
import type { Role } from '../../flow/segment.ts';
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, NO_TEXT, treat } from './marks.ts';
import { markTurns } from './turns.ts';
import { METADATA, SYSTEM, USER, type Zone, zone } from './zone.ts';

/** Version 1: `message` is new, `chat_history` is not; `preamble`, `documents`, `tool_results`. */
export function markCohereChatRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  for (const preamble of getAll(bytes, root, 'preamble')) preamble.zone = SYSTEM;
  for (const documents of getAll(bytes, root, 'documents')) documents.zone = zone('file', 'latest');
  for (const results of getAll(bytes, root, 'tool_results')) results.zone = zone('tool', 'latest');
  const userContents: (JsonNode | null)[] = [];
  const messages = getAll(bytes, root, 'message');
  const turns = getAll(bytes, root, 'chat_history').flatMap((history) => [...itemsOf(history)]);
  // The new message stands outside of the list, and follows all of it.
  markTurns(
    [...turns, ...messages],
    (turn) => (messages.includes(turn) ? 'user' : roleOf(textOf(bytes, get(bytes, turn, 'role')))),
    (turn, role) => {
      if (role === 'user') userContents.push(turn.kind === 'string' ? turn : get(bytes, turn, 'message'));
    },
  );
  return {
    conversationId: textOf(bytes, get(bytes, root, 'conversation_id')),
    firstUserText: firstTextOf(bytes, userContents),
  };
}

/** Version 2: `messages` as OpenAI has them, with documents among the parts and beside them. */
export function markCohereChat2Request(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  for (const documents of getAll(bytes, root, 'documents')) documents.zone = zone('file', 'latest');
  const userContents: JsonNode[] = [];
  for (const messages of getAll(bytes, root, 'messages')) {
    markTurns(
      itemsOf(messages),
      (message) => roleOf(textOf(bytes, get(bytes, message, 'role'))),
      (message, role, around) => {
        for (const content of getAll(bytes, message, 'content')) {
          if (role === 'user') userContents.push(content);
          markParts(bytes, content, around);
        }
      },
    );
  }
  return { conversationId: null, firstUserText: firstTextOf(bytes, userContents) };
}

/** A whole answer of version 1 (`text`, `tool_calls`, `chat_history`), or the last event of its stream. */
export function markCohereChatResponse(bytes: Buffer, root: JsonNode): Marks {
  const answer = get(bytes, root, 'response');
  root.zone = METADATA;
  const assistant = zone('assistant', 'latest');
  for (const node of [root, ...(answer?.kind === 'object' ? [answer] : [])]) {
    for (const key of ['text', 'tool_calls', 'citations', 'chat_history', 'generations']) {
      for (const found of getAll(bytes, node, key)) found.zone = assistant;
    }
    for (const documents of getAll(bytes, node, 'documents')) documents.zone = zone('file', 'latest');
  }
  return { conversationId: textOf(bytes, get(bytes, root, 'conversation_id')), firstUserText: NO_TEXT };
}

/** `message` with content blocks, plan and calls. */
export function markCohereChat2Response(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  for (const message of getAll(bytes, root, 'message')) message.zone = zone('assistant', 'latest');
  for (const delta of getAll(bytes, root, 'delta')) delta.zone = zone('assistant', 'latest');
}

/** Embed, rerank, classify and the like: all texts are what somebody wants worked on. */
export function markCohereEmbedRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  for (const key of ['texts', 'inputs', 'query', 'examples', 'text', 'prompt']) {
    for (const node of getAll(bytes, root, key)) {
      node.zone = USER;
      for (const input of itemsOf(node)) markParts(bytes, get(bytes, input, 'content'), USER);
    }
  }
  for (const images of getAll(bytes, root, 'images')) images.zone = zone('user', 'latest', 'media');
  for (const documents of getAll(bytes, root, 'documents')) documents.zone = zone('file', 'latest');
  return { conversationId: null, firstUserText: NO_TEXT };
}

/** Vectors by type hold no text. */
export function markCohereEmbedResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  treat(get(bytes, root, 'embeddings'), METADATA, 'skip');
  for (const key of ['results', 'texts', 'generations', 'summary']) {
    for (const node of getAll(bytes, root, key)) node.zone = zone('assistant', 'latest');
  }
}

function markParts(bytes: Buffer, content: JsonNode | null, around: Zone): void {
  for (const part of itemsOf(content)) {
    treat(get(bytes, part, 'image_url'), around, 'media');
    for (const document of getAll(bytes, part, 'document')) document.zone = zone('file', around.position);
  }
}

/** `CHATBOT` and `USER` in version 1, in small letters in version 2. */
function roleOf(role: string | null): Role {
  switch (role?.toLowerCase()) {
    case 'chatbot':
    case 'assistant':
      return 'assistant';
    case 'system':
    case 'developer':
      return 'system';
    case 'tool':
      return 'tool';
    default:
      return 'user';
  }
}
