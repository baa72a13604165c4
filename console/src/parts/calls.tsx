// A call as people read it: what it was, what was said, what the agent made of it.

import { get } from '../api';
import { exact, duration, sentence } from '../format';
import { useLive } from '../live';
import type { Call, Utterance } from '../types';
import { Badge, Note } from './ui';

interface Shown {
  call: Call;
  agentName: string | undefined;
  zone?: string | undefined;
}

/** A list shows of a long call only its beginning: what is opened is asked for. */
export function CallDetails(shown: Shown) {
  return shown.call.is_abridged ? <WholeCall {...shown} /> : <Details {...shown} />;
}

function WholeCall({ call, ...shown }: Shown) {
  const { data, error } = useLive((signal) => get<Call>(`/calls/${call.id}`, signal), [call.id], Infinity);
  return (
    <>
      {error && <Note tone="bad">{error.message}</Note>}
      <Details {...shown} call={data ?? call} />
    </>
  );
}

function Details({ call, agentName, zone }: Shown) {
  const shown: [string, string | null][] = [
    ['Call id', call.id],
    ['Agent', agentName ?? call.agent_id],
    ['From', call.from],
    ['To', call.to],
    ['Carrier', call.carrier],
    ["Carrier's id", call.carrier_call_id],
    ['Dialled', call.dialed_at && exact(call.dialed_at, zone)],
    ['Answered', call.answered_at && exact(call.answered_at, zone)],
    ['Ended', call.ended_at && exact(call.ended_at, zone)],
    ['Duration', call.duration_s === null ? null : duration(call.duration_s)],
    ['Cost', call.cost],
    ['Asked to be called', call.callback_at && exact(call.callback_at, zone)],
    ['Reason', call.reason && sentence(call.reason)],
  ];
  return (
    <div class="grid2 expand-in">
      <div class="stack">
        <section class="stack tight">
          <h2 class="h3">Details</h2>
          <dl class="kv">
            {shown
              .filter(([, value]) => value)
              .map(([name, value]) => (
                <>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </>
              ))}
          </dl>
        </section>
        {call.recording_url && (
          <section class="stack tight">
            <h2 class="h3">Recording</h2>
            {/* The transcript beside it says the same in words. */}
            <audio controls preload="none" src={call.recording_url} aria-label="Recording of the call" />
          </section>
        )}
        {Object.keys(call.analysis).length > 0 && (
          <section class="stack tight">
            <h2 class="h3">Analysis</h2>
            <dl class="kv">
              {Object.entries(call.analysis).map(([name, value]) => (
                <>
                  <dt>{sentence(name)}</dt>
                  <dd>{typeof value === 'object' ? <code>{JSON.stringify(value)}</code> : String(value)}</dd>
                </>
              ))}
            </dl>
          </section>
        )}
      </div>
      <section class="stack tight">
        <h2 class="h3">Conversation</h2>
        {call.is_erased ? (
          <p class="soft">The person was erased: nothing that was said is kept.</p>
        ) : call.transcript.length ? (
          <Talk said={call.transcript} agentName={agentName} />
        ) : (
          <p class="soft">
            {call.ended_at ? 'Nothing was said, or no transcript came.' : 'It comes when the call has ended.'}
          </p>
        )}
      </section>
    </div>
  );
}

function Talk({ said, agentName }: { said: Utterance[]; agentName: string | undefined }) {
  const names: Record<string, string> = { agent: agentName ?? 'Agent', contact: 'Contact', system: 'System' };
  return (
    <ol class="talk">
      {said.map((one, place) => (
        <li key={place} class={one.role}>
          <small>
            {names[one.role] ?? sentence(one.role)}
            {one.at_s !== null && ` · ${duration(one.at_s)}`}
          </small>
          {one.text}
        </li>
      ))}
    </ol>
  );
}

export const OutcomeOf = ({ call }: { call: Call }) =>
  call.outcome ? <Badge of={call.outcome} /> : <span class="soft">–</span>;
