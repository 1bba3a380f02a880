/** `weir fleet`: the centre that nodes join: who they are, and the keys that all of them have. */
import { type Command, UsageError } from './command.ts';

export const command: Command = {
  name: 'fleet',
  summary: 'the centre of many nodes: who joins, and their keys',
  usage: 'weir fleet init|serve|token|nodes|revoke|rotate|authorities|status|certificate|bus-users|requests|certify',
  details: `One home is the centre. It has the fleet's certificate authority, the keys that make a value's
fingerprint the same on
every node, and a list of the nodes. Nodes join it by a token (weir join) and ask it for news each so often;
each of them
goes on with what it has where the centre is away. docs/fleet.md tells how the parts go together.`,
  example: `weir fleet init --address centre.corp.example:8791
weir fleet serve
weir fleet token --role proxy
weir fleet nodes`,
  options: {},
  subcommands: [
    { name: 'init', summary: 'make a fleet in this home', load: () => import('./fleet/init.ts') },
    { name: 'serve', summary: 'answer its nodes', load: () => import('./fleet/serve.ts') },
    { name: 'token', summary: 'make a token to join with', load: () => import('./fleet/token.ts') },
    { name: 'nodes', summary: 'who has joined', load: () => import('./fleet/nodes.ts') },
    { name: 'revoke', summary: 'take a node, or a token, out', load: () => import('./fleet/revoke.ts') },
    {
      name: 'rotate',
      summary: 'a new key of fingerprints, or another certificate',
      load: () => import('./fleet/rotate.ts'),
    },
    { name: 'authorities', summary: 'the certificates that it trusts', load: () => import('./fleet/authorities.ts') },
    { name: 'status', summary: 'how this node stands with its fleet', load: () => import('./fleet/status.ts') },
    { name: 'certificate', summary: 'make a certificate for a server', load: () => import('./fleet/certificate.ts') },
    { name: 'bus-users', summary: 'the users of the bus, for nats-server', load: () => import('./fleet/bus-users.ts') },
    { name: 'requests', summary: 'authorities that wait for their root', load: () => import('./fleet/requests.ts') },
    { name: 'certify', summary: "hand a node its root's answer", load: () => import('./fleet/certify.ts') },
  ],
  async run() {
    throw new UsageError('needs a command; weir fleet --help lists them');
  },
};
