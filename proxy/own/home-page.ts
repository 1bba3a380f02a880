/**
 * The page for people: is this browser routed, does it trust the authority, and the steps for each system and tool. No
 * script: that an image loads through the proxy, and over TLS, is the answer.
 */
import { createHash } from 'node:crypto';
import { hostPortText } from '../../catalog/host.ts';
import { htmlText } from './browser-answer.ts';
import type { OwnFacts } from './own-pages.ts';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .4rem 0; } .muted { opacity: .7; }
dl.checks { border: 1px solid #8884; border-radius: .5rem; padding: .25rem 1rem; }
dl.checks div { display: flex; align-items: center; gap: .75rem; padding: .6rem 0; border-bottom: 1px solid #8882; }
dl.checks div:last-child { border: 0; } dt { flex: 1; } dd { margin: 0; font-weight: 600; min-width: 5rem; text-align: right; }
dd img { vertical-align: middle; color: #b3261e; min-width: 1.5rem; min-height: 1.5rem; }
table { border-collapse: collapse; width: 100%; } td { padding: .4rem .75rem .4rem 0; vertical-align: top; border-top: 1px solid #8883; }
td:first-child { width: 10.5rem; }
code { font: .875em ui-monospace, monospace; background: #8882; border-radius: .25rem; padding: .1em .35em; overflow-wrap: anywhere; }
a { color: #0b6bcb; } @media (prefers-color-scheme: dark) { a { color: #7ab8ff; } }
`;

/** The page's own style and the two images that tell: nothing else is loaded. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src http://weir.local https://weir.local',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function pageText(facts: OwnFacts): string {
  const url = `http://${hostPortText(facts.place())}`;
  return `This is Weir, a data-loss guard for GenAI.

Route a command through it:       weir run -- CMD
Or set, for any program:          HTTPS_PROXY=${url}  (and trust ${url}/ca.pem)
Or use it as a gateway:           OPENAI_BASE_URL=${url}/openai/v1
`;
}

export function pageHtml(facts: OwnFacts, isRouted: boolean): string {
  const url = `http://${hostPortText(facts.place())}`;
  const { certificate } = facts.authority;
  const until = certificate.validToDate.toISOString().slice(0, 10);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Weir</title><style>${STYLE}</style></head>
<body>
<h1>Weir</h1>
<p class="muted">A data-loss guard for GenAI, version ${htmlText(facts.version)}, at <code>${htmlText(url)}</code></p>
<dl class="checks">
<div><dt>This browser is routed through Weir</dt><dd>${image('http', 'routed', isRouted ? 'yes' : 'no')}</dd></div>
<div><dt>It trusts Weir’s certificate authority</dt><dd>${image('https', 'trusted', 'no')}</dd></div>
</dl>
<h2>Route</h2>
<table>
${row('One command', '<code>weir run -- CMD</code>')}
${row('A shell', '<code>eval "$(weir env)"</code>; also <code>--shell fish</code>, <code>pwsh</code>, <code>docker</code>, <code>k8s</code>, <code>systemd</code>, <code>git</code>, <code>vscode</code>, <code>cursor</code>')}
${row('A browser or a system', `proxy configuration by URL: <a href="/proxy.pac"><code>${htmlText(url)}/proxy.pac</code></a> (GenAI hosts; <code>?all</code> for everything)`)}
${row('An SDK', `as a gateway: <code>OPENAI_BASE_URL=${htmlText(url)}/openai/v1</code>`)}
</table>
<h2>Trust the certificate authority</h2>
<table>
${row('Linux', '<code>sudo -E weir ca trust</code>, or put <a href="/ca.crt">ca.crt</a> where your distribution keeps further roots')}
${row('macOS', 'open the <a href="/ca.mobileconfig">profile</a>, then System Settings → General → Device Management → Install')}
${row('Windows', 'open <a href="/ca.crt">ca.crt</a> → Install Certificate → Local Machine → Trusted Root Certification Authorities')}
${row('iPhone, iPad', 'open the <a href="/ca.mobileconfig">profile</a>, install it in Settings, then General → About → Certificate Trust Settings → switch it on')}
${row('Android', 'save <a href="/ca.crt">ca.crt</a>, then Settings → Security → Install a certificate → CA certificate')}
${row('Firefox', 'Settings → Privacy &amp; Security → View Certificates → Authorities → Import <a href="/ca.pem">ca.pem</a>')}
${row('Chrome on Linux', 'chrome://certificate-manager → Custom → Installed by you → Import <a href="/ca.pem">ca.pem</a>')}
${row('Node, Python, curl, Go, Java, Deno …', '<code>weir run</code> and <code>weir env</code> set each one’s own variable')}
</table>
<p class="muted">${htmlText(certificate.subject.replace(/^CN=/, ''))}, valid until ${until}, SHA-256<br><code>${certificate.fingerprint256}</code></p>
</body>
</html>
`;
}

/** What stands where the image does not load is the other answer. */
function image(scheme: 'http' | 'https', name: string, otherwise: string): string {
  return `<img src="${scheme}://weir.local/${name}.svg" width="24" height="24" alt="${otherwise}">`;
}

function row(what: string, how: string): string {
  return `<tr><td>${what}</td><td>${how}</td></tr>`;
}
