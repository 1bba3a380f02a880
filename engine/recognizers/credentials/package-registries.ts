/** Registries of packages: crates.io, npm, NuGet, PyPI, RubyGems. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { crc32Base62, endsInCrc32 } from '../../scan/checksums.ts';
import { contextWords } from '../../scan/context.ts';
import { isRandom, UUID } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS, tokenRecognizer } from '../../scan/token.ts';

const ALNUM = byteSet('a-zA-Z0-9');

const cratesToken = assembled('ci', 'o', exampleBody(32, 3));

export const cratesIo = tokenRecognizer({
  name: 'crates-io',
  entity: 'CRATES_IO',
  prefixes: ['cio'],
  body: ALNUM,
  min: 32,
  max: 32,
  context: contextWords('cargo', 'crates', 'crate', 'rust', 'cratesio'),
  score(body, _prefix, isInContext) {
    if (!isRandom(body)) return 0.3;
    return isInContext ? 0.95 : /[a-z]/.test(body) && /[A-Z]/.test(body) ? 0.85 : 0.3;
  },
  hits: [
    { text: `CARGO_REGISTRY_TOKEN=${cratesToken}`, value: cratesToken, atLeast: 0.8 },
    { text: `token = "${cratesToken}"`, value: cratesToken, atLeast: 0.8 },
  ],
  misses: [{ text: 'cio' }, { text: assembled('ci', 'o', 'x'.repeat(32)) }],
});

function validNpm(): string {
  const body = exampleBody(30, 3);
  return assembled('np', 'm_', body, crc32Base62(body, 6));
}

const npmUnchecked = assembled('np', 'm_', exampleBody(36, 5));

export const npmToken = tokenRecognizer({
  name: 'npm-token',
  entity: 'NPM_TOKEN',
  prefixes: ['npm_'],
  body: ALNUM,
  min: 36,
  max: 36,
  score: (body) => (endsInCrc32(body) ? 1 : isRandom(body) ? 0.85 : 0.3),
  hits: [
    { text: `//registry.npmjs.org/:_authToken=${validNpm()}`, value: validNpm(), atLeast: 1 },
    { text: `NPM_TOKEN=${npmUnchecked}`, value: npmUnchecked, atLeast: 0.8 },
  ],
  misses: [{ text: 'npm_config_registry' }, { text: assembled('np', 'm_', 'x'.repeat(36)) }],
});

const uuid = '7f3c1a9e-42b8-4d06-9e5b-c81d70f2a364';

export const npmTokenNamed = assignedToken({
  name: 'npm-token-named',
  entity: 'NPM_TOKEN',
  words: ['_authtoken', 'npm_token', 'npmtoken', 'npm_auth', 'registry.npmjs.org'],
  body: byteSet('0-9a-fA-F-'),
  min: 36,
  max: 36,
  shape: (value) => UUID.test(value),
  hits: [
    { text: `//registry.npmjs.org/:_authToken=${uuid}`, value: uuid, atLeast: 0.8 },
    { text: `export NPM_TOKEN="${uuid}"`, value: uuid, atLeast: 0.8 },
  ],
  misses: [{ text: `npm_token_id=${uuid}` }, { text: `"resolved": "https://registry.npmjs.org/${uuid}"` }],
});

const nugetKey = assembled('oy', '2', exampleBody(43, 3).toLowerCase());

export const nuget = tokenRecognizer({
  name: 'nuget',
  entity: 'NUGET',
  prefixes: ['oy2'],
  body: byteSet('a-z0-9'),
  min: 43,
  max: 43,
  score: (body) => (isRandom(body) ? 0.95 : 0.3),
  hits: [
    { text: `nuget push --api-key ${nugetKey}`, value: nugetKey, atLeast: 0.8 },
    { text: nugetKey, value: nugetKey, atLeast: 0.8 },
  ],
  misses: [{ text: 'oy2' }, { text: assembled('oy', '2', 'x'.repeat(43)) }],
});

const nugetOther = exampleBody(46, 5).toLowerCase();

export const nugetNamed = assignedToken({
  name: 'nuget-named',
  entity: 'NUGET',
  words: ['nuget'],
  body: byteSet('a-z0-9'),
  min: 46,
  max: 46,
  hits: [{ text: `NUGET_API_KEY=${nugetOther}`, value: nugetOther, atLeast: 0.8 }],
  misses: [{ text: `nuget ${nugetOther}` }, { text: 'nuget_key=your-key' }],
});

const PYPI_MARK = 'AgEIcHlwaS5vcmc';

/** A macaroon of PyPI (version 2 in binary): location `pypi.org` or the like, then an identifier. */
function isPypiMacaroon(body: string): boolean {
  const bytes = Buffer.from(body, 'base64url');
  if (bytes[0] !== 2 || bytes[1] !== 1) return false;
  const length = bytes[2] ?? 0;
  const location = bytes.toString('latin1', 3, 3 + length);
  return /^(?:test\.)?pypi\.org$/.test(location) && bytes[3 + length] === 2 && bytes.length > 3 + length + 40;
}

const macaroonBody = Buffer.concat([
  Buffer.from([2, 1, 8]),
  Buffer.from('pypi.org'),
  Buffer.from([2, 36]),
  Buffer.from(uuid),
  Buffer.from([0, 0, 6, 32]),
  Buffer.from(exampleBody(32, 3)),
]).toString('base64url');
const pypi = assembled('py', 'pi-', macaroonBody);
const pypiBroken = assembled('py', 'pi-', PYPI_MARK, exampleBody(60, 5));

export const pypiToken = tokenRecognizer({
  name: 'pypi-token',
  entity: 'PYPI_TOKEN',
  prefixes: ['pypi-AgE', 'pypi-'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 50,
  max: 1000,
  score(body, prefix) {
    const whole = prefix === 'pypi-' ? body : `AgE${body}`;
    if (isPypiMacaroon(whole)) return 1;
    return whole.startsWith('AgE') ? (isRandom(whole) ? 0.9 : 0) : whole.length >= 85 && isRandom(whole) ? 0.75 : 0;
  },
  hits: [
    { text: `TWINE_PASSWORD=${pypi}`, value: pypi, atLeast: 1 },
    { text: `# password = ${pypiBroken}`, value: pypiBroken, atLeast: 0.8 },
  ],
  misses: [{ text: 'pypi-server' }, { text: assembled('py', 'pi-', PYPI_MARK, 'x'.repeat(80)) }],
});

const gemKey = assembled('ruby', 'gems_', exampleBody(48, 3, HEX_DIGITS));

export const rubyGems = tokenRecognizer({
  name: 'rubygems',
  entity: 'RUBYGEMS',
  prefixes: ['rubygems_'],
  body: byteSet('0-9a-f'),
  min: 48,
  max: 48,
  score: () => 0.99,
  hits: [
    { text: `:rubygems_api_key: ${gemKey}`, value: gemKey, atLeast: 0.8 },
    { text: `curl -H 'Authorization:${gemKey}' https://rubygems.org/api/v1`, value: gemKey, atLeast: 0.8 },
  ],
  misses: [{ text: 'rubygems_api_key' }, { text: assembled('ruby', 'gems_', 'a'.repeat(48)) }],
});
