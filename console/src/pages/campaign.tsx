// One campaign: how far it is, what went on, when it may call, whom it calls; and what can be done with it.

import { useState } from 'preact/hooks';
import { get, getTagged, may, patch, post } from '../api';
import { count, instant, many, sentence, share } from '../format';
import { whyQuiet } from '../hours';
import { useLive } from '../live';
import { Gates } from '../parts/gates';
import { AddContacts, Imports, download } from '../parts/contacts';
import { Funnel, OverTime, Way, Week, kindOf } from '../parts/pictures';
import { TaskTable } from '../parts/tasks';
import { Badge, Bones, Card, Confirm, Dialog, Note, PageHead, Wrong, say, useDoing } from '../parts/ui';
import type { Place } from '../router';
import {
  Basics,
  FollowUp,
  Times,
  changesOf,
  draftOf,
  effectsOf,
  useDirectory,
  type Draft,
  type Form,
} from '../settings';
import type { Activity, Campaign, Workspace } from '../types';

export function CampaignPage({ id, place }: { id: string; place: Place }) {
  const {
    data: campaign,
    error,
    refresh,
  } = useLive((signal) => get<Campaign>(`/campaigns/${id}?dialect=native`, signal), [id]);
  const crumb = { href: '#/campaigns', text: 'Campaigns' };
  if (!campaign)
    return (
      <>
        <PageHead title="Campaign" crumb={crumb} />
        {error ? <Wrong error={error} retry={refresh} /> : <Bones rows={8} />}
      </>
    );
  return <Shown campaign={campaign} refresh={refresh} place={place} />;
}

function Shown({ campaign, refresh, place }: { campaign: Campaign; refresh: () => void; place: Place }) {
  const { id, progress, status } = campaign;
  const isOver = status === 'completed' || status === 'archived';
  const workspace = useLive((signal) => get<Workspace>('/workspace', signal), ['workspace'], 15_000);
  const activity = useLive(
    (signal) => get<Activity>(`/campaigns/${id}/activity`, signal),
    [id, 'activity', progress.calls],
    isOver ? Infinity : 20_000,
  );
  const [kept, keep] = useState<Activity | null>(null);
  if (activity.data && activity.data !== kept) keep(activity.data);
  const quiet = whyQuiet(campaign);
  return (
    <>
      <PageHead
        title={campaign.name}
        crumb={{ href: '#/campaigns', text: 'Campaigns' }}
        under={
          <>
            <Badge of={status} />
            <span>{sentence(campaign.type)}</span>
            <span>{campaign.priority} priority</span>
            {quiet && <strong>{sentence(quiet)}</strong>}
          </>
        }
        actions={<Actions campaign={campaign} refresh={refresh} />}
      />
      <div class="stack">
        {campaign.paused_for && status === 'paused' && (
          <Note tone="warn">
            A brake has paused it: {sentence(campaign.paused_for).toLowerCase()}. Whoever resumes it gives it
            another chance.
          </Note>
        )}
        <Tiles campaign={campaign} limit={workspace.data?.concurrency_limit} />
        <div class="grid-chart">
          <Card title="Calls over time">
            {kept ? (
              kept.attempts.length ? (
                <OverTime activity={kept} zone={campaign.timezone} />
              ) : (
                <p class="soft">No call has ended yet.</p>
              )
            ) : activity.error ? (
              <Note tone="bad">{activity.error.message}</Note>
            ) : (
              <Bones rows={5} />
            )}
          </Card>
          <Card title="Attempts">
            {kept && kept.attempts.length ? (
              <Funnel activity={kept} />
            ) : (
              <p class="soft">No attempt has ended yet.</p>
            )}
          </Card>
        </div>
        <div class="grid3">
          <Card title="Calling hours">
            <Week campaign={campaign} />
          </Card>
          <Card title="Outcomes">
            <Outcomes campaign={campaign} />
          </Card>
          {isOver ? null : (
            <Gates path={`/campaigns/${id}`} zone={campaign.timezone} moved={[status, campaign.version]} />
          )}
        </div>
        <Imports campaignId={id} isLive={!isOver} />
        <TaskTable campaign={campaign} place={place} />
      </div>
    </>
  );
}

