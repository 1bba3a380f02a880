/**
 * Names of hosts that resolve inside an organisation alone: under `.corp`, `.internal`, `.local` and the like, which no
 * public registry gives out (RFC 6762 appendix G, RFC 8375), or with such a label before the organisation's own domain.
 */
import { byteAt, byteSet, isAlnum, isWord, runStart } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const LABELS = byteSet('A-Za-z0-9.-');
const MAX_NAME = 200;
const HOST_WORDS =
  contextWords(`host, hosts, hostname, server, servers, url, dns, ssh, ping, domain, fqdn, node, cluster, endpoint, proxy, vpn,
database, intranet, http, https, machine, gateway, broker, cn, curl, connect, port`);
/** Suffixes that are names of members, folders and scopes in code as well. */
const IS_CODE = /\.(?:local|internal|home|private)$/i;
/** Names that mean the same on every machine. */
const KNOWN =
  /^(?:(?:host|gateway|kubernetes)\.docker\.internal|host\.containers\.internal|metadata\.google\.internal|localhost\.local(?:domain)?|kubernetes\.default\.svc\.cluster\.local)$/;
/** What stands before a member in code: `this.internal`, `foo.local`. */
const MEMBER =
  /^(?:this|self|super|process|node|window|document|module|exports|config|settings|options|opts|ctx|context|state|props|env|app|api|lib|src|www|test|example|ie|eg|e\.g|vm|util|utils)\./i;

export const internalHostname: Recognizer = {
  name: 'internal-hostname',
  entity: 'INTERNAL_HOSTNAME',
  category: 'network',
  countries: [],
  cues: ['.corp', '.internal', '.local', '.lan', '.intranet', '.localdomain', '.home.arpa', '.private'].map(
    (literal) => ({ literal, endsWord: true }),
  ),
  context: HOST_WORDS,
  findAtCue(passage: Passage, start: number, cueEnd: number): void {
    const text = passage.text;
    if (passage.isRead('internal-hostname', start)) return;
    const from = runStart(text, start, LABELS, MAX_NAME);
    let end = cueEnd;
    // `db.internal.corp.example`: the organisation's own domain behind it.
    while (end - from <= MAX_NAME && byteAt(text, end) === 0x2e && isAlnum(byteAt(text, end + 1))) {
      let next = end + 1;
      while (
        next - end <= 64 &&
        (isAlnum(byteAt(text, next)) || (byteAt(text, next) === 0x2d && isAlnum(byteAt(text, next + 1))))
      )
        next++;
      end = next;
    }
    passage.markRead('internal-hostname', end);
    const after = byteAt(text, end);
    if (end - from > MAX_NAME || isWord(after) || after === 0x28 || after === 0x2d || after === 0x5b || after === 0x3d)
      return;
    const name = passage.ascii(from, end);
    const before = byteAt(text, from - 1);
    if (
      isWord(before) ||
      before >= 0x80 ||
      before === 0x2e ||
      KNOWN.test(name) ||
      name.startsWith('.') ||
      name.startsWith('-') ||
      name.includes('..')
    )
      return;
    const labels = name.split('.');
    if (!labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(label)) || MEMBER.test(name)) return;
    const isQualified = end > cueEnd;
    // Behind it a file's name ends, or a member of code.
    if (
      isQualified &&
      !/\.(?:[a-z]{2}|com|net|org|io|local|corp|cloud|dev|tech|systems|company|int|internal)$/i.test(name)
    )
      return;
    const isAddressed =
      passage.ascii(from - 3, from) === '://' || before === 0x40 || /^:\d{2,5}\b/.test(passage.ascii(end, end + 6));
    const isPlain = labels.length === 2 && /^[a-z]+$/i.test(labels[0] ?? '');
    if (isAddressed) passage.report(internalHostname, from, end, isPlain && IS_CODE.test(name) ? 0.55 : 0.65, 0.8);
    else if (isQualified) passage.report(internalHostname, from, end, 0.4, 0.6);
    else if (IS_CODE.test(name))
      passage.report(internalHostname, from, end, isPlain ? 0.2 : 0.4, isPlain ? 0.45 : 0.65);
    else passage.report(internalHostname, from, end, 0.5, 0.7);
  },
  hits: [
    { text: 'ssh db-01.prod.corp', value: 'db-01.prod.corp' },
    { text: 'https://wiki.intranet/page', value: 'wiki.intranet' },
    { text: 'host: payments.svc.cluster.local', value: 'payments.svc.cluster.local' },
    { text: 'connect to vault01.eu.internal:8200', value: 'vault01.eu.internal', atLeast: 0.8 },
    { text: 'sonar.host=https://sonar.internal.company.com:9000', value: 'sonar.internal.company.com' },
    { text: 'printer.lan', value: 'printer.lan' },
  ],
  misses: [
    { text: 'this.internal = true;' },
    { text: 'see ~/.local/share and node:internal' },
    { text: 'foo.local()' },
    { text: 'const x = state.local;' },
    { text: 'import x from "./a.internal.js"' },
    { text: 'settings.local.json' },
    { text: 'cars.corporate' },
  ],
};
