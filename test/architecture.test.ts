/**
 * The layout's rules, checked on every source file: which folder may know which, what the engine may touch, who opens
 * sockets, how files are named and opened. Each rule is a function over files, and is first shown to fail on a bad
 * sample and to hold on a good one, so that a rule that cannot fail is noticed.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, test } from 'node:test';
import { packageRoot } from '../config/package-root.ts';
import { type ImportedName, readSources, type SourceFile, sourceFile } from './support/source-files.ts';

type Rule = (file: SourceFile) => readonly string[];

const FOLDERS = [
  'flow',
  'keys',
  'wire',
  'engine',
  'catalog',
  'config',
  'proxy',
  'sensor',
  'store',
  'map',
  'console',
  'model',
  'documents',
  'fleet',
  'cli',
] as const;
type Folder = (typeof FOLDERS)[number];
const SOURCES = readSources(FOLDERS);
const EVERYTHING = [...SOURCES, ...readSources(['scripts', 'bench', 'test'])];

/** What a folder may import, itself aside. Arrows point towards `flow`. */
const MAY_IMPORT: Readonly<Record<Folder, readonly Folder[]>> = {
  flow: [],
  keys: ['flow'],
  wire: ['flow'],
  engine: ['flow'],
  catalog: ['flow'],
  config: ['flow', 'keys', 'engine', 'catalog'],
  proxy: ['flow', 'keys', 'wire', 'engine', 'catalog', 'config'],
  sensor: ['flow', 'wire', 'engine', 'catalog'],
  store: ['flow', 'keys'],
  map: ['flow', 'store'],
  console: ['flow', 'store', 'map'],
  model: ['flow', 'engine'],
  documents: ['flow', 'engine'],
  fleet: ['flow', 'keys', 'store'],
  cli: [
    'flow',
    'keys',
    'wire',
    'engine',
    'catalog',
    'config',
    'proxy',
    'sensor',
    'store',
    'map',
    'console',
    'model',
    'documents',
    'fleet',
  ],
};
/** Where the package lies is not configuration: any folder that reads data files may ask. */
const PACKAGE_ROOT = 'config/package-root.ts';
const MAY_ASK_PACKAGE_ROOT: readonly string[] = ['catalog', 'map', 'console'];
/** Of the engine, config knows the reading of checked YAML and of policies, and the names of what can be found. */
const ENGINE_FOR_CONFIG = ['engine/decide/', 'engine/recognizers/', 'engine/scan/'];

/** Where a bus is stands in one text, which is read in one place. */
const BUS_SETTINGS = 'fleet/bus-settings.ts';

function folderOf(path: string): string {
  return path.split('/')[0] ?? '';
}

/** The imported file from the root, or null for a module that is no file of ours. */
function targetOf(file: SourceFile, specifier: string): string | null {
  return specifier.startsWith('.') ? normalize(join(dirname(file.path), specifier)).replaceAll('\\', '/') : null;
}

function isFolder(name: string): name is Folder {
  return FOLDERS.some((folder) => folder === name);
}

const arrowsPointOneWay: Rule = (file) => {
  const from = folderOf(file.path);
  if (!isFolder(from)) return [];
  return file.imports.flatMap(({ specifier }) => {
    const target = targetOf(file, specifier);
    if (target === null) return [];
    const to = folderOf(target);
    if (to === from) return [];
    if (target === BUS_SETTINGS && from === 'config') return [];
    if (target === PACKAGE_ROOT && MAY_ASK_PACKAGE_ROOT.includes(from)) return [];
    if (from === 'config' && to === 'engine' && !ENGINE_FOR_CONFIG.some((part) => target.startsWith(part))) {
      return [`imports ${specifier}: of the engine, config may know ${ENGINE_FOR_CONFIG.join(', ')} only`];
    }
    if (isFolder(to) && MAY_IMPORT[from].includes(to)) return [];
    return [`imports ${specifier}: ${from} may not know ${to}`];
  });
};

