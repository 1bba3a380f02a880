/** `weir ca request`: this home's request for an authority below a root. */
import { pemOf } from '../../keys/certificate.ts';
import { requestAuthority } from '../../proxy/tls/intermediate.ts';
import { homePaths } from '../../store/home.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  name: 'ca request',
  summary: 'ask a root for an authority of its own',
  usage: 'weir ca request > NAME.csr',
  details: `Makes a key in home (ca/ca-requested.key) and prints a request for it (PKCS #10, PEM), to be signed
by the root's owner with
weir ca sign and taken up with weir ca install. The same key until then. The present authority goes on
meanwhile.`,
  example: 'weir ca request > web-1.csr',
  options: {},
  async run(context) {
    context.out(pemOf(requestAuthority(homePaths(context.config().home).caFolder), 'CERTIFICATE REQUEST'));
    return 0;
  },
};
