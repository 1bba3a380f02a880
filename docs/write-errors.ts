/**
 * Writes docs/errors.md from the table in flow/errors.ts: `node docs/write-errors.ts`. The text in the table is the only
 * source; a test fails while the file differs from it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';
import { ERRORS, type Fault } from '../flow/errors.ts';

const WHOSE: Readonly<Record<Fault, string>> = {
  client: 'the caller or the configuration',
  upstream: 'the upstream',
  policy: 'a policy',
  us: 'weir',
};

/** The whole of docs/errors.md. */
export function errorsDocument(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { meaning, fault, hint }]) => `| \`${code}\` | ${cell(meaning)} | ${WHOSE[fault]} | ${cell(hint)} |`,
  );
  return `# Errors

Made by \`node docs/write-errors.ts\` from flow/errors.ts; do not edit it here.

The code stands in the message of a command (\`weir: CODE: …\`), in the answer of the proxy
(\`error.code\`) and in the \`reason\` of an event. No message holds a value taken from a request.
A command exits with 2 for \`config_invalid\`, \`policy_invalid\`, \`pattern_invalid\`, \`listener_open\` and
\`model_unusable\`, and with 1 for the others.

| code | meaning | at fault | how to mend it |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

if (import.meta.main) writeFileSync(join(packageRoot, 'docs', 'errors.md'), errorsDocument());
