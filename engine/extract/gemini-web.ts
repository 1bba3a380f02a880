/**
 * The page of Gemini (`StreamGenerate`, `batchexecute`): a form whose field `f.req` holds JSON in JSON. Not documented by
 * the vendor: every string in it is read, wherever it stands; here only the conversation's id is looked for.
 */
import { pairsOf } from './head.ts';
import { type Marks, NO_MARKS } from './marks.ts';
import { decodePercent } from './percent.ts';

/** The page's own token against forged requests: what the call is made with, as a credential in a header is. */
export const PAGE_TOKEN = 'at';

/** Ids of a conversation, its last turn and the choice made in it stand together: `c_…`, `r_…`, `rc_…`. */
const CONVERSATION = /\\*"(c_[0-9a-f]{6,64})\\*"/;

export function marksOfGeminiForm(body: Buffer): Marks {
  const request = pairsOf(body, 0, body.length).find(({ name }) => name === 'f.req');
  if (request === undefined) return NO_MARKS;
  const text = decodePercent(body.subarray(request.start, request.end), true).toString('utf8');
  return { ...NO_MARKS, conversationId: CONVERSATION.exec(text)?.[1] ?? null };
}
