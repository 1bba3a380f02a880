/**
 * Code Assist (cloudcode-pa.googleapis.com `/v1internal:generateContent`), which Gemini CLI speaks when signed in with
 * Google: a Gemini request under `request`, an answer under `response`. As in gemini-cli's public source. Sets zones only.
 */
import { markGenerateRequest, markGenerateResponse } from './gemini-generate.ts';
import { get, type JsonNode, textOf } from './json.ts';
import { type Marks, NO_MARKS } from './marks.ts';
import { METADATA } from './zone.ts';

export function markCodeAssistRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const request = get(bytes, root, 'request');
  if (request === null) return NO_MARKS;
  const marks = markGenerateRequest(bytes, request);
  return { ...marks, conversationId: textOf(bytes, get(bytes, request, 'session_id')) };
}

export function markCodeAssistResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  for (const item of root.kind === 'array' ? root.items : [root]) {
    const response = get(bytes, item, 'response');
    if (response !== null) markGenerateResponse(bytes, response);
  }
}
