/** Keys, tokens, passwords and what holds them, a file an issuer. A recognizer that is not listed here does not run. */
import type { Recognizer } from '../../scan/recognizer.ts';
import { adyen, adyenHmac } from './adyen.ts';
import { ageSecretKey } from './age.ts';
import { airtable, airtableKey } from './airtable.ts';
import { alibabaKeyId, alibabaSecret } from './alibaba.ts';
import { anthropicKey } from './anthropic.ts';
import { flyio, netlify, netlifyNamed, render } from './app-hosts.ts';
import { artifactory, dockerHub } from './artifact-stores.ts';
import { asana, asanaNamed } from './asana.ts';
import { atlassian, atlassianNamed, bitbucket, bitbucketNamed } from './atlassian.ts';
import { basicAuthHeader, bearerAuthHeader } from './auth-header.ts';
import { auth0 } from './auth0.ts';
import { awsAccessKeyId, awsSecretKey, awsSessionToken, awsSessionTokenNamed } from './aws.ts';
import { azureAdClientSecret, azureSas, azureStorageKey } from './azure.ts';
import {
  azureDevOpsAnnotated,
  azureDevOpsNamed,
  azureKey,
  azureNamed,
  azureOpenAiAnnotated,
  azureOpenAiNamed,
} from './azure-keys.ts';
import { awsBedrockKey } from './bedrock.ts';
import { braintree } from './braintree.ts';
import { buildkite, buildkiteNamed, circleCi, circleCiNamed } from './build-servers.ts';
import { cloudflare, cloudflareNamed, cloudflareOrigin } from './cloudflare.ts';
import { coinbase } from './coinbase.ts';
import { commandLinePassword } from './command-line-password.ts';
import { azureSqlConnection, connectionString, jdbcConnection } from './connection-string.ts';
import { databricks, neon, planetScale, snowflake, snowflakeSession } from './databases.ts';
import { datadog, datadogSetting } from './datadog.ts';
import { digitalOcean, digitalOceanSpaces } from './digitalocean.ts';
import { discordToken, discordWebhook } from './discord.ts';
import { dotenvAssignment } from './dotenv.ts';
import { elastic, elasticCloud } from './elastic.ts';
import { figma, figmaElder, figmaNamed } from './figma.ts';
import { furtherIssuersAToL } from './further-issuers-a-l.ts';
import { furtherIssuersMToZ } from './further-issuers-m-z.ts';
import { gcpOauth, gcpOauthNamed, gcpServiceAccount, googleAiKey, googleBoundKey } from './gcp.ts';
import { genericApiKey } from './generic-api-key.ts';
import { githubAppToken, githubFineGrained, githubNamed, githubPat } from './github.ts';
import { gitlabOther, gitlabPat } from './gitlab.ts';
import { grafana } from './grafana.ts';
import { heroku, herokuNamed } from './heroku.ts';
import { highEntropyString } from './high-entropy-string.ts';
import { honeycomb, honeycombNamed } from './honeycomb.ts';
import { hubspot, hubspotKey } from './hubspot.ts';
import { pulumi, terraform, vault, vaultNamed } from './infrastructure.ts';
import { jwt } from './jwt.ts';
import { k8sSecret, kubeconfig } from './kubernetes.ts';
import { launchdarkly, launchdarklyNamed } from './launchdarkly.ts';
import { linear } from './linear.ts';
import { langSmith, pinecone, pineconeNamed } from './llm-tools.ts';
import { mailchimp, mandrillKey } from './mailchimp.ts';
import { mailgun, mailgunKey } from './mailgun.ts';
import { maxmind } from './maxmind.ts';
import {
  cerebras,
  elevenLabs,
  fireworks,
  groq,
  huggingFace,
  nvidiaNgc,
  openRouter,
  perplexity,
  replicate,
  together,
  xai,
} from './model-hosts.ts';
import { cohere, deepSeek, elevenLabsNamed, mistral, togetherNamed } from './model-makers.ts';
import { newrelic, newrelicLicence, newrelicNamed } from './newrelic.ts';
import { notion } from './notion.ts';
import { okta } from './okta.ts';
import { onepassword } from './onepassword.ts';
import { openaiKey } from './openai.ts';
import { otpauthTotpSeed } from './otpauth.ts';
import { cratesIo, npmToken, npmTokenNamed, nuget, nugetNamed, pypiToken, rubyGems } from './package-registries.ts';
import { pagerduty } from './pagerduty.ts';
import { passwordAssignment } from './password-assignment.ts';
import { htpasswd, passwordHash, shadow } from './password-hash.ts';
import { paypal } from './paypal.ts';
import { pkcs12 } from './pkcs12.ts';
import { plaid, plaidSecret } from './plaid.ts';
import { postman } from './postman.ts';
import { postmark } from './postmark.ts';
import { privateKey } from './private-key.ts';
import { razorpay } from './razorpay.ts';
import { recoveryCodes } from './recovery-codes.ts';
import { salesforce } from './salesforce.ts';
import { sendgrid } from './sendgrid.ts';
import { sentry, sentryNamed } from './sentry.ts';
import { shopify } from './shopify.ts';
import { slackToken, slackWebhook } from './slack.ts';
import { snyk, snykToken } from './snyk.ts';
import { sonar, sonarNamed } from './sonar.ts';
import { splunkHec } from './splunk.ts';
import { square } from './square.ts';
import { sshConfig } from './ssh-config.ts';
import { stripe } from './stripe.ts';
import { supabase, supabaseServiceRole } from './supabase.ts';
import { tailscale } from './tailscale.ts';
import { teamsWebhook } from './teams.ts';
import { telegramBot } from './telegram.ts';
import { truenas } from './truenas.ts';
import { twilioSecret, twilioSid } from './twilio.ts';
import { databaseUris, urlWithCredentials } from './url-with-credentials.ts';
import { vercel, vercelNamed } from './vercel.ts';
import { thingsboardDevice, tinesWebhook, zapierWebhook } from './webhook-urls.ts';
import { wireguard, wireguardNamed } from './wireguard.ts';
import { zendesk } from './zendesk.ts';

