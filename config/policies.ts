/**
 * Policies from files and folders: read, parsed and checked together, all problems at once. A draft is never loaded,
 * and a folder without a policy is a problem, because a guard that reads no rule would look like one that works.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Problem, problemText } from '../engine/decide/checked-yaml.ts';
import { readBundle } from '../engine/decide/policy-bundle.ts';
import { checkPolicies } from '../engine/decide/policy-check.ts';
import { type PolicyDocument, parsePolicies } from '../engine/decide/policy-file.ts';
import { WeirError } from '../flow/errors.ts';
import type { Config } from './config.ts';
import { packageRoot } from './package-root.ts';
import { codeOf } from './values.ts';

/** What is loaded when the configuration names nothing. */
export const DEFAULT_POLICIES: readonly string[] = [join(packageRoot, 'policies', 'default.yaml')];

export interface ReadPolicies {
  /** As they are shown in problems: as given, or below the folder given. */
  readonly files: readonly string[];
  readonly documents: readonly PolicyDocument[];
  readonly problems: readonly Problem[];
}

/** Of a configuration what says which policies there are. */
export type PolicySettings = Pick<Config, 'policies'> & Partial<Pick<Config, 'bundle' | 'home'>>;

/** Where a home keeps the bundle that it has taken up. */
export function bundleFileOf(home: string): string {
  return join(home, 'bundle', 'current.bundle');
}

/** The paths that a configuration names and the bundle that was taken up; where there is neither, the default. */
export function policyPaths(config: PolicySettings): readonly string[] {
  const taken = config.bundle == null || config.home === undefined ? null : bundleFileOf(config.home);
  const bundles = taken !== null && existsSync(taken) ? [taken] : [];
  // Until the first one has come a node guards by what it was shipped with.
  return [...(config.policies ?? (bundles.length > 0 ? [] : DEFAULT_POLICIES)), ...bundles];
}

/** All documents of the configuration. Throws WeirError `policy_invalid`, one line a problem: `file:line:column: what`. */
export function loadPolicies(config: PolicySettings): readonly PolicyDocument[] {
  const { documents, problems } = readPolicies(policyPaths(config));
  if (problems.length > 0) throw new WeirError('policy_invalid', problems.map(problemText).join('\n'));
  return documents;
}

/**
 * Reads files, and of folders every `*.yaml` that is not a `*.draft.yaml`, by name; relative paths from `cwd`. What needs
 * all policies at hand is checked once each file is right by itself.
 */
export function readPolicies(paths: readonly string[], cwd = '/'): ReadPolicies {
  const files: string[] = [];
  const documents: PolicyDocument[] = [];
  const problems: Problem[] = [];
  const refuse = (file: string, message: string) => problems.push({ file, line: 1, column: 1, message });

  for (const path of paths) {
    const found = filesAt(path, cwd);
    if (typeof found === 'string') refuse(path, found);
    else files.push(...found.filter((file) => !files.includes(file)));
  }
  for (const file of files) {
    const text = readText(resolve(cwd, file));
    if (typeof text !== 'string') {
      refuse(file, failure(text.code));
      continue;
    }
    for (const part of isBundle(file) ? bundleParts(file, text) : [{ name: file, text }]) {
      if ('problem' in part) {
        refuse(file, part.problem);
        continue;
      }
      const read = parsePolicies(part.name, part.text);
      documents.push(...read.documents);
      problems.push(...read.problems);
    }
  }
  return { files, documents, problems: problems.length > 0 ? problems : checkPolicies(documents) };
}

function isBundle(file: string): boolean {
  return file.endsWith('.bundle');
}

/** The files in a bundle, each named by the bundle and its own name. Who signed it is asked where it is taken up. */
function bundleParts(
  file: string,
  text: string,
): readonly ({ readonly name: string; readonly text: string } | { readonly problem: string })[] {
  const read = readBundle(Buffer.from(text, 'utf8'));
  if (read.kind === 'refused') return [{ problem: read.reason }];
  const { files } = read.signed.bundle;
  return files.map((part) => ({ name: `${file}/${part.path}`, text: part.text }));
}

/** The policy files that a path stands for, or what is wrong with it. */
function filesAt(path: string, cwd: string): readonly string[] | string {
  let names: string[];
  try {
    names = readdirSync(resolve(cwd, path));
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOTDIR') return failure(code);
    return isDraft(path) ? 'a draft is not loaded; rename it without ".draft"' : [path];
  }
  const policies = names.filter((name) => name.endsWith('.yaml') && !name.startsWith('.') && !isDraft(name)).sort();
  return policies.length > 0
    ? policies.map((name) => join(path, name))
    : 'no policy in this folder (*.yaml, drafts aside)';
}

function isDraft(name: string): boolean {
  return name.endsWith('.draft.yaml');
}

function readText(file: string): string | { readonly code: string } {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return { code: codeOf(error) };
  }
}

function failure(code: string): string {
  return code === 'ENOENT' ? 'no such file or folder' : `cannot be read (${code})`;
}
