/** Which turns of a conversation are new: the contract's definition of `latest`, in one place. */
import type { Position, Role } from '../../flow/segment.ts';
import type { JsonNode } from './json.ts';
import { SYSTEM, type Zone, zone } from './zone.ts';

/** `asks`: a user or tool turn; `outside`: text that stands among the turns but is none (a system message). */
export type Turn = 'assistant' | 'asks' | 'outside';

/**
 * A position for each turn: `latest` is what follows the last assistant turn that a user or tool turn follows, all
 * of them where there is none. What stands outside the turns is always `latest`.
 */
export function positionsOf(turns: readonly Turn[]): Position[] {
  let asked = false;
  let last = -1;
  for (let i = turns.length - 1; i >= 0 && last === -1; i--) {
    if (turns[i] === 'asks') asked = true;
    else if (turns[i] === 'assistant' && asked) last = i;
  }
  return turns.map((turn, i) => (turn === 'outside' || i > last ? 'latest' : 'history'));
}

/** Sets the zone of each turn by its role and place, then hands it on for what stands within it. */
export function markTurns(
  turns: readonly JsonNode[],
  roleOf: (turn: JsonNode) => Role,
  within: (turn: JsonNode, role: Role, around: Zone) => void,
): void {
  const roles = turns.map(roleOf);
  const positions = positionsOf(
    roles.map((role) => (role === 'assistant' ? 'assistant' : role === 'system' ? 'outside' : 'asks')),
  );
  turns.forEach((turn, i) => {
    const role = roles[i] as Role;
    const around = role === 'system' ? SYSTEM : zone(role, positions[i] as Position);
    turn.zone = around;
    within(turn, role, around);
  });
}
