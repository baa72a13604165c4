// The settings of a campaign as a form has them, and as the API takes them.

import { get, Refused } from './api';
import { asInput, count, fromInput, instant, many, ownZone, sentence, zones } from './format';
import { DAYS, DAY_NAMES, inWords } from './hours';
import { useOnce } from './live';
import { Area, Check, Choice, Field, TextField, plainly } from './parts/ui';
import type { Agent, CallerNumber, Campaign, Hours } from './types';

export interface Draft {
  name: string;
  agent_id: string;
  caller_id: string;
  priority: string;
  timezone: string;
  prompt: string;
  has_hours: boolean;
  start: string;
  end: string;
  days: string[];
  start_at: string;
  end_at: string;
  concurrency_limit: string;
  attempts: string;
  interval_min: string;
  retry_outcomes: string[];
}

export const EMPTY: Draft = {
  name: '',
  agent_id: '',
  caller_id: '',
  priority: 'normal',
  timezone: ownZone(),
  prompt: '',
  has_hours: true,
  start: '09:00',
  end: '20:00',
  days: DAYS.slice(0, 5),
  start_at: '',
  end_at: '',
  concurrency_limit: '',
  attempts: '3',
  interval_min: '60',
  retry_outcomes: [],
};

export function draftOf(campaign: Campaign): Draft {
  const hours = campaign.calling_hours;
  const intervals = campaign.retry_intervals_ms ?? [];
  return {
    name: campaign.name,
    agent_id: campaign.agent_id ?? '',
    caller_id: campaign.caller_id ?? '',
    priority: campaign.priority,
    timezone: campaign.timezone,
    prompt: campaign.prompt,
    has_hours: hours !== null,
    start: hours?.start ?? EMPTY.start,
    end: hours?.end ?? EMPTY.end,
    days: hours?.days ?? EMPTY.days,
    start_at: asInput(campaign.start_at, campaign.timezone),
    end_at: asInput(campaign.end_at, campaign.timezone),
    concurrency_limit: campaign.concurrency_limit ? String(campaign.concurrency_limit) : '',
    attempts: String(campaign.max_attempts ?? 1),
    interval_min: [...new Set(intervals)].map((one) => String(one / 60_000)).join(', ') || EMPTY.interval_min,
    retry_outcomes: campaign.retry_outcomes ?? [],
  };
}

const hoursOf = (draft: Draft) =>
  draft.has_hours ? { start: draft.start, end: draft.end, days: draft.days } : null;

/** The pauses between attempts; one stands for all. */
function intervalsOf(draft: Draft): number[] {
  const given = draft.interval_min
    .split(/[,;\s]+/)
    .filter(Boolean)
    .map((text) => Math.round(Number(text) * 60_000));
  const wanted = Math.max(Number(draft.attempts) - 1, 0);
  return given.length <= 1 ? Array.from({ length: wanted }, () => given[0] ?? 3_600_000) : given;
}

/** The settings as the API takes them. */
export function bodyOf(draft: Draft): Record<string, unknown> {
  return {
    name: draft.name.trim(),
    agent_id: draft.agent_id,
    caller_id: draft.caller_id,
    priority: draft.priority,
    timezone: draft.timezone,
    prompt: draft.prompt,
    calling_hours: hoursOf(draft),
    start_at: fromInput(draft.start_at, draft.timezone),
    end_at: fromInput(draft.end_at, draft.timezone),
    concurrency_limit: draft.concurrency_limit ? Number(draft.concurrency_limit) : null,
    max_attempts: Number(draft.attempts),
    retry_intervals_ms: intervalsOf(draft),
    retry_outcomes: draft.retry_outcomes,
  };
}

/** What differs between two forms, as the API takes it. What hangs together goes together. */
export function changesOf(before: Draft, after: Draft): Record<string, unknown> {
  const [old, now] = [bodyOf(before), bodyOf(after)];
  const changed = Object.fromEntries(
    Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name])),
  );
  if ('max_attempts' in changed || 'retry_intervals_ms' in changed) {
    Object.assign(changed, { max_attempts: now.max_attempts, retry_intervals_ms: now.retry_intervals_ms });
  }
  // Dates stand on the clocks of the zone: they move with it.
  if ('timezone' in changed && after.has_hours) changed.calling_hours = now.calling_hours;
  return changed;
}

