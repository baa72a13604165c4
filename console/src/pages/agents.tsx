// Agents, who speak, and the numbers they call from.

import { useState } from 'preact/hooks';
import { get, getTagged, may, patch, post } from '../api';
import { duration, sentence } from '../format';
import { useLive } from '../live';
import {
  Area,
  Badge,
  Bones,
  Card,
  Check,
  Dialog,
  Empty,
  Note,
  PageHead,
  TextField,
  Wrong,
  say,
  useDoing,
} from '../parts/ui';
import type { Agent, CallerNumber, Carrier } from '../types';

export function Agents() {
  const agents = useLive((signal) => get<{ agents: Agent[] }>('/agents', signal), ['agents'], 5000);
  const numbers = useLive(
    (signal) => get<{ numbers: CallerNumber[] }>('/numbers', signal),
    ['numbers'],
    5000,
  );
  const brought = useLive(
    (signal) => get<{ carriers: Carrier[] }>('/workspace/carriers', signal),
    ['carriers'],
    60_000,
  );
  const [agent, setAgent] = useState<Agent | 'new' | null>(null);
  const [number, setNumber] = useState<CallerNumber | 'new' | null>(null);
  const used = [...(agents.data?.agents ?? []), ...(numbers.data?.numbers ?? [])].map((one) => one.carrier);
  const carriers = [...new Set([...used, ...(brought.data?.carriers ?? []).map((one) => one.name)])];
  const known = carriers.length ? carriers : ['simulated'];
  const isManager = may('manage');
  return (
    <>
      <PageHead title="Agents and numbers" />
      <div class="stack">
        {agents.error && !agents.data ? (
          <Wrong error={agents.error} retry={agents.refresh} />
        ) : (
          <Card
            title="Agents"
            flush
            side={
              isManager && (
                <button type="button" class="main-act" onClick={() => setAgent('new')}>
                  Add an agent
                </button>
              )
            }
          >
            {!agents.data ? (
              <Bones />
            ) : agents.data.agents.length ? (
              <div class="scroll" tabIndex={0} role="region" aria-label="Agents">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Name</th>
                      <th scope="col">State</th>
                      <th scope="col">Carrier</th>
                      <th scope="col">Own outcomes</th>
                      <th scope="col">Rings</th>
                      <th scope="col">Id</th>
                      <th scope="col">
                        <span class="hidden-text">Edit</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {agents.data.agents.map((one) => (
                      <tr key={one.id}>
                        <td>
                          <strong>{one.name}</strong>
                        </td>
                        <td>{one.is_active ? <Badge of="active" /> : <span class="badge">Off duty</span>}</td>
                        <td>{one.carrier}</td>
                        <td>{one.custom_outcomes.map(sentence).join(', ') || '–'}</td>
                        <td class="nowrap">{duration(one.ring_timeout_s)}</td>
                        <td class="mono">{one.id}</td>
                        <td class="right">
                          {isManager && (
                            <button
                              type="button"
                              class="plain"
                              aria-label={`Edit ${one.name}`}
                              onClick={() => setAgent(one)}
                            >
                              Edit
                            </button>
                          )}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            ) : (
              <Empty title="No agents yet">
                <p>An agent is who speaks: a voice and a prompt, at a carrier.</p>
              </Empty>
            )}
          </Card>
        )}
        {numbers.error && !numbers.data ? (
          <Wrong error={numbers.error} retry={numbers.refresh} />
        ) : (
          <Card
            title="Numbers"
            flush
            side={
              isManager && (
                <button type="button" class="main-act" onClick={() => setNumber('new')}>
                  Add a number
                </button>
              )
            }
          >
            {!numbers.data ? (
              <Bones rows={2} />
            ) : numbers.data.numbers.length ? (
              <div class="scroll" tabIndex={0} role="region" aria-label="Numbers">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Number</th>
                      <th scope="col">Name</th>
                      <th scope="col">Carrier</th>
                      <th scope="col">Calls out</th>
                      <th scope="col">
                        <span class="hidden-text">Edit</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {numbers.data.numbers.map((one) => (
                      <tr key={one.phone}>
                        <td>
                          <strong>{one.phone}</strong>
                        </td>
                        <td>{one.name ?? '–'}</td>
                        <td>{one.carrier}</td>
                        <td>{one.has_outbound_trunk ? 'Yes' : 'No: it has no outbound trunk'}</td>
                        <td class="right">
                          {isManager && (
                            <button
                              type="button"
                              class="plain"
                              aria-label={`Edit ${one.phone}`}
                              onClick={() => setNumber(one)}
                            >
                              Edit
                            </button>
                          )}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            ) : (
              <Empty title="No numbers yet">
                <p>The number that is shown to whoever is called.</p>
              </Empty>
            )}
          </Card>
        )}
      </div>
      {agent && (
        <AgentForm
          agent={agent === 'new' ? null : agent}
          carriers={known}
          close={() => {
            setAgent(null);
            agents.refresh();
          }}
        />
      )}
      {number && (
        <NumberForm
          number={number === 'new' ? null : number}
          carriers={known}
          close={() => {
            setNumber(null);
            numbers.refresh();
          }}
        />
      )}
    </>
  );
}

function Carrier({
  value,
  set,
  carriers,
  wrong,
}: {
  value: string;
  set: (value: string) => void;
  carriers: string[];
  wrong: string | null;
}) {
  return (
    <>
      <TextField
        label="Carrier"
        hint="Who dials."
        value={value}
        set={set}
        wrong={wrong}
        input={{ list: 'carriers', required: true }}
      />
      <datalist id="carriers">
        {carriers.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </>
  );
}

function AgentForm({
  agent,
  carriers,
  close,
}: {
  agent: Agent | null;
  carriers: string[];
  close: () => void;
}) {
  const [name, setName] = useState(agent?.name ?? '');
  const [carrier, setCarrier] = useState(agent?.carrier ?? carriers[0]!);
  const [prompt, setPrompt] = useState(agent?.prompt ?? '');
  const [outcomes, setOutcomes] = useState(agent?.custom_outcomes.join(', ') ?? '');
  const [ring, setRing] = useState(String(agent?.ring_timeout_s ?? 45));
  const [longest, setLongest] = useState(String(agent?.max_duration_s ?? 900));
  const [callbacks, setCallbacks] = useState(agent?.offers_callbacks ?? true);
  const [isActive, setActive] = useState(agent?.is_active ?? true);
  const [tag] = useState(() => (agent ? getTagged<Agent>(`/agents/${agent.id}`).catch(() => null) : null));
  const doing = useDoing();
  const save = () =>
    doing.run(async () => {
      const all = {
        name: name.trim(),
        carrier,
        prompt,
        custom_outcomes: outcomes
          .split(',')
          .map((one) => one.trim())
          .filter(Boolean),
        ring_timeout_s: Number(ring),
        max_duration_s: Number(longest),
        offers_callbacks: callbacks,
        is_active: isActive,
      };
      if (!agent) await post('/agents', all);
      else {
        // Only what was changed: an agent may have several messages, which one field would make one.
        const changed = Object.fromEntries(
          Object.entries(all).filter(
            ([field, value]) => JSON.stringify(value) !== JSON.stringify(agent[field as keyof Agent]),
          ),
        );
        await patch(`/agents/${agent.id}`, changed, (await tag)?.etag);
      }
      say(`${name} saved`);
      close();
    });
  return (
    <Dialog wide title={agent ? `Edit ${agent.name}` : 'Add an agent'} close={close}>
      <form
        class="fields"
        id="agent"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField
          label="Name"
          value={name}
          set={setName}
          wrong={doing.wrongWith('name')}
          input={{ required: true, autoFocus: true }}
        />
        <Carrier value={carrier} set={setCarrier} carriers={carriers} wrong={doing.wrongWith('carrier')} />
        <Area
          wide
          label="Prompt"
          hint="What it is told before it speaks. {{name}} is filled from each contact."
          rows={6}
          value={prompt}
          set={setPrompt}
          wrong={doing.wrongWith('prompt')}
        />
        <TextField
          wide
          label="Outcomes of its own"
          hint="What its analysis of a call may report besides the usual: will_pay, wrong_person."
          value={outcomes}
          set={setOutcomes}
          wrong={doing.wrongWith('custom_outcomes')}
        />
        <TextField
          label="Rings for (seconds)"
          value={ring}
          set={setRing}
          wrong={doing.wrongWith('ring_timeout_s')}
          input={{ type: 'number', min: 1, max: 600 }}
        />
        <TextField
          label="Longest call (seconds)"
          value={longest}
          set={setLongest}
          wrong={doing.wrongWith('max_duration_s')}
          input={{ type: 'number', min: 1, max: 14_400 }}
        />
        <div class="wide checks">
          <Check
            label="Keeps the time at which a contact asks to be called"
            value={callbacks}
            set={setCallbacks}
          />
          <Check label="On duty" value={isActive} set={setActive} />
        </div>
      </form>
      {agent && <p class="soft small">Changes count from the next dial on.</p>}
      {doing.error && <Note tone="bad">{doing.error.message}</Note>}
      <div class="foot">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button form="agent" class="main-act" disabled={doing.isBusy}>
          Save
        </button>
      </div>
    </Dialog>
  );
}

function NumberForm({
  number,
  carriers,
  close,
}: {
  number: CallerNumber | null;
  carriers: string[];
  close: () => void;
}) {
  const [phone, setPhone] = useState(number?.phone ?? '');
  const [carrier, setCarrier] = useState(number?.carrier ?? carriers[0]!);
  const [name, setName] = useState(number?.name ?? '');
  const [calls, setCalls] = useState(number?.has_outbound_trunk ?? true);
  const doing = useDoing();
  const save = () =>
    doing.run(async () => {
      const rest = { carrier, has_outbound_trunk: calls, ...(name.trim() ? { name: name.trim() } : {}) };
      await (number
        ? patch(`/numbers/${encodeURIComponent(number.phone)}`, rest)
        : post('/numbers', { phone: phone.trim(), ...rest }));
      say(`${phone} saved`);
      close();
    });
  return (
    <Dialog title={number ? `Edit ${number.phone}` : 'Add a number'} close={close}>
      <form
        class="stack"
        id="number"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        {!number && (
          <TextField
            label="Number"
            hint="With + and country code, like +34910000000."
            value={phone}
            set={setPhone}
            wrong={doing.wrongWith('phone')}
            input={{ required: true, autoFocus: true, inputMode: 'tel' }}
          />
        )}
        <TextField label="Name" value={name} set={setName} wrong={doing.wrongWith('name')} />
        <Carrier value={carrier} set={setCarrier} carriers={carriers} wrong={doing.wrongWith('carrier')} />
        <Check label="It may call out (it has an outbound trunk)" value={calls} set={setCalls} />
      </form>
      {doing.error && <Note tone="bad">{doing.error.message}</Note>}
      <div class="foot">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button form="number" class="main-act" disabled={doing.isBusy}>
          Save
        </button>
      </div>
    </Dialog>
  );
}
