/** Addresses that automation services give out, and that act for whoever knows them. */
import { assembled } from '../../scan/recognizer.ts';
import { secretUrl } from '../../scan/secret-url.ts';

const zap = assembled('https://hooks.', 'zapier.com/hooks/catch/', '1234567/', 'b2kx9qh7/');

export const zapierWebhook = secretUrl({
  name: 'zapier-webhook',
  entity: 'ZAPIER_WEBHOOK',
  cues: ['hooks.zapier.com/hooks/'],
  form: /^https:\/\/hooks\.zapier\.com\/hooks\/(?:catch|standard)\/(?=[\w/]*\d)(?:\d+\/)?[A-Za-z0-9]{6,}/,
  score: 0.9,
  hits: [{ text: `POST ${zap}`, value: zap, atLeast: 0.8 }],
  misses: [{ text: 'https://hooks.zapier.com/hooks/catch/' }, { text: 'https://zapier.com/apps/webhook/integrations' }],
});

const tines = assembled(
  'https://corp.tines.com/',
  'webhook/',
  '9f01726eebe77df2c096a65e95acdd02',
  '/107b2c1e6f3a4d5b8c7e2f1a0b9d8c7e',
);

export const tinesWebhook = secretUrl({
  name: 'tines-webhook',
  entity: 'TINES_WEBHOOK',
  cues: ['.tines.com/webhook/', '.tines.io/webhook/'],
  form: /^https:\/\/[\w.-]+\.tines\.(?:com|io)\/webhook\/[0-9a-f]{32}\/[0-9a-f]{32}/,
  score: 0.95,
  hits: [{ text: `url: ${tines}`, value: tines, atLeast: 0.8 }],
  misses: [{ text: 'https://corp.tines.com/webhook/path/secret' }],
});

const device = assembled('https://thingsboard.cloud/api/v1/', '354u1g321kcqc1oad3w7', '/telemetry');

export const thingsboardDevice = secretUrl({
  name: 'thingsboard-device',
  entity: 'THINGSBOARD',
  cues: ['thingsboard.cloud/api/v1/'],
  form: /^(?:https?|coap):\/\/[\w.-]*thingsboard\.cloud\/api\/v1\/(?=\w*\d)[A-Za-z0-9]{20}(?:\/|$)/,
  score: 0.85,
  hits: [{ text: `curl ${device}`, value: device, atLeast: 0.8 }],
  misses: [{ text: 'https://thingsboard.cloud/api/v1/$ACCESS_TOKEN/telemetry' }],
});
