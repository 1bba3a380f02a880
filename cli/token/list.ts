/** `weir token list`: who may come in. No secret is kept, so that none can be shown. */
import { homePaths } from '../../store/home.ts';
import { listTokens } from '../../store/tokens.ts';
import { type Command, hasOption } from '../command.ts';
import { tableText } from '../log/table.ts';

export const command: Command = {
  name: 'token list',
  summary: 'which tokens there are',
  usage: 'weir token list [--json]',
  details: 'Those that have run out are shown until they are revoked. LAST USED is to the hour.',
  example: 'weir token list',
  options: { json: { type: 'boolean' } },
  async run(context) {
    const tokens = listTokens(homePaths(context.config().home));
    if (hasOption(context, 'json')) {
      for (const token of tokens) context.out(`${JSON.stringify(token)}\n`);
      return 0;
    }
    if (tokens.length === 0) {
      context.err('weir: there are no tokens; `weir token create --name NAME --role ROLE` makes one\n');
      return 0;
    }
    const now = Date.now();
    const rows = tokens.map(({ id, name, role, created, expires, lastUsed }) => {
      const end = expires === null ? 'never' : `${expires.slice(0, 10)}${Date.parse(expires) <= now ? ' (over)' : ''}`;
      const used = lastUsed === null ? 'never' : `${lastUsed.slice(0, 13)}h`;
      return [id, name, role, created.slice(0, 10), end, used].map((text) => ({ text }));
    });
    context.out(tableText(['ID', 'NAME', 'ROLE', 'MADE', 'EXPIRES', 'LAST USED'], rows, { color: context.color }));
    return 0;
  },
};
