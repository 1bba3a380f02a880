/** `weir fleet nodes`: who has joined, as the centre knows. */
import { type Command, hasOption } from '../command.ts';
import { tableText } from '../log/table.ts';
import { centreHere } from './centre-here.ts';

export const command: Command = {
  name: 'fleet nodes',
  summary: 'who has joined',
  usage: 'weir fleet nodes [--json]',
  details: `By name. STATE is joined, never seen, away (for three times as long as it asks), expired, duplicate
(two hosts use its
identity) or revoked. DAYS LEFT is of its certificate. Exits 1 where an identity is used twice.`,
  example: 'weir fleet nodes',
  options: { json: { type: 'boolean' } },
  async run(context) {
    const { files } = centreHere(context);
    const now = Date.now();
    const { syncMs } = files.settings();
    const nodes = files.nodes().map((node) => {
      const last = node.instances.at(-1) ?? null;
      const until = node.certificates.at(-1)?.until ?? node.joined;
      const isAway = last !== null && now - Date.parse(last.lastSeen) > 3 * syncMs;
      const state =
        node.revoked !== null
          ? 'revoked'
          : node.duplicate !== null
            ? 'duplicate'
            : Date.parse(until) <= now
              ? 'expired'
              : last === null
                ? 'never seen'
                : isAway
                  ? 'away'
                  : 'joined';
      const { name, role, label, joined, revoked, version, duplicate } = node;
      return {
        ...{ name, role, label, state, joined, revoked, certificateUntil: until, version },
        ...{ lastSeen: last?.lastSeen ?? null, address: last?.address ?? null, duplicate: duplicate?.reason ?? null },
      };
    });
    if (hasOption(context, 'json')) for (const node of nodes) context.out(`${JSON.stringify(node)}\n`);
    else {
      const rows = nodes.map(({ name, role, label, state, certificateUntil, lastSeen, address, version }) =>
        [
          ...[name, role, label ?? '-', state, daysLeft(certificateUntil, now), lastSeen?.slice(0, 19) ?? '-'],
          ...[address ?? '-', version ?? '-'],
        ].map((text) => ({ text })),
      );
      const heads = ['NAME', 'ROLE', 'LABEL', 'STATE', 'DAYS LEFT', 'LAST SEEN', 'FROM', 'VERSION'];
      context.out(tableText(heads, rows, { color: context.color }));
      for (const { duplicate } of nodes) if (duplicate !== null) context.err(`weir: ${duplicate}\n`);
    }
    return nodes.some(({ state }) => state === 'duplicate') ? 1 : 0;
  },
};

export function daysLeft(until: string, nowMs: number): string {
  return ((Date.parse(until) - nowMs) / 86_400_000).toFixed(1);
}