/** What a change will do, sentence by sentence. */
export function effectsOf(campaign: Campaign, changed: Record<string, unknown>, agents: Agent[]): string[] {
  const { queued, paused, running } = campaign.progress;
  const waiting = queued + paused;
  const whom =
    waiting === 1 ? 'The 1 task that waits follows' : `All ${count(waiting)} tasks that wait follow`;
  const told: string[] = [];
  const tell = (name: string, text: (value: never) => string) =>
    name in changed && told.push(text(changed[name] as never));
  tell('name', (value: string) => `It is called “${value}”. Nothing else changes by that.`);
  tell(
    'agent_id',
    (value: string) =>
      `${agents.find((one) => one.id === value)?.name ?? value} makes every call from the next dial on.`,
  );
  tell('caller_id', (value: string) => `The next calls show ${value}.`);
  tell(
    'priority',
    (value: string) =>
      `Its priority becomes ${value}: at the next free slot it goes ${['high', 'highest'].includes(value) ? 'before campaigns of lower priority' : 'in that order among the others'}.`,
  );
  tell('timezone', (value: string) => `Calling hours and dates stand on the clocks of ${value}.`);
  tell(
    'calling_hours',
    (value: Hours | null) =>
      `Calls start ${value ? `from ${value.start} to ${value.end} on ${value.days.map((day) => DAY_NAMES[DAYS.indexOf(day)]).join(', ')}` : 'at any time of day and night'}. ${whom} at once, but for those with hours of their own.`,
  );
  tell('start_at', (value: string | null) =>
    value ? `No call starts before ${instant(value, campaign.timezone)}.` : 'It may start at once.',
  );
  tell('end_at', (value: string | null) =>
    value
      ? `At ${instant(value, campaign.timezone)} what still waits is archived.`
      : 'It goes on until every task is finished.',
  );
  tell('concurrency_limit', (value: number | null) =>
    value
      ? `At most ${many(value, 'call')} of it at once, within the workspace's limit.`
      : "Only the workspace's limit holds.",
  );
  tell(
    'max_attempts',
    (value: number) =>
      `${sentence(many(value, 'attempt'))} in all. Tasks that have used as many are completed when their turn comes.`,
  );
  if (
    'retry_intervals_ms' in changed &&
    !('max_attempts' in changed && changed.max_attempts !== campaign.max_attempts)
  ) {
    told.push(
      'Attempts that are planned already keep their time; the new pauses hold for those that follow.',
    );
  }
  tell('retry_outcomes', (value: string[]) =>
    value.length
      ? `It tries again after ${value.map((one) => sentence(one).toLowerCase()).join(', ')}, too.`
      : 'It tries again only after the usual outcomes.',
  );
  tell(
    'prompt',
    () => 'The next calls are told the new prompt. A place that a contact has no word for fails that call.',
  );
  if (told.length && running)
    told.push(`${sentence(many(running, 'call'))} in flight ${running === 1 ? 'goes' : 'go'} on unchanged.`);
  return told;
}

export interface Directory {
  agents: Agent[];
  numbers: CallerNumber[];
}

/** Who may call, and from where. */
export function useDirectory() {
  return useOnce<Directory>(
    async (signal) => {
      const [{ agents }, { numbers }] = await Promise.all([
        get<{ agents: Agent[] }>('/agents', signal),
        get<{ numbers: CallerNumber[] }>('/numbers', signal),
      ]);
      return { agents, numbers };
    },
    ['directory'],
  );
}

export interface Form {
  draft: Draft;
  set: (changes: Partial<Draft>) => void;
  error: Error | null;
}

