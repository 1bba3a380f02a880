/**
 * Text without names for training and measuring: sources, READMEs and data of installed npm and Debian packages, named
 * with their digest in technical-{training,measured}.tsv, and logs made here. Lines that credit somebody are left out.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import { Random } from './random.ts';
import type { Sample } from './sample.ts';

export interface TechnicalFile {
  readonly path: string;
  readonly text: string;
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Bytes of one file that are used. */
export const MOST_OF_A_FILE = 6000;

export function excerptOf(path: string): string | null {
  const full = path.startsWith('/') ? path : join(packageRoot, path);
  if (!existsSync(full)) return null;
  const text = readFileSync(full, 'utf8');
  // A licence at the head, with its credits, is not what a file is about.
  const from = Math.min(Math.max(0, text.length - MOST_OF_A_FILE), Math.floor(text.length / 4));
  return text.slice(from, from + MOST_OF_A_FILE);
}

/** Files of a list; `missing` are those that are not installed here or differ. */
export function readTechnical(list: string): {
  readonly files: readonly TechnicalFile[];
  readonly missing: readonly string[];
} {
  const files: TechnicalFile[] = [];
  const missing: string[] = [];
  for (const line of readFileSync(join(packageRoot, 'scripts/names', list), 'utf8')
    .trim()
    .split('\n')) {
    const [sum = '', path = ''] = line.split('\t');
    const text = excerptOf(path);
    if (text === null || digest(text) !== sum) missing.push(path);
    else files.push({ path, text });
  }
  return { files, missing };
}

const CREDITS =
  /copyright|©|\(c\)|author|contribut|maintain|licen[sc]e|written by|thanks|sponsor|credit|signed-off|@[\w-]+\.\w|inspired|\bby\s+\[?[A-Z]|Inc\b|Ltd|Foundation|University|\bdue to\b.*[A-Z]\w+ [A-Z]/i;

/** Pieces of some lines, without those that may hold a name. */
export function technicalSamples(files: readonly TechnicalFile[], isKnownName: (line: string) => boolean): Sample[] {
  const samples: Sample[] = [];
  for (const { text } of files) {
    const lines = text.split('\n').filter((line) => !CREDITS.test(line) && !isKnownName(line) && line.length < 2000);
    for (let at = 0; at < lines.length; at += 24) {
      const piece = lines.slice(at, at + 24).join('\n');
      if (piece.trim().length > 20) samples.push({ text: piece, spans: [] });
    }
  }
  return samples;
}

const LEVELS = ['INFO', 'WARN', 'ERROR', 'DEBUG', 'TRACE', 'FATAL', 'info', 'error', 'warning', 'notice'];
const PARTS = [
  'com.acme.billing.InvoiceService',
  'kernel',
  'systemd[1]',
  'nginx',
  'sshd[%d]',
  'o.s.web.servlet.DispatcherServlet',
  'worker-%d',
  'http-nio-8080-exec-%d',
  'CRON[%d]',
  'app.Main',
  'gunicorn.error',
  'django.request',
  'kubelet',
  'dockerd',
  'postgres[%d]',
  'SchedulerThread',
  'RaftNode',
  'ConnectionPool',
  'GraphQLServer',
  'PaymentGateway',
  'UserController',
  'AuthFilter',
  'KafkaConsumer',
  'HikariPool-%d',
  'jenkins',
];
const EVENTS = [
  'Started Session %d of user root',
  'Connection refused: connect',
  'Starting Daily Cleanup of Temporary Directories...',
  'Reached target Multi-User System',
  'Failed to load Module %d',
  'Retrying request to /api/v1/items/%d',
  'Accepted publickey for root from 10.0.0.%d port %d ssh2',
  'Completed 200 OK in %dms',
  'NullPointerException: Cannot invoke "String.length()"',
  'Listening on Port %d',
  'Cache Miss for key session:%d',
  'Transaction %d rolled back',
  'GET /index.html HTTP/1.1" 200 %d "-" "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"',
  'Compaction finished, Level %d',
  'Leader Election timed out after %d ms',
  'Out of memory: Killed process %d (java)',
  'Spring Boot Application started in %d seconds',
  'usb 1-%d: New USB device found, Manufacturer: Linux Foundation',
  'Pulling image "registry.k8s.io/pause:3.%d"',
  'Created Pod default/web-%d',
  'Job Build #%d finished: SUCCESS',
  'Traceback (most recent call last):',
  '  File "/usr/lib/python3/site.py", line %d, in <module>',
  "KeyError: 'Item%d'",
  'at org.apache.catalina.core.StandardWrapper.invoke(StandardWrapper.java:%d)',
  'Caused by: java.sql.SQLException: Deadlock found',
  'Stopped Target Timers.',
  'Mounted Kernel Debug File System.',
  'Loaded Plugin Metrics v%d',
  'Healthcheck OK',
  'Bus %d Device 001: ID 1d6b:0002',
  'Applying Migration 00%d_add_column',
  'SELECT * FROM orders WHERE id = %d',
  'Queue Depth above Threshold (%d)',
  'Dropping Packet from Peer %d',
  'Worker Exiting (pid: %d)',
  'Boot Device Selected',
  'Deprecation Warning: Buffer() is deprecated',
  'Task Manager Idle',
  'Setting Up Environment',
  'Checking For Updates',
  'Network Interface eth%d Up',
  'Service Mesh Sidecar Injected',
  'Garbage Collection Paused %d ms',
  'Upload Complete: Report%d.pdf',
  'Unable To Parse Header',
  'Rate Limit Exceeded for Client %d',
  'Model Training Epoch %d finished',
  'Test Suite Passed: %d Tests',
  'Release Candidate %d Tagged',
  'Merge Branch Main into Feature/%d',
  'Thread Pool Exhausted',
];

export function makeLogs(count: number, seed: number): Sample[] {
  const random = new Random(seed);
  const numbered = (text: string): string => text.replaceAll('%d', () => String(random.below(9000)));
  const samples: Sample[] = [];
  for (let n = 0; n < count; n++) {
    const style = random.below(4);
    const lines: string[] = [];
    for (let k = random.below(8); k >= 0; k--) {
      const time = `${random.below(24)}:${10 + random.below(50)}:${10 + random.below(50)}`;
      const level = random.oneOf(LEVELS);
      const part = numbered(random.oneOf(PARTS));
      const event = numbered(random.oneOf(EVENTS));
      if (style === 0)
        lines.push(
          `2025-0${1 + random.below(9)}-1${random.below(9)}T${time}.${random.below(999)}Z ${level} [${part}] ${event}`,
        );
      else if (style === 1) lines.push(`Nov 1${random.below(9)} ${time} web-0${random.below(9)} ${part}: ${event}`);
      else if (style === 2)
        lines.push(
          `{"level":"${level}","time":${1700000000 + random.below(9999999)},"logger":"${part}","msg":"${event.replaceAll('"', '\\"')}"}`,
        );
      else lines.push(`[${level}] ${event}`);
    }
    samples.push({ text: lines.join('\n'), spans: [] });
  }
  return samples;
}

/** Rows of numbers, as tables and measurements have them. */
export function makeNumbers(count: number, seed: number): Sample[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const joint = random.oneOf([', ', ' ', '\t', ',', '; ', ' | ']);
    const most = 10 ** (1 + random.below(6));
    const decimals = random.below(4);
    const rows = Array.from({ length: 1 + random.below(6) }, () =>
      Array.from({ length: 2 + random.below(12) }, () => (random.next() * most).toFixed(decimals)).join(joint),
    );
    return { text: rows.join('\n'), spans: [] };
  });
}
