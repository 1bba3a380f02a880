/** The scanner that a command uses: the built-in one, or with `--config` the one that this configuration makes. */
import { createScanner, type Scanner } from '../engine/scan/scanner.ts';
import type { CommandContext } from './command.ts';

/** With `--config`, what it disables is left out and its policies' recognizers are used too. Throws WeirError. */
export async function scannerOf(context: CommandContext): Promise<Scanner> {
  if (context.configFile === null) return createScanner();
  const { loadPolicies } = await import('../config/policies.ts');
  const { recognizersOf } = await import('../engine/decide/policy-set.ts');
  const config = context.config();
  return createScanner({ custom: recognizersOf(loadPolicies(config)), ...config.detection });
}
