// The API as the console asks it: the same JSON that programs get, with the session's pass for a key.

/** Where the API is: the console stands at `…/console`, with a stage before it or without. */
export const BASE = new URL('.', location.href.split('#')[0]).href.replace(/\/$/, '');

export type Scope = 'read' | 'push' | 'manage';

export interface Session {
  workspace_id: string | null;
  key_id: string;
  scope: Scope;
  access_token: string;
  expires_at: string;
}

/** The API said no; `param` is the field that it is about. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly param: string | null,
    readonly retryAfter: number,
  ) {
    super(message);
  }
}

/** No answer came: the network, or the service, is away. */
export class Unreachable extends Error {}

export interface Answer<T> {
  body: T;
  etag: string | null;
}

let session: Session | null = null;
let onSignedOut: () => void = () => {};

export const currentSession = () => session;
export const whenSignedOut = (act: () => void) => {
  onSignedOut = act;
};

/** Whether the key of this session may do what asks for a scope. */
export function may(needed: Scope): boolean {
  const order: Scope[] = ['read', 'push', 'manage'];
  return session !== null && order.indexOf(session.scope) >= order.indexOf(needed);
}

const OWN_PAGE = { 'X-Carillon-Console': '1' };

export async function restoreSession(): Promise<Session | null> {
  const found = await send<{ session: Session | null }>('GET', '/console/session', { headers: OWN_PAGE });
  session = found.body.session;
  return session;
}

export async function signIn(apiKey: string): Promise<Session> {
  const made = await send<{ session: Session }>('POST', '/console/session', {
    headers: OWN_PAGE,
    json: { api_key: apiKey },
  });
  session = made.body.session;
  return session;
}

export async function signOut(): Promise<void> {
  await send('DELETE', '/console/session', { headers: OWN_PAGE });
  session = null;
  onSignedOut();
}

export interface Sending {
  headers?: Record<string, string>;
  json?: unknown;
  raw?: Blob | string;
  signal?: AbortSignal;
}

export const get = <T>(path: string, signal?: AbortSignal) =>
  send<T>('GET', path, { signal }).then((one) => one.body);
export const getTagged = <T>(path: string) => send<T>('GET', path);

/** What was sent and never answered, with the key under which it may be sent again. */
const unanswered = new Map<string, string>();

/** Send something once: where no answer came, the same is sent under the same key, and made once. */
export async function post<T>(path: string, json?: unknown, more: Sending = {}): Promise<T> {
  const what = `${path} ${JSON.stringify(json)}`;
  const key =
    unanswered.get(what) ??
    Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('');
  unanswered.set(what, key);
  try {
    const { body } = await send<T>('POST', path, {
      json,
      ...more,
      headers: { 'Idempotency-Key': key, ...more.headers },
    });
    unanswered.delete(what);
    return body;
  } catch (error) {
    if (!(error instanceof Unreachable)) unanswered.delete(what);
    throw error;
  }
}

export const patch = <T>(path: string, json: unknown, etag?: string | null) =>
  send<T>('PATCH', path, { json, headers: etag ? { 'If-Match': etag } : {} }).then((one) => one.body);
export const put = <T>(path: string, json: unknown) => send<T>('PUT', path, { json }).then((one) => one.body);
export const remove = <T>(path: string) => send<T>('DELETE', path).then((one) => one.body);

async function send<T>(method: string, path: string, sending: Sending = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { ...sending.headers };
  if (session && !path.startsWith('/console/')) headers.Authorization = `Bearer ${session.access_token}`;
  if (sending.json !== undefined) headers['Content-Type'] = 'application/json';
  const body = sending.raw ?? (sending.json === undefined ? undefined : JSON.stringify(sending.json));
  let response: Response;
  try {
    response = await fetch(BASE + path, { method, headers, body, signal: sending.signal, cache: 'no-store' });
  } catch (error) {
    if (sending.signal?.aborted) throw error;
    throw new Unreachable('No answer came. The connection, or the service, is away.');
  }
  const text = await response.text();
  if (!response.ok) throw refusal(response, text, path);
  return { body: (text ? JSON.parse(text) : null) as T, etag: response.headers.get('ETag') };
}

function refusal(response: Response, text: string, path: string): Error {
  let told: { code?: string; message?: string; param?: string | null } = {};
  try {
    told = JSON.parse(text).error ?? {};
  } catch {
    // Not ours: what stands between us and the service has answered.
  }
  if (response.status >= 502 && response.status <= 504)
    return new Unreachable('The service does not answer just now.');
  if (response.status === 401 || response.status === 403) void checkSession(path);
  return new Refused(
    response.status,
    told.code ?? 'unknown',
    told.message ?? `The service answered ${response.status}.`,
    told.param ?? null,
    Number(response.headers.get('Retry-After') ?? 0),
  );
}

/** A refusal may mean that the key was revoked, or the session is over: then back to the door. */
async function checkSession(path: string): Promise<void> {
  if (!session || path.startsWith('/console/')) return;
  if ((await restoreSession().catch(() => session)) === null) onSignedOut();
}

/** An address with the parameters that are set. */
export function query(path: string, values: Record<string, string | number | null | undefined>): string {
  const set = Object.entries(values).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  const text = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}
