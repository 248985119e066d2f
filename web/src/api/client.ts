import { viewing } from './viewing';
import { ApiError, noAnswer, problemOf } from './errors';

export type Query = Record<string, string | number | boolean | undefined>;

/** A request that reads; `T` is what it answers. */
export interface Read<T> {
  path: string;
  query?: Query;
  readonly answers?: T;
}

/** A request that changes something. */
export interface Write<T> extends Read<T> {
  method: 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  /** In place of a body: JSON that is written already, and stays as it is. */
  json?: string;
  /** The tag of what the change was thought out over: it is refused where somebody changed that since. */
  ifMatch?: string;
}

export interface Context {
  /** Slug of the organization to act in; the caller's home where it is not given. */
  org?: string;
  signal?: AbortSignal;
  /** What comes is text and no JSON. */
  text?: boolean;
}

const base = '/api';

export function address(request: Read<unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {}))
    if (value !== undefined && value !== '') query.set(name, String(value));
  const text = query.toString();
  return `${base}${request.path}${text ? `?${text}` : ''}`;
}

export function headers(context: Context, method = 'GET'): Headers {
  const result = new Headers({ Accept: 'application/json', 'X-OCore-Browser': '1' });
  if (method !== 'GET') result.set('X-OCore-CSRF', '1');
  if (context.org) result.set('X-Org-Slug', context.org);
  const ticket = viewing.current();
  if (ticket && context.org === ticket.client.slug) result.set('X-OCore-View', ticket.token);
  return result;
}

const tags = new Map<string, string>();
const placeOf = (request: Read<unknown>, context: Context) => `${context.org ?? ''} ${address(request)}`;

/** The tag of what was read there last; undefined where it has none. */
export const tagOf = (request: Read<unknown>, context: Context): string | undefined => tags.get(placeOf(request, context));

/** Not crypto.randomUUID: that exists only on https and localhost. */
function key(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export async function send<T>(request: Read<T> | Write<T>, context: Context = {}): Promise<T> {
  const method = 'method' in request ? request.method : 'GET';
  const head = headers(context, method);
  if (method === 'POST') head.set('Idempotency-Key', key());
  if ('ifMatch' in request && request.ifMatch) head.set('If-Match', request.ifMatch);
  const given = 'body' in request ? request.body : undefined;
  const file = given instanceof Blob || given instanceof FormData ? given : undefined;
  const written = 'json' in request ? request.json : undefined;
  const body = file ?? written ?? (given !== undefined ? JSON.stringify(given) : undefined);
  // A form says its own type, with the boundary in it.
  if (body && !(file instanceof FormData)) head.set('Content-Type', file ? 'application/octet-stream' : 'application/json');
  let response: Response;
  try {
    response = await fetch(address(request), { method, headers: head, body, signal: context.signal, credentials: 'same-origin' });
  } catch (error) {
    if (context.signal?.aborted) throw error;
    throw noAnswer();
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.status === 401) signedOut(problem);
    throw problem;
  }
  const tag = method === 'GET' ? response.headers.get('ETag') : null;
  if (tag) tags.set(placeOf(request, context), tag);
  if (response.status === 204 || response.headers.get('Content-Length') === '0') return undefined as T;
  const text = await response.text();
  if (context.text) return text as T;
  return (text ? JSON.parse(text) : undefined) as T;
}

let whenSignedOut: (problem: ApiError) => void = () => undefined;

function signedOut(problem: ApiError) {
  if (problem.code !== 'invalid_credentials' && problem.code !== 'totp_required') whenSignedOut(problem);
}

/** Called when the session has ended, so that the app can ask to sign in again. */
export function onSignedOut(handler: (problem: ApiError) => void) {
  whenSignedOut = handler;
}
