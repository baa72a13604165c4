// Pictures of a campaign: its calls over time, its attempts, its hours.

import { count, duration, exact, many, mark, localNow, sentence, share } from '../format';
import { DAY_NAMES, inWords, opening, spansOn } from '../hours';
import type { Activity, Campaign, Hours, Progress } from '../types';

const KINDS = ['reached', 'missed', 'failed'] as const;
const KIND_TEXT = { reached: 'Reached', missed: 'Not reached', failed: 'Failed' };

/** Of which kind an outcome is, as `GET /campaigns/{id}/activity` counts them. */
export function kindOf(outcome: string): (typeof KINDS)[number] {
  if (['failed', 'init_failed'].includes(outcome)) return 'failed';
  return ['no_answer', 'busy', 'voicemail', 'no_response'].includes(outcome) ? 'missed' : 'reached';
}

const WIDE = 640;
const HIGH = 190;
const LEFT = 34;
const BOTTOM = 22;

/** A round number that the largest value does not pass. */
function ceiling(value: number): number {
  const size = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  const steps = [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10].map((step) => step * size).filter((one) => one % 2 === 0);
  return steps.find((one) => one >= value) ?? 10 * size;
}

/** Ended calls over time, stacked by how they ended. */
export function OverTime({ activity, zone }: { activity: Activity; zone: string }) {
  const { points, step_s: step } = activity;
  const sums = points.map((one) => one.reached + one.missed + one.failed);
  const top = ceiling(Math.max(0, ...sums));
  const slot = (WIDE - LEFT) / Math.max(points.length, 1);
  const high = (value: number) => (value / top) * (HIGH - BOTTOM - 8);
  const isLong = points.length * step > 86_400;
  const marks =
    points.length < 2 ? [0] : [0, 0.25, 0.5, 0.75].map((part) => Math.floor(part * points.length));
  const total = KINDS.map(
    (kind) => `${points.reduce((sum, one) => sum + one[kind], 0)} ${KIND_TEXT[kind].toLowerCase()}`,
  );
  return (
    <figure class="stack tight">
      <svg
        class="picture"
        viewBox={`0 0 ${WIDE} ${HIGH}`}
        role="img"
        aria-label={`Ended calls over time: ${total.join(', ')}.`}
      >
        {[0, 0.5, 1].map((part) => (
          <g key={part}>
            <line
              class="p-grid"
              x1={LEFT}
              x2={WIDE}
              y1={HIGH - BOTTOM - high(top * part)}
              y2={HIGH - BOTTOM - high(top * part)}
            />
            <text x={LEFT - 8} y={HIGH - BOTTOM - high(top * part) + 4} text-anchor="end">
              {count(top * part)}
            </text>
          </g>
        ))}
        {points.map((point, place) => {
          let base = HIGH - BOTTOM;
          const wide = Math.max(Math.min(slot * 0.78, 26), 1);
          const x = LEFT + place * slot + (slot - wide) / 2;
          return (
            <g key={point.at}>
              {KINDS.map((kind) => {
                const tall = high(point[kind]);
                base -= tall;
                return (
                  tall > 0 && (
                    <rect key={kind} class={`p-${kind}`} x={x} y={base} width={wide} height={tall} rx={1} />
                  )
                );
              })}
              <rect class="p-hit" x={LEFT + place * slot} y={0} width={slot} height={HIGH - BOTTOM}>
                <title>{`${exact(point.at, zone)}, ${duration(step)}: ${KINDS.map((kind) => `${point[kind]} ${KIND_TEXT[kind].toLowerCase()}`).join(', ')}`}</title>
              </rect>
            </g>
          );
        })}
        {marks.map(
          (place) =>
            points[place] && (
              <text key={place} x={LEFT + place * slot} y={HIGH - 5}>
                {mark(points[place].at, zone, isLong)}
              </text>
            ),
        )}
      </svg>
      <figcaption class="legend">
        {KINDS.map((kind) => (
          <span key={kind}>
            <i class={`dot ${kind}`} />
            {KIND_TEXT[kind]}
          </span>
        ))}
        <span>
          {duration(step)} a bar · {zone}
        </span>
      </figcaption>
    </figure>
  );
}

