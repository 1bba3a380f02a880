/**
 * Data stores that are spoken to over HTTP, told by what a call holds: S3 and its likes by the signature for them,
 * Elasticsearch and OpenSearch by their paths together with what only they send, ClickHouse by its headers.
 */

import type { DecodeLimits } from '../../engine/extract/encodings.ts';
import { type Extraction, extract } from '../../engine/extract/extract.ts';
import { FULL } from '../../flow/coverage.ts';
import { headerOf, lowerName, type Message } from '../../flow/message.ts';
import { bareSource } from '../../flow/parties.ts';
import type { HeardExchange, HeardMessage } from '../reassemble/heard.ts';
import { csvRows } from './copied-rows.ts';
import { readSql, type SqlStatement } from './sql.ts';
import { addStatement, cellPath } from './statement-texts.ts';
import type { StoreMessage, StoreProtocol, StoreText, Way } from './store-message.ts';
import { step, TextSample } from './text-sample.ts';

export interface StoreExchange {
  readonly protocol: StoreProtocol;
  readonly messages: readonly StoreMessage[];
}

export interface HttpStoreOptions {
  readonly messageBytes: number;
  readonly decode: DecodeLimits;
}

/** Null for a call to what is no data store that is known here. */
export function storeOfExchange(exchange: HeardExchange, options: HttpStoreOptions): StoreExchange | null {
  const { request, response } = exchange;
  if (request === null || request.target === '' || exchange.protocol !== 'http') return null;
  const call: Call = { request, response, authority: exchange.authority, ...targetOf(request.target), options };
  return asS3(call) ?? asClickhouse(call) ?? asElasticsearch(call);
}

interface Call {
  readonly request: HeardMessage;
  readonly response: HeardMessage | null;
  readonly authority: string | null;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly options: HttpStoreOptions;
}

function targetOf(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const [, absolute = target] = /^https?:\/\/[^/]*(.*)$/.exec(target) ?? [];
  const mark = absolute.indexOf('?');
  const path = mark === -1 ? absolute : absolute.slice(0, mark);
  return { path: path === '' ? '/' : path, query: new URLSearchParams(mark === -1 ? '' : absolute.slice(mark + 1)) };
}

interface Told {
  readonly operation: string | null;
  readonly database: string | null;
  readonly resource: string | null;
}

function message(way: Way, heard: HeardMessage, told: Told, sample: TextSample): StoreMessage {
  sample.note(heard.coverage);
  return { way, ...told, texts: sample.texts, bytes: heard.bytes, coverage: sample.coverage };
}

// S3

const S3_SCOPE = /\/s3(?:express)?\/aws4_request/;
const S3_HOST = /^(.+)\.s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/;
const META = 'x-amz-meta-';

function asS3(call: Call): StoreExchange | null {
  const { request, response, query, options } = call;
  const signed = headerOf(request.headers, 'authorization') ?? '';
  const isSigned =
    (/^AWS4-/.test(signed) && S3_SCOPE.test(signed)) || S3_SCOPE.test(`/${query.get('X-Amz-Credential') ?? ''}`);
  const host = (call.authority ?? '').replace(/:\d+$/, '').toLowerCase();
  const isNamed = S3_HOST.test(host) || /^s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com/.test(host);
  const answersAs = response !== null && headerOf(response.headers, 'server') === 'AmazonS3';
  if (!isSigned && !isNamed && !answersAs) return null;
  const [, virtual] = S3_HOST.exec(host) ?? [];
  const parts = decoded(call.path).split('/').slice(1);
  const bucket = virtual ?? (parts.shift() || null);
  const key = parts.join('/');
  const told: Told = { operation: s3Operation(request.method, key, query), database: null, resource: bucket };
  const asked = new TextSample(options.messageBytes);
  asked.addText('/key', null, key, 'metadata');
  addMeta(asked, request);
  if (key !== '') addBody(asked, 'request', withoutChunks(request), options);
  const messages = [message('out', request, told, asked)];
  if (response !== null && response.bytes > 0) {
    const answered = new TextSample(options.messageBytes);
    addMeta(answered, response);
    addBody(answered, 'response', response, options);
    messages.push(message('in', response, told, answered));
  }
  return { protocol: 's3', messages };
}

function s3Operation(method: string, key: string, query: URLSearchParams): string {
  const isObject = key !== '';
  switch (method) {
    case 'PUT':
      if (!isObject) return 'CreateBucket';
      return query.has('partNumber') ? 'UploadPart' : 'PutObject';
    case 'POST':
      if (query.has('uploads')) return 'CreateMultipartUpload';
      if (query.has('uploadId')) return 'CompleteMultipartUpload';
      return query.has('delete') ? 'DeleteObjects' : query.has('select') ? 'SelectObjectContent' : 'PostObject';
    case 'DELETE':
      return isObject ? 'DeleteObject' : 'DeleteBucket';
    case 'HEAD':
      return isObject ? 'HeadObject' : 'HeadBucket';
    default:
      return isObject ? 'GetObject' : 'ListObjects';
  }
}

