// The tasks of a campaign: filtered by the service, in pages that begin at a cursor however many there are.

import { useEffect, useState } from 'preact/hooks';
import { get, query } from '../api';
import { instant, many, sentence, until } from '../format';
import { useLive } from '../live';
import { Badge, Bones, Card, Choice, Empty, Note, Pager, TextField, usePages } from './ui';
import { go, useNoted, type Place } from '../router';
import type { Campaign, Task } from '../types';

const SHOWN = 50;

/** A filtered page may be short although it goes on: so many are asked for at once, then one may go on. */
const MOST_ASKED = 6;

interface Shown {
  tasks: Task[];
  next_cursor: string | null;
}

async function load(
  path: string,
  filters: Record<string, string>,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Shown> {
  const tasks: Task[] = [];
  let next = cursor;
  for (let asked = 0; asked < MOST_ASKED; asked += 1) {
    const page = await get<Shown>(
      query(path, { ...filters, limit: SHOWN - tasks.length, cursor: next }),
      signal,
    );
    tasks.push(...page.tasks);
    next = page.next_cursor;
    if (!next || tasks.length >= SHOWN) break;
  }
  return { tasks, next_cursor: next };
}

type Column = 'phone' | 'status' | 'attempts' | 'outcome' | 'next';

const VALUES: Record<Column, (task: Task) => string | number> = {
  phone: (task) => task.phone,
  status: (task) => task.status,
  attempts: (task) => task.attempts,
  outcome: (task) => task.outcome ?? '',
  next: (task) => task.next_attempt_at ?? '9',
};

export function TaskTable({ campaign, place }: { campaign: Campaign; place: Place }) {
  const [filters, setFilters] = useState({
    status: place.query.get('status') ?? '',
    outcome: place.query.get('outcome') ?? '',
    phone: place.query.get('phone') ?? '',
    attempts: place.query.get('attempts') ?? '',
  });
  const [phone, setPhone] = useState(filters.phone);
  const [sort, setSort] = useState<{ by: Column; isFalling: boolean } | null>(null);
  useNoted(filters);
  useEffect(() => {
    const timer = setTimeout(
      () => setFilters((old) => (old.phone === phone.trim() ? old : { ...old, phone: phone.trim() })),
      350,
    );
    return () => clearTimeout(timer);
  }, [phone]);
  const pages = usePages([filters]);
  const path = `/campaigns/${campaign.id}/tasks`;
  const isOver = ['completed', 'archived'].includes(campaign.status) && !campaign.progress.running;
  // Asked for again only when something has moved: the counters say so, and cost less to look at.
  const moved = [campaign.progress, campaign.version];
  const live = useLive(
    (signal) => load(path, filters, pages.cursor, signal),
    [path, filters, pages.cursor],
    isOver ? 30_000 : 5000,
  );
  const key = JSON.stringify(moved);
  useEffect(() => live.refresh(), [key]);
  const set = (changes: Partial<typeof filters>) => setFilters({ ...filters, ...changes });
  const { data, error } = live;
  const tasks = [...(data?.tasks ?? [])];
  if (sort) {
    const value = VALUES[sort.by];
    tasks.sort(
      (one, other) =>
        (value(one) < value(other) ? -1 : value(one) > value(other) ? 1 : 0) * (sort.isFalling ? -1 : 1),
    );
  }
  const head = (by: Column, text: string, css = '') => {
    const isBy = sort?.by === by;
    return (
      <th scope="col" class={css} aria-sort={isBy ? (sort.isFalling ? 'descending' : 'ascending') : 'none'}>
        <button
          type="button"
          onClick={() => setSort(isBy && sort.isFalling ? null : { by, isFalling: isBy })}
        >
          {text}
          {isBy ? (sort.isFalling ? ' ↓' : ' ↑') : ''}
        </button>
      </th>
    );
  };
  const isFiltered = Object.values(filters).some(Boolean);
  const outcomes = [
    ...new Set([
      ...Object.keys(campaign.progress.outcomes),
      'completed',
      'no_answer',
      'busy',
      'voicemail',
      'failed',
    ]),
  ];
  return (
    <Card title="Tasks" flush>
      <div class="filters">
        <TextField
          grow
          label="Number"
          value={phone}
          set={setPhone}
          input={{ type: 'search', placeholder: '+34600000000', inputMode: 'tel' }}
        />
        <Choice
          label="Status"
          value={filters.status}
          set={(status) => set({ status })}
          options={[['', 'Any'], 'queued', 'running', 'paused', 'completed', 'archived']}
        />
        <Choice
          label="Last outcome"
          value={filters.outcome}
          set={(outcome) => set({ outcome })}
          options={[['', 'Any'], ...outcomes]}
        />
        <Choice
          label="Attempts"
          value={filters.attempts}
          set={(attempts) => set({ attempts })}
          options={[['', 'Any'], '0', '1', '2', '3', '4', '5']}
        />
      </div>
      {error && (
        <div class="in">
          <Note tone="bad">{error.message}</Note>
        </div>
      )}
      {!data ? (
        !error && <Bones />
      ) : tasks.length ? (
        <div class="scroll" tabIndex={0} role="region" aria-label="Tasks">
          <table>
            <caption class="hidden-text">
              Tasks of {campaign.name}. Sorting orders the rows of this page.
            </caption>
            <thead>
              <tr>
                {head('phone', 'Number')}
                {head('status', 'Status')}
                {head('attempts', 'Attempts', 'right')}
                {head('outcome', 'Last outcome')}
                {head('next', 'Next attempt')}
                <th scope="col" class="hide-phone">
                  Contact
                </th>
              </tr>
            </thead>
            <tbody>
              {tasks.map((task) => (
                <Row key={task.id} task={task} zone={campaign.timezone} />
              ))}
            </tbody>
          </table>
        </div>
      ) : isFiltered ? (
        <Empty title={data.next_cursor ? 'None found so far' : 'No task fits'}>
          {data.next_cursor ? (
            <button type="button" onClick={() => pages.next(data.next_cursor!)}>
              Search further
            </button>
          ) : (
            <button
              type="button"
              onClick={() => {
                setPhone('');
                setFilters({ status: '', outcome: '', phone: '', attempts: '' });
              }}
            >
              Show all
            </button>
          )}
        </Empty>
      ) : (
        <Empty title="No tasks yet">
          <p>
            {campaign.type === 'batch'
              ? 'Add contacts: each becomes a task.'
              : 'They appear here as your program pushes them.'}
          </p>
        </Empty>
      )}
      {data && (data.next_cursor || pages.back) ? (
        <Pager
          pages={pages}
          next={data.next_cursor}
          shown={`Page ${pages.number}, ${many(tasks.length, 'task')}${sort ? ', sorted within this page' : ''}`}
        />
      ) : null}
    </Card>
  );
}

function Row({ task, zone }: { task: Task; zone: string }) {
  const name = task.external_id ?? Object.values(task.context).slice(0, 2).join(', ');
  return (
    <tr class="link" onClick={(event) => (event.target as Element).closest('a') || go(`/tasks/${task.id}`)}>
      <td class="nowrap">
        <a href={`#/tasks/${task.id}`}>{task.phone || 'erased'}</a>
      </td>
      <td>
        <Badge of={task.status} />
      </td>
      <td class="right">{task.attempts}</td>
      <td>
        {task.outcome ? <Badge of={task.outcome} /> : <span class="soft">–</span>}
        {task.is_callback && <span class="small soft"> callback</span>}
      </td>
      <td class="nowrap">
        <Next task={task} zone={zone} />
      </td>
      <td class="hide-phone soft cut" title={name}>
        {name}
      </td>
    </tr>
  );
}

/** When it is called next, and what it waits for. */
export function Next({ task, zone }: { task: Task; zone: string }) {
  if (task.current_call) return <span>being called</span>;
  if (!task.waiting_for && !task.next_attempt_at) return <span class="soft">–</span>;
  const isNow = task.next_attempt_at && Date.parse(task.next_attempt_at) <= Date.now();
  return (
    <span>
      {task.next_attempt_at && !isNow
        ? `${instant(task.next_attempt_at, zone)}, ${until(task.next_attempt_at)}`
        : ''}
      {task.waiting_for && (
        <span class="soft">
          {task.next_attempt_at && !isNow ? ' · ' : ''}
          {isNow && task.waiting_for === 'slot'
            ? 'as soon as a slot is free'
            : sentence(task.waiting_for).toLowerCase()}
        </span>
      )}
    </span>
  );
}
