/** OpenAI embeddings: https://platform.openai.com/docs/api-reference/embeddings. Sets zones; reads no text itself. */
import type { CreateEmbeddingResponse, EmbeddingCreateParams } from 'openai/resources/embeddings';
import { get, getAll, itemsOf, type JsonNode } from './json.ts';
import { treat } from './marks.ts';
import { METADATA, USER } from './zone.ts';

/** `input`: a text, several, or token numbers (which hold no text that could be read here). */
export function markEmbeddingsRequest(bytes: Buffer, root: JsonNode<EmbeddingCreateParams>): void {
  root.zone = METADATA;
  for (const input of getAll(bytes, root, 'input')) input.zone = USER;
}

/** The vectors, numbers or base64, hold no text. */
export function markEmbeddingsResponse(bytes: Buffer, root: JsonNode<CreateEmbeddingResponse>): void {
  root.zone = METADATA;
  for (const item of itemsOf(get(bytes, root, 'data'))) treat(get(bytes, item, 'embedding'), METADATA, 'skip');
}