const flowImportsNothing: Rule = (file) => {
  if (folderOf(file.path) !== 'flow') return [];
  return file.imports
    .filter(({ specifier }) => !specifier.startsWith('./'))
    .map(({ specifier }) => `imports ${specifier}: flow is the vocabulary and imports nothing`);
};

const ENGINE_MODULES = [
  'node:assert/strict',
  'node:buffer',
  'node:crypto',
  'node:url',
  'node:util',
  'node:zlib',
  're2',
  'tldts',
  'yaml',
];
/** Types of a provider's shapes; nothing of them is loaded. */
const ENGINE_TYPES = /^(openai|@anthropic-ai\/sdk)(\/|$)/;
const ENGINE_FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\bprocess\b\s*[.[]/, 'process (the environment)'],
  [/\bDate\.now\b/, 'Date.now (the clock)'],
  [/\bnew\s+Date\s*(?:\(\s*\)|[^\s(\w])/, 'new Date() (the clock)'],
  [/\bperformance\s*\./, 'performance (the clock)'],
  [/\bset(?:Timeout|Interval|Immediate)\b/, 'a timer'],
  [/\bMath\.random\b|\brandom(?:Bytes|UUID|Int|FillSync|Fill)\b|\bgetRandomValues\b/, 'randomness'],
  [/\bconsole\s*\./, 'console'],
  [/\bimport\s*\.\s*meta\b/, 'import.meta (the file system)'],
];

const engineIsPure: Rule = (file) => {
  if (folderOf(file.path) !== 'engine') return [];
  const modules = file.imports
    .filter(({ specifier, isType }) => {
      if (specifier.startsWith('.') || ENGINE_MODULES.includes(specifier)) return false;
      return !(isType && ENGINE_TYPES.test(specifier));
    })
    .map(({ specifier }) => `imports ${specifier}: the engine touches no socket, file, clock or environment`);
  const uses = ENGINE_FORBIDDEN.filter(([pattern]) => pattern.test(file.code)).map(([, what]) => `uses ${what}`);
  return [...modules, ...uses];
};

const DIALER = 'proxy/dialer.ts';
/** Exports of a module with which a connection can be opened. */
const OPENERS: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['connect', 'createConnection', 'Socket', 'Stream'],
  'node:tls': ['connect'],
  'node:http': ['request', 'get', 'Agent', 'ClientRequest', 'globalAgent'],
  'node:https': ['request', 'get', 'Agent', 'globalAgent'],
  'node:http2': ['connect'],
  'node:dgram': ['createSocket', 'Socket'],
  'node:dns': ['*'],
  'node:dns/promises': ['*'],
};
/**
 * What is a client itself: none of them carries an app's call upstream.
 * Each is named with what it connects to.
 */
const CLIENTS: Readonly<Record<string, string>> = {
  'cli/demo/app.ts': 'the app that the demo watches; it reaches its provider through the proxy only',
  'cli/demo/bank/bank-app.ts':
    'a service of the demo: it reaches its vendors through the proxy only, and its stores on loopback',
  'cli/doctor/console.ts': 'asks a Weir that runs on this home whether its parts are ready',
  'cli/bundle/fetch-bundle.ts': 'asks the place that the configuration names for the policies of the fleet',
  'console/oidc/provider-fetch.ts': 'asks the identity provider that the configuration names, for nothing but sign-ins',
  'fleet/enrolment/ask-centre.ts': 'asks the centre of the fleet that this node has joined',
  'cli/siem/http-sink.ts': 'hands committed events to the receiver that the configuration names',
  'cli/siem/syslog-sink.ts': 'hands committed events to the receiver that the configuration names',
  'cli/notify/send.ts':
    'speaks HTTP over sockets of the dialer, and sends datagrams to the syslog that the configuration names',
  'cli/steering-client.ts': 'asks the sensor of this home, at a Unix socket, where a steered connection was going',
  'sensor/attribution/cri-list.ts': 'asks the runtime of this host, at a Unix socket, for its containers',
  'sensor/attribution/kubelet-list.ts': 'asks the kubelet that the configuration names for the pods of this node',
  'cli/running-proxy.ts': 'asks at the address of the configured proxy whether a Weir listens there',
};

