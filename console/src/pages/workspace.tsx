// The workspace: how many calls at once, who may ask what, and how its carriers are.

import { useState } from 'preact/hooks';
import { currentSession, get, may, patch, post, put, remove } from '../api';
import { clock, exact, sentence } from '../format';
import { useLive } from '../live';
import {
  Bones,
  Card,
  Choice,
  Code,
  Confirm,
  Dialog,
  Note,
  PageHead,
  TextField,
  Wrong,
  say,
  useDoing,
} from '../parts/ui';
import type { Agent, ApiKey, Call, Carrier, CallerNumber, Workspace } from '../types';

export function WorkspacePage() {
  const { data, error, refresh } = useLive((signal) => get<Workspace>('/workspace', signal), ['workspace']);
  const flying = useLive((signal) => get<{ calls: Call[] }>('/calls/current', signal), ['flying']);
  if (!data)
    return (
      <>
        <PageHead title="Workspace" />
        {error ? <Wrong error={error} retry={refresh} /> : <Bones />}
      </>
    );
  return (
    <>
      <PageHead
        title={data.name}
        under={
          <>
            <span>Workspace</span>
            <code>{data.id}</code>
          </>
        }
      />
      <div class="stack">
        <div class="grid2">
          <Limits
            key={`${data.concurrency_limit}.${data.calls_per_second}`}
            workspace={data}
            flying={flying.data?.calls.length}
            refresh={refresh}
          />
          <Carriers workspace={data} />
        </div>
        <Keys />
        <Card title="Dead letters">
          <p>
            Messages that no function could process belong to the whole deployment. Its operator signs in here
            with the operator's key, sees them with their reasons and sends them back.
          </p>
        </Card>
      </div>
    </>
  );
}

function Limits({
  workspace,
  flying,
  refresh,
}: {
  workspace: Workspace;
  flying: number | undefined;
  refresh: () => void;
}) {
  const [limit, setLimit] = useState(String(workspace.concurrency_limit));
  const [pace, setPace] = useState(workspace.calls_per_second ? String(workspace.calls_per_second) : '');
  const doing = useDoing();
  const isChanged =
    limit !== String(workspace.concurrency_limit) ||
    pace !== (workspace.calls_per_second ? String(workspace.calls_per_second) : '');
  const save = () =>
    doing.run(async () => {
      await put('/workspace/limits', {
        concurrency_limit: Number(limit),
        calls_per_second: pace ? Number(pace) : null,
      });
      say('Limits changed');
      refresh();
    });
  const lower = Number(limit) < workspace.concurrency_limit && flying !== undefined && flying > Number(limit);
  return (
    <Card
      title="Calls at once"
      side={
        flying !== undefined && (
          <span class="badge live num">
            {flying} of {workspace.concurrency_limit} in flight
          </span>
        )
      }
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div class="fields">
          <TextField
            label="Calls at once"
            hint="It counts from the next call on; calls in flight go on."
            value={limit}
            set={setLimit}
            wrong={doing.wrongWith('concurrency_limit')}
            input={{ type: 'number', min: 1, max: 10_000, required: true, readOnly: !may('manage') }}
          />
          <TextField
            label="Starts a second"
            hint="Empty: as many as fit."
            value={pace}
            set={setPace}
            wrong={doing.wrongWith('calls_per_second')}
            input={{ type: 'number', min: 1, max: 1000, readOnly: !may('manage') }}
          />
        </div>
        {lower && (
          <Note>
            {flying} calls are in flight: none is cut off. New ones start when fewer than {limit} are left.
          </Note>
        )}
        {doing.error && <Note tone="bad">{doing.error.message}</Note>}
        {may('manage') && (
          <div class="actions">
            <button class="main-act" disabled={doing.isBusy || !isChanged}>
              Save
            </button>
          </div>
        )}
      </form>
    </Card>
  );
}

