/**
 * Every route under /api/v1: who may call it, what it takes and what it answers. The dispatch, the OpenAPI document and the
 * tests are made from this table, so that none can know a route that the others do not.
 */

import { anything, moment, type ObjectSchema, object, optional, type Schema } from './schema.ts';
import {
  type Access,
  activated,
  activateRequest,
  allowAnswer,
  allowRequest,
  backtestAnswer,
  backtestRequest,
  checkAnswer,
  checkRequest,
  diffAnswer,
  diffRequest,
  draft,
  draftRequest,
  edgeDetail,
  edgeListQuery,
  edgePage,
  eventCountQuery,
  eventCounts,
  eventDetail,
  eventHistory,
  eventPage,
  eventQuery,
  exceptionProposal,
  exceptionQuery,
  excerpt,
  fleet,
  fleetPolicies,
  flowMap,
  lineage,
  lineageQuery,
  mapQuery,
  newToken,
  overview,
  policySet,
  policyText,
  reportFile,
  reportFileQuery,
  reportQuery,
  reportView,
  reviewAnswer,
  reviewRequest,
  similarEvents,
  suggestion,
  testAnswer,
  tokenList,
  tokenRequest,
  tryAnswer,
  tryRequest,
  vocabulary,
} from './shapes.ts';

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below /api/v1; `{id}` is one part of a path. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly query: ObjectSchema<Readonly<Record<string, Schema<unknown>>>> | null;
  readonly body: Schema<unknown> | null;
  /** Null: 204 without a body. */
  readonly answer: Schema<unknown> | null;
  /** Whether it changes something that is kept. */
  readonly isChange: boolean;
}

type Given = Partial<Pick<Route, 'query' | 'body' | 'isChange'>>;

function route<const A extends Schema<unknown> | null, const G extends Given>(
  start: `${Route['method']} /${string}`,
  access: Access,
  summary: string,
  answer: A,
  given: G,
): Omit<Route, 'answer' | 'query' | 'body'> & {
  readonly answer: A;
  readonly query: G extends { readonly query: infer Q } ? Q : null;
  readonly body: G extends { readonly body: infer B } ? B : null;
} {
  const [method, path] = start.split(' ') as [Route['method'], string];
  const { query = null, body = null, isChange = false } = given;
  return {
    method,
    path,
    access,
    summary,
    answer,
    query: query as G extends { readonly query: infer Q } ? Q : null,
    body: body as G extends { readonly body: infer B } ? B : null,
    isChange,
  };
}

const span = object({ from: optional(moment('24 hours ago unless said')), to: optional(moment('now unless said')) });