function Tiles({ campaign, limit }: { campaign: Campaign; limit: number | undefined }) {
  const { progress } = campaign;
  const done = progress.completed + progress.archived;
  const tiles: [string, string, number][] = [
    ['Queued', '', progress.queued],
    ['Paused', 'paused', progress.paused],
    ['Completed', 'completed', progress.completed],
    ['Archived', 'archived', progress.archived],
  ];
  return (
    <section class="stack tight" aria-label="Progress">
      <dl class="tiles">
        <div class="tile">
          <dt>Tasks</dt>
          <dd>{count(progress.total)}</dd>
        </div>
        <div class="tile">
          <dt>
            <i class="dot running" />
            In flight
          </dt>
          <dd>
            {count(progress.running)} <small>of {campaign.concurrency_limit ?? limit ?? '…'}</small>
          </dd>
        </div>
        {tiles.map(([name, dot, number]) => (
          <div class="tile" key={name}>
            <dt>
              <i class={`dot ${dot}`} />
              {name}
            </dt>
            <dd>{count(number)}</dd>
          </div>
        ))}
        <div class="tile">
          <dt>Calls</dt>
          <dd>{count(progress.calls)}</dd>
        </div>
      </dl>
      <Way progress={progress} />
      <p class="small soft num">
        {share(done, progress.total)} done
        {progress.last_finished_at
          ? `, the last task at ${instant(progress.last_finished_at, campaign.timezone)}`
          : ''}
      </p>
    </section>
  );
}

function Outcomes({ campaign }: { campaign: Campaign }) {
  const { outcomes, calls } = campaign.progress;
  const known = Object.entries(outcomes).sort(([, one], [, other]) => other - one);
  if (!known.length) return <p class="soft">No call has ended yet.</p>;
  return (
    <div class="funnel">
      {known.map(([outcome, number]) => (
        <div class="row" key={outcome}>
          <div>
            <span>{sentence(outcome)}</span>
            <span class="num soft">
              {count(number)} · {share(number, calls)}
            </span>
          </div>
          <div style={{ width: `${Math.max(1, (100 * number) / calls)}%` }}>
            <div class="bar thin">
              <i class={kindOf(outcome)} style={{ flexGrow: 1 }} />
            </div>
          </div>
        </div>
      ))}
    </div>
  );
}

type Asked = 'start' | 'pause' | 'resume' | 'archive' | 'edit' | 'contacts' | null;

function Actions({ campaign, refresh }: { campaign: Campaign; refresh: () => void }) {
  const [asked, ask] = useState<Asked>(null);
  const doing = useDoing();
  const { status } = campaign;
  const isOver = status === 'completed' || status === 'archived';
  const close = () => {
    ask(null);
    refresh();
  };
  const take = (what: string) => doing.run(() => download(campaign.id, { what }));
  return (
    <>
      {may('manage') && !isOver && (
        <>
          {status === 'draft' && campaign.type === 'batch' && (
            <a class="button" href={`#/new/batch/${campaign.id}`}>
              Go on setting up
            </a>
          )}
          {status === 'draft' && (
            <button type="button" class="main-act" onClick={() => ask('start')}>
              Start
            </button>
          )}
          {['running', 'scheduled'].includes(status) && (
            <button type="button" onClick={() => ask('pause')}>
              Pause
            </button>
          )}
          {status === 'paused' && (
            <button type="button" class="main-act" onClick={() => ask('resume')}>
              Resume
            </button>
          )}
          <button type="button" onClick={() => ask('edit')}>
            Edit
          </button>
        </>
      )}
      {may('push') &&
        !isOver &&
        (campaign.type === 'batch' ? (
          <button type="button" onClick={() => ask('contacts')}>
            Add contacts
          </button>
        ) : (
          <a class="button" href={`#/campaigns/${campaign.id}/connect`}>
            Push tasks
          </a>
        ))}
      {may('push') && campaign.progress.total > 0 && (
        <button type="button" disabled={doing.isBusy} onClick={() => void take('tasks')}>
          {doing.isBusy ? 'Being written …' : 'Download tasks'}
        </button>
      )}
      {may('manage') && !isOver && (
        <button type="button" class="danger" onClick={() => ask('archive')}>
          Archive
        </button>
      )}
      {doing.error && <Note tone="bad">{doing.error.message}</Note>}
      {asked === 'edit' && <Edit campaign={campaign} close={close} />}
      {asked === 'contacts' && (
        <Dialog wide title="Add contacts" close={close}>
          <AddContacts
            campaignId={campaign.id}
            done={(job) => {
              say(`${many(job.accepted, 'contact')} imported`);
              close();
            }}
          />
          <div class="foot">
            <button type="button" onClick={close}>
              Close
            </button>
          </div>
        </Dialog>
      )}
      {asked && ['start', 'pause', 'resume', 'archive'].includes(asked) && (
        <Steer campaign={campaign} control={asked} close={close} />
      )}
    </>
  );
}

