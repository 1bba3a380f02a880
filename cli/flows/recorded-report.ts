/** A report on what is recorded: for the command and for the console. */
import type { Config } from '../../config/config.ts';
import type { Knowledge } from '../../map/knowledge.ts';
import type { MergedFlow } from '../../map/merged-flows.ts';
import { makeReport } from '../../map/reports/make.ts';
import type { Report, ReportInput, ReportKind } from '../../map/reports/report.ts';
import type { EarlierScan } from '../../map/reports/scan-first.ts';
import { riskOf } from '../../map/risk.ts';
import type { StoreReader } from '../../store/store-reader.ts';

const EVENTS_OF_A_FLOW = 5;
/** Flows whose events are looked up: each is a query. */
const MAX_LOOKED = 1000;

/** `losses`: what the sensor lost, in words; null where that is not known. `earlier`: of scan-first, what is known already. */
export async function recordedReport(
  kind: ReportKind,
  reader: StoreReader,
  flows: readonly MergedFlow[],
  given: {
    readonly knowledge: Knowledge;
    readonly now: Date;
    readonly retention: Config['retention'];
    readonly losses: string | null;
    readonly earlier: EarlierScan | null;
  },
): Promise<Report> {
  const { knowledge, now, retention, losses, earlier } = given;
  const make = (eventsOf: ReportInput['eventsOf']): Report => {
    const riskIn: ReportInput['riskOf'] = (flow) => riskOf(flow, flow.place, flow.channels, { knowledge, now });
    const input = { flows, knowledge, now, riskOf: riskIn, eventsOf, retention: retentionText(retention), losses };
    return makeReport(kind, input, earlier);
  };
  // A report is the same each time it is made: the first says whose events it names.
  const asked: MergedFlow[] = [];
  make((flow) => {
    asked.push(flow);
    return [];
  });
  const events = await eventsOf(reader, asked);
  return make((flow) => events.get(flow) ?? []);
}

/** The latest of each, newest first. */
async function eventsOf(
  reader: StoreReader,
  flows: readonly MergedFlow[],
): Promise<ReadonlyMap<MergedFlow, readonly string[]>> {
  const found = new Map<MergedFlow, readonly string[]>();
  for (const flow of flows) {
    if (Object.keys(flow.entities).length === 0 || found.size >= MAX_LOOKED) continue;
    const ids: string[] = [];
    for await (const { id } of reader.events({ edges: flow.edges, limit: EVENTS_OF_A_FLOW })) ids.unshift(id);
    found.set(flow, ids);
  }
  return found;
}

/** `events 90 d, allowed exchanges 7 d, excerpts 30 d, edges 400 d`. */
function retentionText({ eventsMs, allowedMs, excerptsMs, edgesMs }: Config['retention']): string {
  const age = (ms: number | null): string => (ms === null ? 'for ever' : `${Math.round(ms / 86_400_000)} d`);
  return `events ${age(eventsMs)}, allowed exchanges ${age(allowedMs)}, excerpts ${age(excerptsMs)}, edges ${age(edgesMs)}`;
}
