/**
 * The credentials' shapes as their issuers and public documentation give them, with the words that stand beside them. Not
 * taken from the recognizers: where one disagrees, one of the two is wrong. No shape holds a value; all are filled at run time.
 */

export interface CredentialShapes {
  readonly words: readonly string[];
  readonly shapes: readonly string[];
}

const TABLE = `
OPENAI_KEY | OpenAI API key, openai key | sk-proj-{W74}T3Blbk/FJ{W74}; sk-{A20}T3Blbk/FJ{A20}; sk-svcacct-{W74}T3Blbk/FJ{W74}; sk-admin-{W74}T3Blbk/FJ{W74}
ANTHROPIC_KEY | Anthropic API key, claude key | sk-ant-api03-{W93}AA; sk-ant-admin01-{W93}AA
GOOGLE_AI_KEY | Gemini API key, google api key | AI/za{W35}
AZURE_OPENAI_KEY | Azure OpenAI key, azure openai api key | {h32}
AWS_BEDROCK_KEY | Bedrock API key, aws bedrock key | AB/SKQmVkcm9ja0FQSUtleS{B108}=
HUGGINGFACE | Hugging Face token, hf token | hf/_{l10}{L14}{l10}
GROQ | Groq API key | gsk/_{A52}
MISTRAL | Mistral API key | {A32}
COHERE | Cohere API key | {A40}
PERPLEXITY | Perplexity API key | pplx-{A48}
REPLICATE | Replicate API token | r8/_{A37}
XAI | xAI API key, grok api key | xai-{A80}
DEEPSEEK | DeepSeek API key | sk-{h32}
OPENROUTER | OpenRouter API key | sk-or-v1-{h64}
TOGETHER | Together API key, together ai key | {h64}
FIREWORKS | Fireworks API key | fw/_{A24}
ELEVENLABS | ElevenLabs API key | sk/_{h48}
LANGSMITH | LangSmith API key, langchain api key | lsv2/_pt_{h32}_{h10}; lsv2/_sk_{h32}_{h10}
PINECONE | Pinecone API key | pcsk/_{A5}_{A63}; {u}
CEREBRAS | Cerebras API key | csk-{a48}
NVIDIA_NGC | NVIDIA API key, ngc api key | nvapi-{W64}
AWS_ACCESS_KEY_ID | AWS access key id, access key | AK/IA{516}; AS/IA{516}
AWS_SECRET_KEY | AWS secret access key, aws secret key | {B40}
AWS_SESSION_TOKEN | AWS session token | IQoJb3JpZ2luX2Vj{B300-340}==; FwoGZXIvYXdzE{B240-280}=
GCP_OAUTH | Google OAuth token, google client secret | ya29.a0{W120-160}; GOCSPX-{W28}
AZURE_STORAGE_KEY | Azure storage account key, AccountKey | {B86}==
AZURE_KEY | Azure search key, cosmos db account key | {A52}; {B86}==
AZURE_SAS | Azure SAS token, sas token | sv=2022-11-02&ss=b&srt=sco&sp=rwdlacx&se=2031-03-04T10:00:00Z&st=2024-03-04T02:00:00Z&spr=https&sig={A43}%3D
AZURE_AD_CLIENT_SECRET | Azure client secret, client secret | {A3}8Q~{W34}
AZURE_SQL_CONN | connection string, sql connection | Server=tcp:{l8}.database.windows.net,1433;Initial Catalog={l6};User ID={l6};Password={A7}{d2}{A7};Encrypt=True;
AZURE_DEVOPS_PAT | Azure DevOps PAT, azure devops token | {A52}JQQJ99BAACAAAAAAAAAAAAAS/AZDO{A4}; {A52}JQQJ99BFACAAAAAAAAAAAAAS/AZDO{A4}; {A52}JQQJ99BLACAAAAAAAAAAAAAS/AZDO{A4}; {a52}
ALIBABA | Alibaba access key, aliyun access key id | LT/AI{A20}
DIGITALOCEAN | DigitalOcean token | dop/_v1_{h64}; doo/_v1_{h64}; dor/_v1_{h64}
CLOUDFLARE | Cloudflare API token, cloudflare api key | {W40}; {h37}
HEROKU | Heroku API key | HRKU-AA{W58}; {u}
VERCEL | Vercel token, vercel api token | {A24}
NETLIFY | Netlify token, netlify auth token | nfp/_{A36}
FLYIO | Fly.io token, fly api token | fo1/_{W43}
RENDER | Render API key | rnd/_{A32}
SUPABASE | Supabase key, supabase service key | sb/_secret_{W22}_{A8}; sbp/_{h40}
PLANETSCALE | PlanetScale token, planetscale password | pscale/_tkn_{W43}; pscale/_pw_{W43}
NEON | Neon API key | napi/_{a64}
MONGODB_URI | MongoDB URI, mongo url | mongodb+srv://{l6}:{A6}{d2}{A6}@cluster0.{a5}.mongodb.net/{l5}; mongodb://{l6}:{A6}{d2}{A6}@{l6}.{l6}.net:27017/{l5}
POSTGRES_URI | database url, postgres url | postgres://{l6}:{A6}{d2}{A6}@{l5}.{l6}.net:5432/{l5}; postgresql://{l6}:{A6}{d2}{A6}@{l5}.{l6}.io/{l5}
MYSQL_URI | database url, mysql url | mysql://{l6}:{A6}{d2}{A6}@{l5}.{l6}.net:3306/{l5}
REDIS_URI | redis url, cache url | redis://default:{A6}{d2}{A6}@{l5}.{l6}.net:6379; rediss://:{A6}{d2}{A6}@{l5}.{l6}.net:6380/0
AMQP_URI | amqp url, broker url | amqps://{l6}:{A6}{d2}{A6}@{l5}.{l6}.net/{l5}
JDBC_CONN | jdbc url, connection url | jdbc:postgresql://{l5}.{l6}.net:5432/{l5}?user={l5}&password={A6}{d2}{A6}
SNOWFLAKE | Snowflake password | {A8}{d3}{A4}
DATABRICKS | Databricks token | dapi{h32}; dapi{h32}-2
GITHUB_FINE_GRAINED | GitHub token, github pat | github/_pat_11{U20}_{A59}
GITLAB_PAT | GitLab token, gitlab personal access token | glpat-{W20}
GITLAB_OTHER | GitLab runner token, gitlab deploy token | glrt-{W20}; gldt-{W20}; glptt-{h40}; glft-{W20}
BITBUCKET | Bitbucket app password, bitbucket token | ATBB{A24}{H8}
ATLASSIAN | Atlassian API token, jira api token | ATATT3xFfGF0{W171}={H8}
PYPI_TOKEN | PyPI token | pypi-AgEIcHlwaS5vcmc{W150-170}
RUBYGEMS | RubyGems API key | rubygems/_{h48}
CRATES_IO | crates.io token, cargo registry token | cio{A32}
NUGET | NuGet API key | oy2{a43}
DOCKERHUB | Docker Hub token, docker password | dckr/_pat_{W27}; dckr/_oat_{W32}
ARTIFACTORY | Artifactory API key, jfrog token | AKCp{A69}
TERRAFORM | Terraform token, tfe token | {A14}.atlasv1.{W67}
VAULT | Vault token | hvs.{W90-100}; hvb.{W140-160}
PULUMI | Pulumi access token | pul-{h40}
CIRCLECI | CircleCI token | CCIPAT/_{A22}_{h40}; {h40}
BUILDKITE | Buildkite API token | bkua/_{h40}
SLACK_TOKEN | Slack bot token, slack token | xox/b-{d12}-{d13}-{A24}; xox/p-{d12}-{d12}-{d12}-{h32}; xapp-1-A{U10}-{d13}-{h64}
SLACK_WEBHOOK | Slack webhook, webhook url | https://hooks.slack.com/services/T{U10}/B{U10}/{A24}
DISCORD_WEBHOOK | Discord webhook, webhook url | https://discord.com/api/webhooks/{d18}/{W68}
TEAMS_WEBHOOK | Teams webhook, webhook url | https://{l7}.webhook.office.com/webhookb2/{u}@{u}/IncomingWebhook/{h32}/{u}
TELEGRAM_BOT | Telegram bot token | {d10}:AA{W33}
TWILIO | Twilio API key, twilio key sid | SK{h32}
SENDGRID | SendGrid API key | SG.{W22}.{W43}
MAILGUN | Mailgun API key | key-{h32}; {h32}-{h8}-{h8}
MAILCHIMP | Mailchimp API key | {h32}-us{d2}
POSTMARK | Postmark server token | {u}
STRIPE | Stripe secret key, stripe api key | sk/_live_{A24}; rk/_live_{A24}; sk/_live_{A99}; whsec/_{A32}
SQUARE | Square access token | EAAA{W60}; sq0csp-{W43}; sq0atp-{W22}
BRAINTREE | Braintree access token | access_token$production\${a16}\${h32}
PAYPAL | PayPal client secret, paypal secret | E{W79}
SHOPIFY | Shopify access token | shpat/_{h32}; shpss/_{h32}; shpca/_{h32}; shppa/_{h32}
PLAID | Plaid access token | access-production-{u}
ADYEN | Adyen API key | AQE{A30}{B80}-{B43}=-{A16}
COINBASE | Coinbase API secret, coinbase api key | {A32}
RAZORPAY | Razorpay key, razorpay key id | rzp/_live_{A14}
DATADOG | Datadog API key, datadog app key | {h32}; {h40}
NEWRELIC | New Relic API key, new relic license key | NRAK-{U27}; {h36}NRAL
SENTRY | Sentry auth token | sntryu/_{h64}
GRAFANA | Grafana service account token, grafana token | glsa/_{A32}_{h8}
HONEYCOMB | Honeycomb API key | hcaik/_{a58}; {A22}
PAGERDUTY | PagerDuty API key, pagerduty token | u+{W18}
SPLUNK_HEC | Splunk HEC token, splunk token | {u}
OKTA | Okta API token | 00{W40}
AUTH0 | Auth0 client secret | {W64}
ONEPASSWORD | 1Password secret key | A3-{U6}-{U11}-{U5}-{U5}-{U5}
LINEAR | Linear API key | lin/_api_{A40}
NOTION | Notion token, notion secret | ntn/_{A46}; secret/_{A43}
ASANA | Asana personal access token | 1/{d16}:{h32}; 2/{d16}/{d16}:{h32}
FIGMA | Figma token | figd/_{W40}
AIRTABLE | Airtable token, airtable personal access token | pat{A14}.{h64}
POSTMAN | Postman API key | PMAK-{h24}-{h34}
SALESFORCE | Salesforce access token | 00D{A12}!AQ{A94}
HUBSPOT | HubSpot private app token | pat-na1-{u}; pat-eu1-{u}
ZENDESK | Zendesk API token | {A40}
LAUNCHDARKLY | LaunchDarkly SDK key | sdk-{u}; api-{u}
SONAR | SonarQube token, sonar token | sqp/_{h40}; squ/_{h40}; sqa/_{h40}
SNYK | Snyk token, snyk api token | {u}
TAILSCALE | Tailscale auth key | tskey-auth-{A12}CNTRL-{A32}; tskey-api-{A12}CNTRL-{A32}
PASSWORD_ASSIGNMENT | password, db password | {L}{l5}{d3}!{l3}; {A6}{d2}{A6}
GENERIC_API_KEY | api key, secret key | {A32}; {h40}
HIGH_ENTROPY_STRING | secret, token | {B64}
PASSWORD_HASH | password hash | $2b$12\${A53}; $6\${A16}\${A86}; $argon2id$v=19$m=65536,t=3,p=4\${B22}\${B43}
`;

