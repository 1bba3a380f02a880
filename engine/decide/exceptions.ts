/**
 * What takes findings out of a rule before it is looked at. Every key narrows: a finding is taken out when its value,
 * its path, the source and the destination all fit, and the day has not passed. Refuses an app label without its token.
 */
import RE2 from 're2';
import type { Finding } from '../../flow/finding.ts';
import type { Segment } from '../../flow/segment.ts';
import { normalise } from '../scan/normalise.ts';
import { anyOf, compilePathGlob } from './glob.ts';
import type { Except } from './grammar.ts';
import { compileDestinations, compileSources, type Scope } from './narrowing.ts';

export interface CompiledException {
  /** For explanations: `except` of a rule, or the exception document's name. */
  readonly label: string;
  readonly reason: string | null;
  /** True where it names neither values nor paths: then it also takes out a rule that looks at no finding. */
  readonly isOfWholeMessage: boolean;
  /** False once expired, or where source or destination do not fit. */
  applies(scope: Scope, now: Date): boolean;
  takes(finding: Finding, segment: Segment | undefined): boolean;
  /** For who has no text: whether the path fits, and what would have to be read. */
  takesPath(finding: Finding): boolean;
  readonly namesValues: boolean;
  readonly namesFingerprints: boolean;
  readonly values: readonly string[];
  readonly hasPatterns: boolean;
}

export function compileException(except: Except, label: string): CompiledException {
  const sourceMiss = compileSources(except.sources, 'relaxes');
  const destinationMiss = compileDestinations(except.destinations);
  const values = new Set(except.values.map(normalise));
  const patterns = except.patterns.map((pattern) => new RE2(pattern, 'u'));
  const fingerprints = new Set(except.fingerprints);
  const namesValues = values.size + patterns.length + fingerprints.size > 0;
  const path = anyOf(except.paths, compilePathGlob);
  const until = except.expires;

  const takesValue = (finding: Finding, segment: Segment | undefined): boolean => {
    if (fingerprints.has(finding.fingerprint)) return true;
    if (finding.otherFingerprints?.some((one) => fingerprints.has(one)) === true) return true;
    if (segment === undefined || values.size + patterns.length === 0) return false;
    const value = segment.text.toString('utf8', finding.start, finding.end);
    return (values.size > 0 && values.has(normalise(value))) || patterns.some((pattern) => pattern.test(value));
  };
  return {
    label,
    reason: except.reason,
    isOfWholeMessage: !namesValues && path === null,
    applies: (scope, now) =>
      (until === null || now.getTime() <= until) &&
      sourceMiss(scope.source) === null &&
      destinationMiss(scope.destination) === null,
    takes: (finding, segment) =>
      (path === null || path(finding.path)) && (!namesValues || takesValue(finding, segment)),
    takesPath: (finding) => path === null || path(finding.path),
    namesValues,
    namesFingerprints: fingerprints.size > 0,
    values: except.values,
    hasPatterns: patterns.length > 0,
  };
}
