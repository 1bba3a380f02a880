/**
 * `weir fleet rotate`: a new key of fingerprints, under a new epoch, from a time on that reaches all nodes before; or another
 * authority of the fleet.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import { type Command, type CommandContext, hasOption, UsageError } from '../command.ts';
import { centreHere, spanOption } from './centre-here.ts';
import { rotateCertificate } from './rotate-certificate.ts';

const STEP_OPTIONS = ['switch', 'drop-old', 'cancel', 'compromised', 'anyway'] as const;

export const command: Command = {
  name: 'fleet rotate',
  summary: "begin a new key of fingerprints, or change the fleet's certificate",
  usage: `weir fleet rotate fingerprint-key [--in 1h]
weir fleet rotate certificate [--switch|--drop-old|--cancel|--compromised] [--anyway]`,
  details: `fingerprint-key: all nodes make new fingerprints under it from the same moment on, three times what passes
between their questions unless --in says otherwise (0m: each from its next question on). The fingerprint says
its epoch; keys before are kept, so that values are still found (weir flows find), and exceptions by fingerprint
still hold. The same value seen before and after counts as two where values are counted by fingerprints
(minDistinct within one message aside).

certificate: another authority of the fleet, by which nodes and centre know each other, in three steps:

  weir fleet rotate certificate             makes the next one; nodes trust both from their next question on
  weir fleet rotate certificate --switch    it issues: nodes renew their certificates with their next questions.
                                            Refused while a node has not said that it trusts it
  weir fleet rotate certificate --drop-old  the one before is trusted no longer. Refused while a node or a server
                                            has no certificate under the present one

--cancel       takes the next one back before it has issued
--compromised  the key is in other hands: another one at once, in place of all. No node trusts it by itself: each
               has to join again (weir fleet token --node NAME), and those that have to are named
--anyway       the step though not all are ready; who is left behind is named

Prints the id of the authority that issues. weir fleet authorities says how far it is. Exits 1 where a step is
refused, or there is nothing to do.`,
  example: `weir fleet rotate fingerprint-key
weir fleet rotate certificate`,
  options: {
    in: { type: 'string' },
    switch: { type: 'boolean' },
    'drop-old': { type: 'boolean' },
    cancel: { type: 'boolean' },
    compromised: { type: 'boolean' },
    anyway: { type: 'boolean' },
  },
  async run(context) {
    const [what, ...more] = context.positionals;
    if (more.length === 0 && what === 'certificate') {
      if (context.values.in !== undefined) throw new UsageError('--in goes with fingerprint-key');
      return rotateCertificate(context);
    }
    if (more.length > 0 || what !== 'fingerprint-key') {
      throw new UsageError('takes one argument, fingerprint-key or certificate');
    }
    const wrong = STEP_OPTIONS.find((name) => hasOption(context, name));
    if (wrong !== undefined) throw new UsageError(`--${wrong} goes with certificate`);
    return rotateFingerprintKey(context);
  },
};

function rotateFingerprintKey(context: CommandContext): number {
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
}
