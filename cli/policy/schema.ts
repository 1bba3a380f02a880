/** `weir policy schema`: the JSON Schema of a policy file, on stdout. */
import { policySchema } from '../../engine/decide/policy-file.ts';
import type { Command } from '../command.ts';

/** What policies/policy.schema.json holds: two spaces, a line feed at the end. */
export function schemaText(): string {
  return `${JSON.stringify(policySchema(), null, 2)}\n`;
}

export const command: Command = {
  name: 'policy schema',
  summary: 'prints the JSON Schema of a policy file',
  usage: 'weir policy schema [--json]',
  details: [
    'For editors: a policy that begins with',
    '  # yaml-language-server: $schema=./policy.schema.json',
    'is checked and completed while it is written. The output is JSON with and without --json.',
  ].join('\n'),
  example: 'weir policy schema > policies/policy.schema.json',
  options: { json: { type: 'boolean' } },
  async run(context) {
    context.out(schemaText());
    return 0;
  },
};
