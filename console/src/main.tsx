// The console: who is signed in, where one is, and the frame around it.

import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { get, restoreSession, signOut, whenSignedOut, type Session } from './api';
import bell from './bell.svg';
import { EVERY_MS, told, troubleOf, useLive, useTrouble } from './live';
import { Agents } from './pages/agents';
import { Batch } from './pages/batch';
import { Calls } from './pages/calls';
import { CampaignPage } from './pages/campaign';
import { Campaigns } from './pages/campaigns';
import { Door } from './pages/door';
import { Operator } from './pages/operator';
import { Connect, Realtime } from './pages/realtime';
import { TaskPage } from './pages/task';
import { WorkspacePage } from './pages/workspace';
import { Icon } from './parts/icons';
import { Bones, Empty, PageHead, Toasts } from './parts/ui';
import { usePlace, type Place } from './router';
import type { Workspace } from './types';
import './style.css';

const THEME = 'carillon-theme';

/** Light or dark: as the system has it, unless somebody chose here. */
function useTheme(): [string, () => void] {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const [isDark, setDark] = useState(system.matches);
  const [chosen, choose] = useState(() => localStorage.getItem(THEME));
  useEffect(() => {
    const changed = () => setDark(system.matches);
    system.addEventListener('change', changed);
    return () => system.removeEventListener('change', changed);
  }, []);
  const theme = chosen ?? (isDark ? 'dark' : 'light');
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const turn = () => {
    const next = theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem(THEME, next);
    choose(next);
  };
  return [theme, turn];
}

function Console() {
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [note, setNote] = useState<string | null>(null);
  const [theme, turnTheme] = useTheme();
  useEffect(() => {
    whenSignedOut(() => setSession(null));
    let timer = 0;
    const restore = () =>
      restoreSession().then(
        (found) => {
          told(null);
          setSession(found);
        },
        (error) => {
          told(troubleOf(error));
          timer = window.setTimeout(restore, EVERY_MS);
        },
      );
    void restore();
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (!session) return;
    const left = Date.parse(session.expires_at) - Date.now();
    const timer = setTimeout(
      () => {
        setNote('The session is over after twelve hours: sign in again.');
        setSession(null);
      },
      Math.min(left, 2 ** 31 - 1),
    );
    return () => clearTimeout(timer);
  }, [session]);
  if (session === undefined)
    return (
      <>
        <Lost />
        <Bones rows={6} />
      </>
    );
  if (session === null)
    return (
      <>
        <Lost />
        <Door
          note={note}
          opened={(made) => {
            setNote(null);
            setSession(made);
          }}
        />
      </>
    );
  return <Frame key={session.key_id} session={session} theme={theme} turnTheme={turnTheme} />;
}

function Lost() {
  const trouble = useTrouble();
  return trouble ? (
    <div class="lost" role="status">
      {trouble}
    </div>
  ) : null;
}

const NAV = [
  ['campaigns', 'Campaigns', 'campaigns'],
  ['calls', 'Calls', 'calls'],
  ['agents', 'Agents', 'agents'],
  ['workspace', 'Workspace', 'workspace'],
] as const;

const SCOPE_TEXT = {
  read: 'May look; numbers are masked',
  push: 'May bring contacts',
  manage: 'May do everything',
};

function Frame({ session, theme, turnTheme }: { session: Session; theme: string; turnTheme: () => void }) {
  const place = usePlace();
  const isOperator = session.workspace_id === null;
  const workspace = useLive(
    isOperator ? null : (signal) => get<Workspace>('/workspace', signal),
    ['frame'],
    60_000,
  );
  const here =
    { new: 'campaigns', tasks: 'campaigns' }[place.parts[0] ?? ''] ?? place.parts[0] ?? 'campaigns';
  return (
    <div class="frame">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>('h1')?.focus();
        }}
      >
        To the content
      </a>
      <header class="side">
        <a class="brand" href="#/campaigns">
          <img src={bell} alt="" />
          Carillon
        </a>
        <nav class="nav" aria-label="Main">
          {isOperator ? (
            <a href="#/" aria-current="page">
              <Icon name="operator" />
              Deployment
            </a>
          ) : (
            NAV.map(([path, text, icon]) => (
              <a key={path} href={`#/${path}`} aria-current={here === path ? 'page' : undefined}>
                <Icon name={icon} />
                {text}
              </a>
            ))
          )}
        </nav>
        <div class="side-foot">
          <div>
            <div class="who">{isOperator ? 'Operator' : (workspace.data?.name ?? '…')}</div>
            <div class="small soft">{isOperator ? 'The whole deployment' : SCOPE_TEXT[session.scope]}</div>
          </div>
          <Own theme={theme} turnTheme={turnTheme} />
        </div>
      </header>
      <div>
        <Lost />
        <main class="main" id="main">
          {isOperator ? <Operator /> : <Page place={place} />}
          <div class="phone-foot">
            <Own theme={theme} turnTheme={turnTheme} />
          </div>
        </main>
      </div>
      <Toasts />
    </div>
  );
}

function Own({ theme, turnTheme }: { theme: string; turnTheme: () => void }) {
  return (
    <div class="actions">
      <button type="button" class="plain" onClick={turnTheme}>
        {theme === 'dark' ? 'Light' : 'Dark'}
      </button>
      <button
        type="button"
        class="plain"
        onClick={() => void signOut().catch((error) => told(troubleOf(error)))}
      >
        Sign out
      </button>
    </div>
  );
}

function Page({ place }: { place: Place }) {
  const [first = 'campaigns', second, third] = place.parts;
  // Made anew at each visit: what a list is filtered by is what the address says then.
  const key = place.visit;
  if (first === 'campaigns' && second && third === 'connect')
    return <Connect key={key} campaignId={second} />;
  if (first === 'campaigns' && second) return <CampaignPage key={key} id={second} place={place} />;
  if (first === 'campaigns') return <Campaigns key={key} place={place} />;
  if (first === 'new' && second === 'batch') return <Batch key={key} draftId={third} />;
  if (first === 'new' && second === 'realtime') return <Realtime key={key} />;
  if (first === 'tasks' && second) return <TaskPage key={key} id={second} />;
  if (first === 'calls') return <Calls key={key} place={place} />;
  if (first === 'agents') return <Agents key={key} />;
  if (first === 'workspace') return <WorkspacePage key={key} />;
  return (
    <>
      <PageHead title="Nothing here" />
      <Empty title="There is no such page">
        <a class="button" href="#/campaigns">
          To the campaigns
        </a>
      </Empty>
    </>
  );
}

render(<Console />, document.getElementById('console')!);
