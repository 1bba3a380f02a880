/** Ollama's own API: https://docs.ollama.com/api. Answers stream as lines of JSON unless `stream` is false. Sets zones only. */
import type { Role } from '../../flow/segment.ts';
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, treat } from './marks.ts';
import { markTurns } from './turns.ts';
import { METADATA, SYSTEM, USER, zone } from './zone.ts';

/** `messages` as OpenAI has them, images beside the text, the arguments of calls as objects. */
export function markOllamaChatRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const userContents: JsonNode[] = [];
  for (const messages of getAll(bytes, root, 'messages')) {
    markTurns(
      itemsOf(messages),
      (message) => roleOf(textOf(bytes, get(bytes, message, 'role'))),
      (message, role, around) => {
        if (role === 'user') userContents.push(...getAll(bytes, message, 'content'));
        treat(get(bytes, message, 'images'), around, 'media');
      },
    );
  }
  return { conversationId: null, firstUserText: firstTextOf(bytes, userContents) };
}

/** `prompt`, `suffix`, `system`; `context` is token numbers of what was said before. */
export function markOllamaGenerateRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  for (const key of ['system', 'template']) for (const node of getAll(bytes, root, key)) node.zone = SYSTEM;
  const prompts = getAll(bytes, root, 'prompt');
  for (const node of [...prompts, ...getAll(bytes, root, 'suffix')]) node.zone = USER;
  treat(get(bytes, root, 'images'), USER, 'media');
  treat(get(bytes, root, 'context'), USER, 'skip');
  return { conversationId: null, firstUserText: firstTextOf(bytes, prompts) };
}

/** A whole answer, or one line of a stream. */
export function markOllamaResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  treat(get(bytes, root, 'context'), METADATA, 'skip');
  treat(get(bytes, root, 'created_at'), METADATA, 'skip');
  for (const key of ['message', 'response', 'thinking']) {
    for (const node of getAll(bytes, root, key)) node.zone = zone('assistant', 'latest');
  }
}

/** `input`, in the older call `prompt`. */
export function markOllamaEmbedRequest(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  for (const key of ['input', 'prompt']) for (const node of getAll(bytes, root, key)) node.zone = USER;
}

export function markOllamaEmbedResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  for (const key of ['embedding', 'embeddings']) treat(get(bytes, root, key), METADATA, 'skip');
}

function roleOf(role: string | null): Role {
  return role === 'assistant' || role === 'system' || role === 'tool' ? role : 'user';
}
