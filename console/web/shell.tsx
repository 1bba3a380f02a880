/** The frame: the door while nobody is signed in, then the way about, and the page that the address names. */
import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { OverviewPage } from './pages/overview.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { Icon, type IconName } from './parts/icon.tsx';
import { later } from './parts/later.tsx';
import { Bones, Empty, Failure } from './parts/states.tsx';
import { Toasts } from './parts/toasts.tsx';
import { openReviews } from './state/live.ts';
import { path } from './state/route.ts';
import { askSession, door, leave, may, session } from './state/session.ts';
import { THEMES, type Theme, theme } from './state/theme.ts';

interface Place {
  readonly path: string;
  readonly name: string;
  readonly short: string;
  readonly icon: IconName;
  readonly page: ComponentType;
  readonly isFor?: 'admin';
}

const PLACES: readonly Place[] = [
  { path: '/', name: 'Overview', short: 'Overview', icon: 'overview', page: OverviewPage },
  {
    path: '/map',
    name: 'Map',
    short: 'Map',
    icon: 'map',
    page: later(async () => (await import('./pages/map/map.tsx')).MapPage),
  },
  {
    path: '/blocked',
    name: 'Blocked prompts',
    short: 'Blocked',
    icon: 'blocked',
    page: later(async () => (await import('./pages/blocked/blocked.tsx')).BlockedPage),
  },
  {
    path: '/reports',
    name: 'Reports',
    short: 'Reports',
    icon: 'table',
    page: later(async () => (await import('./pages/reports.tsx')).ReportsPage),
  },
  {
    path: '/policies',
    name: 'Policies',
    short: 'Policies',
    icon: 'policies',
    page: later(async () => (await import('./pages/policies/policies.tsx')).PoliciesPage),
  },
  {
    path: '/sensor',
    name: 'Sensor and fleet',
    short: 'Sensor',
    icon: 'sensor',
    page: later(async () => (await import('./pages/sensor.tsx')).SensorPage),
  },
  {
    path: '/access',
    name: 'Access',
    short: 'Access',
    icon: 'settings',
    page: later(async () => (await import('./pages/access.tsx')).AccessPage),
    isFor: 'admin',
  },
];

const THEME_ICON: Readonly<Record<Theme, IconName>> = { system: 'screen', light: 'sun', dark: 'moon' };

function ThemeButton() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system';
  return (
    <button
      type="button"
      class="button"
      data-kind="quiet"
      data-size="icon"
      title={`Colours: ${theme.value}`}
      aria-label={`Colours: ${theme.value}. Change to ${next}`}
      onClick={() => {
        theme.value = next;
      }}
    >
      <Icon name={THEME_ICON[theme.value]} />
    </button>
  );
}

function Navigation() {
  const here = path.value;
  return (
    <div class="nav">
      <a class="brand" href="/">
        <Icon name="weir" /> Weir
      </a>
      <nav aria-label="Pages">
        <ul class="nav-list">
          {PLACES.filter(({ isFor }) => isFor === undefined || may(isFor)).map(({ path: to, name, short, icon }) => (
            <li key={to}>
              <a class="nav-link" href={to} aria-current={to === here ? 'page' : undefined}>
                <Icon name={icon} />
                <span class="nav-name">{name}</span>
                <span class="nav-short">{short}</span>
                {to === '/blocked' && <OpenCount />}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="nav-foot">
        <Who />
      </div>
    </div>
  );
}

function OpenCount() {
  const open = openReviews.value;
  if (open === null || open.value === 0) return null;
  const text = open.value > 99 ? '99+' : `${open.value}${open.isExact ? '' : '+'}`;
  return (
    <span class="count">
      {text}
      <span class="unseen"> open</span>
    </span>
  );
}

function Who() {
  const own = session.value;
  if (own === null) return null;
  return (
    <div class="who">
      <div class="who-name">
        <div class="one-line">{own.name}</div>
        <div class="faint small">{own.role}</div>
      </div>
      <ThemeButton />
      <button
        type="button"
        class="button"
        data-kind="quiet"
        data-size="icon"
        aria-label="Sign out"
        title="Sign out"
        onClick={() => void leave()}
      >
        <Icon name="leave" />
      </button>
    </div>
  );
}

function PageOfAddress() {
  const place = PLACES.find(({ path: to }) => to === path.value);
  const main = useRef<HTMLDivElement>(null);
  const before = useRef(path.value);
  const here = path.value;
  useEffect(() => {
    document.title = place === undefined ? 'Weir' : `${place.name} · Weir`;
    // A reader of a screen is taken to the page that a link opened, not left at the link.
    if (before.current !== here) main.current?.focus();
    before.current = here;
  }, [here, place]);
  const Page = place?.page;
  return (
    <div class="main" id="page" ref={main} tabIndex={-1}>
      {Page === undefined ? (
        <main class="page">
          <Empty icon="warning" title="There is no such page">
            <p>
              <a href="/">Go to the overview</a>
            </p>
          </Empty>
        </main>
      ) : (
        <Page key={here} />
      )}
    </div>
  );
}

/** Everything that is on the screen. */
export function Shell() {
  const now = door.value;
  if (now.kind === 'asking') {
    return (
      <main class="door">
        <h1 class="unseen">Weir</h1>
        <Bones lines={3} />
      </main>
    );
  }
  if (now.kind === 'failed') {
    return (
      <main class="door">
        <h1 class="unseen">Weir</h1>
        <Failure failure={now.failure} retry={() => void askSession()} />
      </main>
    );
  }
  if (now.kind === 'out') return <SignInPage reason={now.reason} refused={now.problem} provider={now.provider} />;
  return (
    <div class="shell">
      <a class="skip" href="#page">
        Skip to the page
      </a>
      <Navigation />
      <PageOfAddress />
      <Toasts />
    </div>
  );
}
