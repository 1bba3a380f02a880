/** What a report is made of, from the records: for the command and for the console. */
import type { Config } from '../../config/config.ts';
import type { Knowledge } from '../../map/knowledge.ts';
import type { MergedFlow } from '../../map/merged-flows.ts';
import type { ReportInput } from '../../map/reports/report.ts';
import { riskOf } from '../../map/risk.ts';
import type { Reader } from '../../store/reader.ts';

const EVENTS_OF_A_FLOW = 5;
/** Flows whose events are looked up: each is a query. */
const MAX_LOOKED = 1000;

/** `losses`: what the sensor lost, in words; null where that is not known. */
export function reportInput(
  reader: Reader,
  flows: readonly MergedFlow[],
  given: {
    readonly knowledge: Knowledge;
    readonly now: Date;
    readonly retention: Config['retention'];
    readonly losses: string | null;
  },
): ReportInput {
  const { knowledge, now, retention, losses } = given;
  let looked = 0;
  return {
    flows,
    knowledge,
    now,
    riskOf: (flow) => riskOf(flow, flow.place, flow.channels, { knowledge, now }),
    eventsOf({ entities, edges }) {
      if (Object.keys(entities).length === 0 || looked >= MAX_LOOKED) return [];
      looked += 1;
      return Array.from(reader.events({ edges, limit: EVENTS_OF_A_FLOW }), ({ id }) => id).toReversed();
    },
    retention: retentionText(retention),
    losses,
  };
}

/** `events 90 d, allowed exchanges 7 d, excerpts 30 d, edges 400 d`. */
function retentionText({ eventsMs, allowedMs, excerptsMs, edgesMs }: Config['retention']): string {
  const age = (ms: number | null): string => (ms === null ? 'for ever' : `${Math.round(ms / 86_400_000)} d`);
  return `events ${age(eventsMs)}, allowed exchanges ${age(allowedMs)}, excerpts ${age(excerptsMs)}, edges ${age(edgesMs)}`;
}
