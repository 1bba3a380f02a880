/**
 * What Mistral has beside chat (which is OpenAI's): fill in the middle, conversations of agents, OCR.
 * https://docs.mistral.ai/api. Sets zones; reads no text itself.
 */
import type { Role } from '../../flow/segment.ts';
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, NO_MARKS, NO_TEXT, skipTime, treat } from './marks.ts';
import { markParts } from './openai-chat.ts';
import { markTurns } from './turns.ts';
import { METADATA, SYSTEM, USER, zone } from './zone.ts';

/** `prompt` stands before the gap, `suffix` behind it. */
export function markFimRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  for (const key of ['prompt', 'suffix']) for (const node of getAll(bytes, root, key)) node.zone = USER;
  return { conversationId: null, firstUserText: firstTextOf(bytes, getAll(bytes, root, 'prompt')) };
}

/** `inputs`: a text or entries (messages, results of functions, what agents said); `instructions`. */
export function markAgentRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  for (const instructions of getAll(bytes, root, 'instructions')) instructions.zone = SYSTEM;
  const userContents: (JsonNode | null)[] = [];
  for (const inputs of getAll(bytes, root, 'inputs')) {
    inputs.zone = USER;
    if (inputs.kind === 'string') userContents.push(inputs);
    markTurns(
      itemsOf(inputs),
      (entry) => roleOf(bytes, entry),
      (entry, role, around) => {
        const content = get(bytes, entry, 'content');
        if (role === 'user') userContents.push(content);
        markParts(bytes, content, around);
      },
    );
  }
  return { conversationId: null, firstUserText: firstTextOf(bytes, userContents) };
}

/** `outputs` with messages and calls; the conversation's id is what the next request goes to. */
export function markAgentResponse(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  for (const key of ['outputs', 'entries', 'messages']) {
    for (const node of getAll(bytes, root, key)) node.zone = zone('assistant', 'latest');
  }
  return { conversationId: textOf(bytes, get(bytes, root, 'conversation_id')), firstUserText: NO_TEXT };
}

/** `document` by URL, in base64 or by file; `document_annotation_prompt`. */
export function markOcrRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  for (const document of getAll(bytes, root, 'document')) {
    document.zone = zone('file', 'latest');
    for (const key of ['document_url', 'image_url']) treat(get(bytes, document, key), document.zone, 'media');
    treat(get(bytes, document, 'file_id'), document.zone, 'reference');
  }
  for (const prompt of getAll(bytes, root, 'document_annotation_prompt')) prompt.zone = USER;
  return NO_MARKS;
}

/** `pages` with their text as Markdown and their images. */
export function markOcrResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  skipTime(get(bytes, root, 'created'));
  for (const page of itemsOf(get(bytes, root, 'pages'))) {
    page.zone = zone('file', 'latest');
    for (const image of itemsOf(get(bytes, page, 'images'))) {
      treat(get(bytes, image, 'image_base64'), page.zone, 'media');
    }
  }
  for (const annotation of getAll(bytes, root, 'document_annotation')) annotation.zone = zone('assistant', 'latest');
}

function roleOf(bytes: Buffer, entry: JsonNode): Role {
  const type = textOf(bytes, get(bytes, entry, 'type'));
  if (type === 'function.result') return 'tool';
  if (type === 'message.output' || type === 'function.call' || type === 'tool.execution' || type === 'agent.handoff') {
    return 'assistant';
  }
  return textOf(bytes, get(bytes, entry, 'role')) === 'assistant' ? 'assistant' : 'user';
}
