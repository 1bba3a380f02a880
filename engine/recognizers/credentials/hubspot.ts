/** HubSpot: tokens of private apps (`pat-`, the data centre and a UUID), and elder keys, which are UUIDs, beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { UUID } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { tokenRecognizer } from '../../scan/token.ts';

const guid = '9da5da9c-4218-4c22-aed6-b5c8baebfff5';
const app = assembled('pa', 't-eu1-', guid);

export const hubspot = tokenRecognizer({
  name: 'hubspot',
  entity: 'HUBSPOT',
  prefixes: ['pat-na1-', 'pat-na2-', 'pat-na3-', 'pat-eu1-', 'pat-ap1-'],
  body: byteSet('a-fA-F0-9-'),
  min: 36,
  max: 36,
  score: (body) => (UUID.test(body) ? 0.98 : 0),
  hits: [
    { text: `HUBSPOT_TOKEN=${app}`, value: app, atLeast: 0.8 },
    { text: `Bearer ${app}`, value: app, atLeast: 0.8 },
  ],
  misses: [{ text: 'pat-na1-your-token' }, { text: assembled('pa', 't-na1-', '00000000-0000-0000-0000-000000000000') }],
});

export const hubspotKey = assignedToken({
  name: 'hubspot-key',
  entity: 'HUBSPOT',
  words: ['hubspot', 'hubapi', 'hapikey'],
  body: byteSet('a-fA-F0-9-'),
  min: 36,
  max: 36,
  shape: (value) => UUID.test(value),
  hits: [
    { text: `https://api.hubapi.com/contacts/v1/lists?hapikey=${guid}`, value: guid, atLeast: 0.8 },
    { text: `hubspot_api_key = ${guid}`, value: guid },
  ],
  misses: [{ text: `hubspot_form_id=${guid}` }, { text: `hapikey=demo ${guid}` }],
});
