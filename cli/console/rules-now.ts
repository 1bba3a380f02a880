/** The rules in force, by policy and name, for whoever looks at an event that one of them decided. */
import { readFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';
import type { RuleNow } from '../../console/api/event-routes.ts';
import { isPolicy, type PolicyOf } from '../../engine/decide/policy-file.ts';
import { policyVersion } from '../../engine/decide/policy-version.ts';
import type { Snapshot } from '../snapshot.ts';

export function rulesNow({ documents }: Snapshot): (policy: string, rule: string) => RuleNow | null {
  const policies = new Map(documents.filter(isPolicy).map((policy) => [policy.name.value, policy]));
  return (name, ruleName) => {
    const policy = policies.get(name);
    const rule = policy?.rules.find((one) => one.name.value === ruleName);
    if (policy === undefined || rule === undefined) return null;
    const { override } = rule;
    return {
      policyVersion: policyVersion(policy),
      description: policy.description,
      message: rule.message,
      action: rule.action,
      yaml: ruleText(policy, ruleName),
      override: override === null ? null : { forMs: override.for, needsReason: override.reason === 'required' },
    };
  };
}

/** As it is written in its file, anchors resolved; null where that has changed and is not yet in force. */
function ruleText({ name, place }: PolicyOf, rule: string): string | null {
  try {
    for (const document of parseAllDocuments(readFileSync(place.file, 'utf8'))) {
      const read: unknown = document.toJS();
      if (!isObject(read) || read['name'] !== name.value || !Array.isArray(read['rules'])) continue;
      const found: unknown = read['rules'].find((one: unknown) => isObject(one) && one['name'] === rule);
      if (found !== undefined) return stringify(found, { lineWidth: 100 });
    }
  } catch {
    // Gone, or being written: what is in force is in memory.
  }
  return null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
