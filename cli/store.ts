/** `weir store`: the PostgreSQL that `store` names. */
import { type Command, UsageError } from './command.ts';

export const command: Command = {
  name: 'store',
  summary: 'the store that many nodes write to',
  usage: 'weir store migrate|check|copy|retain',
  details:
    'What a shared store in PostgreSQL needs; docs/postgres.md has its roles. The embedded store needs none of it.',
  example: ['weir store migrate --roles', 'weir store check'].join('\n'),
  options: {},
  subcommands: [
    {
      name: 'migrate',
      summary: 'makes its tables, or brings them up to date',
      load: () => import('./store/migrate.ts'),
    },
    { name: 'check', summary: 'whether what it counts is what it holds', load: () => import('./store/check.ts') },
    { name: 'copy', summary: 'moves the records of a home into it', load: () => import('./store/copy.ts') },
    { name: 'retain', summary: 'lets go of what is over its age', load: () => import('./store/retain.ts') },
  ],
  async run() {
    throw new UsageError('needs one of migrate, check, copy, retain');
  },
};
