/** The sinks that the configuration names, each with its own way through the committed events. */
import { join } from 'node:path';
import type { Config, SiemConfig } from '../../config/config.ts';
import { packageVersion } from '../../config/package-root.ts';
import type { WeirEvent } from '../../flow/event.ts';
import type { Figures } from '../../flow/figures.ts';
import { MEDIUM } from '../../flow/finding.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { keptStore } from '../console/kept-reader.ts';
import { ocsfFinding } from '../log/ocsf.ts';
import { FileSink } from './file-sink.ts';
import { Forwarder } from './forwarder.ts';
import { HttpSink } from './http-sink.ts';
import type { EventLine, Sink } from './sink.ts';
import { SyslogSink } from './syslog-sink.ts';

export interface RunningSinks {
  readonly figures: Figures['values'];
  /** Gives each sink a few seconds for what is committed. */
  close(): Promise<void>;
}

const CLOSE_MS = 5000;

/** Null where the configuration names none. `home` is there, with its database. */
export function startConfiguredSinks(config: Config, log: (line: string) => void): RunningSinks | null {
  if (config.siem.length === 0) return null;
  const store = keptStore(config, (message) => log(`weir: ${message}`));
  const forwarders = config.siem.map((sink) => ({
    name: sink.name,
    forwarder: forwarderOf(sink, config.home, store, log),
  }));
  return {
    get figures() {
      return forwarders.flatMap(({ name, forwarder }) => {
        const { sent, refused, lag, isFailing } = forwarder.figures;
        return [
          { name: 'weir_siem_sent_total', labels: [name], value: sent },
          { name: 'weir_siem_refused_total', labels: [name], value: refused },
          { name: 'weir_siem_lag_events', labels: [name], value: lag },
          { name: 'weir_siem_failing', labels: [name], value: isFailing ? 1 : 0 },
        ];
      });
    },
    close: async () => {
      await Promise.all(forwarders.map(({ forwarder }) => forwarder.close(CLOSE_MS)));
      await store().close();
    },
  };
}

function forwarderOf(
  config: SiemConfig,
  home: string,
  store: () => StoreReader,
  log: (line: string) => void,
): Forwarder {
  const { name, rate, format, what } = config;
  const line = lineOf(format);
  // Made before the forwarder that it tells of refusals, and used after.
  let forwarder: Forwarder | null = null;
  const sink = sinkOf(config, line, (count, reason) => forwarder?.refused(count, reason));
  const cursorFile = join(home, 'siem', name);
  const isWanted = what === 'all' && format === 'weir' ? () => true : isFinding(format);
  forwarder = new Forwarder({ name, sink, records: store, isWanted, rate, cursorFile, line, log });
  return forwarder;
}

function sinkOf(config: SiemConfig, line: EventLine, onRefused: (count: number, reason: string) => void): Sink {
  const { to, ca, token, maxBytes, keep } = config;
  switch (to.kind) {
    case 'file':
      return new FileSink({ path: to.path, maxBytes, keep, line });
    case 'syslog':
      return new SyslogSink({ ...to, ca, line });
    default:
      return new HttpSink({ kind: to.kind, url: to.url, token, ca, line, version: packageVersion(), onRefused });
  }
}

function lineOf(format: SiemConfig['format']): EventLine {
  const product = { version: packageVersion() };
  return ({ excerpt: _, ...event }) => JSON.stringify(format === 'ocsf' ? ocsfFinding(event, product) : event);
}

/** OCSF has a class for findings alone; of Weir's own shape, administrative events and the like are findings too. */
function isFinding(format: SiemConfig['format']): (event: WeirEvent) => boolean {
  return ({ kind, findings, action }) => {
    const isAbout = action !== 'allow' || findings.some(({ maxScore }) => maxScore >= MEDIUM);
    return isAbout || kind === 'review' || (format === 'weir' && kind !== 'exchange');
  };
}
