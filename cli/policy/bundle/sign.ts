/** `weir policy bundle sign`: adds a signature to a bundle, in place. */
import { createPublicKey } from 'node:crypto';
import { keyId, signBundle } from '../../../engine/decide/policy-bundle.ts';
import type { Command } from '../../command.ts';
import { bundleArgument, neededOption, privateKeyAt, readBundleAt, writeBundleAt } from './bundle-files.ts';

export const command: Command = {
  name: 'policy bundle sign',
  summary: 'adds a signature',
  usage: 'weir policy bundle sign FILE --key PRIVATE',
  details: [
    'Signs the content of the bundle with an Ed25519 private key and writes it back. Signatures of other keys stay,',
    'so that keys can be changed without a gap; a second one of the same key takes the place of the first.',
  ].join('\n'),
  example: 'weir policy bundle sign prod.bundle --key policy.key',
  options: { key: { type: 'string' } },
  async run(context) {
    const file = bundleArgument(context);
    const key = privateKeyAt(context, neededOption(context, 'key', 'the private key'));
    const signed = signBundle(readBundleAt(context, file), key);
    writeBundleAt(context, file, signed);
    const { name, version } = signed.bundle;
    context.out(`${name} ${version}: signed by ${keyId(createPublicKey(key))}\n`);
    return 0;
  },
};