/** What the API said of a field. */
export const wrong = (form: Form, ...names: string[]) =>
  form.error instanceof Refused &&
  form.error.param &&
  names.some((name) => form.error instanceof Refused && form.error.param?.startsWith(name))
    ? plainly(form.error.message)
    : null;

export function Basics({ form, known, kind }: { form: Form; known: Directory; kind: 'batch' | 'realtime' }) {
  const { draft, set } = form;
  const callers = known.numbers.filter((one) => one.has_outbound_trunk);
  const none: [string, string][] = kind === 'realtime' ? [['', 'Each task says it']] : [['', 'Choose …']];
  return (
    <div class="fields">
      <TextField
        wide
        label="Name"
        hint="For you and your colleagues; nobody who is called hears it."
        wrong={wrong(form, 'name')}
        value={draft.name}
        set={(name) => set({ name })}
        input={{ required: true, maxLength: 200, autoFocus: true }}
      />
      <Choice
        label="Agent"
        hint="Who speaks."
        wrong={wrong(form, 'agent_id')}
        value={draft.agent_id}
        set={(agent_id) => set({ agent_id })}
        options={[
          ...none,
          ...known.agents
            .filter((one) => one.is_active || one.id === draft.agent_id)
            .map((one): [string, string] => [one.id, one.name]),
        ]}
      />
      <Choice
        label="Number shown"
        hint="What is seen by whoever is called."
        wrong={wrong(form, 'caller_id')}
        value={draft.caller_id}
        set={(caller_id) => set({ caller_id })}
        options={[
          ...none,
          ...callers.map((one): [string, string] => [
            one.phone,
            one.name ? `${one.phone} · ${one.name}` : one.phone,
          ]),
        ]}
      />
      <Choice
        label="Priority"
        hint="Which campaign goes first when slots are short."
        value={draft.priority}
        set={(priority) => set({ priority })}
        options={['lowest', 'low', 'normal', 'high', 'highest']}
      />
      <ZoneField form={form} />
      <Area
        wide
        label="Prompt"
        hint="Follows what the agent knows already. {{name}} is filled from the contact."
        wrong={wrong(form, 'prompt')}
        value={draft.prompt}
        set={(prompt) => set({ prompt })}
      />
    </div>
  );
}

