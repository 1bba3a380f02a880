/**
 * A proxy.pac: the hosts of GenAI providers, or all, go through the proxy, and never round it when it is down: a guard
 * that is not there must be noticed. Host patterns are the catalog's.
 */

/** `place`: `host:port` of the proxy. `hosts` null: everything but this host and names without a dot. */
export function proxyAutoConfig(place: string, hosts: readonly string[] | null): string {
  const proxy = JSON.stringify(`PROXY ${place}`);
  const patterns = hosts === null ? '' : `var hosts = ${JSON.stringify(hosts.flatMap(patternsOf), null, 1)};\n`;
  const rest =
    hosts === null
      ? `  return ${proxy};`
      : `  for (var i = 0; i < hosts.length; i++) if (shExpMatch(host, hosts[i])) return ${proxy};\n  return "DIRECT";`;
  return `// ${hosts === null ? 'Everything' : 'GenAI providers'} through Weir; the others, and this host itself, directly.
${patterns}function FindProxyForURL(url, host) {
  host = host.toLowerCase();
  if (host === "weir.local") return ${proxy};
  if (isPlainHostName(host) || host === "127.0.0.1" || host === "::1" || host === "169.254.169.254") return "DIRECT";
${rest}
}
`;
}

/** `.openai.com` is the domain and what is below it. Addresses and ports are for this host's own programs. */
function patternsOf(pattern: string): string[] {
  if (/[:[\]]/.test(pattern)) return [];
  return pattern.startsWith('.') ? [pattern.slice(1), `*${pattern}`] : [pattern];
}
