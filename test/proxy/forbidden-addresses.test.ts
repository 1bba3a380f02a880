/**
 * Every spelling of an address that the proxy does not reach, taken the way a client's word takes: read as an authority,
 * then given to the dialer. Asserted on sockets: none tries to connect, and servers that listen there hear nothing.
 */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { judgeAddress } from '../../proxy/addresses.ts';
import { parseAuthority } from '../../proxy/authority.ts';
import { createDialer, type DialerOptions } from '../../proxy/dialer.ts';

/** As a client writes them before a port; none resolves to anything but what stands there. */
const SPELLINGS: readonly string[] = [
  // Loopback in decimal, octal, hex, short and mixed forms.
  '127.0.0.1',
  '127.0.0.1.',
  '127.1',
  '127.0.1',
  '127.255.255.254',
  '2130706433',
  '2130706433.',
  '017700000001',
  '0177.0.0.1',
  '0177.0.0.01',
  '00000177.1',
  '0x7f.1',
  '0x7f000001',
  '0X7F000001',
  '0x7f.0x0.0x0.0x1',
  '0x7f.0.0.1',
  '127.0x0.0.01',
  // This host, any host.
  '0.0.0.0',
  '0',
  '0x0',
  '00',
  '0.1',
  '255.255.255.255',
  '0xffffffff',
  '4294967295',
  // Link-local and the clouds' metadata.
  '169.254.169.254',
  '0xa9fea9fe',
  '2852039166',
  '0251.0376.0251.0376',
  '169.254.43518',
  '0xa9.254.0251.254',
  '169.16689662',
  '169.254.170.2',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  // Full-width digits and stops, circled and other digits, and what folds into a point.
  '１２７.０.０.１',
  '127。0。0。1',
  '127．0．0．1',
  '127｡0｡0｡1',
  '①②⑦.⓪.⓪.①',
  '𝟏𝟐𝟕.𝟎.𝟎.𝟏',
  '１６９.２５４.１６９.２５４',
  '０x7f.1',
  'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
  // IPv6: loopback, unspecified, link-local, multicast, and IPv4 inside of it.
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[0000:0000:0000:0000:0000:0000:0000:0001]',
  '[::0001]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::FFFF:127.0.0.1]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[::127.0.0.1]',
  '[::7f00:1]',
  '[::ffff:169.254.169.254]',
  '[::ffff:a9fe:a9fe]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::a9fe:a9fe]',
  '[64:ff9b:1::7f00:1]',
  '[64:ff9b:1:a9fe:a9:fe00::]',
  '[2002:7f00:1::]',
  '[2002:a9fe:a9fe::1]',
  '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
  '[2600::5efe:7f00:1]',
  '[2600::200:5efe:169.254.169.254]',
  '[fe80::1]',
  '[fe80::a9fe:a9fe]',
  '[fe80::1%eth0]',
  '[fe80::1%25eth0]',
  '[::1%lo]',
  '[fec0::1]',
  '[ff02::1]',
  '[fd00:ec2::254]',
  '[fd20:ce::254]',
  '[100::1]',
  '[2001:db8::1]',
  // What a sloppier reader takes for one of them.
  '127.0.0.1%00.example.com',
  '127.0.0.1#.example.com',
  '127.0.0.1\\.example.com',
  'user@127.0.0.1',
  '127.0.0.1:80@127.0.0.1',
  '127.0.0.1,example.com',
  '[127.0.0.1]',
  '::1',
  '1.2.3.4.127.0.0.1.5',
  '127.0.0.256',
  '0x7f.0x',
  '127.0.0.08',
];

/** Private networks in some of them: reached for clients on this host alone. */
const PRIVATE: readonly string[] = [
  '10.0.0.1',
  '0xa.1',
  '167772161',
  '172.16.0.1',
  '192.168.1.1',
  '0300.0250.1.1',
  '3232235777',
  '100.64.0.1',
  '１９２.１６８.１.１',
  '[fc00::1]',
  '[fd12:3456::1]',
  '[::ffff:10.0.0.1]',
  '[::ffff:c0a8:101]',
  '[64:ff9b::10.0.0.1]',
  '[2002:c0a8:101::]',
  '[::ffff:0:10.0.0.1]',
];

