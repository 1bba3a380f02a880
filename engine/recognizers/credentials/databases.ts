/** Databases as a service: Databricks, Neon, PlanetScale, Snowflake. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS, tokenRecognizer } from '../../scan/token.ts';

const databricksToken = assembled('da', 'pi', exampleBody(32, 3, HEX_DIGITS));
const databricksSecret = assembled('do', 'se', exampleBody(32, 5, HEX_DIGITS));

export const databricks = tokenRecognizer({
  name: 'databricks',
  entity: 'DATABRICKS',
  prefixes: ['dapi', 'dkea', 'dose', 'dsapi'],
  body: byteSet('a-zA-Z0-9.-'),
  min: 32,
  max: 36,
  context: contextWords('databricks', 'dbx'),
  score(body, prefix, isInContext) {
    if (!isRandom(body)) return 0.2;
    if (/^[0-9a-f]{32}(?:-\d{1,2})?$/.test(body)) return isInContext ? 0.98 : 0.95;
    if (isInContext && /^[0-9a-zA-Z]{32}$/.test(body)) return 0.9;
    // Secrets of OAuth clients are not all hexadecimal.
    return prefix === 'dose' && body.length === 32 && /[A-Z]/.test(body) ? 0.85 : 0.2;
  },
  hits: [
    { text: `DATABRICKS_TOKEN: '${databricksToken}-3'`, value: `${databricksToken}-3`, atLeast: 0.8 },
    { text: databricksToken, value: databricksToken, atLeast: 0.8 },
    { text: `client_secret = ${databricksSecret}`, value: databricksSecret, atLeast: 0.8 },
  ],
  misses: [{ text: 'dapi-token' }, { text: assembled('da', 'pi', 'a'.repeat(32)) }, { text: `x${databricksToken}` }],
});

const neonKey = assembled('na', 'pi_', exampleBody(64, 3).toLowerCase());
const neonPassword = assembled('np', 'g_', exampleBody(12, 9));

export const neon = tokenRecognizer({
  name: 'neon',
  entity: 'NEON',
  prefixes: ['napi_', 'npg_'],
  body: byteSet('a-zA-Z0-9'),
  min: 12,
  max: 80,
  context: contextWords('neon', 'postgres', 'postgresql', 'password', 'pgpassword', 'database url'),
  score(body, prefix, isInContext) {
    if (!isRandom(body)) return 0.2;
    if (prefix === 'napi_') return body.length >= 48 ? 0.98 : 0.3;
    if (body.length > 16) return 0.2;
    return isInContext ? 0.9 : /[a-z]/.test(body) && /[A-Z]/.test(body) ? 0.7 : 0.2;
  },
  hits: [
    { text: `NEON_API_KEY=${neonKey}`, value: neonKey, atLeast: 0.8 },
    { text: `PGPASSWORD=${neonPassword}`, value: neonPassword, atLeast: 0.8 },
  ],
  misses: [
    { text: 'napi_create_function' },
    { text: 'npg_dump_everything' },
    { text: assembled('na', 'pi_', 'x'.repeat(64)) },
  ],
});

const planetScaleToken = assembled('pscale', '_tkn_', exampleBody(43, 3));
const planetScalePassword = assembled('pscale', '_pw_', exampleBody(43, 5));

export const planetScale = tokenRecognizer({
  name: 'planetscale',
  entity: 'PLANETSCALE',
  prefixes: ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_', 'pscale_otkn_', 'pscale_oat_'],
  body: byteSet('a-zA-Z0-9_.-'),
  isPadded: true,
  min: 30,
  max: 80,
  score: (body) => (isRandom(body) ? 0.98 : 0.3),
  hits: [
    { text: `PLANETSCALE_TOKEN=${planetScaleToken}`, value: planetScaleToken, atLeast: 0.8 },
    { text: `password: "${planetScalePassword}"`, value: planetScalePassword, atLeast: 0.8 },
  ],
  misses: [{ text: 'pscale_tkn_name' }, { text: assembled('pscale', '_pw_', 'x'.repeat(43)) }],
});

const session = assembled(
  'ver:',
  '1-hint:',
  '8374532-',
  'ETMsDgAAA',
  exampleBody(100, 3),
  '+',
  exampleBody(40, 5),
  '==',
);

export const snowflakeSession = tokenRecognizer({
  name: 'snowflake-session',
  entity: 'SNOWFLAKE',
  prefixes: ['ver:1-hint:', 'ver:2-hint:', 'ver:3-hint:'],
  body: byteSet('a-zA-Z0-9:+/_-'),
  isPadded: true,
  min: 80,
  max: 2000,
  score: (body) => (body.includes('ETMs') ? 0.98 : 0.8),
  hits: [{ text: `Authorization: Snowflake Token="${session}"`, value: session, atLeast: 0.8 }],
  misses: [{ text: 'ver:1-hint:none' }],
});

const snowflakePassword = assembled('Wq7', '!kd93', 'Lm');

export const snowflake = assignedToken({
  name: 'snowflake',
  entity: 'SNOWFLAKE',
  words: ['snowflake', 'snowsql'],
  body: byteSet('a-zA-Z0-9!@#$%^&*+_.~-'),
  min: 8,
  max: 1500,
  // A password of one's own: letters and digits at least, and no name of something.
  shape: (value) => /\d/.test(value) && /[a-z]/i.test(value) && !/^[a-z]+(?:[-_.][a-z0-9]+)+$/i.test(value),
  near: 0.2,
  hits: [
    { text: `snowflake password = ${snowflakePassword}`, value: snowflakePassword, atLeast: 0.8 },
    { text: `SNOWSQL_PWD="${snowflakePassword}"`, value: snowflakePassword, atLeast: 0.8 },
    { text: `snowflake_token: ${exampleBody(60, 3)}`, value: exampleBody(60, 3), atLeast: 0.8 },
  ],
  misses: [
    { text: 'snowflake_account = ABCDEFG-1234567' },
    { text: 'snowflake_password = ${SNOWFLAKE_PASSWORD}' },
    { text: 'snowflake_private_key_path = /keys/rsa_key1.p8' },
    { text: 'pip install snowflake-connector-python==3.12.0' },
  ],
});