function ZoneField({ form }: { form: Form }) {
  return (
    <Field
      label="Time zone"
      hint="Calling hours and dates stand on its clocks."
      wrong={wrong(form, 'timezone')}
    >
      {(ids) => (
        <>
          <input
            {...ids}
            list="zones"
            value={form.draft.timezone}
            onInput={(event) => form.set({ timezone: event.currentTarget.value })}
          />
          <datalist id="zones">
            {zones().map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

export function Times({ form }: { form: Form }) {
  const { draft, set } = form;
  const toggle = (day: string, on: boolean) =>
    set({ days: DAYS.filter((one) => (one === day ? on : draft.days.includes(one))) });
  return (
    <div class="fields">
      <div class="wide">
        <Check
          label="Call only within calling hours"
          value={draft.has_hours}
          set={(has_hours) => set({ has_hours })}
        />
      </div>
      {draft.has_hours && (
        <>
          <TextField
            label={`From (${draft.timezone})`}
            wrong={wrong(form, 'calling_hours.start')}
            value={draft.start}
            set={(start) => set({ start })}
            input={{ type: 'time' }}
          />
          <TextField
            label={`To (${draft.timezone})`}
            hint="A call that began before may go on."
            wrong={wrong(form, 'calling_hours')}
            value={draft.end}
            set={(end) => set({ end })}
            input={{ type: 'time' }}
          />
          <fieldset class="wide field">
            <legend>Days</legend>
            <div class="checks">
              {DAYS.map((day, place) => (
                <Check
                  key={day}
                  label={DAY_NAMES[place]!}
                  value={draft.days.includes(day)}
                  set={(on) => toggle(day, on)}
                />
              ))}
            </div>
          </fieldset>
        </>
      )}
      <TextField
        label={`Start (${draft.timezone})`}
        hint="Empty: at once."
        wrong={wrong(form, 'start_at')}
        value={draft.start_at}
        set={(start_at) => set({ start_at })}
        input={{ type: 'datetime-local' }}
      />
      <TextField
        label={`End (${draft.timezone})`}
        hint="What still waits then is archived. Empty: when all is done."
        wrong={wrong(form, 'end_at')}
        value={draft.end_at}
        set={(end_at) => set({ end_at })}
        input={{ type: 'datetime-local' }}
      />
      <TextField
        label="Calls at once"
        hint="Of this campaign, within the workspace's limit. Empty: only that."
        wrong={wrong(form, 'concurrency_limit')}
        value={draft.concurrency_limit}
        set={(concurrency_limit) => set({ concurrency_limit })}
        input={{ type: 'number', min: 1, max: 10_000, inputMode: 'numeric' }}
      />
    </div>
  );
}

export function FollowUp({ form, agents }: { form: Form; agents: Agent[] }) {
  const { draft, set } = form;
  const agent = agents.find((one) => one.id === draft.agent_id);
  const more = ['voicemail', 'no_response', ...(agent?.custom_outcomes ?? [])];
  const toggle = (name: string, on: boolean) =>
    set({ retry_outcomes: [...draft.retry_outcomes.filter((one) => one !== name), ...(on ? [name] : [])] });
  const hasMore = Number(draft.attempts) > 1;
  return (
    <div class="fields">
      <TextField
        label="Attempts"
        hint="The first included."
        wrong={wrong(form, 'max_attempts')}
        value={draft.attempts}
        set={(attempts) => set({ attempts })}
        input={{ type: 'number', min: 1, max: 20, inputMode: 'numeric' }}
      />
      {hasMore && (
        <TextField
          label="Minutes between them"
          hint="From the end of an attempt. One for all, or one for each: 30, 240."
          wrong={wrong(form, 'retry_interval')}
          value={draft.interval_min}
          set={(interval_min) => set({ interval_min })}
        />
      )}
      {hasMore && (
        <fieldset class="wide field">
          <legend>Try again after</legend>
          <span class="hint">
            No answer, busy and failed calls are always tried again
            {agent?.offers_callbacks ? '; so is who asks to be called back, at the time asked for' : ''}.
            Besides:
          </span>
          <div class="checks">
            {more.map((name) => (
              <Check
                key={name}
                label={sentence(name)}
                value={draft.retry_outcomes.includes(name)}
                set={(on) => toggle(name, on)}
              />
            ))}
          </div>
        </fieldset>
      )}
    </div>
  );
}

/** All that was decided, to be read once more. */
export function Summary({ draft, known }: { draft: Draft; known: Directory }) {
  const hours = hoursOf(draft);
  const shown: [string, string][] = [
    ['Name', draft.name],
    ['Agent', known.agents.find((one) => one.id === draft.agent_id)?.name ?? 'each task says it'],
    ['Number shown', draft.caller_id || 'each task says it'],
    ['Priority', sentence(draft.priority)],
    [
      'Calling hours',
      inWords(hours && { ...hours, timezone: draft.timezone, is_every_day: draft.days.length === 7 }),
    ],
    [
      'Start',
      draft.start_at ? instant(fromInput(draft.start_at, draft.timezone), draft.timezone) : 'At once',
    ],
    [
      'End',
      draft.end_at ? instant(fromInput(draft.end_at, draft.timezone), draft.timezone) : 'When all is done',
    ],
    ['Calls at once', draft.concurrency_limit || "As many as the workspace's limit lets"],
    [
      'Attempts',
      Number(draft.attempts) > 1
        ? `${draft.attempts}, with ${draft.interval_min} minutes between them`
        : 'One',
    ],
    [
      'Tries again after',
      ['no answer', 'busy', 'failed', ...draft.retry_outcomes.map((one) => sentence(one).toLowerCase())].join(
        ', ',
      ),
    ],
  ];
  return (
    <dl class="kv">
      {shown.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </>
      ))}
    </dl>
  );
}
