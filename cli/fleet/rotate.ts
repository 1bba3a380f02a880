/** `weir fleet rotate`: a new key of fingerprints, under a new epoch, from a time on that reaches all nodes before. */
import { createSecretKey, randomBytes } from 'node:crypto';
import { type Command, UsageError } from '../command.ts';
import { centreHere, spanOption } from './centre-here.ts';

export const command: Command = {
  name: 'fleet rotate',
  summary: 'begin a new key of fingerprints',
  usage: 'weir fleet rotate fingerprint-key [--in 1h]',
  details: `All nodes make new fingerprints under it from the same moment on, three times what passes between
their questions unless
--in says otherwise (0m: each from its next question on). The fingerprint says its epoch; keys before are kept,
     so that
values are still found (weir flows find), and exceptions by fingerprint still hold. The same value seen before
and after
counts as two where values are counted by fingerprints (minDistinct within one message aside).`,
  example: 'weir fleet rotate fingerprint-key',
  options: { in: { type: 'string' } },
  async run(context) {
    if (context.positionals.length !== 1 || context.positionals[0] !== 'fingerprint-key') {
      throw new UsageError('takes one argument, fingerprint-key');
    }
    const { files, record, say } = centreHere(context);
    const otherwise = 3 * files.settings().syncMs;
    const delay = spanOption(context, 'in', { least: 0, most: 30 * 86_400_000, otherwise });
    const keys = files.fingerprintKeys();
    const newest = keys.at(-1);
    const fromMs = Math.max(Date.now() + delay, newest?.fromMs ?? 0);
    const epoch = (newest?.epoch ?? 0) + 1;
    files.writeFingerprintKeys([...keys, { epoch, fromMs, key: createSecretKey(randomBytes(32)) }]);
    const from = new Date(fromMs).toISOString();
    record(`epoch ${epoch} of the fleet's fingerprint key was made, from ${from} on`);
    say(
      `from ${from} on fingerprints are made under epoch ${epoch}; a node that has not asked by then goes on under the one before`,
    );
    context.out(`${epoch}\n`);
    return 0;
  },
};
