// The list of campaigns, each with its state at this moment.

import { useState } from 'preact/hooks';
import { get, may, query } from '../api';
import { count, many, sentence, share } from '../format';
import { opening, whyQuiet } from '../hours';
import { useLive } from '../live';
import { Parts, Way, kindOf } from '../parts/pictures';
import { Badge, Bones, Card, Choice, Empty, PageHead, Pager, TextField, Wrong, usePages } from '../parts/ui';
import { useNoted, type Place } from '../router';
import type { Call, Campaign, Workspace } from '../types';

/** On a page; a search looks through so many. */
const SHOWN = 25;
const SEARCHED = 200;

interface Shown {
  campaigns: Campaign[];
  next_cursor: string | null;
}

export function Campaigns({ place }: { place: Place }) {
  const [name, setName] = useState(place.query.get('name') ?? '');
  const [status, setStatus] = useState(place.query.get('status') ?? '');
  const [type, setType] = useState(place.query.get('type') ?? '');
  useNoted({ name, status, type });
  const isFiltered = Boolean(name || status || type);
  const pages = usePages([isFiltered]);
  const limit = isFiltered ? SEARCHED : SHOWN;
  const path = query('/campaigns', { limit, cursor: pages.cursor, dialect: 'native' });
  const { data, error, refresh } = useLive(
    (signal) => get<Shown>(path, signal),
    [path],
    isFiltered ? 10_000 : undefined,
  );
  const workspace = useLive((signal) => get<Workspace>('/workspace', signal), ['workspace'], 10_000);
  const flying = useLive((signal) => get<{ calls: Call[] }>('/calls/current', signal), ['flying']);
  const wanted = (data?.campaigns ?? []).filter(
    (one) =>
      (!name || `${one.name} ${one.id}`.toLowerCase().includes(name.toLowerCase())) &&
      (!status || one.status === status) &&
      (!type || one.type === type),
  );
  const create = may('manage') && (
    <>
      <a class="button" href="#/new/realtime">
        New realtime campaign
      </a>
      <a class="button main-act" href="#/new/batch">
        New batch campaign
      </a>
    </>
  );
  return (
    <>
      <PageHead
        title="Campaigns"
        under={
          workspace.data &&
          flying.data && <InFlight now={flying.data.calls.length} limit={workspace.data.concurrency_limit} />
        }
        actions={create}
      />
      {error && !data ? (
        <Wrong error={error} retry={refresh} />
      ) : (
        <Card flush>
          <div class="filters">
            <TextField
              grow
              label="Search"
              value={name}
              set={setName}
              input={{ type: 'search', placeholder: 'Name or id' }}
            />
            <Choice
              label="Status"
              value={status}
              set={setStatus}
              options={[['', 'Any'], 'draft', 'scheduled', 'running', 'paused', 'completed', 'archived']}
            />
            <Choice label="Type" value={type} set={setType} options={[['', 'Any'], 'batch', 'realtime']} />
          </div>
          {!data ? (
            <Bones rows={6} />
          ) : wanted.length ? (
            <ul class="campaigns">
              {wanted.map((one) => (
                <Row key={one.id} campaign={one} limit={workspace.data?.concurrency_limit} />
              ))}
            </ul>
          ) : (
            <Nothing
              isFiltered={isFiltered}
              clear={() => {
                setName('');
                setStatus('');
                setType('');
              }}
            />
          )}
          {data && (data.next_cursor || pages.back) && (
            <Pager
              pages={pages}
              next={data.next_cursor}
              shown={
                isFiltered
                  ? `${many(wanted.length, 'campaign')} among ${count(data.campaigns.length)} looked at`
                  : `Page ${pages.number}, newest first`
              }
            />
          )}
        </Card>
      )}
    </>
  );
}

function InFlight({ now, limit }: { now: number; limit: number }) {
  return (
    <span class="num">
      {now} of {many(limit, 'call')} in flight
    </span>
  );
}

function Row({ campaign, limit }: { campaign: Campaign; limit: number | undefined }) {
  const { progress } = campaign;
  const done = progress.completed + progress.archived;
  const sums = { reached: 0, missed: 0, failed: 0 };
  for (const [outcome, number] of Object.entries(progress.outcomes)) sums[kindOf(outcome)] += number;
  const told = Object.entries(progress.outcomes)
    .map(([outcome, number]) => `${count(number)} ${sentence(outcome).toLowerCase()}`)
    .join(', ');
  const quiet = whyQuiet(campaign);
  return (
    <li>
      <div>
        <a class="name" href={`#/campaigns/${campaign.id}`}>
          {campaign.name}
        </a>
        <div class="under">
          <Badge of={campaign.status} />
          <span>
            {sentence(campaign.type)} · {campaign.priority} priority
          </span>
        </div>
      </div>
      <div class="stack tight">
        <Way progress={progress} />
        <span class="small soft num">
          {count(done)} of {many(progress.total, 'task')} done, {share(done, progress.total)}
        </span>
      </div>
      <div class="stack tight">
        {progress.calls ? (
          <Parts
            thin
            label={`Outcomes of ${many(progress.calls, 'call')}: ${told}`}
            parts={Object.entries(sums)}
          />
        ) : null}
        <span class="small soft num">
          {progress.calls
            ? `${many(progress.calls, 'call')}, ${share(sums.reached, progress.calls)} reached`
            : 'No calls yet'}
        </span>
      </div>
      <div class="small soft num">
        {progress.running > 0 && (
          <strong>
            {progress.running} of {campaign.concurrency_limit ?? limit ?? '…'} in flight
            <br />
          </strong>
        )}
        {quiet
          ? sentence(quiet)
          : ['completed', 'archived'].includes(campaign.status)
            ? 'Over'
            : sentence(opening(campaign.calling_hours, campaign.timezone).text)}
      </div>
    </li>
  );
}

function Nothing({ isFiltered, clear }: { isFiltered: boolean; clear: () => void }) {
  if (isFiltered) {
    return (
      <Empty title="No campaign fits">
        <p>Search looks through the newest {SEARCHED} campaigns.</p>
        <button type="button" onClick={clear}>
          Show all
        </button>
      </Empty>
    );
  }
  return (
    <Empty title="No campaigns yet">
      <p>
        A <strong>batch</strong> campaign calls a list of contacts from a CSV. A <strong>realtime</strong>{' '}
        campaign calls whoever your program pushes.
      </p>
      {may('manage') ? (
        <a class="button main-act" href="#/new/batch">
          Create the first one
        </a>
      ) : (
        <p>A key that may manage creates them.</p>
      )}
    </Empty>
  );
}