/** Those of a session, of the stream and of the document stand in `openapi.ts`: they are answered before or beside these. */
export const ROUTES = {
  overview: route('GET /overview', 'viewer', 'What happened in a range of time, and how Weir is', overview, {
    query: span,
  }),
  map: route('GET /map', 'viewer', 'Sources, data classes and destinations, joined until they can be read', flowMap, {
    query: mapQuery,
  }),
  edges: route('GET /edges', 'viewer', 'Edges as a table', edgePage, { query: edgeListQuery }),
  edge: route('GET /edges/{id}', 'viewer', 'One edge with its evidence', edgeDetail, {}),
  edgeSuggestion: route('GET /edges/{id}/suggestion', 'viewer', 'A rule that would stop it', suggestion, {}),
  lineage: route('GET /lineage', 'viewer', 'Where a class of data came from and went', lineage, {
    query: lineageQuery,
  }),
  report: route('GET /reports/{kind}', 'viewer', 'A report: pci, gdpr, ccpa, hipaa or scan-first', reportView, {
    query: reportQuery,
  }),
  reportFile: route('GET /reports/{kind}/file', 'viewer', 'The same as a file', reportFile, { query: reportFileQuery }),
  events: route('GET /events', 'viewer', 'Events, newest first, a page at a time', eventPage, { query: eventQuery }),
  eventCounts: route(
    'GET /events/counts',
    'viewer',
    'How many events there are, by state, action and severity',
    eventCounts,
    {
      query: eventCountQuery,
    },
  ),
  event: route('GET /events/{id}', 'viewer', 'One event with its findings and decisions', eventDetail, {}),
  openExcerpt: route(
    'POST /events/{id}/excerpt',
    'reviewer',
    'Opens the redacted text round the findings; that it was opened is an event',
    excerpt,
    {
      isChange: true,
    },
  ),
  similar: route(
    'GET /events/{id}/similar',
    'viewer',
    'Events of the same value, and of the same rule, source and destination',
    similarEvents,
    {},
  ),
  history: route('GET /events/{id}/history', 'viewer', 'What people did about an event', eventHistory, {}),
  review: route('POST /events/{id}/review', 'reviewer', 'Reviews an event; the review is an event', reviewAnswer, {
    body: reviewRequest,
    isChange: true,
  }),
  allow: route('POST /events/{id}/allow', 'reviewer', 'Uses the override of the rule that stopped it', allowAnswer, {
    body: allowRequest,
    isChange: true,
  }),
  exception: route(
    'GET /events/{id}/exception',
    'reviewer',
    'The narrowest exception for a false positive, and what it would have changed',
    exceptionProposal,
    {
      query: exceptionQuery,
    },
  ),
  eventSuggestion: route('GET /events/{id}/suggestion', 'viewer', 'A rule that would stop it', suggestion, {}),
  policies: route('GET /policies', 'viewer', 'The policies in force, with what their rules hit', policySet, {}),
  policySchema: route(
    'GET /policies/schema',
    'viewer',
    'The JSON Schema of policy files',
    anything('a JSON Schema'),
    {},
  ),
  policyFile: route('GET /policies/files/{file}', 'viewer', 'The text of a policy file', policyText, {}),
  checkPolicy: route('POST /policies/check', 'viewer', 'What is wrong with a text of policies', checkAnswer, {
    body: checkRequest,
  }),
  testPolicy: route('POST /policies/test', 'viewer', 'Runs the tests written in a text of policies', testAnswer, {
    body: checkRequest,
  }),
  tryPolicy: route('POST /policies/try', 'viewer', 'What a set of policies says of a sample', tryAnswer, {
    body: tryRequest,
  }),
  backtestPolicy: route(
    'POST /policies/backtest',
    'viewer',
    'What a text of policies would have done to stored events',
    backtestAnswer,
    {
      body: backtestRequest,
    },
  ),
  diffPolicy: route('POST /policies/diff', 'viewer', 'From the file in force to a text', diffAnswer, {
    body: diffRequest,
  }),
  undoPolicy: route(
    'POST /policies/files/{file}/undo',
    'admin',
    'Takes the last activation from here back',
    activated,
    { isChange: true },
  ),
  draft: route('GET /policies/drafts/{file}', 'viewer', 'A draft, which is never loaded', draft, {}),
  saveDraft: route('PUT /policies/drafts/{file}', 'admin', 'Saves NAME.draft.yaml', draft, {
    body: draftRequest,
    isChange: true,
  }),
  dropDraft: route('DELETE /policies/drafts/{file}', 'admin', 'Removes a draft', null, { isChange: true }),
  activateDraft: route('POST /policies/drafts/{file}/activate', 'admin', 'Puts a draft in force', activated, {
    body: activateRequest,
    isChange: true,
  }),
  fleet: route('GET /fleet', 'viewer', 'Hosts, what is attached there, and what was lost', fleet, {}),
  fleetPolicies: route('GET /fleet/policies', 'viewer', 'Which node runs which policies', fleetPolicies, {}),
  vocabulary: route('GET /vocabulary', 'viewer', 'Words for filters and the search', vocabulary, {}),
  tokens: route('GET /tokens', 'admin', 'Who may open the console and its API', tokenList, {}),
  createToken: route('POST /tokens', 'admin', 'Makes a token', newToken, { body: tokenRequest, isChange: true }),
  revokeToken: route('DELETE /tokens/{id}', 'admin', 'Revokes a token and ends its sessions', null, { isChange: true }),
} as const;

export type RouteId = keyof typeof ROUTES;