/** What a name leads to when somebody answers for it that nobody trusts. */
const ANSWERS: readonly (readonly { address: string; family: number }[])[] = [
  [{ address: '127.0.0.1', family: 4 }],
  [{ address: '::1', family: 6 }],
  [{ address: '0.0.0.0', family: 4 }],
  [{ address: '::', family: 6 }],
  [{ address: '169.254.169.254', family: 4 }],
  [{ address: '::ffff:127.0.0.1', family: 6 }],
  [{ address: '::ffff:7f00:1', family: 6 }],
  [{ address: '64:ff9b::7f00:1', family: 6 }],
  [{ address: 'fe80::1%eth0', family: 6 }],
  [{ address: '0177.0.0.1', family: 4 }],
  [{ address: '127.1', family: 4 }],
  [{ address: '', family: 4 }],
  [
    { address: '93.184.216.34', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ],
  [
    { address: '2606:4700::1111', family: 6 },
    { address: '::1', family: 6 },
  ],
  [],
];

describe('an address that is not reached', () => {
  const servers: Server[] = [];
  let port = 0;
  let heard = 0;
  let attempts = 0;
  const watch = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || !('socket' in message)) return;
    (message.socket as Socket).on('connectionAttempt', () => attempts++);
  };
  before(async () => {
    for (const host of ['127.0.0.1', '::1']) {
      const server = createServer((socket) => {
        heard++;
        socket.destroy();
      });
      // A port that is free for IPv4 may be taken for IPv6, and a host may have none of it.
      server.on('error', () => {});
      server.listen(port, host);
      await Promise.race([once(server, 'listening'), once(server, 'error')]).catch(() => {});
      const address = server.address();
      if (typeof address === 'object' && address !== null) port = address.port;
      servers.push(server);
    }
    subscribe('net.client.socket', watch);
  });
  after(() => {
    unsubscribe('net.client.socket', watch);
    for (const server of servers) server.close();
  });

  function dialer(given: Partial<DialerOptions>): ReturnType<typeof createDialer> {
    return createDialer({
      resolve: new Map(),
      ca: [],
      isListenerLocal: true,
      allowed: new Set(),
      own: () => [],
      connectMs: 1000,
      tlsMs: 1000,
      proxy: null,
      direct: new Set(),
      certificates: [],
      // The names among the spellings: as a hosts file has them.
      lookup: (host, callback) =>
        host === 'localhost'
          ? callback(null, [{ address: '127.0.0.1', family: 4 }])
          : callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []),
      ...given,
    });
  }

  /** The code of the refusal; `not a host` where not even the dialer is asked. */
  async function refusal(text: string, given: Partial<DialerOptions> = {}): Promise<string> {
    const place = parseAuthority(`${text}:${port}`, 80);
    if (place === null) return 'not a host';
    const before = attempts;
    for (const isTls of [false, true]) {
      const outcome = await dialer(given)
        .dial(place, isTls)
        .then(
          (socket) => {
            socket.destroy();
            return 'dialled';
          },
          (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown'),
        );
      if (outcome !== 'address_forbidden' && outcome !== 'upstream_unresolved') return outcome;
    }
    assert.equal(attempts, before);
    return 'address_forbidden';
  }

  test('there are 60 spellings and more, each once', () => {
    assert.ok(SPELLINGS.length >= 60, String(SPELLINGS.length));
    assert.equal(new Set(SPELLINGS).size, SPELLINGS.length);
  });

  test('what is watched sees a socket that does connect', async () => {
    const before = attempts;
    const socket = await dialer({ allowed: new Set([`127.0.0.1:${port}`]) }).dial({ host: '127.0.0.1', port }, false);
    socket.destroy();
    assert.ok(attempts > before);
    await new Promise((resolve) => setImmediate(resolve));
    heard = 0;
  });

  for (const isListenerLocal of [true, false]) {
    const where = isListenerLocal ? 'loopback' : 'every address';
    for (const text of isListenerLocal ? SPELLINGS : [...SPELLINGS, ...PRIVATE]) {
      test(`is not dialled for a listener on ${where}: ${text}`, async () => {
        const outcome = await refusal(text, { isListenerLocal });
        assert.match(outcome, /^(?:address_forbidden|not a host)$/);
      });
    }
  }

  for (const text of PRIVATE) {
    test(`is judged as the private network that it is: ${text}`, () => {
      const host = parseAuthority(`${text}:80`, 80)?.host ?? '';
      assert.deepEqual([judgeAddress(host, true), judgeAddress(host, false)], ['allowed', 'forbidden']);
    });
  }

  for (const addresses of ANSWERS) {
    const shown = addresses.map(({ address }) => address).join(' and ') || 'nothing';
    test(`is not dialled when a name leads to it: ${shown}`, async () => {
      const lookup: DialerOptions['lookup'] = (_host, callback) => callback(null, addresses);
      for (const name of ['name.example', 'localhost', 'localhost.', 'LOCALHOST', 'xn--4gbrim.example'])
        assert.equal(await refusal(name, { lookup }), 'address_forbidden', name);
    });
  }

  test('does not become reachable by a second answer: one lookup a connection, and its answer is what is used', async () => {
    let asked = 0;
    const lookup: DialerOptions['lookup'] = (_host, callback) => {
      asked++;
      callback(null, asked === 1 ? [{ address: '127.0.0.1', family: 4 }] : [{ address: '169.254.169.254', family: 4 }]);
    };
    const pair = `name.example:${port}`;
    const socket = await dialer({ lookup, allowed: new Set([pair]) }).dial({ host: 'name.example', port }, false);
    assert.equal(socket.remoteAddress, '127.0.0.1');
    socket.destroy();
    assert.equal(asked, 1);
    await new Promise((resolve) => setImmediate(resolve));
    heard = 0;
    // What one name may, no other may, nor the same on another port.
    const allowed = new Set([pair]);
    assert.equal(
      await refusal('other.example', { lookup: (_host, callback) => callback(null, ANSWERS[0] ?? []), allowed }),
      'address_forbidden',
    );
    asked = 0;
    const error = await dialer({ lookup, allowed })
      .dial({ host: 'name.example', port: port - 1 }, false)
      .catch((reason: unknown) => reason);
    assert.ok(error instanceof Error && 'code' in error && error.code === 'address_forbidden');
  });

  test('does not become reachable by a name that a client gives an address', async () => {
    const target = { host: 'name.example', port, address: '127.0.0.1' };
    const allowed = new Set([`name.example:${port}`]);
    for (const isTls of [true, false]) {
      const error = await dialer({ allowed, resolve: new Map([[`name.example:${port}`, { host: '127.0.0.1', port }]]) })
        .dial(target, isTls)
        .catch((reason: unknown) => reason);
      assert.ok(error instanceof Error && 'code' in error && error.code === 'address_forbidden');
    }
  });

  after(() => assert.equal(heard, 0));
});
