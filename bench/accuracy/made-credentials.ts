/** Credentials that no shape describes: check digits of their own, whole blocks and documents. All by seed, none in use. */
import { crc32 } from 'node:zlib';
import type { Made } from './carriers.ts';
import { mnemonic } from './documents.ts';
import { fill, int, letters, pick, type Random, uuid } from './shapes.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** CRC-32 in base62, six characters, as GitHub and npm append it to a token's body. */
function checksum62(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let i = 0; i < 6; i++) {
    text = (BASE62[rest % 62] ?? '0') + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

function checked(prefix: string, random: Random): string {
  const body = letters(random, 'A', 30);
  return `${prefix}${body}${checksum62(body)}`;
}

function bytes(random: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => int(random, 0, 255)));
}

function wrapped(base64: string): string {
  return (base64.match(/.{1,64}/g) ?? []).join('\n');
}

/** The definite length of DER. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

const INTEGER = 2;
const OCTETS = 4;
const SEQUENCE = 0x30;
const ID_DATA = Buffer.from('06092a864886f70d010701', 'hex');
const ID_RSA = Buffer.from('300d06092a864886f70d0101010500', 'hex');

/** PKCS #8 with numbers of the right sizes inside. */
function pkcs8(random: Random): Buffer {
  const number = (size: number): Buffer =>
    der(INTEGER, Buffer.concat([Buffer.from([0, 0x80 | int(random, 0, 127)]), bytes(random, size - 1)]));
  const version = der(INTEGER, Buffer.from([0]));
  const exponent = der(INTEGER, Buffer.from([1, 0, 1]));
  const parts = [version, number(128), exponent, number(128), ...Array.from({ length: 5 }, () => number(64))];
  const rsa = der(SEQUENCE, Buffer.concat(parts));
  return der(SEQUENCE, Buffer.concat([version, ID_RSA, der(OCTETS, rsa)]));
}

function privateKey(random: Random): string {
  const [begin, end] = ['-----BEGIN ', '-----END '];
  const kind = pick(random, ['', 'RSA ', 'EC ', 'OPENSSH ']);
  const body =
    kind === ''
      ? pkcs8(random)
      : kind === 'OPENSSH '
        ? Buffer.concat([Buffer.from('openssh-key-v1\0'), bytes(random, 300)])
        : der(
            SEQUENCE,
            Buffer.concat([
              der(INTEGER, Buffer.from([kind === 'EC ' ? 1 : 0])),
              bytes(random, kind === 'EC ' ? 110 : 600),
            ]),
          );
  return `${begin}${kind}PRIVATE KEY-----\n${wrapped(body.toString('base64'))}\n${end}${kind}PRIVATE KEY-----`;
}

function pkcs12(random: Random): string {
  const content = Buffer.concat([ID_DATA, der(0xa0, der(OCTETS, bytes(random, 700)))]);
  return der(SEQUENCE, Buffer.concat([der(INTEGER, Buffer.from([3])), der(SEQUENCE, content)])).toString('base64');
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function jwt(random: Random): string {
  const header = base64url({ alg: pick(random, ['HS256', 'RS256', 'ES256']), typ: 'JWT' });
  const iat = int(random, 1_600_000_000, 1_750_000_000);
  const payload = base64url({ sub: letters(random, 'd', 10), iat, exp: iat + 3600, scope: 'read' });
  return `${header}.${payload}.${letters(random, 'W', 43)}`;
}

const BECH32_GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

/** BIP 173; `constant` 1, or 0x2bc830a3 for bech32m (BIP 350). */
export function bech32(prefix: string, data: readonly number[], constant: number): string {
  const expanded = [...prefix].map((char) => char.charCodeAt(0) >> 5);
  const low = [...prefix].map((char) => char.charCodeAt(0) & 31);
  let sum = 1;
  for (const value of [...expanded, 0, ...low, ...data, 0, 0, 0, 0, 0, 0]) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (let i = 0; i < 5; i++) if (((top >> i) & 1) === 1) sum ^= BECH32_GENERATOR[i] ?? 0;
  }
  sum ^= constant;
  const check = Array.from({ length: 6 }, (_, i) => (sum >>> (5 * (5 - i))) & 31);
  return `${prefix}1${[...data, ...check].map((value) => BECH32[value]).join('')}`;
}

