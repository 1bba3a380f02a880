/**
 * Sentences of people who write about software, with no name in them: what a tagger of names errs on most. Those measured
 * with are others than those trained with, and so are the sentences.
 */
import { Random } from './random.ts';
import type { Sample } from './sample.ts';

/** Names of software. */
export const PRODUCTS =
  'Docker,Kubernetes,Terraform,Jenkins,React,Angular,Redis,Postgres,Kafka,Spark,Airflow,Django,Flask,Rails,Laravel,Spring,Hibernate,Maven,Gradle,Webpack,Vite,Babel,Jest,Mocha,Cypress,Selenium,Ansible,Puppet,Chef,Vagrant,Grafana,Prometheus,Elasticsearch,Kibana,Logstash,Nginx,Apache,Tomcat,Caddy,Traefik,Envoy,Istio,Helm,Argo,Flux,Jupyter,Pandas,NumPy,PyTorch,TensorFlow,Keras,LangChain,Ollama,Copilot,Claude,Gemini,Llama,Mistral,Windows,Linux,Ubuntu,Debian,Fedora,macOS,Android,Safari,Chrome,Firefox,Edge,Java,Python,Ruby,Rust,Go,Kotlin,Swift,Scala,Haskell,Perl,Julia,Dart,Elixir,Erlang,Lua,TypeScript,JavaScript,Node,Deno,Bun,Express,Fastify,Next.js,Nuxt,Svelte,Vue,Tailwind,Bootstrap,Sass,Git,Mercurial,Jira,Confluence,Slack,Teams,Zoom,Notion,Figma,Photoshop,Excel,Word,Outlook,PowerPoint,SharePoint,Salesforce,Markdown,JSON,YAML,GraphQL,gRPC,Protobuf,Avro,Parquet,Snowflake,BigQuery,Redshift,DynamoDB,Cassandra,MongoDB,MySQL,SQLite,Neo4j,RabbitMQ,Celery,Sidekiq,Puma,Gunicorn,Uvicorn,Starlette,Pydantic,Poetry,Conda,Bazel,Buck,Pants,Ninja,CMake,Conan,Cargo,Clippy,Tokio,Actix,Rocket,Axum,Gin,Echo,Fiber,Cobra,Viper,Zap,Logrus,Winston,Pino,Bunyan,Sentry,Datadog,Splunk,Nagios,Zabbix,Consul,Vault,Nomad,Packer,Boundary,Harbor,Quay,Podman,Buildah,Skopeo,Tekton,Spinnaker,Drone,Concourse,Travis,Storybook,Playwright,Puppeteer,Cheerio,Lodash,Moment,Luxon,Chai,Sinon,Karma,Jasmine,Ember,Backbone,Knockout,Polymer,Lit,Alpine,Stimulus,Turbo,Phoenix,Ecto,Nerves,Sails,Hapi,Koa,Loopback,Strapi,Ghost,Hugo,Jekyll,Gatsby,Eleventy,Astro,Remix,Prisma,Sequelize,Knex,Drizzle,Mongoose,Apollo,Relay,Redux,Zustand,Jotai,Recoil,Immer,Ramda,Axios,Superagent'.split(
    ',',
  );
/** Measured with only. */
const OTHER_PRODUCTS =
  'Hasura,Supabase,Pulumi,Crossplane,Linkerd,Cilium,Calico,Longhorn,Velero,Kyverno,Falco,Trivy,Grype,Cosign,Backstage,Temporal,Dagster,Prefect,Luigi,Metabase,Superset,Looker,Tableau,Trino,Presto,Druid,Pinot,Timescale,Cockroach,Vitess,Couchbase,Meilisearch,Typesense,Algolia,Solr,Lucene,Weaviate,Milvus,Qdrant,Chroma,Nix,Homebrew,Chocolatey,Scoop,Flatpak,Wayland,Gnome,Emacs,Vim,Neovim,Zed,Eclipse,Postman,Insomnia,Bruno,Wireshark,Metasploit,Ghidra,Okta,Keycloak,Twilio,Plaid'.split(
    ',',
  );
const PLACES =
  'Local Storage,Session State,Main Thread,Event Loop,Garbage Collector,Task Scheduler,Control Panel,Device Manager,Command Line,Source Code,Unit Test,Pull Request,Merge Request,Code Review,Design Document,Release Notes,User Guide,Access Token,Refresh Token,Primary Key,Foreign Key,Load Balancer,Message Queue,Data Lake,Feature Flag,Root Cause,Service Account,Security Group,Network Policy,Config Map,Home Page,Dark Mode,Search Bar,Side Menu,Error Page,Login Form,Save Button,Status Bar,Tool Window,Project Settings'.split(
    ',',
  );
const SENTENCES = `Run it in %p or in %p.
We moved from %p to %p last year and the build is twice as fast.
%p cannot find the module, but %p can.
How do I connect %p to %p?
Please write a %p script that reads the %l.
%p and %p both support %p out of the box.
The %l of %p is documented in the %l.
I get an error when %p starts: %l not found.
Click Save, open the %l, then choose %l.
In %p, the %l is read before the %l.
Add %p to your %l and restart %p.
Is %p better than %p for a small team?
The %p team released version 2.4 of %p.
Deploy to %p with %p, %p and %p.
%p is a library for %p.
Why does the %l of my %p app not refresh?
Use the %l in %p instead of the %l.
Convert this %p code to %p, please.
Open %l in %p and press Enter.
%p users can install it with one command.
Explain how the %l in %p works.
Our stack: %p, %p, %p, %p on %p.
Add a %l to the %l and document it in the %l.
With %p you write less %p.
The %l shows a %l when %p is down.
Fix the %p integration so that %p sees the %l.
I learned %p before %p, and now I write %p.
To enable the %l go to the %l.
Does %p run on %p or only on %p?
Your %p trial ends on Monday.`.split('\n');

export function makeProductSentences(count: number, seed: number, which: 'training' | 'kept-back'): Sample[] {
  const random = new Random(seed);
  const own = <T>(some: readonly T[]): readonly T[] =>
    some.filter((_, at) => (at % 2 === 0) === (which === 'training'));
  const products = which === 'training' ? PRODUCTS : OTHER_PRODUCTS;
  const places = own(PLACES);
  const sentences = SENTENCES.filter((_, at) => (at % 5 === 4) !== (which === 'training'));
  return Array.from({ length: count }, () => ({
    text: random.oneOf(sentences).replace(/%[pl]/g, (sign) => random.oneOf(sign === '%p' ? products : places)),
    spans: [],
    isMade: true,
  }));
}
