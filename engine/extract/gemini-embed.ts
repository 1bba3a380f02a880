/**
 * Gemini's other methods: countTokens, embedContent and batchEmbedContents (https://ai.google.dev/api/tokens,
 * /embeddings), and Vertex's `predict`. Sets zones; reads no text itself.
 */
import { markGenerateRequest } from './gemini-generate.ts';
import { get, getAll, itemsOf, type JsonNode } from './json.ts';
import { firstTextOf, type Marks, NO_MARKS, treat } from './marks.ts';
import { METADATA, USER } from './zone.ts';

/** `contents`, or a whole `generateContentRequest`. */
export function markCountRequest(bytes: Buffer, root: JsonNode): Marks {
  const inner = get(bytes, root, 'generateContentRequest') ?? get(bytes, root, 'generate_content_request');
  const marks = markGenerateRequest(bytes, inner ?? root);
  root.zone = METADATA;
  return marks;
}

/** `content`, `requests` of one each, or (Vertex) `instances`. */
export function markEmbedRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const contents: JsonNode[] = [];
  for (const call of [root, ...itemsOf(get(bytes, root, 'requests'))]) {
    for (const content of getAll(bytes, call, 'content')) {
      content.zone = USER;
      contents.push(...getAll(bytes, content, 'parts'));
    }
  }
  for (const instances of getAll(bytes, root, 'instances')) {
    instances.zone = USER;
    for (const instance of itemsOf(instances)) {
      for (const key of ['image', 'video', 'referenceImages']) {
        treat(get(bytes, get(bytes, instance, key), 'bytesBase64Encoded'), USER, 'media');
      }
    }
  }
  return contents.length === 0 ? NO_MARKS : { conversationId: null, firstUserText: firstTextOf(bytes, contents) };
}

/** Counts and vectors hold no text; what `predict` answers is the model's. */
export function markEmbedResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  for (const embedding of [get(bytes, root, 'embedding'), ...itemsOf(get(bytes, root, 'embeddings'))]) {
    treat(get(bytes, embedding, 'values'), METADATA, 'skip');
  }
  for (const prediction of itemsOf(get(bytes, root, 'predictions'))) {
    prediction.zone = { role: 'assistant', position: 'latest', treatment: 'text' };
    treat(get(bytes, get(bytes, prediction, 'embeddings'), 'values'), METADATA, 'skip');
    treat(get(bytes, prediction, 'bytesBase64Encoded'), prediction.zone, 'media');
  }
}
