/** The document of the API: OpenAPI 3.1, made from the table of routes and its shapes. */
import { ROUTES, type Route } from './routes.ts';
import { definitions, type JsonSchema, reference, type Schema } from './schema.ts';
import { failure, onward, sessionState, signIn, signInAtProvider, streamMessage } from './shapes.ts';

/** Status of a failure, and when it comes. */
const FAILURES = {
  400: 'The request has an error; `error` names it.',
  401: 'A token is needed, or this one is not known.',
  403: 'The role does not allow it, or the request came from another origin.',
  404: 'There is no such thing.',
  409: 'It has changed meanwhile, or cannot be done as things are; `error` says why.',
  413: 'The body is too large.',
  429: 'Too many; `Retry-After` says when to try again.',
  503: 'It cannot be answered now; `error` says why.',
} as const;

type Status = keyof typeof FAILURES;

/** As JSON: `servers` is relative to where it was read, so that it holds by any name of the listener. */
export function openApiDocument(version: string): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  const add = (path: string, method: string, operation: JsonSchema): void => {
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  };
  add('/api/v1/session', 'POST', {
    operationId: 'signIn',
    summary: 'Begins a session: a cookie for a one-time code or a token',
    security: [],
    requestBody: { required: true, content: jsonContent(signIn) },
    responses: { ...answers(sessionState, 'Signed in; the cookie is set.'), ...failures([400, 401, 403, 429]) },
  });
  add('/api/v1/session', 'GET', {
    operationId: 'session',
    summary: 'Who is signed in; answers nobody too',
    security: [],
    responses: answers(sessionState, 'The session, or null.'),
  });
  add('/api/v1/session', 'DELETE', {
    operationId: 'signOut',
    summary: 'Ends the session',
    security: [],
    responses: {
      ...answers(onward, 'It is ended; where to go on to end the one of its identity provider too.'),
      204: { description: 'It is ended.' },
      ...failures([403]),
    },
  });
  add('/api/v1/session/provider', 'POST', {
    operationId: 'signInAtProvider',
    summary: 'Where to send a browser that signs in at the identity provider; for pages of the console',
    security: [],
    requestBody: { required: true, content: jsonContent(signInAtProvider) },
    responses: { ...answers(onward, 'The address; a cookie is set.'), ...failures([400, 401, 403, 409, 503]) },
  });
  add('/api/v1/session/provider/callback', 'GET', {
    operationId: 'returnFromProvider',
    summary: 'The redirect URI: where the identity provider sends browsers back to',
    security: [],
    responses: {
      303: {
        description: 'To the page that was asked for, with the cookie of a session; or to the page that says why not.',
      },
      ...failures([401, 429]),
    },
  });
  add('/api/v1/session/provider/logout', 'POST', {
    operationId: 'endedByProvider',
    summary: 'Back-channel logout: ends the sessions that a signed logout token names',
    security: [],
    requestBody: {
      required: true,
      content: {
        'application/x-www-form-urlencoded': {
          schema: { type: 'object', properties: { logout_token: { type: 'string' } }, required: ['logout_token'] },
        },
      },
    },
    responses: {
      200: { description: 'It is done.' },
      400: { description: 'The token is not to be believed; `error_description` says why.' },
      ...failures([401]),
      503: { description: 'The keys of the provider cannot be had now.' },
    },
  });
  add('/api/v1/openapi.json', 'GET', {
    operationId: 'document',
    summary: 'This document',
    security: [],
    responses: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } } },
  });
  add('/api/v1/stream', 'GET', {
    operationId: 'stream',
    summary: 'Live updates, at most two a second',
    description:
      'Server-sent events; `data` of each is a StreamMessage. The first is a snapshot, unless Last-Event-ID names a place from which all is still at hand.',
    parameters: [
      {
        name: 'Last-Event-ID',
        in: 'header',
        required: false,
        description: 'of the last update that was taken',
        schema: { type: 'string' },
      },
    ],
    responses: {
      200: { description: 'A stream.', content: { 'text/event-stream': { schema: reference(streamMessage) } } },
      ...failures([401, 429]),
    },
  });
  for (const [id, route] of Object.entries<Route>(ROUTES))
    add(`/api/v1${route.path}`, route.method, operationOf(id, route));
  const named = [failure, sessionState, signIn, signInAtProvider, onward, streamMessage];
  const shapes = [...named, ...Object.values<Route>(ROUTES).flatMap(shapesOf)];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Weir',
      version,
      description:
        'The API of the console. Fields, parameters and routes are added; none is renamed, retyped or taken away within v1.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { cookie: [] }],
    paths,
    components: {
      schemas: definitions(shapes),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'of `weir token create`' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'weir_session', description: 'of POST /api/v1/session' },
      },
    },
  };
}

function shapesOf({ query, body, answer }: Route): readonly Schema<unknown>[] {
  return [query, body, answer].filter((schema) => schema !== null);
}

function operationOf(operationId: string, route: Route): JsonSchema {
  const { path, access, summary, query, body, answer } = route;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query?.fields ?? {}).map(([name, field]) => {
    const { description, ...schema } = field.json;
    return { name, in: 'query', required: false, ...(description === undefined ? {} : { description }), schema };
  });
  const statuses: Status[] = [
    ...(query !== null || body !== null ? ([400] as const) : []),
    401,
    403,
    ...(inPath.length > 0 ? ([404] as const) : []),
    ...(route.isChange ? ([409] as const) : []),
    ...(body === null ? [] : ([413] as const)),
    429,
    503,
  ];
  return {
    operationId,
    summary,
    description: `Needs the role ${access}.`,
    ...(inPath.length + inQuery.length > 0 ? { parameters: [...inPath, ...inQuery] } : {}),
    ...(body === null ? {} : { requestBody: { required: true, content: jsonContent(body) } }),
    responses: {
      ...(answer === null ? { 204: { description: 'Done.' } } : answers(answer, 'What was asked for.')),
      ...failures(statuses),
    },
  };
}

function answers(schema: Schema<unknown>, description: string): JsonSchema {
  return { 200: { description, content: jsonContent(schema) } };
}

function failures(statuses: readonly Status[]): JsonSchema {
  return Object.fromEntries(
    statuses.map((status) => [status, { description: FAILURES[status], content: jsonContent(failure) }]),
  );
}

function jsonContent(schema: Schema<unknown>): JsonSchema {
  return { 'application/json': { schema: reference(schema) } };
}
