/** What becomes of a decision to tokenize where tokens are withheld: labels stand for them, so that it is `redact`. */
import type { Decision } from '../../flow/decision.ts';

const TEXT = 'redacted in place of tokenized: the tokens of this conversation could not be kept with the fleet';

export function withoutTokens(decision: Decision): Decision {
  const { enforced, explanation } = decision;
  if (enforced.action !== 'tokenize') return decision;
  const reason = { policy: enforced.policy ?? '', rule: enforced.rule ?? '', action: 'redact', text: TEXT } as const;
  return { ...decision, enforced: { ...enforced, action: 'redact' }, explanation: [...explanation, reason] };
}
