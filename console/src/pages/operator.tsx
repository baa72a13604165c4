// For whoever runs the deployment: messages that no function could process, and new workspaces.

import { useState } from 'preact/hooks';
import { get, post } from '../api';
import { exact, many, sentence } from '../format';
import { useLive } from '../live';
import {
  Bones,
  Card,
  Code,
  Confirm,
  Empty,
  Note,
  PageHead,
  TextField,
  Wrong,
  say,
  useDoing,
} from '../parts/ui';
import type { Letter } from '../types';

interface DeadQueue {
  queue: string;
  count: number;
  letters: Letter[];
}

export function Operator() {
  const { data, error, refresh } = useLive(
    (signal) => get<{ queues: DeadQueue[] }>('/admin/dead-letters', signal),
    ['letters'],
    5000,
  );
  const [asked, ask] = useState<DeadQueue | null>(null);
  const full = (data?.queues ?? []).filter((one) => one.count || one.letters.length);
  const redrive = async () => {
    const { queues } = await post<{ queues: { moved: number }[] }>('/admin/dead-letters/redrive', {
      queue: asked!.queue,
    });
    say(
      `${many(
        queues.reduce((sum, one) => sum + one.moved, 0),
        'message',
      )} sent back`,
    );
  };
  return (
    <>
      <PageHead
        title="Deployment"
        under={<span>Signed in with the operator's key. It opens no workspace.</span>}
      />
      <div class="stack">
        <Card title="Dead letters" flush>
          {error && !data ? (
            <Wrong error={error} retry={refresh} />
          ) : !data ? (
            <Bones />
          ) : !full.length ? (
            <Empty title="None">
              <p>Every message of every queue could be processed.</p>
            </Empty>
          ) : (
            full.map((one) => (
              <section key={one.queue}>
                <div class="table-foot">
                  <strong>
                    {one.queue}: about {many(one.count, 'message')}
                  </strong>
                  <button type="button" onClick={() => ask(one)}>
                    Send back
                  </button>
                </div>
                <div class="scroll" tabIndex={0} role="region" aria-label={`Dead letters of ${one.queue}`}>
                  <table>
                    <thead>
                      <tr>
                        <th scope="col">Sent</th>
                        <th scope="col">What</th>
                        <th scope="col">Ids</th>
                        <th scope="col">Why</th>
                      </tr>
                    </thead>
                    <tbody>
                      {one.letters.map((letter) => (
                        <tr key={letter.message_id}>
                          <td class="nowrap">{exact(letter.sent_at)}</td>
                          <td>{letter.kind ? sentence(letter.kind) : '–'}</td>
                          <td class="mono">
                            {Object.entries(letter.ids).map(([name, id]) => (
                              <div key={name}>
                                {sentence(name)} {id}
                              </div>
                            ))}
                          </td>
                          <td>
                            {letter.reason
                              ? `${letter.reason.function}: ${letter.reason.error}: ${letter.reason.message}`
                              : 'The function ended without a word.'}
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </div>
              </section>
            ))
          )}
        </Card>
        <NewWorkspace />
      </div>
      {asked && (
        <Confirm
          title={`Send back the messages of ${asked.queue}?`}
          verb="Send back"
          act={redrive}
          close={() => {
            ask(null);
            refresh();
          }}
        >
          <p>
            Each is processed once more; what fails again comes back here. Repeating a message is harmless.
          </p>
        </Confirm>
      )}
    </>
  );
}

function NewWorkspace() {
  const [name, setName] = useState('');
  const [made, setMade] = useState<string | null>(null);
  const doing = useDoing();
  const open = () =>
    doing.run(async () => {
      setMade((await post<{ api_key: string }>('/workspaces', { name: name.trim() })).api_key);
      setName('');
    });
  return (
    <Card title="Open a workspace">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void open();
        }}
      >
        <TextField
          label="Name"
          value={name}
          set={setName}
          wrong={doing.wrongWith('name')}
          input={{ required: true }}
        />
        {made && (
          <>
            <Note tone="warn">Its first key, which may everything there. It is shown this once.</Note>
            <Code text={made} label="API key" />
          </>
        )}
        {doing.error && <Note tone="bad">{doing.error.message}</Note>}
        <div class="actions">
          <button class="main-act" disabled={doing.isBusy || !name.trim()}>
            Open
          </button>
        </div>
      </form>
    </Card>
  );
}
