/** Microsoft Teams: addresses of incoming webhooks, of the connector and of the workflow kind (whose `sig` opens it). */
import { assembled } from '../../scan/recognizer.ts';
import { secretUrl } from '../../scan/secret-url.ts';
import { exampleBody } from '../../scan/token.ts';

const guid = '9da5da9c-4218-4c22-aed6-b5c8baebfff5';
const hex = '1bf66ccbb8e745e791fa6e6de0cf465b';
const connector = assembled(
  `https://corp.webhook.office.com/webhookb2/${guid}@${guid}`,
  `/IncomingWebhook/${hex}/${guid}`,
);
const workflow = assembled(
  `https://prod-12.westus.logic.azure.com:443/workflows/${hex}/triggers/manual/paths/invoke`,
  '?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=',
  exampleBody(43),
);

export const teamsWebhook = secretUrl({
  name: 'teams-webhook',
  entity: 'TEAMS_WEBHOOK',
  cues: ['/IncomingWebhook/', '/workflows/'],
  form: /^https:\/\/(?:(?:[\w-]+\.)?webhook\.office\.com|outlook\.office(?:365)?\.com)\/webhook(?:b2)?\/[0-9a-z-]{36}@[0-9a-z-]{36}\/IncomingWebhook\/[0-9a-z]{32}\/[0-9a-z-]{36}|^https:\/\/[\w.-]+\.(?:logic\.azure\.(?:com|us)|api\.powerplatform\.com)(?::443)?\/(?:powerautomate\/\S*)?workflows\/[0-9a-f]{32}\/\S*[?&]sig=[\w%-]{40,}/i,
  score: 0.97,
  hits: [
    { text: `uri: ${connector}`, value: connector, atLeast: 0.8 },
    { text: `"${workflow}"`, value: workflow, atLeast: 0.8 },
  ],
  misses: [
    { text: 'https://github.com/corp/app/actions/workflows/ci.yml' },
    { text: 'https://corp.webhook.office.com/webhookb2/<id>/IncomingWebhook/<id>/<id>' },
  ],
});