function opens(module: string, name: string): boolean {
  // Nearly all of it brings a connector of its own.
  if (module === 'undici') return true;
  const openers = OPENERS[module];
  return openers !== undefined && (openers.includes('*') || openers.includes(name));
}

function isNetworkModule(specifier: string): boolean {
  return specifier === 'undici' || Object.hasOwn(OPENERS, specifier);
}

/** Classes are harmless as types and in `instanceof`; a connection takes a `new` or a subclass. */
const OPENING_CLASSES = ['Socket', 'Stream', 'Agent', 'ClientRequest'];

/** Names by which a whole module is imported are followed to their members. */
function openersUsed(file: SourceFile, module: string, imported: ImportedName): readonly string[] {
  if (imported.isType) return [];
  if (imported.name !== '*' && imported.name !== 'default') {
    if (!opens(module, imported.name)) return [];
    const made = new RegExp(`\\b(?:new|extends)\\s+${imported.alias}\\b`);
    return OPENING_CLASSES.includes(imported.name) && !made.test(file.code) ? [] : [imported.name];
  }
  const members = new RegExp(`(?<![\\w$.])${imported.alias}\\s*\\.\\s*(\\w+)`, 'g');
  return [...file.code.matchAll(members)].map((match) => match[1] ?? '').filter((name) => opens(module, name));
}

/** What runs in a browser: it asks our own listener, and is bundled, so that an installation needs none of its packages. */
const isPage = ({ path }: SourceFile): boolean => path.startsWith('console/web/');

