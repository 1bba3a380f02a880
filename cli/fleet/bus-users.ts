/** `weir fleet bus-users`: the part of nats-server's configuration that says which node may do what on the bus. */
import { resolve } from 'node:path';
import { busUsers } from '../../fleet/enrolment/bus-users.ts';
import { putOver } from '../../keys/private-files.ts';
import { type Command, textOption } from '../command.ts';
import { centreHere } from './centre-here.ts';

export const command: Command = {
  name: 'fleet bus-users',
  summary: 'the users of the bus, for nats-server',
  usage: 'weir fleet bus-users [--out FILE]',
  details: `Prints an authorization block with a user for each node that is in the fleet, known by its
certificate (verify_and_map), with
what its role may publish and read: a node publishes under its own name alone. Include it in nats-server's
configuration and have the server read it again (nats-server --signal reload) after a node has joined or was
revoked: a
user that is gone is disconnected.`,
  example: 'weir fleet bus-users --out /etc/nats/weir-users.conf && nats-server --signal reload',
  options: { out: { type: 'string' } },
  async run(context) {
    const { files } = centreHere(context);
    const text = busUsers(files.nodes());
    const out = textOption(context, 'out');
    if (out === null) context.out(text);
    else putOver(resolve(context.cwd, out), text, 0o600);
    return 0;
  },
};
