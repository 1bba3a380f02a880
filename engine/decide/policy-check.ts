/** What only all policies together show: names used twice, entities that nothing finds, exceptions that lead nowhere. */
import type { Category } from '../../flow/finding.ts';
import { checksumNames, ENTITIES, validatorNames } from '../scan/scanner.ts';
import type { Place, Problem } from './checked-yaml.ts';
import { didYouMean } from './near-name.ts';
import { isException, isPolicy, type PolicyDocument, type PolicyOf } from './policy-file.ts';

/** Every problem, by file and place; an empty list means that the documents can be compiled. */
export function checkPolicies(documents: readonly PolicyDocument[]): readonly Problem[] {
  const problems: Problem[] = [];
  const report = (place: Place, message: string): void => {
    problems.push({ file: place.file, line: place.line, column: place.column, message });
  };
  const policies = documents.filter(isPolicy);
  checkNames(policies, report);
  checkRecognizers(policies, report);
  checkEntities(policies, report);
  checkExceptions(documents, policies, report);
  return problems.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column));
}

type Report = (place: Place, message: string) => void;

function placeText(place: Place): string {
  return `${place.file}:${place.line}`;
}

function checkNames(policies: readonly PolicyOf[], report: Report): void {
  const seen = new Map<string, Place>();
  for (const { name } of policies) {
    const first = seen.get(name.value);
    if (first === undefined) seen.set(name.value, name.place);
    else report(name.place, `duplicate policy name "${name.value}"; it stands at ${placeText(first)}, too`);
  }
}

/** Every pattern reads the whole text by itself, so that together they have to be few enough for a request to wait for. */
const MAX_PATTERNS = 500;
const MAX_PATTERN_CHARS = 100_000;
const MAX_WORDS = 10_000;

function checkRecognizers(policies: readonly PolicyOf[], report: Report): void {
  // Beside the shipped ones, of which there are too many to be copied for each check.
  const categories = new Map<string, Category>();
  let [patterns, chars, words] = [0, 0, 0];
  for (const own of policies.flatMap((policy) => policy.recognizers)) {
    const { entity, category, validator } = own;
    const known = ENTITIES.get(entity.value) ?? categories.get(entity.value);
    if (known === undefined) categories.set(entity.value, category);
    else if (known !== category)
      report(entity.place, `${entity.value} is of category ${known} elsewhere, not ${category}`);
    if (validator !== null && !validatorNames.includes(validator.value)) {
      const near = didYouMean(validator.value, validatorNames);
      const hint = near || `; checksums: ${checksumNames.join(', ')}; docs/entities.md lists all`;
      report(validator.place, `unknown validator "${validator.value}"${hint}`);
    }
    const before = patterns <= MAX_PATTERNS && chars <= MAX_PATTERN_CHARS && words <= MAX_WORDS;
    patterns += own.patterns.length;
    chars += own.patterns.reduce((sum, pattern) => sum + pattern.length, 0);
    words += own.words.length;
    // Said once, where it became too much.
    if (!before) continue;
    if (patterns > MAX_PATTERNS) report(entity.place, `more than ${MAX_PATTERNS} patterns in all policies together`);
    if (chars > MAX_PATTERN_CHARS)
      report(entity.place, `patterns of more than ${MAX_PATTERN_CHARS} characters in all policies together`);
    if (words > MAX_WORDS) report(entity.place, `more than ${MAX_WORDS} words in all policies together`);
  }
}

function checkEntities(policies: readonly PolicyOf[], report: Report): void {
  const own = new Set(policies.flatMap((policy) => policy.recognizers.map((one) => one.entity.value)));
  const check = (entity: string, place: Place): void => {
    if (entity === '*' || entity.startsWith('category:')) return;
    if (ENTITIES.has(entity) || own.has(entity)) return;
    const hint = didYouMean(entity, [...ENTITIES.keys(), ...own]) || '; `weir recognizers` lists them';
    report(place, `unknown entity "${entity}"${hint}`);
  };
  for (const { rules, tests } of policies) {
    const names = new Set(rules.map((rule) => rule.name.value));
    for (const { detect } of rules) {
      for (const { value, place } of detect?.entities ?? []) check(value, place);
      for (const { value, place } of detect?.and.flatMap((one) => one.entities) ?? []) check(value, place);
    }
    for (const { value: test } of tests) {
      for (const { value, place } of test.entities ?? []) check(value, place);
      if (test.rule !== null && !names.has(test.rule.value)) {
        report(test.rule.place, `no rule "${test.rule.value}" in this policy${didYouMean(test.rule.value, names)}`);
      }
    }
  }
}

function checkExceptions(documents: readonly PolicyDocument[], policies: readonly PolicyOf[], report: Report): void {
  const names = policies.map((one) => one.name.value);
  for (const { policy, rule } of documents.filter(isException)) {
    const of = policies.find((one) => one.name.value === policy.value);
    if (of === undefined) {
      report(policy.place, `no policy "${policy.value}" is loaded${didYouMean(policy.value, names)}`);
    } else if (rule !== null && !of.rules.some((one) => one.name.value === rule.value)) {
      const rules = of.rules.map((one) => one.name.value);
      report(rule.place, `policy "${policy.value}" has no rule "${rule.value}"${didYouMean(rule.value, rules)}`);
    }
  }
}
