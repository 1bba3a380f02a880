// biome-ignore-all lint/style/useNodejsImportProtocol: Node before 14.18 does not know it
// biome-ignore-all lint/complexity/useOptionalChain: Node before 14 does not parse it
'use strict';
/*
 * Loaded into other people's Node processes by NODE_OPTIONS=--require, to send their HTTP through HTTPS_PROXY where
 * Node itself does not. Node 22.21 and 24.5 read NODE_USE_ENV_PROXY; older ones ignore it, and none applies it to an
 * agent that a library makes for itself (AWS SDK, agentkeepalive, axios with an agent). Three things are done:
 * - every plain http(s).Agent opens its sockets through a CONNECT tunnel,
 * - fetch of older Nodes gets a dispatcher that does the same,
 * - fetch of newer Nodes keeps Node's own, and is given the app label, which Node drops when it has no token.
 * It leaves alone: agents that open sockets in their own way, sockets that are not HTTP, hosts in NO_PROXY, and every
 * process in which no http: proxy is set. It must never break the process it is loaded into, so it is plain ES2015
 * without `node:` names (Node 6 parses it, Node 12.22 on is routed) and says in one line when it cannot do its work.
 */
(function route() {
  const MARK = Symbol.for('weir.route');
  const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
  const TUNNEL_MS = 30000;
  if (globalThisOf()[MARK]) return; // loaded twice: a nested run, a worker that shares the modules
  Object.defineProperty(globalThisOf(), MARK, { value: true });

  let proxies;
  let exceptions;
  let http;
  let net;
  let tls;
  try {
    proxies = { 'http:': proxyFrom('http_proxy'), 'https:': proxyFrom('https_proxy') };
    if (!proxies['http:'] && !proxies['https:']) return;
    exceptions = exceptionsFrom(process.env.no_proxy || process.env.NO_PROXY || '');
    http = require('http');
    net = require('net');
    tls = require('tls');
    const https = require('https');
    routeAgent(http.Agent, 'http:', plainOver);
    routeAgent(https.Agent, 'https:', secureOver);
    if (nodeRoutesFetch()) labelFetch();
    else routeFetch();
  } catch (error) {
    process.stderr.write(
      `weir: this Node is not routed through the proxy: ${error instanceof Error ? error.message : error}\n`,
    );
  }

  /* ------------------------------------------------ where to */

  function proxyFrom(name) {
    const text = process.env[name] || process.env[name.toUpperCase()] || process.env.all_proxy || process.env.ALL_PROXY;
    if (!text || !/^http:\/\//i.test(text)) return null; // a proxy of weir is always http:
    const url = new URL(text);
    const user = decodeURIComponent(url.username);
    const credential = user ? `${user}:${decodeURIComponent(url.password)}` : null;
    return {
      host: bare(url.hostname),
      port: Number(url.port || 80),
      authorization: credential === null ? null : `Basic ${Buffer.from(credential).toString('base64')}`,
      isLabelAlone: credential !== null && url.password === '',
    };
  }

  /** Entries as Node reads them: `host`, `.suffix` or `*.suffix`, each with a port or without, or `*` for all. */
  function exceptionsFrom(text) {
    return text
      .split(/[\s,]+/)
      .filter(Boolean)
      .map((entry) => {
        const isAddress = entry.indexOf(':') !== entry.lastIndexOf(':') && entry[0] !== '[';
        const parts = isAddress ? null : /^(.+):(\d+)$/.exec(entry);
        return { name: bare((parts ? parts[1] : entry).toLowerCase()), port: parts ? Number(parts[2]) : null };
      });
  }

  function isDirect(host, port) {
    const name = bare(String(host).toLowerCase()).replace(/\.$/, '');
    return exceptions.some((entry) => {
      if (entry.port !== null && entry.port !== port) return false;
      if (entry.name === '*') return true;
      const suffix = entry.name.replace(/^\*/, '');
      if (suffix[0] !== '.') return name === suffix;
      return name === suffix.slice(1) || (name.length > suffix.length && name.slice(-suffix.length) === suffix);
    });
  }

  function bare(host) {
    return host.replace(/^\[(.*)\]$/, '$1');
  }

  function globalThisOf() {
    return typeof globalThis === 'undefined' ? global : globalThis;
  }

  /* ------------------------------------------------ the tunnel */

  /** Calls back with a socket through which bytes reach host:port, or with an error. */
  function openTunnel(proxy, host, port, callback) {
    const target = `${host.indexOf(':') === -1 ? host : `[${host}]`}:${port}`;
    const headers = { host: target };
    if (proxy.authorization !== null) headers['proxy-authorization'] = proxy.authorization;
    let isOver = false;
    const done = (error, socket) => {
      if (isOver) return;
      isOver = true;
      callback(error, socket);
    };
    const request = http.request({
      method: 'CONNECT',
      path: target,
      headers: headers,
      timeout: TUNNEL_MS,
      setHost: false,
      // With this and without an agent Node uses no agent at all, so that nothing is routed twice.
      createConnection: () => net.connect({ host: proxy.host, port: proxy.port }),
    });
    request.on('connect', (response, socket, head) => {
      socket.setTimeout(0);
      if (response.statusCode !== 200) {
        socket.destroy();
        done(failure(`the proxy answered CONNECT ${target} with ${response.statusCode}`));
        return;
      }
      if (head.length > 0) socket.unshift(head);
      done(null, socket);
    });
    request.on('response', (response) => {
      response.resume();
      done(failure(`the proxy answered CONNECT ${target} with ${response.statusCode}`));
    });
    request.on('timeout', () => {
      request.destroy(failure(`the proxy did not answer CONNECT ${target} in time`));
    });
    request.on('error', done);
    request.end();
  }

  function failure(text) {
    const error = new Error(`weir: ${text}`);
    error.code = 'ERR_WEIR_TUNNEL';
    return error;
  }

  /**
   * A stream that is there at once and carries bytes when the tunnel stands: for agents that hand out the socket in the
   * same call. Slower than the socket itself, so used for those alone.
   */
  function lateTunnel(proxy, host, port) {
    const Duplex = require('stream').Duplex;
    let socket = null;
    let waiting = [];
    const whenOpen = (work) => {
      if (socket === null) waiting.push(work);
      else work();
    };
    const stream = new Duplex({
      read: () => {
        whenOpen(() => {
          socket.resume();
        });
      },
      write: (chunk, encoding, callback) => {
        whenOpen(() => {
          socket.write(chunk, encoding, callback);
        });
      },
      final: (callback) => {
        whenOpen(() => {
          socket.end(callback);
        });
      },
      destroy: (error, callback) => {
        waiting = [];
        if (socket !== null) socket.destroy();
        callback(error);
      },
    });
    // What callers of a socket expect to be able to call.
    ['setTimeout', 'setNoDelay', 'setKeepAlive', 'ref', 'unref'].forEach((name) => {
      stream[name] = (...args) => {
        whenOpen(() => socket[name](...args));
        return stream;
      };
    });
    openTunnel(proxy, host, port, (error, opened) => {
      if (error) return stream.destroy(error);
      if (stream.destroyed) return opened.destroy();
      socket = opened;
      socket.on('data', (chunk) => {
        if (!stream.push(chunk)) socket.pause();
      });
      socket.on('end', () => {
        stream.push(null);
      });
      socket.on('error', (reason) => {
        stream.destroy(reason);
      });
      socket.on('close', () => {
        stream.destroy();
      });
      stream.emit('connect');
      waiting.splice(0).forEach((work) => {
        work();
      });
    });
    return stream;
  }

  /* ------------------------------------------------ http and https */

  /**
   * The prototype and not only the global agents: libraries make agents of their own. An agent that opens sockets in
   * its own way (a proxy agent) has its own method and never gets here.
   */
  function routeAgent(Agent, protocol, over) {
    const original = Agent.prototype.createConnection;
    const routed = function createConnection(...args) {
      const options = args[0];
      const callback = args[1];
      const proxy = proxies[protocol];
      const isPlainCall = options !== null && typeof options === 'object';
      if (!proxy || !isPlainCall || options.socketPath || options.socket) return original.apply(this, args);
      // Node routes this one itself.
      if (this.options && this.options.proxyEnv) return original.apply(this, args);
      const host = bare(String(options.host || options.hostname || 'localhost'));
      const port = Number(options.port || (protocol === 'https:' ? 443 : 80));
      if (isDirect(host, port)) return original.apply(this, args);
      // An agent with a method of its own around this one may need what it returns, and not what it is called with.
      if (typeof callback !== 'function' || this.createConnection !== routed) {
        return over(original, this, options, lateTunnel(proxy, host, port));
      }
      openTunnel(proxy, host, port, (error, socket) => {
        if (error) callback(error);
        else callback(null, over(original, this, options, socket));
      });
      return undefined;
    };
    Agent.prototype.createConnection = routed;
  }

  function plainOver(_original, _agent, _options, socket) {
    return socket;
  }

  /** Node's own method does the TLS, with its cache of sessions. */
  function secureOver(original, agent, options, socket) {
    return original.call(agent, Object.assign({}, options, { socket: socket }));
  }

  /* ------------------------------------------------ fetch */

  function nodeRoutesFetch() {
    const asked = process.env.NODE_USE_ENV_PROXY === '1' || process.execArgv.indexOf('--use-env-proxy') !== -1;
    const version = process.versions.node.split('.').map(Number);
    const major = version[0];
    return asked && (major >= 24 || (major === 22 && version[1] >= 21));
  }

  /** Node's dispatcher sends no Proxy-Authorization when the password is empty; told as `token` it does. */
  function labelFetch() {
    const proxy = proxies['https:'] || proxies['http:'];
    const world = globalThisOf();
    const fetch = world.fetch;
    if (!proxy.isLabelAlone || typeof fetch !== 'function') return;
    let isLabelled = false;
    const label = () => {
      const current = world[DISPATCHER];
      if (isLabelled || !current || current.constructor.name !== 'EnvHttpProxyAgent') return;
      isLabelled = true;
      world[DISPATCHER] = new current.constructor({ token: proxy.authorization });
    };
    // Node sets its dispatcher after this file has run and before the program does: the first call is soon enough.
    const labelled = (input, init) => {
      label();
      if (world.fetch === labelled) world.fetch = fetch;
      return fetch(input, init);
    };
    Object.defineProperty(labelled, 'name', { value: 'fetch' });
    world.fetch = labelled;
    process.nextTick(label); // for programs with an undici of their own, which shares the dispatcher
  }

  function routeFetch() {
    const world = globalThisOf();
    if (typeof world.fetch !== 'function') return;
    void world.Headers; // loads Node's own undici, which then sets its dispatcher
    const direct = world[DISPATCHER];
    if (!direct || direct.constructor.name !== 'Agent') return; // the program has set its own before us
    const Agent = direct.constructor;
    const routed = new Agent({ connect: connectThrough });
    routed.dispatch = function dispatch(options, handler) {
      const target = options.origin ? new URL(String(options.origin)) : null;
      const proxy = target ? proxies[target.protocol] : null;
      const port = target ? Number(target.port || (target.protocol === 'https:' ? 443 : 80)) : 0;
      const isRouted = proxy && !isDirect(target.hostname, port);
      return isRouted ? Agent.prototype.dispatch.call(this, options, handler) : direct.dispatch(options, handler);
    };
    world[DISPATCHER] = routed;
  }

  /** undici's connector: `{hostname, protocol, port, servername}` and a callback. */
  function connectThrough(options, callback) {
    const isSecure = options.protocol === 'https:';
    const host = bare(options.hostname || options.host);
    openTunnel(proxies[options.protocol], host, Number(options.port || (isSecure ? 443 : 80)), (error, socket) => {
      if (error) return callback(error);
      socket.setNoDelay(true);
      if (!isSecure) return callback(null, socket);
      // An address is no server name (RFC 6066), but it is what the certificate is checked for.
      const servername = options.servername || (net.isIP(host) ? undefined : host);
      const secure = tls.connect({ socket: socket, host: host, servername: servername, ALPNProtocols: ['http/1.1'] });
      const onError = (reason) => {
        callback(reason);
      };
      secure.once('error', onError);
      secure.once('secureConnect', () => {
        secure.removeListener('error', onError);
        callback(null, secure);
      });
    });
  }
})();
