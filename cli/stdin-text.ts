/** What a command reads from stdin, whole and bounded. */
import { UsageError } from './command.ts';

/** Throws UsageError for more than so many bytes. */
export async function readAll(stdin: NodeJS.ReadableStream, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += bytes.length;
    if (length > maxBytes) throw new UsageError(`more than ${maxBytes / 1024} KiB on stdin`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