function Carriers({ workspace }: { workspace: Workspace }) {
  const brought = useLive(
    (signal) => get<{ carriers: Carrier[] }>('/workspace/carriers', signal),
    ['carriers'],
    3000,
  );
  const agents = useLive((signal) => get<{ agents: Agent[] }>('/agents', signal), ['agents'], 30_000);
  const numbers = useLive(
    (signal) => get<{ numbers: CallerNumber[] }>('/numbers', signal),
    ['numbers'],
    30_000,
  );
  const [resumed, resume] = useState<Carrier | null>(null);
  const own = brought.data?.carriers ?? [];
  const named = [
    ...(agents.data?.agents ?? []),
    ...(numbers.data?.numbers ?? []),
    ...workspace.carrier_rests,
  ].map((one) => one.carrier);
  const others = [...new Set(named)].filter((name) => !own.some((one) => one.name === name)).sort();
  return (
    <Card title="Carriers">
      {own.length + others.length ? (
        <dl class="kv">
          {own.map((one) => (
            <>
              <dt>
                {one.name}
                <br />
                <span class="small">{one.kind}</span>
              </dt>
              <dd>
                {one.state === 'paused' && (
                  <>
                    <span class="badge bad">Paused</span>{' '}
                    {one.reason ? sentence(one.reason) : 'It refused our credentials'}: nobody is called by
                    it.{' '}
                    {may('manage') && (
                      <button type="button" class="plain" onClick={() => resume(one)}>
                        Resume {one.name}
                      </button>
                    )}
                  </>
                )}
                {one.state === 'resting' && (
                  <>
                    <span class="badge warn">Resting</span> not reached, or full; asked again at{' '}
                    {one.rests_until ? clock(one.rests_until) : '…'}
                  </>
                )}
                {one.state === 'ready' && <span class="badge good">Ready</span>}
              </dd>
            </>
          ))}
          {others.map((name) => (
            <>
              <dt>
                {name}
                <br />
                <span class="small">of this deployment</span>
              </dt>
              <dd>
                <Health rest={workspace.carrier_rests.find((one) => one.carrier === name)} />
              </dd>
            </>
          ))}
        </dl>
      ) : (
        <p class="soft">No agent names a carrier yet.</p>
      )}
      {resumed && (
        <Confirm
          title={`Ask ${resumed.name} for calls again?`}
          verb="Resume"
          close={() => {
            resume(null);
            brought.refresh();
          }}
          act={async () => {
            await post(`/workspace/carriers/${encodeURIComponent(resumed.name)}/resume`);
            say(`${resumed.name} is asked again`);
          }}
        >
          <p>
            Calls that wait for it are placed at once, as calling hours let. Should it refuse our credentials
            again, it is paused anew, and those calls count as attempts that failed.
          </p>
        </Confirm>
      )}
    </Card>
  );
}

function Health({ rest }: { rest: { until: string } | undefined }) {
  const isResting = rest && Date.parse(rest.until) > Date.now();
  if (isResting)
    return (
      <>
        <span class="badge bad">Not reached</span> asked again at {clock(rest.until)}
      </>
    );
  return (
    <>
      <span class="badge good">Answers</span>
      {rest && <span class="soft"> could not be reached until {exact(rest.until)}</span>}
    </>
  );
}

const SCOPES: [string, string][] = [
  ['read', 'Read: numbers masked'],
  ['push', 'Push: bring contacts, too'],
  ['manage', 'Manage: everything'],
];

