/** The corpus of providers' calls: each folder a call, what stands in it as messages, and what is to be read in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../config/package-root.ts';
import { encodeHeaders, encodeMessage } from '../../../engine/extract/event-stream.ts';
import type { Extraction } from '../../../engine/extract/extract.ts';
import type { Message } from '../../../flow/message.ts';
import { lines, request, response } from './messages.ts';

const FOLDER = join(packageRoot, 'test', 'corpus', 'providers');

export type PartName = 'request' | 'response' | 'stream';

/** What is read in a message. `segments`: `PATH ROLE POSITION[ fixed] TEXT` of all that is not metadata. */
export interface Expected {
  readonly shape: string | null;
  readonly format: string;
  readonly model: string | null;
  readonly stream: boolean;
  readonly conversationId: string | null;
  readonly firstUserText: string | null;
  readonly coverage: string;
  readonly segments: readonly string[];
}

export interface Call {
  readonly name: string;
  readonly host: string;
  /** By part, where the call has it. */
  readonly messages: ReadonlyMap<PartName, Message>;
  readonly expected: Readonly<Partial<Record<PartName, Expected>>>;
}

interface About {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly port: number;
  readonly headers?: readonly string[];
}

/** By the end of a file's name. */
const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson',
  sse: 'text/event-stream; charset=utf-8',
  form: 'application/x-www-form-urlencoded;charset=UTF-8',
  multipart: 'multipart/form-data; boundary=----corpus-boundary',
  batch: 'application/json; charset=utf-8',
  'events.json': 'application/vnd.amazon.eventstream',
};

export function readCalls(): Call[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readCall(name));
}

function readCall(name: string): Call {
  const folder = join(FOLDER, name);
  const about = json(join(folder, 'about.json')) as About;
  const messages = new Map<PartName, Message>();
  for (const file of readdirSync(folder)) {
    const [part, ending] = split(file);
    const type = TYPES[ending];
    if ((part !== 'request' && part !== 'response' && part !== 'stream') || type === undefined) continue;
    const make = part === 'request' ? request : response;
    const own = part === 'request' ? (about.headers ?? []) : [];
    messages.set(
      part,
      make(about.path, bodyOf(join(folder, file), ending), {
        method: about.method,
        destination: {
          host: about.host,
          port: about.port,
          vendor: null,
          category: 'genai',
          country: null,
          sanctioned: false,
        },
        headers: ['content-type', type, ...own],
      }),
    );
  }
  return { name, host: about.host, messages, expected: json(join(folder, 'expected.json')) as Call['expected'] };
}

function split(file: string): [string, string] {
  const dot = file.indexOf('.');
  return [file.slice(0, dot), file.slice(dot + 1)];
}

function bodyOf(file: string, ending: string): Buffer {
  if (ending !== 'events.json') return readFileSync(file);
  const events = json(file) as readonly (readonly [string, unknown])[];
  return Buffer.concat(
    events.map(([type, payload]) =>
      encodeMessage(
        encodeHeaders({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }),
        Buffer.from(JSON.stringify(payload), 'utf8'),
      ),
    ),
  );
}

function json(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** What an extraction says, in the corpus's terms. */
export function readingOf(extraction: Extraction): Expected {
  const { shape, format, model, stream, conversationId, coverage } = extraction;
  return {
    shape,
    format,
    model,
    stream,
    conversationId,
    firstUserText: extraction.firstUserText(),
    coverage: coverage.reason === null ? coverage.level : `${coverage.level}: ${coverage.reason}`,
    segments: lines(extraction).filter((line) => !/^\S* metadata /.test(line)),
  };
}
