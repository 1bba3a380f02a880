/** mitmproxy, where it is installed: without scripts but for the address of the upstream, or with ten expressions over each body. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type Peer, startProgram } from './program.ts';

/** What such add-ons look for: cards, mail, phones, IBANs, social security numbers, addresses, keys. */
const EXPRESSIONS = [
  String.raw`\b(?:\d[ -]?){13,16}\b`,
  String.raw`[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`,
  String.raw`\+?\d{1,3}[ -.]?\(?\d{2,4}\)?[ -.]?\d{3,4}[ -.]?\d{3,4}`,
  String.raw`\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b`,
  String.raw`\b\d{3}-\d{2}-\d{4}\b`,
  String.raw`\b(?:\d{1,3}\.){3}\d{1,3}\b`,
  String.raw`\bAKIA[0-9A-Z]{16}\b`,
  String.raw`\bghp_[A-Za-z0-9]{36}\b`,
  String.raw`\bsk-[A-Za-z0-9_-]{20,}\b`,
  String.raw`-----BEGIN [A-Z ]*PRIVATE KEY-----`,
];

export async function startMitmproxy(
  folder: string,
  upstreamPort: number,
  caFile: string,
  hasExpressions: boolean,
): Promise<Peer> {
  mkdirSync(folder, { mode: 0o700 });
  const script = join(folder, 'address.py');
  const address = `def server_connect(data):\n    data.server.address = ("127.0.0.1", ${upstreamPort})\n`;
  const expressions = EXPRESSIONS.map((expression) => `    re.compile(r"${expression}"),\n`).join('');
  const look = `import re\nEXPRESSIONS = [\n${expressions}]\ndef request(flow):\n    text = flow.request.get_text() or ""\n    for expression in EXPRESSIONS:\n        expression.findall(text)\n`;
  writeFileSync(script, hasExpressions ? look + address : address);
  const port = await freePort();
  const options = ['--listen-host', '127.0.0.1', '--listen-port', String(port), '--quiet', '-s', script];
  const settings = [
    `confdir=${folder}`,
    `ssl_verify_upstream_trusted_ca=${caFile}`,
    'flow_detail=0',
    'stream_large_bodies=1m',
    'connection_strategy=lazy',
  ];
  const command = ['mitmdump', ...options, ...settings.flatMap((setting) => ['--set', setting])];
  return startProgram(command, port, () => readFileSync(join(folder, 'mitmproxy-ca-cert.pem'), 'utf8'));
}