/** Issuers beyond the list of kinds. */
const FURTHER = `
FLEXPORT | Flexport API key | shltm/_{W40}
BESTTIME | BestTime API key | pri/_{h32}
CONTENTFUL | Contentful management token | CFPAT-{W43}
NOTICEABLE | Noticeable API key | {A20}
REBRANDLY | Rebrandly API key | {a32}
BOX | Box developer token, box api token | {A32}
DAILY_CO | daily.co API key, DAILY_API_KEY | {h64}
LINE_MESSAGING | line channel access token, line token | {B160}=
HTML2PDF | html2pdf API key | {A64}
APPFOLLOW | AppFollow API token, appfollow token | {A40}
THINGSBOARD | ThingsBoard device url, telemetry url | https://thingsboard.cloud/api/v1/{a20}/telemetry
JINA | Jina API key | jina/_{h32}{A28}
CLOSE_CRM | Close API key, close crm api key | api/_{A22}.{A22}
TELNYX | Telnyx API key | KEY0{H31}_{A22}
PAGARME | Pagar.me API key | ak/_live_{A30}
FLEETBASE | Fleetbase API key | flb/_live_{A20}
EASYPOST | EasyPost API key | EZ/AK{A54}; EZ/TK{A54}
DYNATRACE | Dynatrace API token | dt0c01.{U24}.{U64}
CURSOR | Cursor API key | crsr/_{h64}
BITWARDEN | Bitwarden access token | 0.{u}.{A30}:{B22}==
BEAMER | Beamer API key | b/_{A43}=
ASAAS | Asaas API key | $aact/_prod_{A160}
DOPPLER | Doppler token, doppler service token | dp.pt.{A43}; dp.ct.{A43}; dp.sa.{A43}
APPVEYOR | AppVeyor API token | v2.{a20}; {a20}
ARCJET | Arcjet key | ajkey/_{a26}
BETTERSTACK | Better Stack token, betterstack source token | {A24}
BITRISE | Bitrise access token | {W86}
BROWSERBASE | Browserbase API key | bb/_live_{W27}
BROWSERSTACK | BrowserStack access key | {A20}
BROWSHOT | Browshot API key | {A28}
BUNNY_CDN | bunny.net API key, bunnycdn access key | {u}
CANVA | Canva client secret | cnvca{W50}
CENSYS | Censys API secret | {A32}
CLOJARS | Clojars deploy token | CLOJARS/_{h60}
CLOUDINARY | Cloudinary URL | cloudinary://{d15}:{A27}@{l8}
CODECOV | Codecov token | {u}
COINMARKETCAP | CoinMarketCap API key | {u}
COMPOSIO | Composio API key | ak/_{A20}
CONTENTSTACK | Contentstack management token | cs{h18}; cs{h32}
CYPRESS | Cypress record key | {u}
DEEPL | DeepL auth key, deepl api key | {u}:fx; {u}
DEFINED_NETWORKING | Defined Networking API token | dnkey-{A26}-{A52}
DENO_DEPLOY | Deno Deploy token | ddp/_{A36}
DOCUSIGN | DocuSign secret key | {u}
DUFFEL | Duffel access token | duffel/_live_{W43}
E2B | E2B API key | e2b/_{h40}
ENDOR_LABS | Endor Labs API key | endr+{A16}
FIRECRAWL | Firecrawl API key | fc-{h32}
FLUTTERWAVE | Flutterwave secret key | FLWSECK-{h32}-X; FLWSECK/_TEST-{h32}-X
FRESHBOOKS | FreshBooks access token | {h64}
FRESHDESK | Freshdesk API key | {A20}
GOOGLE_MAPS | Google Maps API key, maps key | AI/za{W35}
HARNESS | Harness API token | pat.{A22}.{h24}.{A20}
HASURA | Hasura admin secret | {A32}
HELICONE | Helicone API key | sk-helicone-{a7}-{a7}-{a7}-{a7}
HETZNER | Hetzner API token, hcloud token | {A64}
INFRACOST | Infracost API key | ico-{A32}
INSTAGRAM | Instagram access token | IGQ{A150}
KARMA_CRM | karmaCRM API key, karma key | {A20}
KRAKEN | Kraken private key, kraken api secret | {B86}==
KRAKEN_CI | Kraken.io API secret | {h40}
KUCOIN | KuCoin API secret | {u}
LANGFUSE | Langfuse secret key | sk-lf-{u}
LICHESS | Lichess token | lip/_{A20}
LINODE | Linode token | {h64}
LOCALSTACK | LocalStack auth token | ls-{A4}{A4}-{d4}-{d4}-{h4}-{h12}
MONGODB_ATLAS | Atlas service account secret, mongodb atlas private key | mdb/_sa_sk_{W40}
SENDINBLUE | Brevo API key, sendinblue api key | xkeysib-{h64}-{A16}
SHIPPO | Shippo API token | shippo/_live_{h40}; shippo/_test_{h40}
STACKHAWK | StackHawk API key, hawk api key | hawk.{A20}.{A20}
VOICEFLOW | Voiceflow API key | VF.DM.{h24}.{A16}
WANDB | wandb api key, WANDB key | {h40}
ZOHO | Zoho access token, zoho refresh token | 1000.{h32}.{h32}
ZAPIER_WEBHOOK | Zapier webhook, zapier hook | https://hooks.zapier.com/hooks/catch/{d7}/{a7}
TINES_WEBHOOK | Tines webhook | https://{l8}.tines.com/webhook/{h32}/{h32}
RECAPTCHA | reCAPTCHA secret key, recaptcha key | 6Le{W37}
YOUTUBE | YouTube API key | AI/za{W35}
MAILERSEND | MailerSend token | mlsn.{h64}
MEILISEARCH | Meilisearch API key, meilisearch master key | {h64}
MERCURY | Mercury API token | secret-token:mercury/_production_wma_{A44}
MIXMAX | Mixmax API token | {a36}
MIXPANEL | Mixpanel API secret | {h32}
MODAL | Modal token id, modal token secret | ak-{A22}; as-{A22}
MUX | Mux token secret | {B75}
NEXMO | Nexmo API secret | {A16}
OANDA | Oanda API key | {a24}
OCTOPUS_DEPLOY | Octopus API key | API-{U26}
OPEN_VSX | Open VSX token, ovsx pat | ovsxat/_{u}
ORY | Ory API key | ory/_pat_{A32}
PADDLE | Paddle API key | pdl/_live_apikey_{a26}_{A22}_{A3}
PERCY | Percy token | web/_{h64}
PERSONA | Persona API key | persona/_production_{u}
PINTEREST | Pinterest access token | pina/_{U60}
PLIVO | Plivo auth token | {A40}
PUBNUB | PubNub secret key | sec-c-{A48}
QUICKBOOKS | QuickBooks client secret | {A40}
RESEND | Resend API key | re/_{A8}_{A24}
ROLLBAR | Rollbar access token | {h32}
ROOTLY | Rootly API token | rootly/_{h64}
SAUCELABS | Sauce Labs access key, saucelabs access key | {u}
SCALEGRID | ScaleGrid API key | {A40}
SCALINGO | Scalingo token | tk-us-{W48}
SEMGREP | Semgrep app token | {h64}
SENDBLUE | Sendblue API secret | {h32}
SETTLEMINT | SettleMint access token | sm/_pat_{A16}
SIGNATURIT | Signaturit token | {A86}
SINCH | Sinch API token | {h32}
STATSIG | Statsig secret key | secret-{A44}
STYTCH | Stytch secret | secret-live-{W36}
SUMOLOGIC | Sumo Logic access key, sumologic access key | {A64}
SURVEYMONKEY | SurveyMonkey access token | {W60}
TAVILY | Tavily API key | tvly-{A32}
TEFTER | Tefter API key | {a20}
TESTRAIL | TestRail API key | {A40}
TIMEZONEAPI | TimezoneAPI key | {A20}
TINYBIRD | Tinybird token | p.eyJ{W60}.{W43}
TRANSIFEX | Transifex token | 1/{h40}
TYPESENSE | Typesense API key | {A32}
UNKEY | Unkey root key | unkey/_{A22}
UPSTASH | Upstash token, upstash redis rest token | A{A55}==
VATLAYER | vatlayer access key | {h32}
VBOUT | Vbout API key | {d25}
VISUAL_CROSSING | Visual Crossing API key, visualcrossing key | {U25}
VONAGE | Vonage API secret | {A16}
WAKATIME | WakaTime API key | waka/_{u}
WORKDAY | Workday client secret | {a48}
XATA | Xata API key | xau/_{A36}
XERO | Xero client secret | {W48}
ZAPIER | Zapier API key | {A32}
ZOOMINFO | ZoomInfo private key | {A40}
ZUPLO | Zuplo API key | zpka/_{h32}_{h8}
`;

/** A slash between letters is only a joint, so that no prefix of a credential stands in the source. */
const JOINT = /(?<=[A-Za-z0-9])\/(?=_)|(?<=[A-Za-z])\/(?=[A-Z]|za|b-|p-)/g;

function shapesIn(table: string): ReadonlyMap<string, CredentialShapes> {
  return new Map(
    table
      .trim()
      .split('\n')
      .map((line) => {
        const [entity = '', words = '', shapes = ''] = line.split(' | ');
        const joined = shapes.split('; ').map((shape) => (shape.includes('://') ? shape : shape.replace(JOINT, '')));
        return [entity, { words: words.split(', '), shapes: joined }];
      }),
  );
}

export const CREDENTIAL_SHAPES: ReadonlyMap<string, CredentialShapes> = shapesIn(TABLE);
export const FURTHER_SHAPES: ReadonlyMap<string, CredentialShapes> = shapesIn(FURTHER);
