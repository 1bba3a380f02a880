/** What a rule looks for, in words for a table. */
import type { Rule } from '../../engine/decide/grammar.ts';
import { durationText } from '../../engine/decide/limit.ts';

export function ruleWords({ detect, limit, match }: Rule): string {
  const parts: string[] = [];
  if (detect !== null) {
    const { entities, minScore, minCount, minDistinct, and, within, coverage } = detect;
    if (entities !== null) parts.push(entities.map(({ value }) => value).join(', '));
    if (minCount > 1) parts.push(`at least ${minCount}`);
    if (minDistinct > 1) parts.push(`${minDistinct} different values`);
    if (minScore !== 0.5) parts.push(`score from ${minScore}`);
    for (const beside of and) parts.push(`beside ${beside.entities.map(({ value }) => value).join(', ')}`);
    if (within !== null) parts.push(`within ${within} characters`);
    if (coverage !== null) parts.push(`what was looked at: ${coverage.join(', ')}`);
  } else if (limit !== null) {
    const { requests, bytes, findings, per } = limit;
    const counted = [
      requests === null ? null : `${requests} requests`,
      bytes === null ? null : `${bytes} bytes`,
      findings === null ? null : `${findings} findings`,
    ].filter((part) => part !== null);
    parts.push(`more than ${counted.join(' or ')} in ${durationText(per)}`);
  } else parts.push('every message that matches');
  if (match !== null) parts.push('narrowed by its match');
  return parts.join('; ');
}
