/**
 * A report's flows as OpenLineage events: a job for each workload, its inputs the places that it gets data from, its
 * outputs those that it sends to; classes of data as tags. The run is the time in which the flows were seen.
 */
import type { Workload } from '../ends.ts';
import type { MergedFlow } from '../merged-flows.ts';
import { uriOf, uuidOf } from './cyclonedx.ts';
import type { Report } from './report.ts';

const PRODUCER = 'urn:weir';
const SPEC = 'https://openlineage.io/spec';

/** An event a workload, one a line. */
export function* reportOpenlineage(report: Report, categoryOf: (entity: string) => string): Generator<string> {
  const jobs = Map.groupBy(
    report.flows.map(({ flow }) => flow),
    ({ workload }) => workload.key,
  );
  for (const flows of jobs.values()) {
    const [first] = flows;
    if (first !== undefined) yield `${JSON.stringify(eventOf(report, first.workload, flows, categoryOf))}\n`;
  }
}

function eventOf(
  report: Report,
  workload: Workload,
  flows: readonly MergedFlow[],
  categoryOf: (entity: string) => string,
): object {
  const from = flows.map(({ firstSeen }) => firstSeen).reduce((a, b) => (a < b ? a : b));
  const to = flows.map(({ lastSeen }) => lastSeen).reduce((a, b) => (a > b ? a : b));
  const dataset = (flow: MergedFlow) => datasetOf(flow, categoryOf);
  return {
    eventType: 'COMPLETE',
    eventTime: report.made,
    producer: PRODUCER,
    schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
    run: {
      runId: uuidOf(JSON.stringify([report.kind, workload.key, from, to])),
      facets: {
        nominalTime: {
          ...facet(`${SPEC}/facets/1-0-1/NominalTimeRunFacet.json`),
          nominalStartTime: from,
          nominalEndTime: to,
        },
      },
    },
    job: {
      namespace: 'weir',
      name: workload.label,
      facets: {
        jobType: {
          ...facet(`${SPEC}/facets/2-0-3/JobTypeJobFacet.json`),
          processingType: 'STREAMING',
          integration: 'WEIR',
          jobType: 'SERVICE',
        },
        ...(workload.owner === null
          ? {}
          : {
              ownership: {
                ...facet(`${SPEC}/facets/1-0-1/OwnershipJobFacet.json`),
                owners: [{ name: workload.owner, type: 'OWNER' }],
              },
            }),
      },
    },
    inputs: flows.filter(({ direction }) => direction === 'in').map(dataset),
    outputs: flows.filter(({ direction }) => direction === 'out').map(dataset),
  };
}

function datasetOf(flow: MergedFlow, categoryOf: (entity: string) => string): object {
  const { place, entities, edges, calls, coverage, firstSeen, lastSeen } = flow;
  return {
    namespace: uriOf(flow),
    name: place.store ?? place.host ?? 'unknown',
    facets: {
      tags: {
        ...facet(`${SPEC}/facets/1-0-0/TagsDatasetFacet.json`),
        tags: Object.keys(entities).map((key) => ({ key, value: categoryOf(key), source: 'WEIR' })),
      },
      ...(place.owner === null
        ? {}
        : {
            ownership: {
              ...facet(`${SPEC}/facets/1-0-1/OwnershipDatasetFacet.json`),
              owners: [{ name: place.owner, type: 'OWNER' }],
            },
          }),
      weir_flow: {
        ...facet(`${SPEC}/2-0-2/OpenLineage.json#/$defs/DatasetFacet`),
        edges,
        calls,
        counts: entities,
        coverage,
        firstSeen,
        lastSeen,
      },
    },
  };
}

function facet(schemaURL: string) {
  return { _producer: PRODUCER, _schemaURL: schemaURL };
}
