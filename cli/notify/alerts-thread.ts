/** The thread of live alerts: rounds, one after the other, as long as it runs. Nothing that carries traffic waits for it. */

import { parentPort, workerData } from 'node:worker_threads';
import type { Fleet } from '../../console/api/shapes.ts';
import { openHome } from '../../store/home.ts';
import { keepingOf } from '../keeping.ts';
import type { Snapshot } from '../snapshot.ts';
import { Alerts } from './alerts.ts';

export interface AlertsData {
  readonly home: string;
  readonly snapshot: Snapshot;
  /** Of the records, when it was asked for: what is recorded while this thread starts is told. */
  readonly begin: number | null;
}

export type ToAlerts = { readonly kind: 'taken'; readonly snapshot: Snapshot } | { readonly kind: 'stop' };
export type FromAlerts =
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'state'; readonly state: Fleet['notify'] }
  | { readonly kind: 'stopped' };

const ROUND_MS = 1000;

if (parentPort !== null) {
  const port = parentPort;
  const data: AlertsData = workerData;
  const say = (message: FromAlerts): void => port.postMessage(message);
  const { begin } = data;
  const alerts = new Alerts(openHome(data.home, keepingOf(data.snapshot.config)), data.snapshot, {
    ...(begin === null ? {} : { begin }),
    log: (line) => say({ kind: 'log', line }),
  });
  let isStopping = false;
  let told = '';
  let failure = '';
  const round = async (): Promise<void> => {
    try {
      await alerts.round();
      failure = '';
    } catch (error) {
      const what = error instanceof Error ? ('code' in error ? String(error.code) : error.name) : 'error';
      if (what !== failure) say({ kind: 'log', line: `weir: live alerts: ${what}; tried again` });
      failure = what;
    }
    const { state } = alerts;
    const text = JSON.stringify(state);
    if (text !== told) say({ kind: 'state', state });
    told = text;
    if (isStopping) {
      say({ kind: 'stopped' });
      port.close();
    } else setTimeout(() => void round(), ROUND_MS);
  };
  port.on('message', (message: ToAlerts) => {
    if (message.kind === 'stop') isStopping = true;
    else alerts.take(message.snapshot);
  });
  void round();
}
