// One task: its calls, and what holds for it.

import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import { get, may, post } from '../api';
import { duration, exact, many, ownZone, sentence, until } from '../format';
import { inWords } from '../hours';
import { useLive } from '../live';
import { Gates } from '../parts/gates';
import { kindOf } from '../parts/pictures';
import { CallDetails, OutcomeOf } from '../parts/calls';
import { Badge, Bones, Card, Confirm, Empty, Note, PageHead, Panel, Tabs, Wrong, say } from '../parts/ui';
import { useDirectory } from '../settings';
import type { Agent, Call, Campaign, TaskDetails } from '../types';

/** Why a task is not being called now, as `waiting_for` says it. */
const WAITS: Record<string, string> = {
  task_paused: 'It was paused by hand: resume it.',
  campaign_paused: 'Its campaign is paused: it waits until that is resumed.',
  campaign_draft: 'Its campaign was not started.',
  start_time: 'It was asked for from then on.',
  retry_interval: 'So long is the pause after the last attempt.',
  callback_time: 'The contact asked to be called then.',
  calling_hours: 'The calling hours open then.',
  no_attempt_left: 'It has used as many attempts as are allowed: it is completed when its turn comes.',
  end_time: 'The end comes before the next time at which it may be called.',
  slot: 'Nothing but its turn: it is called as soon as a slot is free.',
};

/** Why a task was finished, as `reason` says it. */
const REASONS: Record<string, string> = {
  attempts_exhausted: 'all its attempts are used',
  permanent: 'the number itself is bad, no attempt could help',
  archived_by_hand: 'somebody archived it',
  erased: 'the person was erased',
};

export function TaskPage({ id }: { id: string }) {
  const { data: task, error, refresh } = useLive((signal) => get<TaskDetails>(`/tasks/${id}`, signal), [id]);
  const campaignId = id.split('-')[0]!;
  const campaign = useLive(
    (signal) => get<Campaign>(`/campaigns/${campaignId}?dialect=native`, signal),
    [campaignId],
    10_000,
  );
  const crumb = { href: `#/campaigns/${campaignId}`, text: campaign.data?.name ?? 'Campaign' };
  const [tab, choose] = useState('calls');
  if (!task)
    return (
      <>
        <PageHead title="Task" crumb={crumb} />
        {error ? <Wrong error={error} retry={refresh} /> : <Bones rows={6} />}
      </>
    );
  const zone = campaign.data?.timezone;
  return (
    <>
      <PageHead
        title={task.phone || 'An erased contact'}
        crumb={crumb}
        under={
          <>
            <Badge of={task.status} />
            <span>{many(task.attempts, 'attempt')}</span>
            {task.external_id && <span>{task.external_id}</span>}
          </>
        }
        actions={<Actions task={task} refresh={refresh} />}
      />
      <div class="stack">
        <NextAttempt task={task} zone={zone} />
        {['queued', 'paused'].includes(task.status) && (
          <Gates
            path={`/tasks/${id}`}
            zone={zone ?? ownZone()}
            moved={[task.status, task.attempts, task.waiting_for]}
          />
        )}
        <div>
          <Tabs
            tabs={[
              ['calls', 'Calls'],
              ['details', 'Task details'],
            ]}
            chosen={tab}
            choose={choose}
          />
          {tab === 'calls' ? (
            <Panel name="calls">
              <Calls task={task} zone={zone} />
            </Panel>
          ) : (
            <Panel name="details">
              <Details task={task} zone={zone} />
            </Panel>
          )}
        </div>
      </div>
    </>
  );
}

function NextAttempt({ task, zone }: { task: TaskDetails; zone: string | undefined }) {
  if (task.current_call)
    return <Note>It is being called: {sentence(task.current_call.status).toLowerCase()}.</Note>;
  if (!task.waiting_for) {
    const why = task.reason
      ? (REASONS[task.reason] ?? sentence(task.reason).toLowerCase())
      : task.outcome
        ? sentence(task.outcome).toLowerCase()
        : '';
    const isReached = task.outcome !== null && !task.reason && kindOf(task.outcome) === 'reached';
    return (
      <Note tone={isReached ? 'good' : ''}>Finished{why && `: ${why}`}. No further attempt is made.</Note>
    );
  }
  return (
    <Note>
      {task.next_attempt_at ? (
        <>
          <strong>Next attempt {exact(task.next_attempt_at, zone)}</strong>, {until(task.next_attempt_at)}
          .{' '}
        </>
      ) : (
        <strong>No time can be told. </strong>
      )}
      {WAITS[task.waiting_for] ?? sentence(task.waiting_for)}
    </Note>
  );
}

