// The log of all calls: those that go on, and those that ended, newest first.

import { useState } from 'preact/hooks';
import { get, query } from '../api';
import { asInput, fromInput, many, ownZone } from '../format';
import { useLive } from '../live';
import { Bones, Card, Choice, Empty, Note, PageHead, Pager, TextField, usePages } from '../parts/ui';
import { useNoted, type Place } from '../router';
import { useDirectory } from '../settings';
import type { Call, Campaign } from '../types';
import { CallTable } from './task';

interface Log {
  calls: Call[];
  next_cursor: string | null;
}

/** The log is kept by month: a filtered page may be short although it goes on. */
const MOST_ASKED = 5;

async function load(
  filters: Record<string, string | null>,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Log> {
  const calls: Call[] = [];
  let next = cursor;
  for (let asked = 0; asked < MOST_ASKED; asked += 1) {
    const page = await get<Log>(
      query('/calls', { ...filters, limit: 50 - calls.length, cursor: next }),
      signal,
    );
    calls.push(...page.calls);
    next = page.next_cursor;
    if (!next || calls.length >= 50) break;
  }
  return { calls, next_cursor: next };
}

/** The address holds instants: whoever is sent it may live by another clock. */
function instantIn(place: Place, name: string, zone: string): string {
  const at = place.query.get(name);
  return at && !Number.isNaN(Date.parse(at)) ? asInput(at, zone) : '';
}

export function Calls({ place }: { place: Place }) {
  const zone = ownZone();
  const [filters, setFilters] = useState({
    campaign_id: place.query.get('campaign_id') ?? '',
    agent_id: place.query.get('agent_id') ?? '',
    outcome: place.query.get('outcome') ?? '',
    since: instantIn(place, 'since', zone),
    until: instantIn(place, 'until', zone),
  });
  const { since, until } = filters;
  const asked = { ...filters, since: fromInput(since, zone) ?? '', until: fromInput(until, zone) ?? '' };
  useNoted(asked);
  const set = (changes: Partial<typeof filters>) => setFilters({ ...filters, ...changes });
  const known = useDirectory();
  const campaigns = useLive(
    (signal) => get<{ campaigns: Campaign[] }>('/campaigns?limit=100&dialect=native', signal),
    ['campaigns'],
    60_000,
  );
  const pages = usePages([filters]);
  const log = useLive(
    (signal) => load(asked, pages.cursor, signal),
    [filters, pages.cursor],
    pages.cursor ? 60_000 : 3000,
  );
  const current = useLive(
    (signal) =>
      get<{ calls: Call[] }>(
        query('/calls/current', { campaign_id: filters.campaign_id, agent_id: filters.agent_id }),
        signal,
      ),
    [filters.campaign_id, filters.agent_id],
  );
  const agents = known.data?.agents ?? [];
  const outcomes = [
    'completed',
    'no_answer',
    'busy',
    'voicemail',
    'no_response',
    'busy_callback',
    'failed',
    'init_failed',
    ...new Set(agents.flatMap((one) => one.custom_outcomes)),
  ];
  const flying = current.data?.calls ?? [];
  return (
    <>
      <PageHead
        title="Calls"
        under={current.data && <span class="num">{many(flying.length, 'call')} in flight</span>}
      />
      <div class="stack">
        {flying.length > 0 && (
          <Card title="Going on now" flush>
            <CallTable label="Calls in flight" calls={flying} agents={agents} isLog />
          </Card>
        )}
        <Card title="Ended" flush>
          <div class="filters">
            <Choice
              grow
              label="Campaign"
              value={filters.campaign_id}
              set={(campaign_id) => set({ campaign_id })}
              options={[
                ['', 'Any'],
                ...(campaigns.data?.campaigns ?? []).map((one): [string, string] => [one.id, one.name]),
              ]}
            />
            <Choice
              label="Agent"
              value={filters.agent_id}
              set={(agent_id) => set({ agent_id })}
              options={[['', 'Any'], ...agents.map((one): [string, string] => [one.id, one.name])]}
            />
            <Choice
              label="Outcome"
              value={filters.outcome}
              set={(outcome) => set({ outcome })}
              options={[['', 'Any'], ...outcomes]}
            />
            <TextField
              label={`From (${zone})`}
              value={since}
              set={(one) => set({ since: one })}
              input={{ type: 'datetime-local' }}
            />
            <TextField
              label={`Until (${zone})`}
              value={until}
              set={(one) => set({ until: one })}
              input={{ type: 'datetime-local' }}
            />
          </div>
          {log.error && (
            <div class="in">
              <Note tone="bad">{log.error.message}</Note>
            </div>
          )}
          {!log.data ? (
            !log.error && <Bones rows={6} />
          ) : log.data.calls.length ? (
            <CallTable label="Ended calls" calls={log.data.calls} agents={agents} isLog />
          ) : (
            <Empty title={Object.values(filters).some(Boolean) ? 'No call fits' : 'No call has ended yet'}>
              {Object.values(filters).some(Boolean) && (
                <button
                  type="button"
                  onClick={() =>
                    setFilters({ campaign_id: '', agent_id: '', outcome: '', since: '', until: '' })
                  }
                >
                  Show all
                </button>
              )}
            </Empty>
          )}
          {log.data && (log.data.next_cursor || pages.back) ? (
            <Pager pages={pages} next={log.data.next_cursor} shown={`Page ${pages.number}, newest first`} />
          ) : null}
        </Card>
      </div>
    </>
  );
}