/** How many calls each attempt took, and how they ended. */
export function Funnel({ activity }: { activity: Activity }) {
  const most = Math.max(1, ...activity.attempts.map((one) => one.calls));
  return (
    <div class="funnel">
      {activity.attempts.map(({ attempt, calls, outcomes }) => {
        const sums = { reached: 0, missed: 0, failed: 0 };
        for (const [outcome, number] of Object.entries(outcomes)) sums[kindOf(outcome)] += number;
        return (
          <div class="row" key={attempt}>
            <div>
              <span>Attempt {attempt}</span>
              <span class="num soft">
                {many(calls, 'call')}, {share(sums.reached, calls)} reached
              </span>
            </div>
            <div style={{ width: `${Math.max(2, (100 * calls) / most)}%` }}>
              <Parts
                parts={KINDS.map((kind) => [kind, sums[kind]])}
                label={`Attempt ${attempt}: ${Object.entries(outcomes)
                  .map(([name, number]) => `${number} ${sentence(name).toLowerCase()}`)
                  .join(', ')}`}
              />
            </div>
          </div>
        );
      })}
    </div>
  );
}

/** A whole in its parts. */
export function Parts({ parts, label, thin }: { parts: [string, number][]; label: string; thin?: boolean }) {
  return (
    <div class={`bar ${thin ? 'thin' : ''}`} role="img" aria-label={label} title={label}>
      {parts.map(
        ([name, number]) => number > 0 && <i key={name} class={name} style={{ flexGrow: number }} />,
      )}
    </div>
  );
}

/** How far a campaign has come. What waits is the bar's ground. */
export function Way({ progress, thin }: { progress: Progress; thin?: boolean }) {
  const { total, completed, running, paused, archived, queued } = progress;
  const label = `${many(total, 'task')}: ${completed} completed, ${running} running, ${queued} queued, ${paused} paused, ${archived} archived`;
  return (
    <Parts
      thin={thin}
      label={label}
      parts={[
        ['completed', completed],
        ['running', running],
        ['paused', paused],
        ['archived', archived],
        ['queued', queued],
      ]}
    />
  );
}

/** When calls may start, on the days to come; now is marked. */
export function Week({ campaign }: { campaign: Campaign }) {
  const hours: Hours | null = campaign.calling_hours;
  const zone = hours?.timezone ?? campaign.timezone;
  const now = localNow(zone);
  const state = opening(hours, zone);
  const clock = `${String(Math.floor(now.minute / 60)).padStart(2, '0')}:${String(now.minute % 60).padStart(2, '0')}`;
  return (
    <div class="stack tight">
      <p>
        <strong>{state.isOpen ? sentence(state.text) : `Closed, ${state.text}`}.</strong> It is {clock}{' '}
        {now.zone}.
      </p>
      <div
        class="week"
        role="img"
        aria-label={`Calling hours: ${inWords(hours)}. Now: ${DAY_NAMES[now.day]} ${clock}.`}
      >
        {Array.from({ length: 7 }, (_, ahead) => {
          const day = (now.day + ahead) % 7;
          return (
            <div class={`day ${ahead === 0 ? 'today' : ''}`} key={ahead}>
              <span>{ahead === 0 ? 'Today' : DAY_NAMES[day]}</span>
              <div class="track">
                {spansOn(hours, day).map(({ from, to }) => (
                  <i key={from} style={{ left: `${from / 14.4}%`, width: `${(to - from) / 14.4}%` }} />
                ))}
                {ahead === 0 && <b style={{ left: `${now.minute / 14.4}%` }} />}
              </div>
            </div>
          );
        })}
        <div class="scale">
          <span />
          <div>
            {['00', '06', '12', '18', '24'].map((hour) => (
              <span key={hour}>{hour}</span>
            ))}
          </div>
        </div>
      </div>
      <p class="small soft">{inWords(hours)}</p>
    </div>
  );
}
