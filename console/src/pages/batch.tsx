// A new batch campaign, step by step. After the first step it stands as a draft, and nothing is called
// before the last one.

import { useState } from 'preact/hooks';
import { get, patch, post } from '../api';
import { many } from '../format';
import { useOnce } from '../live';
import {
  Drop,
  Mapping,
  ReportView,
  Sending,
  ended,
  readingOf,
  tryOut,
  useStop,
  type Chosen,
  type Report,
} from '../parts/contacts';
import { Bones, Check, Empty, Note, PageHead, Wrong, say, useDoing } from '../parts/ui';
import { go } from '../router';
import {
  Basics,
  EMPTY,
  FollowUp,
  Summary,
  Times,
  bodyOf,
  draftOf,
  useDirectory,
  type Directory,
  type Draft,
  type Form,
} from '../settings';
import type { Campaign, Import } from '../types';
import { upload } from '../upload';

const STEPS = ['Basics', 'Contacts', 'Times', 'Follow-up', 'Review'];

/** The fields that each step asks for: what is wrong with one is shown where it stands. */
const FIELDS: string[][] = [
  ['name', 'agent_id', 'caller_id', 'priority', 'timezone', 'prompt'],
  [],
  ['calling_hours', 'start_at', 'end_at', 'concurrency_limit'],
  ['max_attempts', 'retry_'],
];

export function Batch({ draftId }: { draftId: string | undefined }) {
  const known = useDirectory();
  const begun = useOnce(
    async (signal) => (draftId ? get<Campaign>(`/campaigns/${draftId}?dialect=native`, signal) : null),
    [draftId],
  );
  const crumb = { href: '#/campaigns', text: 'Campaigns' };
  const error = known.error ?? begun.error;
  if (error)
    return (
      <>
        <PageHead title="New batch campaign" crumb={crumb} />
        <Wrong error={error} retry={known.refresh} />
      </>
    );
  const isReady = known.data && (begun.data || !draftId);
  return (
    <div class="wizard">
      <PageHead title="New batch campaign" crumb={crumb} />
      {!isReady ? <Bones /> : <Steps key={draftId} known={known.data!} begun={begun.data} />}
    </div>
  );
}

/** What has to be there before a campaign can be. */
export function Lacking({ known }: { known: Directory }) {
  if (known.agents.length && known.numbers.some((one) => one.has_outbound_trunk)) return null;
  return (
    <div class="card">
      <Empty title={known.agents.length ? 'There is no number to call from yet' : 'There is no agent yet'}>
        <p>A campaign needs an agent, who speaks, and a number that is shown to whoever is called.</p>
        <a class="button main-act" href="#/agents">
          Add them
        </a>
      </Empty>
    </div>
  );
}

