/**
 * Clients that do not trust this proxy's certificate: who turned it down twice within a minute is told, in the event and
 * on stderr, what to set for the runtime that it is. Pure but for the memory of the last minute.
 */
import type { Source } from '../flow/parties.ts';

const WITHIN_MS = 60_000;
/** Clients choose the hosts: no more than these are remembered. */
const MAX_REMEMBERED = 1000;

export class Rejections {
  readonly #last = new Map<string, number>();
  readonly #now: () => number;
  readonly #tell: (key: string, at: number | null) => void;

  /** `now` is Unix time in ms. `tell` hears what other processes have to learn, since the next try may come to them. */
  constructor(now: () => number, tell: (key: string, at: number | null) => void = () => {}) {
    this.#now = now;
    this.#tell = tell;
  }

  /** True when the same source turned the same host's certificate down within the last minute. */
  note(source: Source, host: string): boolean {
    const key = keyOf(source, host);
    const now = this.#now();
    const before = this.#last.get(key);
    this.learn(key, now);
    this.#tell(key, now);
    return before !== undefined && now - before <= WITHIN_MS;
  }

  /** The source trusts the certificate after all. */
  forget(source: Source, host: string): void {
    // Nearly every connection: nothing is made of one that never turned it down.
    if (this.#last.size === 0) return;
    const key = keyOf(source, host);
    if (this.#last.delete(key)) this.#tell(key, null);
  }

  /** What another process has told. */
  learn(key: string, at: number | null): void {
    this.#last.delete(key);
    if (at === null) return;
    this.#last.set(key, at);
    if (this.#last.size > MAX_REMEMBERED) {
      for (const oldest of this.#last.keys()) {
        this.#last.delete(oldest);
        break;
      }
    }
  }
}

function keyOf({ app, host: from, process, container }: Source, host: string): string {
  return JSON.stringify([app, from, process, container, host]);
}

/** What a TLS alert says of a certificate that is not trusted (RFC 8446 §6.2), by the names that OpenSSL gives it. */
const REJECTED = /ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE)$/;

export function isRejection(code: string): boolean {
  return REJECTED.test(code);
}

/** By what stands in a User-Agent or is the name of a process; the first that fits. */
const RUNTIMES: readonly (readonly [RegExp, string])[] = [
  [/deno/i, 'DENO_CERT names it'],
  [/python|pip\/|urllib|aiohttp|httpx/i, 'REQUESTS_CA_BUNDLE and SSL_CERT_FILE name the bundle of `weir env`'],
  [/java|okhttp|jersey|apache-httpclient/i, "import it into the JVM's trust store (keytool), as `weir run` does"],
  [/curl/i, 'CURL_CA_BUNDLE names the bundle of `weir env`'],
  [/git\//i, 'GIT_SSL_CAINFO names the bundle of `weir env`'],
  [/aws-|boto/i, 'AWS_CA_BUNDLE names the bundle of `weir env`'],
  [/cargo/i, 'CARGO_HTTP_CAINFO names the bundle of `weir env`'],
  [/go-http-client|golang|ruby|php/i, 'SSL_CERT_FILE names the bundle of `weir env`'],
  [/firefox|chrome|chromium|safari|edg\//i, "import it into the browser's authorities, or `weir ca trust`"],
  [/\.net|dotnet/i, 'SSL_CERT_FILE names the bundle of `weir env`, or `weir ca trust`'],
  [/node|undici|axios|bun|electron|claude|codex|gemini-cli|npm/i, 'NODE_EXTRA_CA_CERTS names it'],
];

const ANY =
  "NODE_EXTRA_CA_CERTS (Node, Bun), REQUESTS_CA_BUNDLE and SSL_CERT_FILE (Python, Go, Ruby), CURL_CA_BUNDLE, the JVM's trust store";

/** How a runtime is made to trust the certificate, as far as it is known which one it is. */
export function trustAdvice(userAgent: string | null, source: Source): string {
  for (const said of [userAgent, source.process]) {
    const known = said === null ? undefined : RUNTIMES.find(([pattern]) => pattern.test(said));
    if (known !== undefined) return known[1];
  }
  return ANY;
}

/** The reason of the event, for whoever reads it to act on. */
export function rejectedText(host: string, userAgent: string | null, source: Source): string {
  return (
    `client_rejected_ca: the client does not trust the certificate that \`weir ca path\` names. Start it with ` +
    `\`weir run\`, or set for it: ${trustAdvice(userAgent, source)}. For one that trusts its own roots only, tunnel ` +
    `the host untouched: proxy: {bypass: ["${host}"]}`
  );
}
