/**
 * What OpenLineage asks of an event, for documents that Weir writes: a schema in our own words of the specification's RunEvent
 * 2-0-2 and of the facets that we use (openlineage.io/spec), which are Apache-2.0.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const text = { type: 'string' };
const uri = { type: 'string', format: 'uri' };
const time = { type: 'string', format: 'date-time' };

/** A facet: where it comes from, what describes it, and its own fields. */
function facet(properties: object = {}, required: readonly string[] = []): object {
  return {
    type: 'object',
    required: ['_producer', '_schemaURL', ...required],
    properties: { _producer: uri, _schemaURL: uri, ...properties },
  };
}

function facets(known: object): object {
  return { type: 'object', properties: known, additionalProperties: facet() };
}

function listOf(properties: object, required: readonly string[]): object {
  return { type: 'array', items: { type: 'object', properties, required } };
}

const ownership = facet({ owners: listOf({ name: text, type: text }, ['name']) });

const DATASET = {
  type: 'object',
  required: ['namespace', 'name'],
  properties: {
    namespace: text,
    name: text,
    facets: facets({
      tags: facet({ tags: listOf({ key: text, value: text, source: text, field: text }, ['key', 'value']) }),
      ownership,
    }),
    inputFacets: facets({}),
    outputFacets: facets({}),
  },
};

const RUN_EVENT = {
  type: 'object',
  required: ['eventTime', 'producer', 'schemaURL', 'run', 'job'],
  properties: {
    eventTime: time,
    producer: uri,
    schemaURL: uri,
    eventType: { enum: ['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER'] },
    run: {
      type: 'object',
      required: ['runId'],
      properties: {
        runId: { type: 'string', format: 'uuid' },
        facets: facets({ nominalTime: facet({ nominalStartTime: time, nominalEndTime: time }, ['nominalStartTime']) }),
      },
    },
    job: {
      type: 'object',
      required: ['namespace', 'name'],
      properties: {
        namespace: text,
        name: text,
        facets: facets({
          jobType: facet({ processingType: text, integration: text, jobType: text }, ['processingType', 'integration']),
          ownership,
        }),
      },
    },
    inputs: { type: 'array', items: DATASET },
    outputs: { type: 'array', items: DATASET },
  },
};

export function openlineageValidator(): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
  formats.default(ajv);
  return ajv.compile(RUN_EVENT);
}
