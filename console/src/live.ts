// Keeps what is shown fresh: asks again while somebody looks, and says when nobody answers.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Refused, Unreachable } from './api';

/** Between two looks. A change shows within two seconds, the request included. */
export const EVERY_MS = 1500;

/** After a lost connection: a little longer each time, up to this. */
const LONGEST_MS = 10_000;

const AWAY =
  'The service does not answer. What is shown may be old; it goes on by itself as soon as the connection is back.';

type Listener = (trouble: string | null) => void;
const listeners = new Set<Listener>();
let trouble: string | null = null;

/** Tell everybody who shows it why what is shown may be old; null: it is not. */
export function told(now: string | null): void {
  if (now === trouble) return;
  trouble = now;
  listeners.forEach((listen) => listen(now));
}

/** Why what is shown may be old. */
export function useTrouble(): string | null {
  const [now, set] = useState(trouble);
  useEffect(() => {
    listeners.add(set);
    return () => void listeners.delete(set);
  }, []);
  return now;
}

/** What a failure means for all that is shown; null: only for what was asked. */
export function troubleOf(error: unknown): string | null {
  if (error instanceof Unreachable) return AWAY;
  if (error instanceof Refused && error.status === 429)
    return 'This key has asked as often as it may in a minute. It goes on by itself in the next.';
  return error instanceof Refused && error.status >= 500
    ? 'The service has trouble answering. It is asked again.'
    : null;
}

export interface Live<T> {
  data: T | null;
  error: Error | null;
  refresh: () => void;
}

/**
 * What `load` gives, asked for again and again while the page is seen; null: nothing is asked for.
 * What is there stays while it cannot be asked for; only the first failure takes the page's place.
 */
export function useLive<T>(
  load: ((signal: AbortSignal) => Promise<T>) | null,
  keys: unknown[],
  everyMs = EVERY_MS,
): Live<T> {
  const [state, setState] = useState<{ keys: string; data: T | null; error: Error | null }>({
    keys: '',
    data: null,
    error: null,
  });
  const again = useRef<() => void>(() => {});
  const key = JSON.stringify(keys);
  const loading = useRef(load);
  loading.current = load;
  useEffect(() => {
    if (!loading.current) return;
    const stop = new AbortController();
    let timer = 0;
    let failures = 0;
    let isAsking = false;
    let isWanted = false; // Something moved while the answer was on its way: it may be old.
    const plan = (ms: number) => {
      clearTimeout(timer);
      if (!document.hidden && !stop.signal.aborted) timer = window.setTimeout(ask, ms);
    };
    const ask = async () => {
      const current = loading.current;
      if (!current) return;
      if (isAsking) {
        isWanted = true;
        return;
      }
      [isAsking, isWanted] = [true, false];
      try {
        const data = await current(stop.signal);
        if (stop.signal.aborted) return;
        failures = 0;
        told(null);
        setState({ keys: key, data, error: null });
        isAsking = false;
        if (isWanted) plan(0);
        else if (Number.isFinite(everyMs)) plan(everyMs);
      } catch (error) {
        isAsking = false;
        if (stop.signal.aborted) return;
        failures += 1;
        const now = troubleOf(error);
        if (now) told(now);
        setState((old) => ({ keys: key, data: old.keys === key ? old.data : null, error: error as Error }));
        const wait = error instanceof Refused ? error.retryAfter * 1000 : 0;
        const isFinal = error instanceof Refused && [403, 404, 422].includes(error.status);
        if (!isFinal) plan(Math.max(wait, Math.min(EVERY_MS * 2 ** (failures - 1), LONGEST_MS)));
      }
    };
    const seen = () => (document.hidden ? clearTimeout(timer) : void ask());
    const online = () => void ask();
    again.current = () => void ask();
    document.addEventListener('visibilitychange', seen);
    window.addEventListener('online', online);
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
      window.removeEventListener('online', online);
    };
  }, [key, everyMs, load === null]);
  const refresh = useCallback(() => again.current(), []);
  const isCurrent = state.keys === key;
  return { data: isCurrent ? state.data : null, error: isCurrent ? state.error : null, refresh };
}

/** The same, asked once. */
export function useOnce<T>(load: (signal: AbortSignal) => Promise<T>, keys: unknown[]): Live<T> {
  return useLive(load, keys, Infinity);
}
