/** `weir fleet requests`: what proxies ask the owner of the offline root for. */
import { resolve } from 'node:path';
import { pemOf } from '../../keys/certificate.ts';
import { putOver } from '../../keys/private-files.ts';
import { type Command, textOption } from '../command.ts';
import { centreHere } from './centre-here.ts';

export const command: Command = {
  name: 'fleet requests',
  summary: 'authorities that wait for their root',
  usage: 'weir fleet requests [--out FOLDER]',
  details: `The names of proxies whose request for an authority has no answer yet; with --out, their requests
as NAME.csr, to be
carried to the root and signed there (weir ca sign), and handed back (weir fleet certify).`,
  example: 'weir fleet requests --out /media/usb',
  options: { out: { type: 'string' } },
  async run(context) {
    const { files } = centreHere(context);
    const out = textOption(context, 'out');
    for (const { name, revoked } of files.nodes()) {
      const request = files.request(name);
      if (revoked !== null || request === null || files.intermediate(name) !== null) continue;
      const file = out === null ? null : resolve(context.cwd, out, `${name}.csr`);
      if (file !== null) putOver(file, pemOf(request, 'CERTIFICATE REQUEST'), 0o644);
      context.out(`${file ?? name}\n`);
    }
    return 0;
  },
};