/** What a control will do, before it is done. */
function Steer({ campaign, control, close }: { campaign: Campaign; control: string; close: () => void }) {
  const { queued, paused, running } = campaign.progress;
  const flying = running
    ? `${sentence(many(running, 'call'))} in flight ${running === 1 ? 'goes' : 'go'} on to ${running === 1 ? 'its' : 'their'} end.`
    : 'No call is in flight.';
  const told: Record<string, string[]> = {
    start: [
      queued
        ? `${many(queued, 'task')} may be called from now on, as calling hours, start time and free slots let.`
        : 'It has no tasks yet: nothing is called until some come.',
    ],
    pause: [
      `No further call of it starts. ${sentence(many(queued, 'task'))} ${queued === 1 ? 'waits' : 'wait'} until it is resumed.`,
      flying,
    ],
    resume: [
      `${sentence(many(paused + queued, 'task'))} may be called again, those that were paused one by one, too. What is due is called at once, as calling hours let.`,
    ],
    archive: [
      `${sentence(many(queued + paused, 'task'))} that ${queued + paused === 1 ? 'waits' : 'wait'} will never be called.`,
      flying,
      'This cannot be undone.',
    ],
  };
  const act = async () => {
    await post(`/campaigns/${campaign.id}/${control}`);
    say(
      `${campaign.name}: ${{ start: 'started', pause: 'paused', resume: 'resumed', archive: 'archived' }[control]}`,
    );
  };
  return (
    <Confirm
      title={`${sentence(control)} “${campaign.name}”?`}
      verb={sentence(control)}
      danger={control === 'archive'}
      act={act}
      close={close}
    >
      {told[control]!.map((text) => (
        <p key={text}>{text}</p>
      ))}
    </Confirm>
  );
}

function Edit({ campaign, close }: { campaign: Campaign; close: () => void }) {
  const [before] = useState(() => ({ draft: draftOf(campaign), campaign }));
  const [tag] = useState(() => getTagged<Campaign>(`/campaigns/${campaign.id}?dialect=native`));
  const [draft, setDraft] = useState<Draft>(before.draft);
  const [isReview, setReview] = useState(false);
  const known = useDirectory();
  const doing = useDoing();
  const form: Form = {
    draft,
    error: doing.error,
    set: (changes) => {
      setDraft({ ...draft, ...changes });
      doing.clear();
    },
  };
  const changed = changesOf(before.draft, draft);
  const effects = effectsOf(campaign, changed, known.data?.agents ?? []);
  const save = () =>
    doing
      .run(async () => {
        const { etag, body } = await tag;
        if (body.version !== before.campaign.version)
          throw new Error('Somebody has edited it meanwhile: close this, look, and edit again.');
        await patch(`/campaigns/${campaign.id}?dialect=native`, changed, etag);
        say('Saved');
        close();
      })
      .then((isDone) => isDone || setReview(false));
  return (
    <Dialog wide title={isReview ? 'What this will do' : `Edit “${campaign.name}”`} close={close}>
      {!known.data ? (
        <Bones />
      ) : isReview ? (
        <ul class="effects">
          {effects.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      ) : (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            setReview(true);
          }}
        >
          <Basics form={form} known={known.data} kind={campaign.type} />
          <Times form={form} />
          <FollowUp form={form} agents={known.data.agents} />
        </form>
      )}
      {doing.error && <Note tone="bad">{doing.error.message}</Note>}
      <div class="foot">
        <button type="button" onClick={isReview ? () => setReview(false) : close}>
          {isReview ? 'Back' : 'Cancel'}
        </button>
        {isReview ? (
          <button type="button" class="main-act" disabled={doing.isBusy} onClick={() => void save()}>
            Save changes
          </button>
        ) : (
          <button type="button" class="main-act" disabled={!effects.length} onClick={() => setReview(true)}>
            See what it will do
          </button>
        )}
      </div>
    </Dialog>
  );
}
