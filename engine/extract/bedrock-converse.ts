/**
 * Bedrock Converse and ConverseStream, and Amazon's own models by InvokeModel, which take the same messages:
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. Sets zones; reads no text itself.
 */
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { firstTextOf, type Marks, treat } from './marks.ts';
import { markTurns } from './turns.ts';
import { METADATA, SYSTEM, USER, type Zone, zone } from './zone.ts';

/** `system`, and `messages` of roles `user` and `assistant` whose blocks are told by their key. */
export function markConverseRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  for (const system of getAll(bytes, root, 'system')) system.zone = SYSTEM;
  for (const variables of getAll(bytes, root, 'promptVariables')) variables.zone = USER;
  const userContents: JsonNode[] = [];
  for (const messages of getAll(bytes, root, 'messages')) {
    markTurns(
      itemsOf(messages),
      (message) => (textOf(bytes, get(bytes, message, 'role')) === 'assistant' ? 'assistant' : 'user'),
      (message, role, around) => {
        for (const content of getAll(bytes, message, 'content')) {
          if (role === 'user') userContents.push(content);
          for (const block of itemsOf(content)) markConverseBlock(bytes, block, around);
        }
      },
    );
  }
  return { conversationId: null, firstUserText: firstTextOf(bytes, userContents) };
}

/** `output.message`. */
export function markConverseResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  const message = get(bytes, get(bytes, root, 'output'), 'message');
  if (message === null) return;
  message.zone = zone('assistant', 'latest');
  for (const block of itemsOf(get(bytes, message, 'content'))) markConverseBlock(bytes, block, message.zone);
}

export function markConverseBlock(bytes: Buffer, block: JsonNode, around: Zone): void {
  for (const key of ['image', 'video', 'audio']) {
    for (const media of getAll(bytes, block, key)) markSource(bytes, media, around);
  }
  for (const document of getAll(bytes, block, 'document')) {
    document.zone = zone('file', around.position);
    markSource(bytes, document, document.zone);
  }
  for (const result of getAll(bytes, block, 'toolResult')) {
    result.zone = zone('tool', around.position);
    for (const part of itemsOf(get(bytes, result, 'content'))) markConverseBlock(bytes, part, result.zone);
  }
  for (const reasoning of getAll(bytes, block, 'reasoningContent')) markReasoning(bytes, reasoning, around);
}

/** The text is signed, or all of it is encrypted. */
export function markReasoning(bytes: Buffer, reasoning: JsonNode, around: Zone): void {
  reasoning.zone = zone(around.role, around.position, 'signed');
  treat(get(bytes, reasoning, 'redactedContent'), around, 'sealed');
}

/** `source`: bytes in base64, text, content blocks, or a place in S3. */
function markSource(bytes: Buffer, media: JsonNode, around: Zone): void {
  for (const source of getAll(bytes, media, 'source')) {
    treat(get(bytes, source, 'bytes'), around, 'media');
    treat(get(bytes, get(bytes, source, 's3Location'), 'uri'), around, 'reference');
  }
}