function Steps({ known, begun }: { known: Directory; begun: Campaign | null }) {
  const [step, setStep] = useState(begun ? 1 : 0);
  const [draft, setDraft] = useState<Draft>(() =>
    begun
      ? draftOf(begun)
      : {
          ...EMPTY,
          agent_id: known.agents.length === 1 ? known.agents[0]!.id : '',
          caller_id: known.numbers.length === 1 ? known.numbers[0]!.phone : '',
        },
  );
  const [campaign, setCampaign] = useState<Campaign | null>(begun);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const [part, setPart] = useState<number | null>(null);
  const [job, setJob] = useState<Import | null>(null);
  const [starts, setStarts] = useState(true);
  const doing = useDoing();
  const signal = useStop();
  const form: Form = {
    draft,
    error: doing.error,
    set: (changes) => {
      setDraft({ ...draft, ...changes });
      doing.clear();
    },
  };
  const move = (to: number) => {
    doing.clear();
    setStep(to);
    scrollTo(0, 0);
  };

  if (!known.agents.length || !known.numbers.some((one) => one.has_outbound_trunk))
    return <Lacking known={known} />;

  const store = async (): Promise<Campaign> => {
    const body = bodyOf(draft);
    const made = campaign
      ? await patch<Campaign>(`/campaigns/${campaign.id}?dialect=native`, body)
      : await post<Campaign>('/campaigns', { ...body, type: 'batch' });
    setCampaign(made);
    // Whoever loads the page anew goes on with this draft.
    history.replaceState(null, '', `#/new/batch/${made.id}`);
    return made;
  };
  const judge = () =>
    doing.run(async () => {
      const made = campaign ?? (await store());
      setReport(null);
      setReport(await tryOut(made.id, chosen!, setPart, signal).finally(() => setPart(null)));
    });
  const next = () =>
    doing.run(async () => {
      await store();
      move(step + 1);
    });
  const finish = () =>
    doing.run(async () => {
      const made = await store();
      if (chosen) {
        setPart(0);
        const sent = await upload(made.id, chosen.file, readingOf(chosen), setPart, signal);
        // The first rows are tasks while the rest is read: it may start as soon as the file has come.
        if (starts) await begin(made);
        const over = await ended(sent.id, setJob, signal);
        if (over.status === 'failed') throw new Error(over.reason ?? 'The file could not be imported.');
        say(
          `${many(over.accepted, 'contact')} imported${over.rejected ? `, ${over.rejected} rejected` : ''}`,
        );
      } else if (starts) await begin(made);
      go(`/campaigns/${made.id}`);
    });

  return (
    <>
      <ol class="steps">
        {STEPS.map((name, place) => (
          <li
            key={name}
            class={place < step ? 'done' : ''}
            aria-current={place === step ? 'step' : undefined}
          >
            <b>{place < step ? '✓' : place + 1}</b>
            {name}
          </li>
        ))}
      </ol>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void (step === 4 ? finish() : next());
        }}
      >
        <div class="in" style={{ padding: '18px 16px' }}>
          {step === 0 && <Basics form={form} known={known} kind="batch" />}
          {step === 1 && (
            <div class="stack">
              <Drop
                chosen={chosen}
                choose={(one) => {
                  setChosen(one);
                  setReport(null);
                  doing.clear();
                }}
              />
              {chosen && (
                <Mapping
                  chosen={chosen}
                  choose={(one) => {
                    setChosen(one);
                    setReport(null);
                    doing.clear();
                  }}
                />
              )}
              {chosen && (
                <div class="actions">
                  <button
                    type="button"
                    disabled={doing.isBusy || !chosen.columns.phone}
                    onClick={() => void judge()}
                  >
                    {doing.isBusy ? 'Checking every row …' : 'Check the file'}
                  </button>
                  <span class="soft small">Every row is judged, nothing is written.</span>
                </div>
              )}
              {part !== null && <Sending part={part} job={null} />}
              {report && <ReportView report={report} />}
            </div>
          )}
          {step === 2 && <Times form={form} />}
          {step === 3 && <FollowUp form={form} agents={known.agents} />}
          {step === 4 && (
            <div class="stack">
              <Summary draft={draft} known={known} />
              {chosen ? (
                <Note>
                  The file {chosen.file.name}:{' '}
                  {report
                    ? `${many(report.accepted, 'contact')} of ${many(report.rows, 'row')} will be called${report.rejected ? `; ${many(report.rejected, 'row')} cannot be used and will be listed for correction` : ''}.`
                    : 'it was not checked; rows that cannot be used will be listed.'}
                </Note>
              ) : (
                <Note tone="warn">No contacts yet: it calls nobody until a file is added on its page.</Note>
              )}
              <Check
                label={
                  draft.start_at
                    ? 'Start it: it calls from the time above on'
                    : 'Start calling at once, as the calling hours let'
                }
                value={starts}
                set={setStarts}
              />
              {part !== null && <Sending part={part} job={job} />}
            </div>
          )}
          {doing.error && !shownAtAField(doing.error, step) && (
            <div style={{ marginTop: '14px' }}>
              <Note tone="bad">{doing.error.message}</Note>
            </div>
          )}
        </div>
        <div class="foot">
          {step > 0 ? (
            <button type="button" disabled={doing.isBusy} onClick={() => move(step - 1)}>
              Back
            </button>
          ) : (
            <span />
          )}
          <button
            class="main-act"
            disabled={doing.isBusy || (step === 1 && chosen !== null && !chosen.columns.phone)}
          >
            {step < 4
              ? step === 1 && !chosen
                ? 'Add contacts later'
                : 'Continue'
              : starts
                ? 'Create and start'
                : 'Create as a draft'}
          </button>
        </div>
      </form>
    </>
  );
}

async function begin(made: Campaign): Promise<void> {
  const now = await get<Campaign>(`/campaigns/${made.id}?dialect=native`);
  if (now.status === 'draft') await post(`/campaigns/${made.id}/start`);
}

function shownAtAField(error: Error, step: number): boolean {
  const param = (error as { param?: string | null }).param;
  return Boolean(param && FIELDS[step]?.some((name) => param.startsWith(name)));
}