function Keys() {
  const { data, refresh } = useLive((signal) => get<{ keys: ApiKey[] }>('/keys', signal), ['keys'], 5000);
  const [isNew, setNew] = useState(false);
  const [revoked, revoke] = useState<ApiKey | null>(null);
  const [rescoped, rescope] = useState<{ key: ApiKey; scope: string } | null>(null);
  return (
    <Card
      title="API keys"
      flush
      side={
        may('manage') && (
          <button type="button" class="main-act" onClick={() => setNew(true)}>
            Make a key
          </button>
        )
      }
    >
      {!data ? (
        <Bones />
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="API keys">
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">May</th>
                <th scope="col" class="right">
                  A minute
                </th>
                <th scope="col">Made</th>
                <th scope="col">
                  <span class="hidden-text">Revoke</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.keys.map((key) => (
                <tr key={key.id}>
                  <td>
                    <strong>{key.name}</strong>
                    {key.id === currentSession()?.key_id && <span class="soft"> · you</span>}
                  </td>
                  <td>
                    {may('manage') ? (
                      <select
                        aria-label={`What ${key.name} may do`}
                        value={key.scope}
                        onChange={(event) => rescope({ key, scope: event.currentTarget.value })}
                      >
                        {SCOPES.map(([scope, text]) => (
                          <option key={scope} value={scope} selected={scope === key.scope}>
                            {text}
                          </option>
                        ))}
                      </select>
                    ) : (
                      sentence(key.scope)
                    )}
                  </td>
                  <td class="right">{key.requests_per_minute}</td>
                  <td class="nowrap">{exact(key.created_at)}</td>
                  <td class="right">
                    {may('manage') && (
                      <button
                        type="button"
                        class="plain"
                        aria-label={`Revoke ${key.name}`}
                        onClick={() => revoke(key)}
                      >
                        Revoke
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {isNew && (
        <NewKey
          close={() => {
            setNew(false);
            refresh();
          }}
        />
      )}
      {rescoped && (
        <Confirm
          title={`Let “${rescoped.key.name}” ${rescoped.scope}?`}
          verb="Change"
          close={() => {
            rescope(null);
            refresh();
          }}
          act={async () => {
            await patch(`/keys/${rescoped.key.id}`, { scope: rescoped.scope });
            say(`${rescoped.key.name}: ${rescoped.scope}`);
          }}
        >
          <p>
            It may then: {SCOPES.find(([scope]) => scope === rescoped.scope)?.[1]}. Programs that use it
            notice within five minutes.
          </p>
          {rescoped.key.id === currentSession()?.key_id && (
            <Note tone="warn">You are signed in with this key: it holds for you, too.</Note>
          )}
        </Confirm>
      )}
      {revoked && (
        <Confirm
          title={`Revoke “${revoked.name}”?`}
          verb="Revoke"
          danger
          close={() => {
            revoke(null);
            refresh();
          }}
          act={async () => {
            await remove(`/keys/${revoked.id}`);
            say(`${revoked.name} revoked`);
          }}
        >
          <p>
            Whatever program sends it is refused, within five minutes at most. Sessions that were opened with
            it end. This cannot be undone.
          </p>
          {revoked.id === currentSession()?.key_id && (
            <Note tone="warn">You are signed in with this key: you will be signed out.</Note>
          )}
        </Confirm>
      )}
    </Card>
  );
}

function NewKey({ close }: { close: () => void }) {
  const [name, setName] = useState('');
  const [scope, setScope] = useState('push');
  const [rate, setRate] = useState('600');
  const [made, setMade] = useState<string | null>(null);
  const doing = useDoing();
  const make = () =>
    doing.run(async () =>
      setMade(
        (
          await post<{ api_key: string }>('/keys', {
            name: name.trim(),
            scope,
            requests_per_minute: Number(rate),
          })
        ).api_key,
      ),
    );
  if (made) {
    return (
      <Dialog title="The new key" close={close}>
        <Note tone="warn">Take it now: it is shown this once.</Note>
        <Code text={made} label="API key" />
        <div class="foot">
          <button type="button" class="main-act" onClick={close}>
            I have it
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="Make a key" close={close}>
      <form
        class="stack"
        id="key"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <TextField
          label="Name"
          hint="Who uses it: you revoke it by this name."
          value={name}
          set={setName}
          wrong={doing.wrongWith('name')}
          input={{ required: true, autoFocus: true }}
        />
        <Choice label="May" value={scope} set={setScope} options={SCOPES} />
        <TextField
          label="Requests a minute"
          value={rate}
          set={setRate}
          wrong={doing.wrongWith('requests_per_minute')}
          input={{ type: 'number', min: 1, max: 100_000 }}
        />
      </form>
      {doing.error && <Note tone="bad">{doing.error.message}</Note>}
      <div class="foot">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button form="key" class="main-act" disabled={doing.isBusy || !name.trim()}>
          Make it
        </button>
      </div>
    </Dialog>
  );
}
