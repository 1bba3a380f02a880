/** `weir serve`: the engine as an HTTP service with the REST shapes of Presidio's analyzer and anonymizer, on one port. */
import { once } from 'node:events';
import { type HostPort, parseHostPort } from '../catalog/host.ts';
import type { Config } from '../config/config.ts';
import { isLoopback } from '../config/load.ts';
import type { NameReader } from '../engine/names/given.ts';
import { MEDIUM } from '../flow/finding.ts';
import { type Command, type CommandContext, hasOption, numberOption, textOption, UsageError } from './command.ts';
import { createEngine } from './configured-engine.ts';
import { openConfiguredModel } from './configured-model.ts';
import { reportFailure } from './failure.ts';
import { createAnalyzer } from './serve/analyze.ts';
import { routesOf } from './serve/routes.ts';
import { type ServedRequest, startServer } from './serve/server.ts';

const DEFAULT_LISTEN = '127.0.0.1:8790';
const DEFAULT_REQUEST_SECONDS = 30;

export const command: Command = {
  name: 'serve',
  summary: "the engine as an HTTP service with Presidio's REST shapes",
  usage: `weir serve [--listen HOST:PORT] [--min-score N] [--max-body BYTES] [--timeout SECONDS]
           [--log-requests]`,
  details: `Answers POST /analyze, /anonymize and /deanonymize, and GET /supportedentities, /recognizers,
/anonymizers, /deanonymizers and /health, as Presidio's two services do, so that a program that
speaks to Presidio is switched by its URLs. Offsets count code points. Nothing is stored, and no
text is logged. docs/serve.md has the parameters.

  --listen HOST:PORT  where to listen (default ${DEFAULT_LISTEN}; port 0 takes a free one)
  --min-score N       threshold of requests without score_threshold, 0 to 1 (default ${MEDIUM})
  --max-body BYTES    largest body (default: proxy.limits.inspectBytes, 32 MiB)
  --timeout SECONDS   time that a request may take to arrive (default ${DEFAULT_REQUEST_SECONDS})
  --log-requests      a line a request on stderr: method, path, status, time, correlation_id

Of the configuration, policies (their recognizers), detection and proxy.limits are used. It runs until it is
stopped (Ctrl-C); open requests are answered first.`,
  example: `weir serve
export PRESIDIO_ANALYZER_API_BASE=http://${DEFAULT_LISTEN}
export PRESIDIO_ANONYMIZER_API_BASE=http://${DEFAULT_LISTEN}
curl -s http://${DEFAULT_LISTEN}/analyze -H 'content-type: application/json' \\
  -d '{"text": "my card is 4111 1111 1111 1111", "language": "en"}'`,
  options: {
    listen: { type: 'string' },
    'min-score': { type: 'string' },
    'max-body': { type: 'string' },
    timeout: { type: 'string' },
    'log-requests': { type: 'boolean' },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  if (context.positionals.length > 0) throw new UsageError('takes no arguments');
  const listen = parseHostPort(textOption(context, 'listen') ?? DEFAULT_LISTEN);
  if (listen === null) throw new UsageError('--listen must be host:port, such as 127.0.0.1:8790 or [::1]:8790');
  const options: ServeOptions = {
    listen,
    minScore: numberOption(context, 'min-score', { min: 0, max: 1 }) ?? MEDIUM,
    maxBody: numberOption(context, 'max-body', { min: 1024, max: 2 ** 30, integer: true }),
    seconds: numberOption(context, 'timeout', { min: 1, max: 3600 }) ?? DEFAULT_REQUEST_SECONDS,
  };
  const config = context.config();
  const model = await openConfiguredModel(config, config.proxy.limits.modelMs, (line) => context.err(`${line}\n`));
  try {
    return await serveUntilStopped(context, config, options, model?.read ?? null);
  } finally {
    await model?.close();
  }
}

interface ServeOptions {
  readonly listen: HostPort;
  readonly minScore: number;
  readonly maxBody: number | null;
  readonly seconds: number;
}

async function serveUntilStopped(
  context: CommandContext,
  config: Config,
  { listen, minScore, maxBody, seconds }: ServeOptions,
  readNames: NameReader | null,
): Promise<number> {
  const analyzer = createAnalyzer({
    scanner: scannerOf(config),
    readNames,
    minScore,
    onUnknownEntity: (entity) => context.err(`weir: a request asks for ${entity}, which nothing here finds\n`),
  });
  const { inspectBytes, heldBytes, drainMs } = config.proxy.limits;
  const maxBodyBytes = maxBody ?? inspectBytes;
  const server = await startServer(routesOf(analyzer), {
    listen,
    limits: {
      maxBodyBytes,
      heldBytes: Math.max(heldBytes, maxBodyBytes),
      requestMs: seconds * 1000,
      drainMs,
      maxConnections: config.proxy.limits.maxConnections,
    },
    onFailure: (error) => void reportFailure(error, context),
    ...(hasOption(context, 'log-requests') ? { onRequest: (request) => context.err(requestLine(request)) } : {}),
  });
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]);
  context.err(greeting(server.url, isLoopback(listen.host)));
  await stopped;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  await server.close();
  context.err('weir: stopped\n');
  return 0;
}

/** Fingerprints are of no use here: a service has no home, and its answers hold none. */
function scannerOf(config: Config) {
  return createEngine(config, () => '').scanner;
}

function requestLine({ method, path, status, milliseconds, bytes, correlation }: ServedRequest): string {
  const id = correlation === null ? '' : ` correlation_id=${correlation}`;
  return `weir: ${method} ${path} ${status} ${milliseconds} ms ${bytes} bytes${id}\n`;
}

function greeting(url: string, isLocal: boolean): string {
  const open = isLocal ? '' : '  other hosts can reach it, and it asks for no token\n';
  return `weir: serve listens on ${url}
${open}  PRESIDIO_ANALYZER_API_BASE=${url}
  PRESIDIO_ANONYMIZER_API_BASE=${url}
Stop: Ctrl-C
`;
}
