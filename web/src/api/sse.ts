import { address, headers, type Context, type Read } from './client';
import { ApiError, problemOf } from './errors';

export interface ServerEvent {
  id: string | undefined;
  event: string;
  data: string;
}

export interface StreamState {
  status: 'connecting' | 'open' | 'waiting' | 'ended';
}

interface Options extends Context {
  onEvent: (event: ServerEvent) => void;
  onState?: (state: StreamState['status']) => void;
  onError?: (error: ApiError) => void;
  /** The last event already known; the server goes on after it. */
  lastEventId?: string;
  /** Whether a stream that the server has closed in order is at its end; without it, it is asked for again. */
  finished?: () => boolean;
  /** Milliseconds before the first new try; grows up to 15 s. */
  retry?: number;
  fetch?: typeof fetch;
}

/** Cuts a stream of text into events, by the rules of the HTML standard. */
export class EventParser {
  #rest = '';
  #id: string | undefined;
  #event = '';
  #data: string[] = [];

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (this.#data.length) events.push({ id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') });
        this.#event = '';
        this.#data = [];
        continue;
      }
      if (line.startsWith(':')) continue;
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'data') this.#data.push(value);
      else if (field === 'event') this.#event = value;
      else if (field === 'id') this.#id = value;
    }
    return events;
  }
}

/**
 * Server-Sent Events by fetch, because EventSource cannot name the organization in a header.
 * Resumes after a break with Last-Event-ID; ends on event `end`, on a refusal, or when the returned function is called.
 */
export function subscribe(request: Read<unknown>, options: Options): () => void {
  const stop = new AbortController();
  const get = options.fetch ?? fetch;
  let last = options.lastEventId;
  let wait = options.retry ?? 1000;

  async function once(): Promise<boolean> {
    const head = headers(options);
    head.set('Accept', 'text/event-stream');
    if (last) head.set('Last-Event-ID', last);
    const response = await get(address(request), { headers: head, signal: stop.signal, credentials: 'same-origin' });
    if (!response.ok) {
      const problem = await problemOf(response);
      // The server may be on its way up again; anything below is a refusal.
      if (response.status >= 500 || response.status === 429) return false;
      options.onError?.(problem);
      return true;
    }
    if (response.status === 204 || !response.body) return true;
    options.onState?.('open');
    const opened = Date.now();
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return options.finished?.() ?? false;
      for (const event of parser.push(value)) {
        // Only what has lasted counts as repaired: a stream that ends at once is not asked for every second.
        if (Date.now() - opened > 5000) wait = options.retry ?? 1000;
        if (event.id) last = event.id;
        if (event.event === 'end') return true;
        options.onEvent(event);
      }
    }
  }

  async function run() {
    options.onState?.('connecting');
    while (!stop.signal.aborted) {
      let ended = false;
      try {
        ended = await once();
      } catch {
        // The connection broke: try again below.
      }
      if (stop.signal.aborted) return;
      if (ended) break;
      options.onState?.('waiting');
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(wait * 2, 15_000);
    }
    options.onState?.('ended');
  }

  void run();
  return () => stop.abort();
}
