// The small parts that all pages are made of.

import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Refused } from '../api';
import { sentence } from '../format';

type Kids = { children?: ComponentChildren };

export function Card({
  title,
  side,
  children,
  flush,
}: Kids & { title?: ComponentChildren; side?: ComponentChildren; flush?: boolean }) {
  return (
    <section class="card">
      {title && (
        <header>
          <h2>{title}</h2>
          {side}
        </header>
      )}
      {flush ? children : <div class="in">{children}</div>}
    </section>
  );
}

/** The head of a page. Its name is the window's, and is read out when the page is come to. */
export function PageHead({
  title,
  crumb,
  under,
  actions,
  children,
}: Kids & {
  title: string;
  crumb?: { href: string; text: string };
  under?: ComponentChildren;
  actions?: ComponentChildren;
}) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Carillon`;
  }, [title]);
  useEffect(() => {
    head.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div class="page-head">
      <div class="grow">
        {crumb && (
          <a class="crumb" href={crumb.href}>
            ← {crumb.text}
          </a>
        )}
        <h1 tabIndex={-1} ref={head}>
          {title}
        </h1>
        {under && <div class="under">{under}</div>}
        {children}
      </div>
      {actions && <div class="actions">{actions}</div>}
    </div>
  );
}

const TONES: Record<string, string> = {
  running: 'live',
  scheduled: 'live',
  completed: 'good',
  active: 'good',
  paused: 'warn',
  waiting: 'warn',
  draft: 'idle',
  archived: 'idle',
  queued: 'idle',
  failed: 'bad',
  init_failed: 'bad',
  in_progress: 'live',
  dialing: 'live',
  placed: 'live',
  reserved: 'live',
  voicemail: 'warn',
  no_answer: 'warn',
  busy: 'warn',
  no_response: 'warn',
};

/** A status or an outcome. */
export function Badge({ of }: { of: string | null | undefined }) {
  if (!of) return <span class="soft">–</span>;
  return <span class={`badge ${TONES[of] ?? 'good'}`}>{sentence(of)}</span>;
}

export function Note({ tone = '', children }: Kids & { tone?: '' | 'warn' | 'bad' | 'good' }) {
  return (
    <div class={`note ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <div>{children}</div>
    </div>
  );
}

/** What went wrong, and what can be done. */
export function Wrong({ error, retry }: { error: Error; retry?: () => void }) {
  const isGone = error instanceof Refused && error.status === 404;
  return (
    <Card>
      <div class="empty" role="alert">
        <h2>{isGone ? 'This is not here' : 'This could not be loaded'}</h2>
        <p>{isGone ? 'It does not exist, or belongs to another workspace.' : error.message}</p>
        {retry && !isGone && (
          <button type="button" onClick={retry}>
            Try again
          </button>
        )}
        {isGone && (
          <a class="button" href="#/campaigns">
            To the campaigns
          </a>
        )}
      </div>
    </Card>
  );
}

export function Empty({ title, children }: Kids & { title: string }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Bones({ rows = 4 }: { rows?: number }) {
  return (
    <div class="bones" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, place) => (
        <i key={place} />
      ))}
    </div>
  );
}

export interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  wrong?: string | null;
  wide?: boolean;
  grow?: boolean;
  children: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: 'true' }) => ComponentChildren;
}

/** An input with its label, what it is for, and what is wrong with it. */
export function Field({ label, hint, wrong, wide, grow, children }: FieldProps) {
  const id = useId();
  const about = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ');
  return (
    <div class={`field ${wide ? 'wide' : ''} ${grow ? 'grow' : ''}`}>
      <label for={id}>{label}</label>
      {children({
        id,
        ...(about ? { 'aria-describedby': about } : {}),
        ...(wrong ? { 'aria-invalid': 'true' as const } : {}),
      })}
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {wrong && (
        <span class="wrong" id={`${id}-wrong`}>
          {wrong}
        </span>
      )}
    </div>
  );
}

type Entry = Omit<FieldProps, 'children'> & { value: string; set: (value: string) => void };

export function TextField({
  value,
  set,
  input,
  ...field
}: Entry & { input?: JSX.IntrinsicElements['input'] }) {
  return (
    <Field {...field}>
      {(ids) => (
        <input {...input} {...ids} value={value} onInput={(event) => set(event.currentTarget.value)} />
      )}
    </Field>
  );
}

