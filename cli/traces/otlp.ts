/**
 * Spans to a collector by OTLP over HTTP, where the standard environment variables ask for it; nothing of the libraries
 * is loaded otherwise. The exporter opens connections of its own, to the address that the operator named: they carry
 * no app's call and are none of the proxy's upstreams.
 */
import type { SpanContext } from '@opentelemetry/api';
import type { Span, SpanMaker, TraceParent } from '../../proxy/traces.ts';
import { factsOf } from './gen-ai.ts';

export interface RunningTraces extends SpanMaker {
  /** Sends what is left, within a few seconds. */
  close(): Promise<void>;
}

const CLOSE_MS = 3000;
/** A collector that is down says so with every batch. */
const SAY_AGAIN_MS = 60_000;

/** Null where the environment asks for no traces. */
export async function openTraces(
  env: NodeJS.ProcessEnv,
  version: string,
  log: (line: string) => void,
): Promise<RunningTraces | null> {
  if (!isAskedFor(env, log)) return null;
  const [api, sdk, { OTLPTraceExporter }, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  let saidAt = Number.NEGATIVE_INFINITY;
  const say = (message: string): void => {
    if (performance.now() - saidAt < SAY_AGAIN_MS) return;
    saidAt = performance.now();
    log(`weir: traces: ${message.split('\n', 1)[0]?.slice(0, 200) ?? ''}`);
  };
  const ignore = (): void => {};
  api.diag.setLogger(
    { error: say, warn: say, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const resource = resources
    .defaultResource()
    .merge(resources.resourceFromAttributes({ 'service.name': 'weir', 'service.version': version }))
    .merge(resources.detectResources({ detectors: [resources.envDetector] }));
  const provider = new sdk.BasicTracerProvider({
    resource,
    spanProcessors: [new sdk.BatchSpanProcessor(new OTLPTraceExporter())],
  });
  const tracer = provider.getTracer('weir', version);
  const contextOf = (parent: TraceParent | null) => {
    if (parent === null) return api.ROOT_CONTEXT;
    const { traceId, spanId, flags, state } = parent;
    const traceState = state === null ? {} : { traceState: api.createTraceState(state) };
    const remote: SpanContext = { traceId, spanId, traceFlags: flags & 1, isRemote: true, ...traceState };
    return api.trace.setSpanContext(api.ROOT_CONTEXT, remote);
  };
  return {
    begin(parent, startedAt): Span {
      const span = tracer.startSpan('exchange', { kind: api.SpanKind.CLIENT, startTime: startedAt }, contextOf(parent));
      const { traceId, spanId, traceFlags, traceState } = span.spanContext();
      return {
        traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
        tracestate: traceState?.serialize() || null,
        end(event, carried) {
          if (span.isRecording()) {
            const { name, attributes, failure } = factsOf(event, carried);
            span.updateName(name).setAttributes(attributes);
            if (failure !== null) span.setStatus({ code: api.SpanStatusCode.ERROR });
          }
          span.end();
        },
      };
    },
    close: () => within(provider.shutdown(), CLOSE_MS),
  };
}

/** By OTEL_TRACES_EXPORTER, else wherever an endpoint is named. */
function isAskedFor(env: NodeJS.ProcessEnv, log: (line: string) => void): boolean {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return false;
  const exporters = (env['OTEL_TRACES_EXPORTER'] ?? '').split(',').map((name) => name.trim());
  const isNamed = exporters.some((name) => name !== '');
  const hasEndpoint = Boolean(env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT']);
  if (!isNamed) return hasEndpoint;
  if (exporters.includes('otlp')) return true;
  if (!exporters.includes('none'))
    log('weir: traces: of OTEL_TRACES_EXPORTER only otlp and none are known; none are sent');
  return false;
}

/** A collector that does not answer must not hold up a stop. Never rejects: what could not be sent was said. */
async function within(work: Promise<void>, limitMs: number): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, limitMs);
  await Promise.race([work.catch(() => {}), limit.promise]);
  clearTimeout(timer);
}
