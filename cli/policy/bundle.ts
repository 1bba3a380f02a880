/** `weir policy bundle`: policies as one signed document for many nodes. Each command stands in its own file in bundle/. */
import { type Command, type CommandEntry, UsageError } from '../command.ts';

const SUBCOMMANDS: readonly CommandEntry[] = [
  { name: 'key', summary: 'makes a pair of keys to sign with', load: () => import('./bundle/key.ts') },
  { name: 'build', summary: 'makes a bundle of policies, checked and tested', load: () => import('./bundle/build.ts') },
  { name: 'sign', summary: 'adds a signature', load: () => import('./bundle/sign.ts') },
  { name: 'verify', summary: 'says what is in it and who signed', load: () => import('./bundle/verify.ts') },
  { name: 'publish', summary: 'puts it where nodes look', load: () => import('./bundle/publish.ts') },
  { name: 'status', summary: 'which node runs which version', load: () => import('./bundle/status.ts') },
  { name: 'rollback', summary: 'an older one again, under a new version', load: () => import('./bundle/rollback.ts') },
];
const NAMES = SUBCOMMANDS.map(({ name }) => name);

export const command: Command = {
  name: 'policy bundle',
  summary: 'policies as one signed document for many nodes',
  usage: `weir policy bundle ${NAMES.join('|')}`,
  details: [
    'A node whose configuration names a bundle takes up what is signed by one of its keys and newer than what it',
    'runs, and keeps the last good one. docs/fleet.md shows the way from a folder of policies to the nodes.',
  ].join('\n'),
  example: [
    'weir policy bundle key --out policy.key',
    'weir policy bundle build policies/ --name prod --version 12 --out prod.bundle',
    'weir policy bundle sign prod.bundle --key policy.key',
    'weir policy bundle publish prod.bundle --to /srv/policies/prod.bundle --key policy.key.pub',
  ].join('\n'),
  options: {},
  subcommands: SUBCOMMANDS,
  async run() {
    throw new UsageError(`needs one of ${NAMES.join(', ')}`);
  },
};
