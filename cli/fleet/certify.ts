/** `weir fleet certify`: what the root's owner has signed goes to its proxy by the next news. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { keyOfRequest } from '../../keys/request.ts';
import { certificatesOf } from '../../proxy/tls/authority.ts';
import { type Command, UsageError } from '../command.ts';
import { centreHere } from './centre-here.ts';

export const command: Command = {
  name: 'fleet certify',
  summary: "hand a node its root's answer",
  usage: 'weir fleet certify NODE FILE',
  details: `FILE is what weir ca sign has printed: the certificate of the node's authority, and its root's. The
node takes it up with its
next question, and signs with it from its next start on. Exits 1 where it is not for the key that the node has
asked with.`,
  example: 'weir fleet certify web-1 web-1.pem',
  options: {},
  async run(context) {
    const [name, file, ...more] = context.positionals;
    if (name === undefined || file === undefined || more.length > 0)
      throw new UsageError('takes two arguments, NODE and FILE');
    const { files, record, say } = centreHere(context);
    const text = readFileSync(resolve(context.cwd, file), 'utf8');
    const request = files.request(name);
    const key = request === null ? null : keyOfRequest(request);
    const [certificate, root, ...others] = certificatesOf(text) ?? [];
    if (key === null) {
      say('there is no such node, or it has asked for no authority');
      return 1;
    }
    const isWhole = certificate !== undefined && root !== undefined && others.length === 0;
    if (!isWhole || !certificate.publicKey.equals(key) || !certificate.verify(root.publicKey)) {
      say(`${file} is not the certificate for this node's request with its root's behind it`);
      return 1;
    }
    files.putIntermediate(name, [certificate, root].map((one) => String(new X509Certificate(one.raw))).join(''));
    record(`node ${name} was given an authority below a root, until ${certificate.validToDate.toISOString()}`);
    return 0;
  },
};
