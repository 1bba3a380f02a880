/** `weir policy`: the group of commands on policies. Each stands in its own file in policy/. */

import { type Command, UsageError } from './command.ts';

const SUBCOMMANDS = [
  {
    name: 'check',
    summary: 'validates policies and points at rules that can never act',
    load: () => import('./policy/check.ts'),
  },
  { name: 'test', summary: 'runs the tests written in the policies', load: () => import('./policy/test.ts') },
  {
    name: 'explain',
    summary: 'shows why a text or an event gets its decision',
    load: () => import('./policy/explain.ts'),
  },
  {
    name: 'suggest',
    summary: 'a rule that would have stopped an event or an edge',
    load: () => import('./policy/suggest.ts'),
  },
  {
    name: 'fingerprint',
    summary: 'the fingerprints of a value read from stdin',
    load: () => import('./policy/fingerprint.ts'),
  },
  {
    name: 'bundle',
    summary: 'policies as one signed document for many nodes',
    load: () => import('./policy/bundle.ts'),
  },
  {
    name: 'backtest',
    summary: 'what policies would have done to the events on record',
    load: () => import('./policy/backtest.ts'),
  },
  { name: 'schema', summary: 'prints the JSON Schema of a policy file', load: () => import('./policy/schema.ts') },
] as const;

export const command: Command = {
  name: 'policy',
  summary: 'checks, tests and explains policies',
  usage: `weir policy ${SUBCOMMANDS.map((one) => one.name).join('|')} [OPTIONS]`,
  details:
    'Policies are YAML files; docs/policies.md says what they take. Without files, those of the configuration are used.',
  example: 'weir policy check policies/\nweir policy test\necho "my card is 4111 1111 1111 1111" | weir policy explain',
  options: {},
  subcommands: SUBCOMMANDS,
  async run() {
    throw new UsageError(`expected one of ${SUBCOMMANDS.map((one) => one.name).join(', ')}`);
  },
};
