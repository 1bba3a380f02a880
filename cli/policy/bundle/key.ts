/** `weir policy bundle key`: a pair of Ed25519 keys. The private one signs and stays with the security team. */
import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { keyId } from '../../../engine/decide/policy-bundle.ts';
import { type Command, UsageError } from '../../command.ts';
import { neededOption, pathOf } from './bundle-files.ts';

export const command: Command = {
  name: 'policy bundle key',
  summary: 'makes a pair of keys to sign with',
  usage: 'weir policy bundle key --out FILE',
  details: [
    'Writes an Ed25519 private key to FILE (PKCS #8 in PEM, mode 0600) and the public one to FILE.pub, and prints',
    'the id of the pair. The public one goes to the nodes, as `bundle.keys`; the private one to nobody. A file that',
    'is there is left alone.',
  ].join('\n'),
  example: 'weir policy bundle key --out policy.key',
  options: { out: { type: 'string' } },
  async run(context) {
    const file = neededOption(context, 'out', 'the file for the private key');
    const path = pathOf(context, file);
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const files: readonly (readonly [string, string | Buffer, number])[] = [
      [path, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600],
      [`${path}.pub`, publicKey.export({ type: 'spki', format: 'pem' }), 0o644],
    ];
    const written: string[] = [];
    try {
      for (const [name, pem, mode] of files) {
        writeFileSync(name, pem, { mode, flag: 'wx' });
        written.push(name);
      }
    } catch (error) {
      for (const name of written) rmSync(name);
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
      throw new UsageError(code === 'EEXIST' ? `${file} or ${file}.pub is there already` : `${file}: ${code}`);
    }
    context.out(`${keyId(publicKey)}\n`);
    return 0;
  },
};
