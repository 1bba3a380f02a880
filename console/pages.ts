/**
 * The pages' own files, as their build left them: read once into a fixed list, so that no path of a request ever reaches
 * the disk. Where they are not built, a page of text says so.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { packageRoot } from '../config/package-root.ts';
import { GUARDS, send } from './answers.ts';

export const PAGES_FOLDER = join(packageRoot, 'console', 'web', 'dist');

/** Scripts and styles of our own files alone; nothing is loaded from, sent to or framed by anybody else. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** Names that hold a digest of the content, as the build writes them. */
const HASHED = /-[\w-]{8}\.\w+$/;
/** A page by its name: which of them there are is the pages' own matter. */
const PAGE = /^\/(?:[a-z][a-z-]{0,40})?$/;

interface PageFile {
  readonly bytes: Buffer;
  readonly type: string;
  readonly tag: string;
  readonly isHashed: boolean;
}

export class Pages {
  readonly #folder: string;
  #files: ReadonlyMap<string, PageFile> = new Map();

  constructor(folder: string = PAGES_FOLDER) {
    this.#folder = folder;
    this.#files = filesBelow(folder);
  }

  /** Answers a request for a page or a file of theirs; false for a path that is neither. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): boolean {
    const isPage = PAGE.test(path);
    // Built since, as during development.
    if (isPage && !this.#files.has('/index.html')) this.#files = filesBelow(this.#folder);
    const file = this.#files.get(isPage ? '/index.html' : path);
    if (file === undefined) {
      if (!isPage) return false;
      const text =
        'The pages of the console are not built: run `npm run build`, or install the package.\nThe API is at /api/v1.\n';
      send(response, 503, 'text/plain', text);
      return true;
    }
    const headers = {
      ...GUARDS,
      'Cache-Control': file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      'Content-Security-Policy': CONTENT_POLICY,
      'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
      ETag: file.tag,
    };
    if (request.headers['if-none-match'] === file.tag) {
      response.writeHead(304, headers);
      response.end();
      return true;
    }
    response.writeHead(200, { ...headers, 'Content-Type': file.type, 'Content-Length': file.bytes.length });
    response.end(request.method === 'HEAD' ? undefined : file.bytes);
    return true;
  }
}

/** Every file of a known type by its path; names that begin with a dot are none of the pages'. */
function filesBelow(folder: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const entry of entriesOf(folder)) {
    const file = join(entry.parentPath, entry.name);
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || entry.name.startsWith('.') || type === undefined) continue;
    const bytes = readFileSync(file);
    const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    files.set(path, { bytes, type, tag, isHashed: HASHED.test(entry.name) });
  }
  return files;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch {
    return []; // not built
  }
}
