/**
 * Events by HTTP: Splunk's HTTP Event Collector, Elasticsearch's (and OpenSearch's) bulk API, OpenTelemetry logs (OTLP/HTTP,
 * JSON). What the receiver says of each is heard; an event that it refuses for good is named, and keeps no other waiting.
 */
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { hostname } from 'node:os';
import { rootCertificates } from 'node:tls';
import type { Severity } from '../../flow/decision.ts';
import type { WeirEvent } from '../../flow/event.ts';
import { codeOf, type EventLine, type Sink, SinkFailure } from './sink.ts';

export interface HttpSinkOptions {
  readonly kind: 'splunk' | 'elasticsearch' | 'otlp';
  readonly url: string;
  readonly token: string | null;
  readonly ca: readonly string[];
  readonly line: EventLine;
  /** Of Weir. */
  readonly version: string;
  /** Hears of events that were refused for good where the rest was taken, once a batch. */
  readonly onRefused: (count: number, reason: string) => void;
}

const LIMIT_MS = 20_000;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export class HttpSink implements Sink {
  readonly #options: HttpSinkOptions;

  constructor(options: HttpSinkOptions) {
    this.#options = options;
  }

  async send(events: readonly WeirEvent[]): Promise<void> {
    const { kind, url } = this.#options;
    const { target, type, body, authorization } = this.#shaped(events);
    const { status, text } = await this.#post(target, type, body, authorization);
    if (status < 200 || status > 299) {
      // Its size, or something in it; all else may be mended without us: a token, a limit, a restart.
      const isForGood = status === 400 || status === 413 || status === 415 || status === 422;
      throw new SinkFailure(`${url} answered ${status}`, isForGood);
    }
    if (kind === 'elasticsearch') this.#hearItems(text);
    if (kind === 'otlp') this.#hearPartial(text);
  }

  async close(): Promise<void> {}

  #shaped(events: readonly WeirEvent[]) {
    const { kind, url, token, line, version } = this.#options;
    switch (kind) {
      case 'splunk':
        return {
          target: url,
          type: 'application/json',
          body: events.map((event) => splunkEvent(event, line)).join('\n'),
          authorization: token === null ? null : `Splunk ${token}`,
        };
      case 'elasticsearch': {
        const { origin, pathname } = new URL(url);
        const index = pathname.slice(1);
        return {
          target: `${origin}/_bulk`,
          type: 'application/x-ndjson',
          // `create` with the event's id: what comes twice is there once.
          body: events
            .map((event) => `${JSON.stringify({ create: { _index: index, _id: event.id } })}\n${line(event)}\n`)
            .join(''),
          authorization: token === null ? null : `ApiKey ${token}`,
        };
      }
      case 'otlp':
        return {
          target: url,
          type: 'application/json',
          body: JSON.stringify(otlpLogs(events, line, version)),
          authorization: token === null ? null : `Bearer ${token}`,
        };
    }
  }

  #post(
    target: string,
    type: string,
    body: string,
    authorization: string | null,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const { ca, url } = this.#options;
    const bytes = Buffer.from(body, 'utf8');
    const headers = {
      'content-type': type,
      'content-length': bytes.length,
      accept: 'application/json',
      ...(authorization === null ? {} : { authorization }),
    };
    const roots = ca.length === 0 ? {} : { ca: [...rootCertificates, ...ca] };
    const options = { method: 'POST', headers, signal: AbortSignal.timeout(LIMIT_MS), ...roots };
    return new Promise((resolve, reject) => {
      const failed = (error: unknown): void => reject(new SinkFailure(`${url} cannot be reached (${codeOf(error)})`));
      const hear = (response: IncomingMessage): void => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > MAX_ANSWER_BYTES) response.destroy(new Error('too long'));
          else chunks.push(chunk);
        });
        response.on('error', failed);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      };
      const request = target.startsWith('https:')
        ? requestTls(target, options, hear)
        : requestPlain(target, options, hear);
      request.on('error', failed);
      request.end(bytes);
    });
  }

  /** Of the bulk API each item has a status of its own: 409 is there already; what may be taken later comes again, all of it. */
  #hearItems(text: string): void {
    const answer = parsed(text);
    if (answer['errors'] !== true) return;
    const items = Array.isArray(answer['items']) ? answer['items'] : [];
    let refused = 0;
    for (const item of items) {
      const status = Number(recordOf(recordOf(item)['create'])['status']);
      if (status === 429 || status >= 500) throw new SinkFailure(`${this.#options.url} is busy (${status})`);
      if (status >= 400 && status !== 409) refused++;
    }
    if (refused > 0) this.#options.onRefused(refused, 'the index does not take their shape');
  }

  #hearPartial(text: string): void {
    const count = Number(recordOf(parsed(text)['partialSuccess'])['rejectedLogRecords'] ?? 0);
    if (count > 0) this.#options.onRefused(count, 'the collector rejected them');
  }
}

/** docs.splunk.com, "Format events for HTTP Event Collector". Time in seconds. */
function splunkEvent(event: WeirEvent, line: EventLine): string {
  const head = { time: Date.parse(event.time) / 1000, host: event.source.host ?? hostname(), source: 'weir' };
  return `${JSON.stringify({ ...head, sourcetype: 'weir:event' }).slice(0, -1)},"event":${line(event)}}`;
}

/** SeverityNumber of the OpenTelemetry data model for logs. */
const SEVERITY: Readonly<Record<Severity, number>> = { info: 9, low: 10, medium: 13, high: 17, critical: 21 };

function otlpLogs(events: readonly WeirEvent[], line: EventLine, version: string): object {
  const text = (key: string, value: string | null) => (value === null ? [] : [{ key, value: { stringValue: value } }]);
  const logRecords = events.map((event) => ({
    timeUnixNano: `${Date.parse(event.time)}000000`,
    severityNumber: SEVERITY[event.severity ?? 'info'],
    severityText: event.severity ?? 'info',
    body: { stringValue: line(event) },
    attributes: [
      ...text('event.id', event.id),
      ...text('weir.kind', event.kind),
      ...text('weir.action', event.action),
      ...text('weir.policy', event.policy),
      ...text('weir.rule', event.rule),
      ...text('weir.app', event.source.app),
      ...text('server.address', event.destination.host),
    ],
  }));
  const resource = { attributes: [...text('service.name', 'weir'), ...text('host.name', hostname())] };
  return { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'weir', version }, logRecords }] }] };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {}; // It was taken, and how it was said is not ours.
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
