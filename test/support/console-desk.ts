/** The console's questions answered in this process, and every answer held against the shape that the API promises. */
import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Answering } from '../../cli/console/answering.ts';
import type { FromDesk } from '../../cli/console/messages.ts';
import { type Asked, answerWith } from '../../console/api/desk.ts';
import { openApiDocument } from '../../console/api/openapi.ts';
import { ROUTES, type Route, type RouteId } from '../../console/api/routes.ts';
import { read, readQuery, reference, type Schema } from '../../console/api/schema.ts';
import type { Situation } from '../../console/api/situation.ts';

export const SITUATION: Situation = {
  parts: [
    { name: 'proxy', problem: null },
    { name: 'store', problem: null },
  ],
  version: '1',
  host: 'build-7',
  proxyUrl: 'http://127.0.0.1:8787',
  certificate: '/home/op/.weir/ca/ca.pem',
  workers: 1,
  openConnections: null,
  sensor: { state: 'off', reason: null, kernel: null, attached: [], losses: [] },
  notify: [],
  policies: '0123456789abcdef',
};

export interface AskedDesk {
  /** The parsed answer. Fails where it does not fit its shape, or the route refuses. */
  ask(route: RouteId, asked?: Partial<Asking>): Promise<Readonly<Record<string, unknown>>>;
  /** The code and words of a refusal; fails where it answers. */
  refused(route: RouteId, asked?: Partial<Asking>): Promise<{ readonly code: string; readonly error: string }>;
  readonly said: FromDesk[];
}

export interface Asking {
  readonly parts: Readonly<Record<string, string>>;
  /** As in a URL. */
  readonly query: string;
  readonly body: unknown;
  readonly by: Asked['by'];
}

export function askDesk(make: (say: (message: FromDesk) => void, situation: () => Situation) => Answering): AskedDesk {
  const said: FromDesk[] = [];
  const { handlers } = make(
    (message) => void said.push(message),
    () => SITUATION,
  );
  const answer = async (id: RouteId, asking: Partial<Asking> = {}) => {
    const route: Route = ROUTES[id];
    const query =
      route.query === null ? { value: null } : readQuery(route.query, new URLSearchParams(asking.query ?? ''));
    assert.ok('value' in query, JSON.stringify(query));
    const body = route.body === null ? { value: null } : read(route.body, asking.body);
    assert.ok('value' in body, JSON.stringify(body));
    const asked: Asked = {
      route: id,
      by: asking.by ?? { name: 'alice', role: 'admin' },
      parts: asking.parts ?? {},
      query: query.value,
      body: body.value,
    };
    const answered = await answerWith(handlers, asked, (error) => {
      throw error;
    });
    assert.ok(answered !== null, `${id} has no handler`);
    return answered;
  };
  return {
    said,
    ask: async (id, asking) => {
      const answered = await answer(id, asking);
      assert.ok(answered.kind === 'answer', `${id}: ${JSON.stringify(answered)}`);
      const parsed = JSON.parse(answered.json ?? 'null');
      checkShape(ROUTES[id].answer, parsed, id);
      return parsed;
    },
    refused: async (id, asking) => {
      const answered = await answer(id, asking);
      assert.ok(answered.kind === 'failure', `${id} answered`);
      return answered;
    },
  };
}

const schemas: Record<string, unknown> = strict(
  JSON.parse(JSON.stringify(Object(openApiDocument('1'))['components'].schemas)),
);
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'api', components: { schemas } });
const compiled = new Map<Schema<unknown>, ValidateFunction>();

/** Fails where a value has more, less or other than its shape says. */
export function checkShape(schema: Schema<unknown> | null, value: unknown, what: string): void {
  if (schema === null) return assert.equal(value, null, what);
  let validate = compiled.get(schema);
  if (validate === undefined) {
    const own = strict(JSON.parse(JSON.stringify(reference(schema)).replaceAll('"#/', '"api#/')));
    validate = ajv.compile(own);
    compiled.set(schema, validate);
  }
  assert.ok(validate(value), `${what}: ${JSON.stringify(validate.errors?.slice(0, 5))}`);
}

/** Answers may get more fields with a later version; what this one sends is to stand in the document. */
function strict<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(strict) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  if (copy['type'] === 'object' && 'properties' in copy) copy['additionalProperties'] = false;
  return copy as T;
}