function Actions({ task, refresh }: { task: TaskDetails; refresh: () => void }) {
  const [asked, ask] = useState<string | null>(null);
  if (!may('manage') || ['completed', 'archived'].includes(task.status)) return null;
  const close = () => {
    ask(null);
    refresh();
  };
  const told: Record<string, string> = {
    pause: 'It is not called until somebody resumes it, or its campaign.',
    resume: 'It is called again when it is due, as calling hours let.',
    archive: 'It is never called again. This cannot be undone.',
  };
  return (
    <>
      {task.status === 'queued' && (
        <button type="button" onClick={() => ask('pause')}>
          Pause
        </button>
      )}
      {task.status === 'paused' && task.waiting_for === 'task_paused' && (
        <button type="button" class="main-act" onClick={() => ask('resume')}>
          Resume
        </button>
      )}
      {task.status !== 'running' && (
        <button type="button" class="danger" onClick={() => ask('archive')}>
          Archive
        </button>
      )}
      {asked && (
        <Confirm
          title={`${sentence(asked)} this task?`}
          verb={sentence(asked)}
          danger={asked === 'archive'}
          close={close}
          act={async () => {
            await post(`/tasks/${task.id}/${asked}`);
            say(`Task ${{ pause: 'paused', resume: 'resumed', archive: 'archived' }[asked]}`);
          }}
        >
          <p>{told[asked]}</p>
        </Confirm>
      )}
    </>
  );
}

function Calls({ task, zone }: { task: TaskDetails; zone: string | undefined }) {
  const known = useDirectory();
  const isFinal = ['completed', 'archived'].includes(task.status);
  const key = `${task.attempts}.${task.current_call?.status}.${task.outcome}`;
  const { data, error } = useLive(
    (signal) => get<{ calls: Call[] }>(`/tasks/${task.id}/calls`, signal),
    [task.id, key],
    isFinal ? 15_000 : undefined,
  );
  const [kept, keep] = useState<Call[] | null>(null);
  if (data && data.calls !== kept) keep(data.calls);
  if (error && !kept) return <Wrong error={error} />;
  if (!kept) return <Bones />;
  if (!kept.length)
    return (
      <Card>
        <Empty title="No call yet">
          <p>Each attempt appears here with what was said.</p>
        </Empty>
      </Card>
    );
  return (
    <Card flush>
      <CallTable
        calls={[...kept].reverse()}
        agents={known.data?.agents ?? []}
        zone={zone}
        opened={kept.length === 1 ? kept[0]!.id : null}
      />
    </Card>
  );
}