/** What a client says of an object beside its bytes. */
function addMeta(sample: TextSample, { headers }: HeardMessage): void {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = lowerName(headers[at] as string);
    if (!name.startsWith(META)) continue;
    const field = name.slice(META.length);
    sample.addText(`/metadata${step(field)}`, field, headers[at + 1] as string, 'metadata');
  }
}

/** SDKs send a body in signed chunks, each behind a line with its length and signature. */
function withoutChunks(heard: HeardMessage): HeardMessage {
  const sha = headerOf(heard.headers, 'x-amz-content-sha256') ?? '';
  if (!sha.startsWith('STREAMING-')) return heard;
  const pieces: Buffer[] = [];
  const { body } = heard;
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf('\r\n', at);
    if (end === -1) break;
    const [size = ''] = body.toString('latin1', at, end).split(';');
    const length = /^[0-9a-f]{1,8}$/i.test(size) ? Number.parseInt(size, 16) : 0;
    if (length === 0) break;
    pieces.push(body.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
  const headers = heard.headers.map((text, index) => (index % 2 === 1 ? text.replace(/^aws-chunked,?\s*/i, '') : text));
  return { ...heard, headers, body: Buffer.concat(pieces) };
}

// Elasticsearch and OpenSearch

const ELASTIC =
  /^(?:\/([^/_][^/]*))?\/_(bulk|search|msearch|doc|create|update|count|mget|async_search|update_by_query|delete_by_query|reindex|termvectors|rank_eval|pit|explain|sql)(?:\/([^/]*))?/;
const ELASTIC_ANSWER = /^\s*\{"(?:took|_index|_shards|count|acknowledged|docs|errors|_scroll_id|error)"/;
const ELASTIC_ACTION = /^\s*\{\s*"(?:index|create|update|delete)"\s*:/;

function asElasticsearch(call: Call): StoreExchange | null {
  const { request, response, path, options } = call;
  const [, index, operation] = ELASTIC.exec(path) ?? [];
  if (operation === undefined) return null;
  const type = headerOf(request.headers, 'content-type') ?? '';
  const product = response === null ? null : headerOf(response.headers, 'x-elastic-product');
  const isTold =
    product !== null ||
    type.startsWith('application/vnd.elasticsearch+') ||
    (operation === 'bulk' && ELASTIC_ACTION.test(request.body.toString('latin1', 0, 200))) ||
    (response !== null && ELASTIC_ANSWER.test(response.body.toString('latin1', 0, 200)));
  if (!isTold) return null;
  const told: Told = { operation: `_${operation}`, database: null, resource: index ?? null };
  const asked = new TextSample(options.messageBytes);
  const json = /ndjson|vnd\.elasticsearch/.test(type) || operation === 'bulk' || operation === 'msearch';
  addBody(asked, 'request', json ? withType(request, 'application/x-ndjson') : request, options);
  const query = call.query.get('q');
  if (query !== null) asked.addText('/query/q', null, query);
  const messages = [message('out', request, told, asked)];
  if (response !== null && response.bytes > 0) {
    const answered = new TextSample(options.messageBytes);
    addBody(answered, 'response', withType(response, 'application/json'), options);
    messages.push(message('in', response, told, answered));
  }
  return { protocol: 'elasticsearch', messages };
}

function withType(heard: HeardMessage, type: string): HeardMessage {
  const kept = heard.headers.flatMap((name, at) => {
    if (at % 2 === 1 || lowerName(name) === 'content-type') return [];
    return [name, heard.headers[at + 1] ?? ''];
  });
  return { ...heard, headers: [...kept, 'content-type', type] };
}

// ClickHouse

const CLICKHOUSE = /^x-clickhouse-/;

function asClickhouse(call: Call): StoreExchange | null {
  const { request, response, query, options } = call;
  const isTold = hasHeader(request, CLICKHOUSE) || (response !== null && hasHeader(response, CLICKHOUSE));
  if (!isTold) return null;
  const { sql, data } = clickhouseQuery(query.get('query'), request, options);
  const statement = readSql(sql, 'clickhouse');
  const database = query.get('database') ?? headerOf(request.headers, 'x-clickhouse-database');
  const told: Told = { operation: statement.operation, database, resource: statement.table };
  const format = formatOf(sql);
  const asked = new TextSample(options.messageBytes);
  addStatement(asked, statement);
  for (const [name, value] of query) {
    if (name.startsWith('param_')) asked.addText(`/parameters${step(name.slice(6))}`, name.slice(6), value);
  }
  addRows(asked, data, format, statement);
  const messages = [message('out', request, told, asked)];
  if (response !== null && response.bytes > 0) {
    const answered = new TextSample(options.messageBytes);
    const shown = headerOf(response.headers, 'x-clickhouse-format') ?? format;
    addRows(answered, undone(response, options), shown, null);
    messages.push(message('in', response, told, answered));
  }
  return { protocol: 'clickhouse', messages };
}

function hasHeader({ headers }: HeardMessage, name: RegExp): boolean {
  return headers.some((header, at) => at % 2 === 0 && name.test(lowerName(header)));
}

/** A query stands in the target, in the body, or begins in one and goes on in the other; an INSERT has its rows behind it. */
function clickhouseQuery(
  asked: string | null,
  request: HeardMessage,
  options: HttpStoreOptions,
): { readonly sql: string; readonly data: string } {
  const body = undone(request, options);
  if (asked !== null && asked !== '') return { sql: asked, data: body };
  const [, head] = /^(\s*insert\s+into[\s\S]{0,2000}?\sformat\s+\w+)\s/i.exec(body) ?? [];
  return head === undefined
    ? { sql: body, data: '' }
    : { sql: head, data: body.slice(head.length).replace(/^[ \t]*\n?/, '') };
}

function formatOf(sql: string): string {
  const [, format] = /\sformat\s+(\w+)\s*;?\s*$/i.exec(sql) ?? [];
  return format ?? 'TabSeparated';
}

function addRows(sample: TextSample, text: string, format: string, statement: SqlStatement | null): void {
  if (text === '') return;
  if (/^JSON(?:EachRow|Lines|CompactEachRow)?|^NDJSON/i.test(format)) {
    addJsonLines(sample, text);
    return;
  }
  if (!/^(?:TabSeparated|TSV|CSV|Values|Vertical|Pretty|Markdown|Raw)/i.test(format)) {
    sample.addText('/rows', null, text);
    return;
  }
  const rows = csvRows(text, /^CSV/i.test(format) ? ',' : '\t');
  const isNamed = /WithNames/i.test(format);
  const columns = isNamed ? (rows[0] ?? null) : (statement?.columns ?? null);
  const from = isNamed ? (/AndTypes/i.test(format) ? 2 : 1) : 0;
  for (const [row, cells] of rows.slice(from).entries()) {
    for (const [index, cell] of cells.entries()) {
      const column = columns?.[index];
      if (cell !== '\\N') sample.addText(cellPath(row, column ?? index), column ?? null, cell);
    }
  }
}

function addJsonLines(sample: TextSample, text: string): void {
  for (const { path, label, text: value } of segmentsOf(
    'response',
    Buffer.from(text),
    ['content-type', 'application/x-ndjson'],
    { maxDecodedBytes: 0 },
  ).segments) {
    sample.add(`/rows${path}`, label, value);
  }
}

// Bodies

function undone(heard: HeardMessage, { decode, messageBytes }: HttpStoreOptions): string {
  const coding = headerOf(heard.headers, 'content-encoding');
  const headers = coding === null ? [] : ['content-encoding', coding];
  const { body } = segmentsOf('request', heard.body, headers, { ...decode, takesCut: true });
  return body.toString('utf8', 0, messageBytes);
}

/** The body as the engine reads it by its type: JSON, NDJSON, forms, text; what it cannot read is in the coverage. */
function addBody(
  sample: TextSample,
  direction: Message['direction'],
  heard: HeardMessage,
  { decode }: HttpStoreOptions,
): void {
  const headers: string[] = [];
  for (const name of ['content-type', 'content-encoding']) {
    const value = headerOf(heard.headers, name);
    if (value !== null && value !== '') headers.push(name, value);
  }
  const { segments, coverage } = segmentsOf(direction, heard.body, headers, { ...decode, takesCut: true });
  for (const segment of segments) sample.add(segment.path, segment.label, segment.text, roleOf(segment.path));
  if (heard.body.length > 0) sample.note(coverage);
}

function roleOf(path: string): StoreText['role'] {
  return path.startsWith('/header/') ? 'metadata' : 'file';
}

function segmentsOf(
  direction: Message['direction'],
  body: Buffer,
  headers: readonly string[],
  limits: DecodeLimits,
): Pick<Extraction, 'segments' | 'coverage' | 'body'> {
  if (body.length === 0) return { segments: [], coverage: FULL, body };
  return extract({ ...NOBODY, direction, headers, body }, limits);
}

const NOBODY = {
  source: bareSource(),
  destination: { host: '', port: 0, vendor: null, category: 'datastore', country: null, sanctioned: false },
  method: 'POST',
  target: '/',
  status: null,
  // Heads are read by whoever knows the protocol.
  isWithinStream: true,
} as const;

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