export function Area({
  value,
  set,
  rows = 4,
  placeholder,
  ...field
}: Entry & { rows?: number; placeholder?: string }) {
  return (
    <Field {...field}>
      {(ids) => (
        <textarea
          {...ids}
          rows={rows}
          placeholder={placeholder}
          value={value}
          onInput={(event) => set(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function Choice({
  value,
  set,
  options,
  ...field
}: Entry & { options: (string | [string, string])[] }) {
  return (
    <Field {...field}>
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => set(event.currentTarget.value)}>
          {options.map((one) => {
            const [code, text] = Array.isArray(one) ? one : [one, sentence(one)];
            return (
              <option key={code} value={code} selected={code === value}>
                {text}
              </option>
            );
          })}
        </select>
      )}
    </Field>
  );
}

export function Check({
  label,
  value,
  set,
}: {
  label: string;
  value: boolean;
  set: (value: boolean) => void;
}) {
  const id = useId();
  return (
    <div class="check">
      <input id={id} type="checkbox" checked={value} onChange={(event) => set(event.currentTarget.checked)} />
      <label for={id}>{label}</label>
    </div>
  );
}

/** A dialog that holds the focus, and closes by Escape. */
export function Dialog({
  title,
  close,
  wide,
  children,
}: Kids & { title: string; close: () => void; wide?: boolean }) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog
      ref={box}
      class={wide ? 'wide' : ''}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <div>
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

/** What is done only after somebody has read what it does. */
export function Confirm({
  title,
  act,
  verb,
  danger,
  close,
  children,
}: Kids & { title: string; verb: string; danger?: boolean; act: () => Promise<unknown>; close: () => void }) {
  const doing = useDoing();
  return (
    <Dialog title={title} close={close}>
      <div class="stack tight">{children}</div>
      {doing.error && <Note tone="bad">{doing.error.message}</Note>}
      <div class="foot">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class={`main-act ${danger ? 'danger' : ''}`}
          disabled={doing.isBusy}
          onClick={() => void doing.run(act).then((done) => done && close())}
        >
          {verb}
        </button>
      </div>
    </Dialog>
  );
}

/** Fields as the API names them, in the words of the page. */
const FIELD_WORDS: Record<string, string> = {
  start_at: 'the start',
  end_at: 'the end',
  max_attempts: 'the attempts',
  retry_intervals_ms: 'the pauses',
};

/** What the API said of a field, for people. */
export const plainly = (message: string) =>
  message.replace(/[a-z]+(_[a-z]+)+/g, (name) => FIELD_WORDS[name] ?? name);

/** Something that is being done, and what it failed with. */
export function useDoing() {
  const [error, setError] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async (act: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setError(null);
    try {
      await act();
      return true;
    } catch (problem) {
      setError(problem as Error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const wrongWith = (...names: string[]) =>
    error instanceof Refused && error.param && names.includes(error.param) ? plainly(error.message) : null;
  return { error, isBusy, run, wrongWith, clear: () => setError(null) };
}

export function Tabs({
  tabs,
  chosen,
  choose,
}: {
  tabs: [string, string][];
  chosen: string;
  choose: (name: string) => void;
}) {
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const place = (tabs.findIndex(([name]) => name === chosen) + step + tabs.length) % tabs.length;
    choose(tabs[place]![0]);
    const row = (event.currentTarget as HTMLElement).children;
    (row[place] as HTMLElement | undefined)?.focus();
  };
  return (
    <div class="tabs" role="tablist" onKeyDown={move}>
      {tabs.map(([name, text]) => (
        <button
          key={name}
          id={`tab-${name}`}
          type="button"
          role="tab"
          aria-selected={name === chosen}
          aria-controls={`panel-${name}`}
          tabIndex={name === chosen ? 0 : -1}
          onClick={() => choose(name)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}

export function Panel({ name, children }: Kids & { name: string }) {
  return (
    <div role="tabpanel" id={`panel-${name}`} aria-labelledby={`tab-${name}`} class="stack">
      {children}
    </div>
  );
}

/** Text to be taken along, whole. */
export function Code({ text, label }: { text: string; label: string }) {
  const [isDone, setDone] = useState(false);
  const shown = useRef<HTMLPreElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without HTTPS a page may not copy: what is to be copied is at least chosen.
      getSelection()?.selectAllChildren(shown.current!);
      return;
    }
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <div class="code">
      <pre ref={shown} tabIndex={0} aria-label={label}>
        <code>{text}</code>
      </pre>
      <button type="button" onClick={() => void copy()} aria-label={`Copy ${label}`}>
        {isDone ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}

const toasts: { id: number; text: string }[] = [];
let nextToast = 1;
let showToasts: (() => void) | null = null;

/** Say that something was done. */
export function say(text: string): void {
  const id = nextToast++;
  toasts.push({ id, text });
  showToasts?.();
  setTimeout(() => {
    toasts.splice(
      toasts.findIndex((one) => one.id === id),
      1,
    );
    showToasts?.();
  }, 4000);
}

export function Toasts() {
  const [, draw] = useState(0);
  useEffect(() => {
    showToasts = () => draw((turn) => turn + 1);
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map(({ id, text }) => (
        <div key={id}>{text}</div>
      ))}
    </div>
  );
}

/** A list in pages: where each begins is remembered, so that one can go back. */
export function usePages(keys: unknown[]) {
  const [state, setState] = useState<{ key: string; before: (string | null)[]; cursor: string | null }>({
    key: '',
    before: [],
    cursor: null,
  });
  const key = JSON.stringify(keys);
  const { before, cursor } = state.key === key ? state : { before: [], cursor: null };
  return {
    cursor,
    number: before.length + 1,
    next: (to: string) => setState({ key, before: [...before, cursor], cursor: to }),
    back: before.length
      ? () => setState({ key, before: before.slice(0, -1), cursor: before.at(-1) ?? null })
      : null,
  };
}

export function Pager({
  pages,
  next,
  shown,
}: {
  pages: ReturnType<typeof usePages>;
  next: string | null;
  shown: ComponentChildren;
}) {
  return (
    <div class="table-foot">
      <span>{shown}</span>
      <span class="actions">
        <button type="button" disabled={!pages.back} onClick={() => pages.back?.()}>
          Previous
        </button>
        <button type="button" disabled={!next} onClick={() => next && pages.next(next)}>
          Next
        </button>
      </span>
    </div>
  );
}