/** Calls, each to be opened. In the log of a workspace each names whom it rang. */
export function CallTable({
  calls,
  agents,
  zone,
  opened,
  isLog,
  label = 'Calls',
}: {
  label?: string;
  calls: Call[];
  agents: Agent[];
  zone?: string | undefined;
  opened?: string | null;
  isLog?: boolean;
}) {
  const [open, setOpen] = useState<string | null>(opened ?? null);
  const nameOf = (call: Call) => agents.find((one) => one.id === call.agent_id)?.name;
  const columns = isLog ? 7 : 6;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table>
        <caption class="hidden-text">Calls; each row opens what was said.</caption>
        <thead>
          <tr>
            <th scope="col">{isLog ? 'Number' : 'Attempt'}</th>
            <th scope="col">Start</th>
            <th scope="col">Status</th>
            <th scope="col" class="right">
              Duration
            </th>
            <th scope="col">Outcome</th>
            {isLog && (
              <th scope="col" class="hide-phone">
                Agent
              </th>
            )}
            <th scope="col">
              <span class="hidden-text">Open</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => (
            <Fragment key={call.id}>
              <tr
                class="link"
                onClick={(event) =>
                  (event.target as Element).closest('a,button') || setOpen(open === call.id ? null : call.id)
                }
              >
                <td class="nowrap">
                  {isLog ? (
                    <a href={`#/tasks/${call.task_id}`}>
                      {call.to ?? (call.is_erased ? 'erased' : 'not dialled yet')}
                    </a>
                  ) : (
                    call.attempt || '–'
                  )}
                </td>
                <td class="nowrap">{exact(call.dialed_at ?? call.reserved_at, zone)}</td>
                <td>{sentence(call.status)}</td>
                <td class="right nowrap">{duration(call.duration_s)}</td>
                <td>
                  <OutcomeOf call={call} />
                </td>
                {isLog && <td class="hide-phone">{nameOf(call) ?? call.agent_id}</td>}
                <td class="right">
                  <button
                    type="button"
                    class="plain"
                    aria-expanded={open === call.id}
                    aria-label={`${open === call.id ? 'Close' : 'Open'} the call of ${exact(call.dialed_at ?? call.reserved_at, zone)}`}
                    onClick={() => setOpen(open === call.id ? null : call.id)}
                  >
                    {open === call.id ? 'Close' : 'Open'}
                  </button>
                </td>
              </tr>
              {open === call.id && (
                <tr class="expand">
                  <td colSpan={columns}>
                    <CallDetails call={call} agentName={nameOf(call)} zone={zone} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Details({ task, zone }: { task: TaskDetails; zone: string | undefined }) {
  const known = useDirectory();
  const rules = task.effective;
  const minutes = (rules.retry_intervals_ms ?? []).map((one) => duration(one / 1000)).join(', ');
  const effective: [string, string][] = [
    ['Agent', known.data?.agents.find((one) => one.id === rules.agent_id)?.name ?? rules.agent_id ?? '–'],
    ['Number shown', rules.caller_id ?? '–'],
    ['Calling hours', inWords(rules.calling_hours)],
    ['Attempts', String(rules.max_attempts)],
    ['Pauses', minutes || '–'],
    [
      'Tries again after',
      [
        'no answer',
        'busy',
        'failed',
        ...(rules.retry_outcomes ?? []).map((one) => sentence(one).toLowerCase()),
      ].join(', '),
    ],
    ['Priorities', (rules.priorities ?? []).join(', ')],
    ['Not before', exact(rules.start_at, zone)],
    ['Not after', exact(rules.end_at, zone)],
  ];
  const submitted = Object.entries(task.submitted).filter(
    ([name, value]) => value !== null && name !== 'context',
  );
  return (
    <>
      <div class="grid2">
        <Card title="What holds for it now">
          <dl class="kv">
            {effective.map(([name, value]) => (
              <>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </>
            ))}
          </dl>
        </Card>
        <Card title="What was submitted">
          <div class="stack">
            <dl class="kv">
              {submitted.map(([name, value]) => (
                <>
                  <dt>{sentence(name)}</dt>
                  <dd>
                    {name.endsWith('after')
                      ? exact(String(value), zone)
                      : Array.isArray(value)
                        ? value.join(', ')
                        : String(value)}
                  </dd>
                </>
              ))}
              <dt>Came</dt>
              <dd>{exact(task.created_at, zone)}</dd>
            </dl>
            <h3>Context</h3>
            {Object.keys(task.context).length ? (
              <dl class="kv">
                {Object.entries(task.context).map(([name, value]) => (
                  <>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                  </>
                ))}
              </dl>
            ) : (
              <p class="soft">None.</p>
            )}
          </div>
        </Card>
      </div>
      <Card title="What the agent is told">
        {task.prompt === null ? (
          <Note tone="warn">
            It cannot be filled in: a word that the prompt needs is missing from the context.
          </Note>
        ) : (
          <pre class="text" tabIndex={0} aria-label="Prompt">
            {task.prompt || 'Nothing: agent and campaign have no prompt.'}
          </pre>
        )}
      </Card>
    </>
  );
}