export const CREDENTIALS: readonly Recognizer[] = [
  adyen,
  adyenHmac,
  ageSecretKey,
  airtable,
  airtableKey,
  alibabaKeyId,
  alibabaSecret,
  anthropicKey,
  artifactory,
  asana,
  asanaNamed,
  atlassian,
  atlassianNamed,
  auth0,
  awsAccessKeyId,
  awsBedrockKey,
  awsSecretKey,
  awsSessionToken,
  awsSessionTokenNamed,
  azureAdClientSecret,
  azureDevOpsAnnotated,
  azureDevOpsNamed,
  azureKey,
  azureOpenAiAnnotated,
  azureOpenAiNamed,
  azureSas,
  azureNamed,
  azureSqlConnection,
  azureStorageKey,
  basicAuthHeader,
  bearerAuthHeader,
  bitbucket,
  bitbucketNamed,
  braintree,
  buildkite,
  buildkiteNamed,
  cerebras,
  circleCi,
  circleCiNamed,
  cloudflare,
  cloudflareNamed,
  cloudflareOrigin,
  cohere,
  coinbase,
  commandLinePassword,
  connectionString,
  cratesIo,
  ...databaseUris,
  databricks,
  datadog,
  datadogSetting,
  deepSeek,
  digitalOcean,
  digitalOceanSpaces,
  discordToken,
  discordWebhook,
  dockerHub,
  dotenvAssignment,
  elastic,
  elasticCloud,
  elevenLabs,
  elevenLabsNamed,
  figma,
  figmaElder,
  figmaNamed,
  fireworks,
  flyio,
  ...furtherIssuersAToL,
  ...furtherIssuersMToZ,
  gcpOauth,
  gcpOauthNamed,
  gcpServiceAccount,
  genericApiKey,
  githubAppToken,
  githubFineGrained,
  githubNamed,
  githubPat,
  gitlabOther,
  gitlabPat,
  googleAiKey,
  googleBoundKey,
  grafana,
  groq,
  heroku,
  herokuNamed,
  highEntropyString,
  honeycomb,
  honeycombNamed,
  htpasswd,
  hubspot,
  hubspotKey,
  huggingFace,
  jdbcConnection,
  jwt,
  k8sSecret,
  kubeconfig,
  langSmith,
  launchdarkly,
  launchdarklyNamed,
  linear,
  mailchimp,
  mailgun,
  mailgunKey,
  mandrillKey,
  maxmind,
  mistral,
  neon,
  netlify,
  netlifyNamed,
  newrelic,
  newrelicLicence,
  newrelicNamed,
  notion,
  npmToken,
  npmTokenNamed,
  nuget,
  nugetNamed,
  nvidiaNgc,
  okta,
  onepassword,
  openRouter,
  openaiKey,
  otpauthTotpSeed,
  pagerduty,
  passwordAssignment,
  passwordHash,
  paypal,
  perplexity,
  pinecone,
  pineconeNamed,
  pkcs12,
  plaid,
  plaidSecret,
  planetScale,
  postman,
  postmark,
  privateKey,
  pulumi,
  pypiToken,
  razorpay,
  recoveryCodes,
  render,
  replicate,
  rubyGems,
  salesforce,
  sendgrid,
  sentry,
  sentryNamed,
  shadow,
  shopify,
  slackToken,
  slackWebhook,
  snowflake,
  snowflakeSession,
  snyk,
  snykToken,
  sonar,
  sonarNamed,
  splunkHec,
  square,
  sshConfig,
  stripe,
  supabase,
  supabaseServiceRole,
  tailscale,
  teamsWebhook,
  telegramBot,
  terraform,
  thingsboardDevice,
  tinesWebhook,
  together,
  togetherNamed,
  truenas,
  twilioSecret,
  twilioSid,
  urlWithCredentials,
  vault,
  vaultNamed,
  vercel,
  vercelNamed,
  wireguard,
  wireguardNamed,
  xai,
  zapierWebhook,
  zendesk,
];
