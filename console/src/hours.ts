// Calling hours as they lie on the clock, for pictures and sentences. The service decides; this shows.

import { localNow } from './format';
import type { Campaign, Hours } from './types';

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
export const DAY_NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

export interface Span {
  from: number;
  to: number;
}

const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));

/** When calls may start on a day of the week, in minutes; what began the day before reaches in. */
export function spansOn(hours: Hours | null, day: number): Span[] {
  if (!hours) return [{ from: 0, to: 1440 }];
  const [from, to] = [minutes(hours.start), minutes(hours.end)];
  const isOpen = (one: number) => hours.days.includes(DAYS[(one + 7) % 7] ?? '');
  if (from < to) return isOpen(day) ? [{ from, to }] : [];
  const spans: Span[] = [];
  if (isOpen(day - 1) && to > 0) spans.push({ from: 0, to });
  if (isOpen(day)) spans.push({ from, to: 1440 });
  return spans;
}

export interface Opening {
  isOpen: boolean;
  text: string;
}

const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** Whether calls may start now; and when that changes, on the clocks of the zone. */
export function opening(hours: Hours | null, zone: string, now = new Date()): Opening {
  if (!hours) return { isOpen: true, text: 'open around the clock' };
  const local = localNow(hours.timezone || zone, now);
  for (let ahead = 0; ahead <= 7; ahead += 1) {
    const day = (local.day + ahead) % 7;
    for (const span of spansOn(hours, day)) {
      if (ahead === 0 && span.to <= local.minute) continue;
      if (ahead === 0 && span.from <= local.minute)
        return { isOpen: true, text: `open until ${clock(span.to)} ${local.zone}` };
      const when = ahead === 0 ? 'today' : ahead === 1 ? 'tomorrow' : DAY_NAMES[day];
      return { isOpen: false, text: `opens ${when} ${clock(span.from)} ${local.zone}` };
    }
  }
  return { isOpen: false, text: 'never opens' };
}

/** Why a campaign is not calling, in a few words; null while nothing keeps it from calling. */
export function whyQuiet(campaign: Campaign, now = new Date()): string | null {
  const { progress, status } = campaign;
  if (status === 'draft') return 'not started';
  if (status === 'paused')
    return campaign.paused_for
      ? `paused by a brake: ${campaign.paused_for.replaceAll('_', ' ')}`
      : 'paused by hand';
  if (status === 'completed' || status === 'archived') return null;
  if (progress.running) return null;
  if (campaign.start_at && Date.parse(campaign.start_at) > now.getTime()) return 'waits for its start';
  if (!progress.total) return campaign.type === 'batch' ? 'has no contacts yet' : 'waits for tasks';
  const { isOpen, text } = opening(campaign.calling_hours, campaign.timezone, now);
  if (!isOpen) return text;
  return progress.queued ? 'nothing due now' : null;
}

/** Calling hours in a sentence. */
export function inWords(hours: Hours | null): string {
  if (!hours) return 'Around the clock';
  const days = hours.is_every_day
    ? 'every day'
    : hours.days.map((day) => DAY_NAMES[DAYS.indexOf(day)]).join(', ');
  return `${hours.start}–${hours.end}, ${days} (${hours.timezone})`;
}
