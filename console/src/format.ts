// How instants, numbers and words are written. An instant never stands without its zone.

const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
const LOCALE = 'en-GB';

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(LOCALE, { timeZone: zone, ...options })));
  return made;
}

/** A day, a time and the zone's short name, like `5 Mar, 17:30 CET`. */
export function instant(at: string | null | undefined, zone = OWN_ZONE): string {
  if (!at) return '–';
  const date = new Date(at);
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  return format(zone, {
    day: 'numeric',
    month: 'short',
    ...(isThisYear ? {} : { year: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(date);
}

/** The same to the second, with the zone's whole name. */
export function exact(at: string | null | undefined, zone = OWN_ZONE): string {
  if (!at) return '–';
  const shown = format(zone, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at));
  return `${shown} (${zone})`;
}

/** Hours, minutes and seconds with the zone. */
export function clock(at: string, zone = OWN_ZONE): string {
  return format(zone, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(new Date(at));
}

/** The end of a scale: only the time, or the day with it. */
export function mark(at: string, zone: string, isLong: boolean): string {
  const day: Intl.DateTimeFormatOptions = isLong ? { day: 'numeric', month: 'short' } : {};
  return format(zone, { ...day, hour: '2-digit', minute: '2-digit' }).format(new Date(at));
}

/** What the clocks of a zone show: the day of the week, Monday being 0, and the minutes of the day. */
export function localNow(zone: string, now = new Date()): { day: number; minute: number; zone: string } {
  const parts = format(zone, {
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  }).formatToParts(now);
  const part = (name: string) => parts.find((one) => one.type === name)?.value ?? '';
  const day = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(part('weekday'));
  return { day, minute: Number(part('hour')) * 60 + Number(part('minute')), zone: part('timeZoneName') };
}

/** An instant as an input for local times wants it, in a zone. */
export function asInput(at: string | null, zone: string): string {
  if (!at) return '';
  const parts = format(zone, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(new Date(at));
  const part = (name: string) => parts.find((one) => one.type === name)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`;
}

/** The instant that the clocks of a zone show so: the offset is asked for twice, for it may change. */
export function fromInput(text: string, zone: string): string | null {
  if (!text) return null;
  const wanted = Date.parse(`${text}:00Z`);
  let at = wanted;
  for (let turn = 0; turn < 2; turn += 1) {
    const shown = Date.parse(`${asInput(new Date(at).toISOString(), zone)}:00Z`);
    at += wanted - shown;
  }
  return new Date(at).toISOString();
}

export const ownZone = () => OWN_ZONE;

/** The zones that this browser knows. */
export function zones(): string[] {
  const known =
    (Intl as unknown as { supportedValuesOf?: (what: string) => string[] }).supportedValuesOf?.('timeZone') ??
    [];
  return [...new Set(['UTC', OWN_ZONE, ...known])];
}

export const count = (value: number) => value.toLocaleString(LOCALE);

export const share = (part: number, whole: number) =>
  whole ? `${Math.round((100 * part) / whole)} %` : '0 %';

/** So many seconds, like `1 min 20 s`. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const parts = [
    hours && `${hours} h`,
    minutes && `${minutes} min`,
    (rest || !whole) && !hours && `${rest} s`,
  ];
  return parts.filter(Boolean).join(' ');
}

/** How long from now, like `in 5 min`. */
export function until(at: string): string {
  const seconds = (Date.parse(at) - Date.now()) / 1000;
  if (Math.abs(seconds) < 1) return 'now';
  if (Math.abs(seconds) >= 86_400) {
    const days = Math.round(Math.abs(seconds) / 86_400);
    return seconds > 0 ? `in ${days} d` : `${days} d ago`;
  }
  return seconds > 0 ? `in ${duration(seconds)}` : `${duration(-seconds)} ago`;
}

/** `no_answer` as people read it. */
export const words = (name: string | null | undefined) => (name ? name.replaceAll('_', ' ') : '–');

export const sentence = (name: string) => words(name).replace(/^./, (letter) => letter.toUpperCase());

export const bytes = (size: number) =>
  size < 1024
    ? `${size} B`
    : size < 1024 ** 2
      ? `${(size / 1024).toFixed(0)} KB`
      : size < 1024 ** 3
        ? `${(size / 1024 ** 2).toFixed(1)} MB`
        : `${(size / 1024 ** 3).toFixed(2)} GB`;

/** One or many: `1 task`, `2 tasks`. */
export const many = (number: number, one: string, more = `${one}s`) =>
  `${count(number)} ${number === 1 ? one : more}`;
