/** `weir token`: who may open the console and its API. Works beside a running Weir, which sees a change at once. */
import { type Command, UsageError } from './command.ts';

export const command: Command = {
  name: 'token',
  summary: 'who may open the console and its API',
  usage: 'weir token create|list|revoke',
  details: [
    'A token lets in whoever has it, as its name and with its role: viewer reads; reviewer opens excerpts and',
    'reviews; admin changes policies and tokens. Home keeps a digest of it, not the token. Reviews are signed with',
    'the name. `weir up` prints a link for the first time, good once and for ten minutes.',
  ].join('\n'),
  example: ['weir token create --name alice --role reviewer', 'weir token list', 'weir token revoke --name alice'].join(
    '\n',
  ),
  options: {},
  subcommands: [
    { name: 'create', summary: 'make one, and print it this once', load: () => import('./token/create.ts') },
    { name: 'list', summary: 'which there are', load: () => import('./token/list.ts') },
    { name: 'revoke', summary: 'take one back, and end its sessions', load: () => import('./token/revoke.ts') },
  ],
  async run() {
    throw new UsageError('needs one of create, list, revoke');
  },
};
