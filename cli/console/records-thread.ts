/** The thread that answers from what is recorded. It reads; of what it writes there is only that somebody looked. */
import { parentPort, workerData } from 'node:worker_threads';
import { healthOf } from '../../console/api/situation.ts';
import { tokenRoutes } from '../../console/api/token-routes.ts';
import { openHome } from '../../store/home.ts';
import { recordOwn } from '../../store/own-events.ts';
import { answerOn } from './answering.ts';
import type { DeskData } from './messages.ts';

if (parentPort !== null) {
  const data: DeskData = workerData;
  const home = openHome(data.home);
  answerOn(parentPort, (say) => {
    const record = (event: Parameters<typeof recordOwn>[1][number]): void =>
      recordOwn(home, [event], (message) => say({ kind: 'problem', message }));
    return {
      handlers: { ...tokenRoutes(home, record) },
      take: () => {},
      hear: (message) => {
        if (message.kind !== 'snapshot') return;
        say({
          kind: 'snapshot',
          id: message.id,
          snapshot: {
            kind: 'snapshot',
            totals: { calls: 0, blocked: 0 },
            openReviews: { value: 0, isExact: true },
            health: healthOf(message.situation),
            policies: message.situation.policies,
          },
        });
      },
    };
  });
}
