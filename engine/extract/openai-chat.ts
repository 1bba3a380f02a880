/**
 * OpenAI chat completions: https://platform.openai.com/docs/api-reference/chat. Spoken also by Azure, Groq, Together,
 * Mistral, vLLM, OpenRouter, GitHub Copilot and many more, each with extras of its own. Sets zones; reads no text itself.
 */
import type { ChatCompletion, ChatCompletionCreateParams } from 'openai/resources/chat/completions';
import type { Position, Role } from '../../flow/segment.ts';
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, skipTime, treat } from './marks.ts';
import { markTurns } from './turns.ts';
import { METADATA, type Zone, zone } from './zone.ts';

/** `messages` with roles `system` and `developer` (outside the turns), `user`, `assistant`, `tool` and `function`. */
export function markChatRequest(bytes: Buffer, root: JsonNode<ChatCompletionCreateParams>): Marks {
  root.zone = METADATA;
  const userContents: JsonNode[] = [];
  for (const messages of getAll(bytes, root, 'messages')) {
    markTurns(
      itemsOf(messages) as readonly JsonNode[],
      (message) => roleOf(textOf(bytes, get(bytes, message, 'role'))),
      (message, role, around) => {
        for (const content of getAll(bytes, message, 'content')) {
          if (role === 'user') userContents.push(content);
          markParts(bytes, content, around);
        }
        markReasoning(bytes, message, around);
      },
    );
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
    if (message === null) continue;
    markParts(bytes, get(bytes, message, 'content'), assistant);
    markReasoning(bytes, message, assistant);
  }
}

/** Content parts: text stays as it is; an image, audio or file is media. */
export function markParts(bytes: Buffer, content: JsonNode | null, around: Zone): void {
  for (const part of itemsOf(content)) {
    treat(get(bytes, part, 'image_url'), around, 'media');
    // Mistral's parts hold the URL, or the sound itself, without an object around it.
    const audio = get(bytes, part, 'input_audio');
    treat(audio?.kind === 'string' ? audio : get(bytes, audio, 'data'), around, 'media');
    treat(get(bytes, part, 'document_url'), zone('file', around.position), 'media');
    for (const file of getAll(bytes, part, 'file')) markFile(bytes, file, around.position);
  }
}

/** OpenRouter's reasoning goes back with the next request as it came: parts of it are signed or encrypted. */
export function markReasoning(bytes: Buffer, message: JsonNode, around: Zone): void {
  for (const details of getAll(bytes, message, 'reasoning_details')) {
    details.zone = zone(around.role, around.position, 'signed');
    for (const detail of itemsOf(details)) {
      if (textOf(bytes, get(bytes, detail, 'type')) === 'reasoning.encrypted') {
        treat(get(bytes, detail, 'data'), around, 'sealed');
      }
    }
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
