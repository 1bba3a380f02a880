/** Splunk: tokens of the HTTP event collector, which are UUIDs: in their own header, or beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { UUID } from '../../scan/randomness.ts';
import { exampleBody } from '../../scan/token.ts';

const token = '9da5da9c-4218-4c22-aed6-b5c8baebfff5';

export const splunkHec = assignedToken({
  name: 'splunk-hec',
  entity: 'SPLUNK_HEC',
  words: ['splunk', 'hec_token', 'hectoken', 'hec-token', 'services/collector'],
  body: byteSet('a-zA-Z0-9-'),
  min: 22,
  max: 36,
  lengths: [22, 36],
  shape: (value) => (value.length === 36 ? UUID.test(value) : /^[A-Za-z0-9]{22}$/.test(value) && /\d/.test(value)),
  hits: [
    { text: `Authorization: Splunk ${token}`, value: token, atLeast: 0.8 },
    { text: `SPLUNK_HEC_TOKEN=${token}`, value: token, atLeast: 0.8 },
    { text: `splunk-secret ${exampleBody(22)}`, value: exampleBody(22) },
  ],
  misses: [{ text: `splunk request_id=${token}` }, { text: `index=main ${token}` }],
});
