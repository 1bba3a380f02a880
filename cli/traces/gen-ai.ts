/**
 * What a span says of an exchange, a stream or a tunnel, after OpenTelemetry's semantic conventions for HTTP, RPC, MCP and GenAI. All of it comes from
 * the event: words of ours, of the operator and of the catalog, host, port, status and the model's name; no content.
 */
import type { EventBody } from '../../flow/event.ts';
import type { Carried } from '../../proxy/traces.ts';

export interface SpanFacts {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Null while the exchange went well; else what it failed by. */
  readonly failure: string | null;
}

/** `gen_ai.provider.name` by the catalog's vendor, where the conventions have a name of their own. */
const PROVIDERS: Readonly<Record<string, string>> = {
  Amazon: 'aws.bedrock',
  'Mistral AI': 'mistral_ai',
  Microsoft: 'azure.ai.openai',
  xAI: 'x_ai',
};

/** `gen_ai.operation.name` by the path; the first that fits. */
const OPERATIONS: readonly (readonly [RegExp, string])[] = [
  [/\/embed(dings?)?\b|:(batch)?[eE]mbedContents?\b/, 'embeddings'],
  [/:(stream)?[gG]enerateContent\b/, 'generate_content'],
  [/\/chat\/completions\b|\/messages\b|\/responses\b|\/converse(-stream)?\b|\/chat\b|\/conversation\b/, 'chat'],
  [/\/completions?\b|\/generate\b/, 'text_completion'],
];

/** A model's name is the client's to choose: what does not look like one is left out. */
const MODEL = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$/;

/** A method of JSON-RPC, and a path of gRPC, as the protocols have them; anything else may be somebody's words. */
const RPC_METHOD = /^[a-z]+(?:\/[a-zA-Z_]+){0,3}$/;
const GRPC_PATH = /^\/([\w.]{1,200})\/(\w{1,100})$/;

export function factsOf(event: EventBody, carried: Carried = { kind: 'http', rpcMethod: null }): SpanFacts {
  const { destination, route, status, outcome, action, enforced, coverage, findings } = event;
  const [method = '', path = ''] = route?.split(' ') ?? [];
  const isGenai = destination.category === 'genai';
  const { kind } = carried;
  const called = carried.rpcMethod !== null && RPC_METHOD.test(carried.rpcMethod) ? carried.rpcMethod : null;
  const rpc = kind === 'grpc' || kind === 'connect' ? GRPC_PATH.exec(path) : null;
  const operation =
    called === 'tools/call'
      ? 'execute_tool'
      : isGenai
        ? (OPERATIONS.find(([pattern]) => pattern.test(path))?.[1] ?? null)
        : null;
  const model = isGenai ? modelOf(event) : null;
  const failure = failureOf(event);
  const attributes: Record<string, string | number | null> = {
    'gen_ai.provider.name': isGenai ? providerOf(event) : null,
    'gen_ai.operation.name': operation,
    'gen_ai.request.model': model,
    'mcp.method.name': called,
    'rpc.system': rpc !== null ? (kind === 'grpc' ? 'grpc' : 'connect_rpc') : called !== null ? 'jsonrpc' : null,
    'rpc.service': rpc?.[1] ?? null,
    'rpc.method': rpc?.[2] ?? called,
    'network.protocol.name': kind === 'websocket' ? 'websocket' : null,
    'network.transport': kind === 'tunnel' ? 'tcp' : null,
    'server.address': destination.host,
    'server.port': destination.port,
    'http.request.method': /^[A-Z]{1,20}$/.test(method) ? method : null,
    'http.response.status_code': status,
    'error.type': failure,
    'weir.event': event.id,
    'weir.outcome': outcome,
    'weir.action': enforced ? action : 'allow',
    'weir.policy': event.policy,
    'weir.rule': event.rule,
    'weir.coverage': coverage.level,
    'weir.findings': findings.reduce((sum, { count }) => sum + count, 0),
  };
  const modelled = operation === null ? null : model === null ? operation : `${operation} ${model}`;
  const plain = kind === 'tunnel' ? 'tunnel' : method || 'exchange';
  const name = called ?? (rpc === null ? (modelled ?? plain) : path.slice(1));
  return { name, attributes: known(attributes), failure };
}

function known(attributes: Readonly<Record<string, string | number | null>>): Record<string, string | number> {
  const pairs = Object.entries(attributes).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]));
  return Object.fromEntries(pairs);
}

function providerOf({ destination, provider }: EventBody): string | null {
  const { vendor, host } = destination;
  if (vendor === null) return provider;
  if (vendor === 'Google') return host?.includes('aiplatform') === true ? 'gcp.vertex_ai' : 'gcp.gemini';
  return PROVIDERS[vendor] ?? vendor.toLowerCase().replace(/[^a-z0-9]+/g, '_');
}

/** Not where something was found in it. */
function modelOf({ model, findings }: EventBody): string | null {
  if (model === null || !MODEL.test(model)) return null;
  return findings.some(({ path }) => /(^|\/)model$/.test(path)) ? null : model;
}

/** As the conventions have it: the status where that says it, else how it ended. */
function failureOf({ status, outcome }: EventBody): string | null {
  if (outcome === 'blocked') return 'blocked';
  if (outcome === 'completed') return status !== null && status >= 400 ? String(status) : null;
  return outcome;
}
