/**
 * `weir policy fingerprint`: the fingerprints of a value read from stdin, for `except: {fingerprints: [...]}`, so that an
 * exception for a value need not hold it.
 */
import { homePaths, readFingerprintKeys } from '../../store/home.ts';
import { type Command, hasOption, listOption, UsageError } from '../command.ts';
import { scannerOf } from '../configured-scanner.ts';
import { readAll } from '../stdin-text.ts';
import { candidatesOf } from '../value-fingerprints.ts';

const MAX_BYTES = 64 * 1024;

export const command: Command = {
  name: 'policy fingerprint',
  summary: 'the fingerprints of a value read from stdin',
  usage: 'weir policy fingerprint [--entity ENTITY] [--json] < VALUE',
  details: [
    'For `except: {fingerprints: [...]}` and `weir log list`: the value as each kind that the engine sees in it, under the',
    'key of this home, or of its fleet. They hold there alone, under later keys too. The value is neither kept nor printed.',
    '--entity  as this kind, whether it is seen in it or not; may be given more than once',
    'Exit code 1 where nothing is seen in it and no --entity says what it is, or the home has no key yet.',
  ].join('\n'),
  example: 'printf 4111111111111111 | weir policy fingerprint --entity CREDIT_CARD',
  options: { entity: { type: 'string', multiple: true }, json: { type: 'boolean' } },
  async run(context) {
    const { home } = context.config();
    const input = await readAll(context.stdin, MAX_BYTES);
    if (input.trim() === '') throw new UsageError('no value on stdin');
    const now = Date.now();
    const key = readFingerprintKeys(homePaths(home)).findLast(({ fromMs }) => fromMs <= now);
    if (key === undefined) {
      context.err(`weir: ${home} has no key yet: weir up makes it\n`);
      return 1;
    }
    const asked = listOption(context, 'entity').map((entity) => entity.toUpperCase());
    const all = candidatesOf(await scannerOf(context), [key], input, asked);
    const wanted = asked.length === 0 ? all : all.filter((one) => asked.includes(one.entity));
    for (const { entity, fingerprint, score } of wanted) {
      context.out(
        hasOption(context, 'json')
          ? `${JSON.stringify({ entity, fingerprint, score })}\n`
          : `${fingerprint}  ${entity}${score === null ? '' : `  ${score.toFixed(2)}`}\n`,
      );
    }
    if (wanted.length === 0) context.err('weir: nothing is seen in it: --entity says what it is\n');
    return wanted.length === 0 ? 1 : 0;
  },
};
