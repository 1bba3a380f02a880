/** How an exchange's route stands in its record: method and path without query, with findings replaced. Pure. */
import type { Finding } from '../flow/finding.ts';
import type { Segment } from '../flow/segment.ts';

const MAX_CHARS = 1024;

/** `POST /v1/chat/completions`; `GET /users/[EMAIL_ADDRESS]`. */
export function describeRoute(
  method: string,
  target: string,
  segments: readonly Segment[],
  findings: readonly Finding[],
): string {
  const path = target.split('?', 1)[0] ?? '';
  const inPath = findings.filter((finding) => {
    const segment = segments[finding.segment];
    return segment?.part.kind === 'target' && segment.path.startsWith('/path');
  });
  if (inPath.length === 0) return `${method} ${path}`.slice(0, MAX_CHARS);
  const shown = new Set(inPath.map((finding) => finding.segment));
  const parts = [...shown].map((index) => {
    const text = segments[index]?.text ?? Buffer.alloc(0);
    let out = '';
    let at = 0;
    for (const finding of inPath) {
      if (finding.segment !== index || finding.start < at) continue;
      out += `${text.toString('utf8', at, finding.start)}[${finding.entity}]`;
      at = finding.end;
    }
    return out + text.toString('utf8', at);
  });
  return `${method} ${parts.join('/')}`.slice(0, MAX_CHARS);
}
