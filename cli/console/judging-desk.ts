/** What is answered with the engine at hand: policies, trials, and what people decide about events. */
import type { EventBody } from '../../flow/event.ts';
import { openHome } from '../../store/home.ts';
import { recordOwn } from '../../store/own-events.ts';
import { keepingOf } from '../keeping.ts';
import type { Answering } from './answering.ts';
import { exceptionRoutes } from './exception-routes.ts';
import { keptStore } from './kept-reader.ts';
import type { DeskData, FromDesk } from './messages.ts';
import { policyRoutes } from './policy-routes.ts';
import { reviewRoutes } from './review-routes.ts';

export function judgingAnswering(data: DeskData, say: (message: FromDesk) => void): Answering {
  const home = openHome(data.home, keepingOf(data.snapshot.config));
  const onProblem = (message: string): void => say({ kind: 'problem', message });
  let { snapshot } = data;
  const desk = {
    home,
    snapshot: () => snapshot,
    reader: keptStore({ store: data.snapshot.config.store, home: data.home }, onProblem),
    record: (event: EventBody): void => recordOwn(home, [event], onProblem),
    onProblem,
  };
  return {
    handlers: { ...policyRoutes(desk), ...reviewRoutes(desk), ...exceptionRoutes(desk) },
    take: (next) => {
      snapshot = next;
    },
  };
}
