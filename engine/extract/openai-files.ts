/**
 * OpenAI files, batches and fine-tuning: https://platform.openai.com/docs/api-reference/files, /batch, /fine-tuning.
 * The calls themselves name files and models; what users say stands in the files (see call-lines.ts).
 */
import { markCall } from './call-lines.ts';
import { get, type JsonNode } from './json.ts';
import { type Marks, NO_MARKS, skipTime } from './marks.ts';
import { METADATA } from './zone.ts';

/** A batch or a fine-tuning job: names and ids. */
export function markJobRequest(_bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  return NO_MARKS;
}

/** What the provider says of a job or a file, or the only line of an output file. */
export function markJobResponse(bytes: Buffer, root: JsonNode): void {
  root.zone = METADATA;
  skipTime(get(bytes, root, 'created_at'));
  markCall(bytes, root, 'response');
}
