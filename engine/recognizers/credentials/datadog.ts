/** Datadog: API keys of 32 and application keys of 40 hexadecimal digits, beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { issuerRecognizer } from '../../scan/issuer-table.ts';

const value = '9f01726eebe77df2c096a65e95acdd02';

export const datadog = assignedToken({
  name: 'datadog',
  entity: 'DATADOG',
  startsWord: true,
  words: ['datadog', 'dd_api_key', 'dd-api-key', 'dd_app_key', 'dd-application-key', 'ddog'],
  body: byteSet('a-zA-Z0-9'),
  min: 32,
  max: 40,
  lengths: [32, 40],
  hits: [{ text: `DD_API_KEY=${value}`, value, atLeast: 0.8 }],
  misses: [{ text: `datadog trace_id=${value}` }, { text: value }],
});

/** The short names of its agents' settings, with the value behind them in any form. */
export const datadogSetting = issuerRecognizer({
  entity: 'DATADOG',
  words: 'dd_apikey, dd-apikey, dd_secret_key, dd-secret-key',
  min: 32,
  max: 40,
});