const oneDialer: Rule = (file) => {
  if (file.path === DIALER || isPage(file) || Object.hasOwn(CLIENTS, file.path)) return [];
  const found = file.imports.flatMap(({ specifier, isDynamic, isType, names }) => {
    if (!isNetworkModule(specifier) || isType) return [];
    if (isDynamic) return [`loads ${specifier} at run time: only ${DIALER} opens sockets`];
    return names
      .flatMap((imported) => openersUsed(file, specifier, imported))
      .map((name) => `uses ${name} of ${specifier}: only ${DIALER} opens sockets`);
  });
  const globals = /(?<![\w$.])(?:globalThis\s*\.\s*)?(fetch\s*\(|new\s+(?:WebSocket|EventSource)\b)/.exec(file.code);
  return globals === null ? found : [...found, `uses the global ${globals[1]}: only ${DIALER} opens sockets`];
};

/** A package that sources load (not only for its types) has to be there when Weir is installed. */
const loadsOnlyDependencies: Rule = (file) => {
  if (!isFolder(folderOf(file.path)) || isPage(file)) return [];
  return file.imports
    .filter(({ specifier, isType }) => !isType && !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .map(({ specifier }) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
    .filter((name) => !DEPENDENCIES.includes(name))
    .map((name) => `loads ${name}, which is not among the dependencies of package.json`);
};
const DEPENDENCIES = dependenciesOf(JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')));

function dependenciesOf(manifest: unknown): readonly string[] {
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  assert.ok(isObject(manifest) && 'dependencies' in manifest && isObject(manifest.dependencies));
  return Object.keys(manifest.dependencies);
}

/** A package that only one part of the house needs to know. */
const HOME_OF: Readonly<Record<string, RegExp>> = {
  re2: /^(engine|cli)\//,
  'prom-client': /^console\//,
  'openid-client': /^console\/oidc\//,
  jose: /^console\/oidc\//,
  // Its exporter opens sockets of its own: to a collector, which is no upstream.
  '@opentelemetry/api': /^cli\/traces\//,
  '@opentelemetry/exporter-trace-otlp-http': /^cli\/traces\//,
  '@opentelemetry/resources': /^cli\/traces\//,
  '@opentelemetry/sdk-trace-base': /^cli\/traces\//,
  'node-forge': /^keys\//,
  'node:sqlite': /^store\//,
  'node:worker_threads': /^(store|model|documents|fleet|cli\/collect|cli\/examining|cli\/console|cli\/notify)\//,
  // They open sockets of their own: to the bus, which is no upstream.
  '@nats-io/jetstream': /^fleet\//,
  '@nats-io/kv': /^fleet\//,
  '@nats-io/obj': /^fleet\//,
  '@nats-io/transport-node': /^fleet\//,
  'onnxruntime-node': /^model\//,
  saxes: /^documents\//,
  unpdf: /^documents\//,
};

const packagesStayAtHome: Rule = (file) => {
  if (!isFolder(folderOf(file.path))) return [];
  return file.imports
    .filter(({ specifier }) => HOME_OF[specifier]?.test(file.path) === false)
    .map(({ specifier }) => `imports ${specifier}, which belongs to ${HOME_OF[specifier]?.source}`);
};

const FORBIDDEN_WORDS = /(^|[-.])(utils?|helpers?|common|manager|services?|misc|shared)([-.]|$)/;

const namesSayWhatIsInside: Rule = ({ path }) => {
  const name = basename(path, '.ts').replace(/\.(?:test|d)$/, '');
  if (name === 'index') return ['index.ts: import the file that holds the thing'];
  if (FORBIDDEN_WORDS.test(name)) return ['is named for nothing in particular'];
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) ? [] : ['is not named in kebab-case'];
};

/** A test file's name and its tests' sentences say what it is for. */
const opensWithComment: Rule = ({ path, text }) =>
  path.endsWith('.test.ts') || /^(#!.*\n)?\s*\/[*/]/.test(text) ? [] : ['does not open with a comment'];

const NO_ESCAPES = /@ts-(?:ignore|expect-error|nocheck)|biome-(?:ignore)|eslint-(?:disable)/;

const typesAreKept: Rule = ({ text, code }) => {
  const found: string[] = [];
  if (NO_ESCAPES.test(text)) found.push('switches a check off');
  if (/[:<,|&(]\s*any\b(?!\s*[:(.])|\bas\s+any\b/.test(code)) found.push('has an `any`');
  if (/[\w$)\]]!(?=[.;,)\]\s[])(?!\s*=)/.test(code)) found.push('has a `!`');
  if (/^\s*(?:export\s+)?(?:const\s+|declare\s+)*enum\s+\w/m.test(code)) found.push('has an enum');
  if (/^\s*export\s+default\b/m.test(code) || /\bas\s+default\b/.test(code)) found.push('has a default export');
  return found;
};

/** The build renames `.ts` in imports only. A module named in any other string is there as `.js` too, for the built form. */
const modulesAreNamedForBothForms: Rule = (file) => {
  if (!isFolder(folderOf(file.path))) return [];
  const specifiers = file.imports.map(({ specifier }) => specifier);
  return [...file.text.matchAll(/(['"`])(\.{1,2}\/[\w./-]+)\.ts\1/g)]
    .map(([, , path = '']) => path)
    .filter((path) => !specifiers.includes(`${path}.ts`) && !file.text.includes(`${path}.js`))
    .map((path) => `names ${path}.ts in a string, which does not exist in dist/`);
};

interface Sample {
  readonly path: string;
  readonly text: string;
}

interface Proof {
  readonly what: string;
  readonly rule: Rule;
  readonly files: readonly SourceFile[];
  readonly bad: readonly Sample[];
  readonly good: readonly Sample[];
}

const PROOFS: readonly Proof[] = [
  {
    what: 'folders import one another only along the arrows',
    rule: arrowsPointOneWay,
    files: SOURCES,
    bad: [
      { path: 'flow/edge.ts', text: "import { x } from '../engine/inspect.ts';" },
      { path: 'engine/inspect.ts', text: "import type { X } from '../proxy/exchange.ts';" },
      { path: 'engine/decide/match.ts', text: "import { packageRoot } from '../../config/package-root.ts';" },
      { path: 'proxy/exchange.ts', text: "import { x } from '../store/recorder.ts';" },
      { path: 'proxy/exchange.ts', text: "const { x } = await import('../sensor/observe.ts');" },
      { path: 'proxy/tls/leaves.ts', text: "export { x } from '../../cli/main.ts';" },
      { path: 'wire/dns-answer.ts', text: "import { x } from '../catalog/host.ts';" },
      { path: 'sensor/observe.ts', text: "import { x } from '../proxy/exchange.ts';" },
      { path: 'store/reader.ts', text: "import { x } from '../engine/inspect.ts';" },
      { path: 'proxy/exchange.ts', text: "import { x } from '../model/name-model.ts';" },
      { path: 'map/lineage.ts', text: "import '../console/pages.ts';" },
      { path: 'config/load.ts', text: "import { x } from '../engine/inspect.ts';" },
      { path: 'cli/up.ts', text: "import { x } from '../test/support/clients.ts';" },
    ],
    good: [
      {
        path: 'engine/inspect.ts',
        text: "import { x } from './scan/scanner.ts';\nimport { y } from '../flow/edge.ts';",
      },
      { path: 'catalog/catalog.ts', text: "import { packageRoot } from '../config/package-root.ts';" },
      { path: 'config/load.ts', text: "import { x } from '../engine/decide/checked-yaml.ts';" },
      {
        path: 'cli/start.ts',
        text: "import { x } from '../store/recorder.ts';\nimport { y } from '../proxy/proxy.ts';",
      },
      { path: 'flow/edge.ts', text: "// import { x } from '../engine/inspect.ts';" },
    ],
  },
  {
    what: 'flow imports nothing from outside flow',
    rule: flowImportsNothing,
    files: SOURCES,
    bad: [
      { path: 'flow/message.ts', text: "import { Buffer } from 'node:buffer';" },
      { path: 'flow/message.ts', text: "import type OpenAI from 'openai';" },
    ],
    good: [{ path: 'flow/message.ts', text: "import type { Source } from './parties.ts';" }],
  },
  {
    what: 'the engine touches no socket, file, clock, environment or chance',
    rule: engineIsPure,
    files: SOURCES,
    bad: [
      { path: 'engine/inspect.ts', text: "import { readFileSync } from 'node:fs';" },
      { path: 'engine/inspect.ts', text: "import net from 'node:net';" },
      { path: 'engine/inspect.ts', text: "import OpenAI from 'openai';" },
      { path: 'engine/inspect.ts', text: "const http = await import('node:http');" },
      { path: 'engine/inspect.ts', text: 'const home = process.env.HOME;' },
      { path: 'engine/inspect.ts', text: 'const now = Date.now();' },
      { path: 'engine/inspect.ts', text: 'const now = new Date();' },
      { path: 'engine/inspect.ts', text: 'const from = performance.now();' },
      { path: 'engine/inspect.ts', text: 'setTimeout(() => {}, 1);' },
      { path: 'engine/inspect.ts', text: 'const chance = Math.random();' },
      { path: 'engine/inspect.ts', text: `const text = \`\${\`\${{ a: '}' }.a}\` + Math.random()}\`;` },
      { path: 'engine/inspect.ts', text: "import { randomBytes } from 'node:crypto';" },
    ],
    good: [
      { path: 'engine/inspect.ts', text: "import { createHmac } from 'node:crypto';\nimport RE2 from 're2';" },
      { path: 'engine/inspect.ts', text: "import type { Chat } from 'openai/resources/chat/completions';" },
      {
        path: 'engine/inspect.ts',
        text: "const at = new Date(input.time); // never Date.now()\nconst s = 'process.env';",
      },
      { path: 'proxy/hold.ts', text: 'const now = Date.now();' },
    ],
  },
  {
    what: 'only the dialer opens a socket towards an upstream',
    rule: oneDialer,
    files: SOURCES,
    bad: [
      { path: 'proxy/tunnel.ts', text: "import { connect } from 'node:net';" },
      { path: 'proxy/tunnel.ts', text: "import { createConnection as dial } from 'node:net';" },
      { path: 'proxy/tunnel.ts', text: "import net from 'node:net';\nconst socket = net.connect(1);" },
      { path: 'proxy/tunnel.ts', text: "import * as net from 'node:net';\nconst socket = new net.Socket();" },
      { path: 'proxy/tunnel.ts', text: "import { Socket as Plug } from 'node:net';\nconst socket = new Plug();" },
      { path: 'proxy/tunnel.ts', text: "import { Socket } from 'node:net';\nclass Plug extends Socket {}" },
      { path: 'proxy/tunnel.ts', text: "import { connect } from 'node:tls';" },
      { path: 'proxy/forward.ts', text: "import { request } from 'node:https';" },
      { path: 'proxy/forward.ts', text: "import http from 'node:http';\nhttp.get({});" },
      { path: 'proxy/exchange.ts', text: "import { Agent } from 'undici';\nnew Agent({ connect });" },
      { path: 'proxy/exchange.ts', text: "import { buildConnector } from 'undici';" },
      { path: 'proxy/exchange.ts', text: 'const answer = await fetch(url);' },
      { path: 'proxy/exchange.ts', text: 'const answer = await globalThis.fetch(url);' },
      { path: 'store/bus.ts', text: 'const socket = new WebSocket(url);' },
      { path: 'proxy/exchange.ts', text: "const { connect } = await import('node:tls');" },
      { path: 'proxy/exchange.ts', text: "const { connect } = require('node:tls');" },
      { path: 'proxy/addresses.ts', text: "import { lookup } from 'node:dns/promises';" },
    ],
    good: [
      { path: 'proxy/dialer.ts', text: "import { connect } from 'node:net';" },
      { path: 'proxy/listener.ts', text: "import { createServer, isIP, type Socket } from 'node:net';" },
      { path: 'proxy/listener.ts', text: "import { Socket } from 'node:net';\nif (x instanceof Socket) stop();" },
      { path: 'proxy/listener.ts', text: "import http from 'node:http';\nconst server = http.createServer();" },
      { path: 'proxy/listener.ts', text: "import type { Dispatcher } from 'undici';\nconst shown = 'fetch(url)';" },
      { path: 'proxy/listener.ts', text: 'const answer = await this.fetch(url); prefetch(url);' },
    ],
  },
  {
    what: 'sources load only packages that an installation has',
    rule: loadsOnlyDependencies,
    files: SOURCES,
    bad: [
      { path: 'engine/inspect.ts', text: "import x from 'left-pad';" },
      { path: 'cli/demo.ts', text: "await import('@biomejs/biome/api');" },
    ],
    good: [
      { path: 'engine/inspect.ts', text: "import type { Chat } from '@anthropic-ai/sdk/resources';" },
      { path: 'cli/demo/app.ts', text: "import OpenAI from 'openai';\nimport { join } from 'node:path';" },
    ],
  },
  {
    what: 'a package that one part needs is known to that part only',
    rule: packagesStayAtHome,
    files: SOURCES,
    bad: [
      { path: 'proxy/exchange.ts', text: "import RE2 from 're2';" },
      { path: 'cli/log.ts', text: "import { DatabaseSync } from 'node:sqlite';" },
      { path: 'cli/ca.ts', text: "import forge from 'node-forge';" },
      { path: 'proxy/traces.ts', text: "await import('@opentelemetry/exporter-trace-otlp-http');" },
    ],
    good: [{ path: 'keys/certificate.ts', text: "import forge from 'node-forge';" }],
  },
  {
    what: 'files are named in kebab-case for the thing inside',
    rule: namesSayWhatIsInside,
    files: EVERYTHING,
    bad: [
      'flow/index.ts',
      'proxy/utils.ts',
      'proxy/tls-helpers.ts',
      'store/store-manager.ts',
      'flow/errorCodes.ts',
    ].map((path) => ({ path, text: '' })),
    good: ['proxy/client-hello.ts', 'test/proxy/client-hello.test.ts', 'engine/recognizers/countries/us-ssn.ts'].map(
      (path) => ({
        path,
        text: '',
      }),
    ),
  },
  {
    what: 'every file but a test opens with a comment that says what it is for',
    rule: opensWithComment,
    files: EVERYTHING,
    bad: [{ path: 'flow/edge.ts', text: 'export const x = 1;\n// too late\n' }],
    good: [
      { path: 'flow/edge.ts', text: '/** What it is for. */\nexport const x = 1;' },
      { path: 'cli/main.ts', text: '#!/usr/bin/env node\n// What it is for.\n' },
    ],
  },
  {
    what: 'no type is given up',
    rule: typesAreKept,
    files: EVERYTHING,
    bad: [
      { path: 'flow/a.ts', text: 'const a: any = 1;' },
      { path: 'flow/a.ts', text: 'const a = b as any;' },
      { path: 'flow/a.ts', text: 'const a: Map<string, any> = b;' },
      { path: 'flow/a.ts', text: 'const a = b!.c;' },
      { path: 'flow/a.ts', text: 'const a = list[0]!;' },
      { path: 'flow/a.ts', text: 'export const enum Color { Red }' },
      { path: 'flow/a.ts', text: 'export default function run() {}' },
      { path: 'flow/a.ts', text: `// @ts-${'ignore'}\nconst a = 1;` },
      { path: 'flow/a.ts', text: `// biome-${'ignore'} lint: no\nconst a = 1;` },
    ],
    good: [
      { path: 'flow/a.ts', text: "const a = b !== c && !d; // any! as any\nconst s = 'as any';" },
      { path: 'flow/a.ts', text: `const text = \`as any \${b} as any\`;` },
      { path: 'flow/a.ts', text: 'const match = /a!.b: any/.test(text);\nif (a != b) {}' },
      { path: 'flow/a.ts', text: 'const rule = { any: 1 };\nexport { x as y };' },
    ],
  },
  {
    what: 'a module named in a string is named for sources and for dist/',
    rule: modulesAreNamedForBothForms,
    files: SOURCES,
    bad: [
      { path: 'store/recorder.ts', text: "new Worker(new URL('./writer.ts', import.meta.url));" },
      { path: 'store/recorder.ts', text: "new Worker('./store/writer.ts');" },
    ],
    good: [
      { path: 'store/recorder.ts', text: "new URL(isSource ? './writer.ts' : './writer.js', import.meta.url);" },
      { path: 'store/recorder.ts', text: "import { x } from './writer.ts';" },
    ],
  },
];

function violations(rule: Rule, files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => rule(file).map((what) => `${file.path} ${what}`));
}

test('the folders of the layout are read', () => {
  for (const folder of ['flow', 'engine', 'config', 'proxy', 'store', 'cli', 'test']) {
    assert.ok(
      EVERYTHING.some(({ path }) => path.startsWith(`${folder}/`)),
      `no source of ${folder}/ was found`,
    );
  }
});

for (const { what, rule, files, bad, good } of PROOFS) {
  describe(what, () => {
    test('a break of it is seen', () => {
      for (const { path, text } of bad)
        assert.notDeepEqual(violations(rule, [sourceFile(path, text)]), [], `${path}: ${text}`);
    });
    test('what keeps it is let through', () => {
      for (const { path, text } of good) assert.deepEqual(violations(rule, [sourceFile(path, text)]), [], text);
    });
    test('it holds in every source', () => {
      assert.deepEqual(violations(rule, files), []);
    });
  });
}
