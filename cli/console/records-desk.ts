/** What is answered from the records. It reads; of what it writes there is only that somebody looked, and tokens. */
import { Changes } from '../../console/api/changes.ts';
import { edgeRoutes } from '../../console/api/edge-routes.ts';
import { eventRoutes } from '../../console/api/event-routes.ts';
import { FlowsOfRange } from '../../console/api/flows.ts';
import { overviewRoutes } from '../../console/api/overview-routes.ts';
import type { Records } from '../../console/api/records.ts';
import { reportRoutes } from '../../console/api/report-routes.ts';
import { lossesOf, type Situation } from '../../console/api/situation.ts';
import { tokenRoutes } from '../../console/api/token-routes.ts';
import type { EventBody } from '../../flow/event.ts';
import { mergedFlows } from '../../map/merged-flows.ts';
import { openHome } from '../../store/home.ts';
import { overridesIn } from '../../store/overrides.ts';
import { recordOwn } from '../../store/own-events.ts';
import { keptBaseline } from '../flows/kept-baseline.ts';
import { knowledgeOf } from '../flows/knowledge.ts';
import { recordedReport } from '../flows/recorded-report.ts';
import { keepingOf } from '../keeping.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Answering } from './answering.ts';
import { keptStore } from './kept-reader.ts';
import type { DeskData, FromDesk } from './messages.ts';
import { rulesNow } from './rules-now.ts';
import { ownCategories, wordsOf } from './words.ts';

/** What is made of a snapshot, once. */
function madeOf(snapshot: Snapshot) {
  return {
    knowledge: knowledgeOf(snapshot.config, ownCategories(snapshot)),
    words: wordsOf(snapshot),
    ruleNow: rulesNow(snapshot),
    baseline: keptBaseline(snapshot.config.baseline),
    retention: snapshot.config.retention,
  };
}

export function recordsAnswering(
  data: DeskData,
  say: (message: FromDesk) => void,
  situation: () => Situation,
): Answering {
  const home = openHome(data.home, keepingOf(data.snapshot.config));
  const onProblem = (message: string): void => say({ kind: 'problem', message });
  const record = (event: EventBody): void => recordOwn(home, [event], onProblem);
  let made = madeOf(data.snapshot);
  const records: Records = {
    reader: keptStore({ store: data.snapshot.config.store, home: data.home }, onProblem),
    knowledge: () => made.knowledge,
    words: () => made.words,
    situation,
    now: () => new Date(),
  };
  const flows = new FlowsOfRange(records);
  const overrides = overridesIn(home, Date.now);
  const changes = new Changes(records);
  return {
    handlers: {
      ...overviewRoutes({ ...records, flows }),
      ...eventRoutes({ ...records, record, ruleNow: (policy, rule) => made.ruleNow(policy, rule), overrides }),
      ...edgeRoutes({ ...records, flows, baseline: () => made.baseline() }),
      ...reportRoutes({
        ...records,
        report: async (kind, range) => {
          const reader = records.reader();
          const { knowledge, retention } = made;
          const losses = lossText(situation());
          const flows = mergedFlows(await reader.map(range), knowledge);
          const given = { knowledge, now: records.now(), retention, losses, earlier: null };
          return await recordedReport(kind, reader, flows, given);
        },
      }),
      ...tokenRoutes(home, record),
    },
    take: (snapshot) => {
      made = madeOf(snapshot);
    },
    hear: async (message) => {
      if (message.kind === 'heard') return await changes.begin();
      if (message.kind === 'snapshot') {
        return say({ kind: 'snapshot', id: message.id, snapshot: await changes.snapshot() });
      }
      const update = await changes.update();
      if (update !== null) say({ kind: 'update', update });
    },
  };
}

/** Null where nothing was lost. */
function lossText(situation: Situation): string | null {
  const lost = lossesOf(situation).map(({ what, count }) => `${what} ${count}`);
  return lost.length === 0 ? null : `The sensor of this host lost data since it started: ${lost.join(', ')}.`;
}