/** Bytes in groups of five bits, the last filled with zeros. */
export function fives(of: Buffer): number[] {
  const out: number[] = [];
  let held = 0;
  let bits = 0;
  for (const byte of of) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out.push((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  if (bits > 0) out.push((held << (5 - bits)) & 31);
  return out;
}

function serviceAccount(random: Random): Made {
  const name = letters(random, 'l', 8);
  const key = `${'-----BEGIN '}PRIVATE KEY-----\n${wrapped(pkcs8(random).toString('base64'))}\n${'-----END '}PRIVATE KEY-----\n`;
  const document = {
    type: 'service_account',
    project_id: name,
    private_key_id: letters(random, 'h', 40),
    private_key: key,
    client_email: `${name}@${name}.iam.gserviceaccount.com`,
    client_id: letters(random, 'd', 21),
    token_uri: 'https://oauth2.googleapis.com/token',
  };
  const value = JSON.stringify(document, null, 2);
  return { value, core: JSON.stringify(key).slice(1, -1) };
}

function dotenv(random: Random): Made {
  const core = letters(random, 'A', 24);
  const name = pick(random, ['SESSION', 'APP', 'SIGNING', 'MAILER', 'WORKER']);
  return { value: `NODE_ENV=production\nPORT=8080\n${name}_SECRET=${core}\nLOG_LEVEL=info`, core };
}

function kubernetesSecret(random: Random): Made {
  const core = Buffer.from(letters(random, 'A', 24)).toString('base64');
  const value = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${letters(random, 'l', 6)}\ntype: Opaque\ndata:\n  password: ${core}\n`;
  return { value, core };
}

function htpasswd(random: Random): Made {
  const core = `$apr1$${letters(random, 'A', 8)}$${letters(random, 'A', 22)}`;
  return { value: `${letters(random, 'l', 6)}:${core}`, core };
}

function shadow(random: Random): Made {
  const core = `$6$${letters(random, 'A', 16)}$${letters(random, 'A', 86)}`;
  return { value: `${letters(random, 'l', 6)}:${core}:19${letters(random, 'd', 3)}:0:99999:7:::`, core };
}

/** Entities of whole blocks, header lines and documents, by the name of the entity. */
export const MADE_CREDENTIALS: Readonly<
  Record<string, { words: readonly string[]; make(random: Random): string | Made }>
> = {
  GITHUB_PAT: {
    words: ['GitHub token', 'github personal access token'],
    make: (random) => checked(pick(random, ['ghp_', 'gho_', 'ghu_']), random),
  },
  GITHUB_APP_TOKEN: { words: ['GitHub app token', 'installation token'], make: (random) => checked('ghs_', random) },
  NPM_TOKEN: { words: ['npm token', 'npm auth token'], make: (random) => checked('npm_', random) },
  DISCORD_TOKEN: {
    words: ['Discord bot token', 'discord token'],
    make: (random) => {
      const id = Buffer.from(`${int(random, 3, 9)}${letters(random, 'd', 17)}`).toString('base64url');
      return `${id}.G${letters(random, 'W', 5)}.${letters(random, 'W', 38)}`;
    },
  },
  ELASTIC: {
    words: ['Elastic API key', 'elasticsearch api key'],
    make: (random) => Buffer.from(fill(random, '{W20}:{W22}')).toString('base64'),
  },
  JWT: { words: ['token', 'id token', 'session token'], make: jwt },
  PRIVATE_KEY_PEM: { words: ['private key', 'deploy key'], make: privateKey },
  PKCS12: { words: ['PKCS12 bundle', 'p12 certificate', 'pfx'], make: pkcs12 },
  AGE_SECRET_KEY: {
    words: ['age key', 'age identity'],
    make: (random) => bech32('age-secret-key-', fives(bytes(random, 32)), 1).toUpperCase(),
  },
  GCP_SERVICE_ACCOUNT_JSON: { words: ['service account', 'google credentials'], make: serviceAccount },
  DOTENV_ASSIGNMENT: { words: ['environment file', 'settings'], make: dotenv },
  K8S_SECRET: { words: ['manifest', 'secret manifest'], make: kubernetesSecret },
  HTPASSWD: { words: ['password file', 'htpasswd entry'], make: htpasswd },
  SHADOW: { words: ['shadow entry', 'account file'], make: shadow },
  BIP39_MNEMONIC: { words: ['seed phrase', 'recovery phrase'], make: mnemonic },
  BASIC_AUTH_HEADER: {
    words: ['header', 'request header'],
    make: (random) => {
      const core = Buffer.from(fill(random, '{l6}:{A12}')).toString('base64');
      return { value: `Authorization: Basic ${core}`, core };
    },
  },
  BEARER_AUTH_HEADER: {
    words: ['header', 'request header'],
    make: (random) => {
      const core = letters(random, 'A', 40);
      return { value: `Authorization: Bearer ${core}`, core };
    },
  },
  URL_WITH_CREDENTIALS: {
    words: ['url', 'feed url', 'repository'],
    make: (random) => fill(random, 'https://{l6}:{A6}{d2}{A6}@{l6}.{l7}.net/{l5}'),
  },
  CONNECTION_STRING: {
    words: ['connection string', 'dsn'],
    make: (random) => {
      const core = fill(random, '{A6}{d2}{A6}');
      return { value: fill(random, `Server={l5}.{l6}.net;Database={l6};User Id={l6};Password=${core};`), core };
    },
  },
  OTPAUTH_TOTP_SEED: {
    words: ['otp url', 'two factor setup'],
    make: (random) => fill(random, 'otpauth://totp/{l6}?secret={532}&issuer={l6}'),
  },
  RECOVERY_CODES: {
    words: ['recovery codes', 'backup codes'],
    make: (random) => Array.from({ length: 8 }, () => fill(random, '{a5}-{a5}')).join('\n'),
  },
  SIGNED_URL: {
    words: ['download link', 'signed url'],
    make: (random) =>
      fill(
        random,
        `https://{l8}.s3.eu-west-1.amazonaws.com/{l6}.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20240${int(random, 1, 9)}12T101010Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature={h64}`,
      ),
  },
  COOKIE_SESSION: {
    words: ['cookie', 'request header'],
    make: (random) => {
      const core = letters(random, 'A', 32);
      return { value: `Cookie: sessionid=${core}; theme=dark`, core };
    },
  },
  UUID: { words: ['advertising id', 'IDFA'], make: uuid },
  ADVERTISING_ID: { words: ['advertising id', 'IDFA', 'GAID'], make: uuid },
};
