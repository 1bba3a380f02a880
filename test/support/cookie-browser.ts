/** A browser as far as sign-ins need one: cookies by host and path, redirects one at a time, and headers as browsers send them. */
import { type IncomingHttpHeaders, request } from 'node:http';

export interface Page {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly url: string;
}

interface Cookie {
  readonly host: string;
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Cookies know no port; tests that need two hosts take 127.0.0.1 and localhost. */
export class CookieBrowser {
  cookies: Cookie[] = [];

  /** One request; a redirect is answered as it came. */
  ask(url: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Page> {
    const { hostname, pathname } = new URL(url);
    const cookie = this.cookies
      .filter(({ host, path }) => host === hostname && pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const all = { ...(cookie === '' ? {} : { cookie }), ...headers };
    return new Promise((resolve, reject) => {
      const asking = request(url, { method, headers: all, agent: false }, (answer) => {
        for (const line of answer.headers['set-cookie'] ?? []) this.#keep(hostname, line);
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, url }));
      });
      asking.on('error', reject).end(body);
    });
  }

  /** Follows redirects until there are none, or one leads where `until` says; that one is answered as it came. */
  async follow(url: string, until: (next: string) => boolean = () => false): Promise<Page> {
    let page = await this.ask(url);
    for (let hops = 0; hops < 20; hops++) {
      const next = nextOf(page);
      if (next === null || until(next)) return page;
      page = await this.ask(next, { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } });
    }
    throw new Error(`redirects without an end at ${url}`);
  }

  /** JSON as a page of `origin` sends it. */
  async json(
    method: string,
    url: string,
    body?: unknown,
    origin = new URL(url).origin,
  ): Promise<{
    readonly status: number;
    readonly json: Readonly<Record<string, unknown>> | null;
    readonly page: Page;
  }> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { origin, ...(text === undefined ? {} : { 'content-type': 'application/json' }) };
    const page = await this.ask(url, { method, headers, ...(text === undefined ? {} : { body: text }) });
    return { status: page.status, json: page.text === '' ? null : JSON.parse(page.text), page };
  }

  form(url: string, fields: Readonly<Record<string, string>>): Promise<Page> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.ask(url, { method: 'POST', headers, body: new URLSearchParams(fields).toString() });
  }

  #keep(host: string, line: string): void {
    const [first = '', ...attributes] = line.split(';').map((part) => part.trim());
    const name = first.slice(0, first.indexOf('='));
    const value = first.slice(name.length + 1);
    const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? '/';
    const isOver = attributes.some((one) => /^max-age=0$/i.test(one) || /^expires=Thu, 01 Jan 1970/i.test(one));
    this.cookies = this.cookies.filter((one) => one.name !== name || one.host !== host || one.path !== path);
    if (!isOver && value !== '') this.cookies.push({ host, path, name, value });
  }
}

/** Where a redirect leads, absolute; null for any other answer. */
export function nextOf({ status, headers, url }: Page): string | null {
  const { location } = headers;
  return status >= 300 && status < 400 && location !== undefined ? new URL(location, url).href : null;
}
