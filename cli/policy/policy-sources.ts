/**
 * The policies that a command is about: those named on the command line, else those of the configuration. Problems are
 * given, not thrown, so that all of them can be shown at once.
 */
import { policyPaths, type ReadPolicies, readPolicies } from '../../config/policies.ts';
import { problemText } from '../../engine/decide/checked-yaml.ts';
import { WeirError } from '../../flow/errors.ts';
import type { CommandContext } from '../command.ts';

/** Files and folders of the positionals, relative to the working directory. Throws WeirError `config_invalid`. */
export function policiesAskedFor(context: CommandContext): ReadPolicies {
  const named = context.positionals.length > 0;
  return readPolicies(named ? context.positionals : policyPaths(context.config()), context.cwd);
}

/** As policiesAskedFor. Throws WeirError `policy_invalid` with a line a problem where there is one. */
export function soundPolicies(context: CommandContext): ReadPolicies {
  const read = policiesAskedFor(context);
  if (read.problems.length === 0) return read;
  throw new WeirError('policy_invalid', read.problems.map(problemText).join('\n'));
}
