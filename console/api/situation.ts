/** What only the process that runs Weir knows, as plain data for whoever answers: how its parts are, and how to route an app. */
import type { Part } from '../health.ts';
import type { Fleet, Health, Overview, RoutingCommand } from './shapes.ts';

export type SensorSituation = Fleet['hosts'][number]['sensor'];

export interface Situation {
  readonly parts: readonly Part[];
  readonly version: string;
  readonly host: string;
  /** `http://127.0.0.1:8787`. */
  readonly proxyUrl: string;
  readonly certificate: string;
  /** Processes that carry traffic. */
  readonly workers: number;
  readonly openConnections: number | null;
  readonly sensor: SensorSituation;
  readonly notify: Fleet['notify'];
  /** Changes when the policies in force do. */
  readonly policies: string;
}

export function healthOf({ parts }: Pick<Situation, 'parts'>): Health {
  return {
    isReady: parts.every(({ problem }) => problem === null),
    parts: parts.map(({ name, problem }) => ({ name, isReady: problem === null, reason: problem })),
  };
}

/** What the sensor lost: counters that are not zero. */
export function lossesOf({ sensor }: Pick<Situation, 'sensor'>): Overview['losses'] {
  return sensor.losses.filter(({ count }) => count > 0);
}

/** How an app's calls come to be seen, the simplest first. */
export function routingCommands({ proxyUrl, certificate }: Situation): readonly RoutingCommand[] {
  const gateway = `${proxyUrl}/openai/v1`;
  return [
    {
      title: 'One program, whatever it is written in',
      command: 'weir run -- python app.py',
      note: 'Sets proxy and certificate for it and all that it starts.',
    },
    { title: 'This shell and all that it starts', command: 'eval "$(weir env)"', note: null },
    {
      title: 'One SDK, through the gateway',
      command: `export OPENAI_BASE_URL=${gateway}`,
      note: 'No certificate is needed; other providers have a path of their own, such as /anthropic.',
    },
    {
      title: 'By hand',
      command: `export HTTPS_PROXY=${proxyUrl} SSL_CERT_FILE=${certificate}`,
      note: 'Programs differ in the variables that they read; `weir env` prints all of them.',
    },
    {
      title: 'A first call, with something to find',
      command: `curl -sS --proxy ${proxyUrl} --cacert ${certificate} https://api.openai.com/v1/chat/completions -H 'Content-Type: application/json' -d '{"model":"gpt-4o","messages":[{"role":"user","content":"my card is 4111 1111 1111 1111"}]}'`,
      note: 'Blocked before it reaches the provider: it needs no key.',
    },
  ];
}
