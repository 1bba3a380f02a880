/** `weir policy bundle verify`: what is in a bundle, and whether one of the keys has signed it. */
import { signerOf } from '../../../engine/decide/policy-bundle.ts';
import { type Command, hasOption, listOption, UsageError } from '../../command.ts';
import { bundleArgument, publicKeyAt, readBundleAt } from './bundle-files.ts';

export const command: Command = {
  name: 'policy bundle verify',
  summary: 'says what is in it and who signed',
  usage: 'weir policy bundle verify FILE --key PUBLIC [--key PUBLIC…] [--json]',
  details: 'Exit code 1 where none of the keys has signed it, 2 where it is no bundle.',
  example: 'weir policy bundle verify prod.bundle --key policy.key.pub',
  options: { key: { type: 'string', multiple: true }, json: { type: 'boolean' } },
  async run(context) {
    const file = bundleArgument(context);
    const named = listOption(context, 'key');
    if (named.length === 0) throw new UsageError('needs --key, a public key');
    const keys = named.map((name) => publicKeyAt(context, name));
    const signed = readBundleAt(context, file);
    const signer = signerOf(signed, keys);
    const { files, ...head } = signed.bundle;
    const names = files.map(({ path }) => path);
    const signatures = signed.signatures.map(({ key }) => key);
    if (hasOption(context, 'json')) {
      context.out(`${JSON.stringify({ ok: signer !== null, ...head, files: names, signatures, signer })}\n`);
    } else {
      context.out(`${head.name} ${head.version}, made ${head.created}: ${names.join(', ')}\n`);
      if (signer === null)
        context.err(`${file}: signed by ${signatures.join(', ') || 'nobody'}, by none of these keys\n`);
      else context.out(`signed by ${signer}\n`);
    }
    return signer === null ? 1 : 0;
  },
};
