/** `weir fleet revoke`: a node, or a token, is taken out. The listener refuses it from the next request on. */
import { TOKEN_ID } from '../../fleet/enrolment/token-text.ts';
import { type Command, UsageError } from '../command.ts';
import { centreHere } from './centre-here.ts';

export const command: Command = {
  name: 'fleet revoke',
  summary: 'take a node, or a token, out of the fleet',
  usage: 'weir fleet revoke NODE\nweir fleet revoke TOKEN-ID',
  details: `The centre refuses a node from its next request on, and renews nothing for it. The others have it
on their signed list by
their next question; a bus forgets its user once its server has read weir fleet bus-users again. Records that
it wrote
stay, and stay verifiable. Its name goes to another only by weir fleet token --node. Where its disk is in other
hands,
weir fleet rotate makes a new key of fingerprints. Exits 1 where there is no such node.`,
  example: 'weir fleet revoke web-1',
  options: {},
  async run(context) {
    const [name, ...more] = context.positionals;
    if (name === undefined || more.length > 0) throw new UsageError('takes one argument, the name of a node');
    const { files, record, say } = centreHere(context);
    if (TOKEN_ID.test(name) && files.token(name) !== null) {
      files.removeToken(name);
      record(`the token ${name} to join the fleet was taken back`);
      say(`token ${name} is taken back`);
      return 0;
    }
    const node = files.node(name);
    if (node === null || node.revoked !== null) {
      say(node === null ? `there is no node of this name` : `node ${name} was revoked at ${node.revoked}`);
      return 1;
    }
    files.putNode({ ...node, revoked: new Date().toISOString() });
    files.raiseRevocationVersion();
    record(`node ${name} was taken out of the fleet`);
    say(`node ${name} is revoked; what has to follow on the bus: weir fleet bus-users`);
    return 0;
  },
};
