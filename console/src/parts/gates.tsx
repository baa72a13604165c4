// Why a call starts now or does not: every gate that it passes, open or shut, and the next moment.

import { get } from '../api';
import { exact, instant, sentence, until } from '../format';
import { useLive } from '../live';
import { Bones, Card, Note } from './ui';

interface Gate {
  gate: string;
  is_open: boolean;
  reason: string | null;
  opens_at: string | null;
  closes_at: string | null;
  used: number | null;
  limit: number | null;
  note: string | null;
}

interface Explanation {
  is_callable: boolean;
  next_at: string | null;
  gates: Gate[];
  lanes?: { task_id: string; is_callable: boolean; next_at: string | null; shut: Gate[] }[];
}

const NAMES: Record<string, string> = {
  campaign_state: 'Campaign',
  brakes: 'Brakes',
  campaign_start: 'Start',
  campaign_end: 'End',
  task_state: 'Task',
  task_end: "Task's end",
  in_flight: 'One call at a time',
  attempts: 'Attempts',
  due_time: 'Due time',
  calling_hours: 'Calling hours',
  agent: 'Agent',
  carrier: 'Carrier',
  campaign_slots: "Campaign's slots",
  workspace_slots: "Workspace's slots",
  pace: 'Starts a second',
  turn: 'Turn',
};

/** All gates of a campaign or a task. It is asked for seldom: it reads more than the counters do. */
export function Gates({ path, zone, moved }: { path: string; zone: string; moved: unknown }) {
  const { data, error } = useLive(
    (signal) => get<Explanation>(`${path}/explain`, signal),
    [path, moved],
    10_000,
  );
  const title = 'Why it calls, or does not';
  if (!data)
    return <Card title={title}>{error ? <Note tone="bad">{error.message}</Note> : <Bones rows={4} />}</Card>;
  const first = data.lanes?.find((lane) => !lane.is_callable && lane.shut.length);
  const shut = [...data.gates.filter((one) => !one.is_open), ...(first?.shut ?? [])];
  const open = data.gates.filter((one) => one.is_open);
  return (
    <Card title={title}>
      <div class="stack tight">
        <p>
          {data.is_callable ? (
            <strong>The next free moment begins a call.</strong>
          ) : data.next_at && Date.parse(data.next_at) <= Date.now() ? (
            <strong>The next call starts as soon as this lets it.</strong>
          ) : data.next_at ? (
            <>
              <strong>Next call {instant(data.next_at, zone)}</strong>, {until(data.next_at)} at the earliest.
            </>
          ) : (
            <strong>No further call until something changes.</strong>
          )}
        </p>
        <ul class="gates">
          {shut.map((one, place) => (
            <li key={place} class="shut">
              <span aria-hidden="true">✕</span>
              <div>
                <strong>{NAMES[one.gate] ?? sentence(one.gate)}</strong>
                <span class="hidden-text">: shut</span>
                <br />
                <span class="small soft">
                  {[
                    one.reason && sentence(one.reason),
                    room(one),
                    one.opens_at && `opens ${exact(one.opens_at, zone)}`,
                    one.note,
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
              </div>
            </li>
          ))}
          {open.map((one) => (
            <li key={one.gate}>
              <span aria-hidden="true">✓</span>
              <div>
                {NAMES[one.gate] ?? sentence(one.gate)}
                <span class="hidden-text">: open</span> <span class="small soft">{room(one)}</span>
              </div>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  );
}

function room(gate: Gate): string {
  if (gate.limit === null) return gate.closes_at ? `until ${instant(gate.closes_at)}` : '';
  return gate.used === null ? `at most ${gate.limit}` : `${gate.used} of ${gate.limit} in use`;
}
