/** Slack: bot, user, app, refresh and session tokens, and the addresses of incoming webhooks and workflows, which are secrets too. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const bot = assembled('xo', 'xb-', '853512345678-', '853512345679-', exampleBody(24));
const app = assembled(
  'xa',
  'pp-1-',
  'A05V64V7F2B-',
  '5062360157732-',
  '9f01726eebe77df2c096a65e95acdd02107b2c1e92ca341cff27ca271b7251b4',
);

export const slackToken = tokenRecognizer({
  name: 'slack-token',
  entity: 'SLACK_TOKEN',
  prefixes: [
    'xoxb-',
    'xoxp-',
    'xoxa-',
    'xoxr-',
    'xoxo-',
    'xoxs-',
    'xoxc-',
    'xoxd-',
    'xoxe-',
    'xoxe.xoxb-',
    'xoxe.xoxp-',
    'xapp-',
  ],
  body: byteSet('a-zA-Z0-9_%-'),
  min: 20,
  max: 500,
  score: (body) => (/[0-9]{9,}|^[0-9]-/.test(body) ? 0.95 : /\d/.test(body) ? 0.75 : 0.3),
  hits: [
    { text: `SLACK_TOKEN=${bot}`, value: bot, atLeast: 0.8 },
    { text: `{"app":"${app}"}`, value: app, atLeast: 0.8 },
  ],
  misses: [
    { text: assembled('xo', 'xb-', 'your-token-here-please') },
    { text: assembled('xo', 'xb-', 'x'.repeat(24)) },
    { text: 'xoxb-not-a-token' },
  ],
});

const webhook = assembled('https://hooks.', 'slack.com/services/', 'T5T9FBDJQ/', 'B5T5WFU0K/', exampleBody(24));

export const slackWebhook = tokenRecognizer({
  name: 'slack-webhook',
  entity: 'SLACK_WEBHOOK',
  prefixes: [
    'https://hooks.slack.com/services/',
    'https://hooks.slack.com/workflows/',
    'https://hooks.slack.com/triggers/',
    'https://hooks.slack-gov.com/services/',
  ],
  body: byteSet('a-zA-Z0-9/_-'),
  min: 30,
  max: 300,
  score: (body) => (/^[TEW][A-Z0-9]{6,}\/[A-Z0-9]{6,}\/[a-zA-Z0-9/]{18,}/i.test(body) ? 0.95 : 0.3),
  hits: [{ text: `curl -X POST ${webhook}`, value: webhook, atLeast: 0.8 }],
  misses: [
    { text: 'https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX' },
    { text: 'https://hooks.slack.com/services/' },
  ],
});
