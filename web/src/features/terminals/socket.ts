import { send, type Context, type Write } from '../../api/client';
import { ApiError } from '../../api/errors';
import type { TerminalMessage, TerminalTicket } from '../../api/types';

/** How many bytes may be on their way without having been acknowledged, and how many are acknowledged together. */
const inputWindow = 256 * 1024;
const chunk = 16 * 1024;
const ackEvery = 64 * 1024;

export type Ending = 'exit' | 'idle' | 'time_limit' | 'access_ended' | 'shutting_down' | 'lost' | 'refused' | 'closed';

interface Options {
  columns: number;
  rows: number;
  onOpen: () => void;
  /** Calls back when the bytes are on the screen: until then no more than a window of them comes. */
  onBytes: (bytes: Uint8Array, shown: () => void) => void;
  onNotice: (text: string) => void;
  onEnd: (why: Ending, detail: { message?: string; code?: number; error?: ApiError }) => void;
}

const endings: readonly string[] = ['exit', 'idle', 'time_limit', 'access_ended', 'shutting_down'];

/** One terminal over a WebSocket, from its ticket to its end. */
export class TerminalSocket {
  #socket: WebSocket | undefined;
  #left = false;
  #ready = false;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #outstanding = 0;
  #unsaid = 0;
  #message: string | undefined;
  #code: number | undefined;

  constructor(ticket: Write<TerminalTicket>, context: Context, private readonly options: Options) {
    void this.#open(ticket, context);
  }

  async #open(request: Write<TerminalTicket>, context: Context) {
    let ticket: TerminalTicket;
    try {
      ticket = await send(request, context);
    } catch (error) {
      if (!this.#left) this.options.onEnd('refused', { error: error instanceof ApiError ? error : undefined });
      return;
    }
    if (this.#left) return;
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${ticket.socket}`, ['ocore.terminal.v1', ticket.ticket]);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onopen = () => {
      this.#tell({ type: 'start', tty: true, columns: this.options.columns, rows: this.options.rows });
    };
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.#take(new Uint8Array(data, 1));
      else this.#heed(JSON.parse(String(data)) as TerminalMessage);
    };
    socket.onclose = ({ reason }) => {
      if (this.#left) return;
      this.#left = true;
      const why = endings.includes(reason) ? (reason as Ending) : this.#ready || this.#message ? 'lost' : 'closed';
      this.options.onEnd(why, { message: this.#message, code: this.#code });
    };
  }

  #take(bytes: Uint8Array) {
    this.options.onBytes(bytes, () => {
      this.#unsaid += bytes.length;
      if (this.#unsaid < ackEvery) return;
      this.#tell({ type: 'ack', bytes: this.#unsaid });
      this.#unsaid = 0;
    });
  }

  #heed(message: TerminalMessage) {
    if (message.type === 'started') {
      this.#ready = true;
      this.options.onOpen();
      this.#flush();
    } else if (message.type === 'notice') this.options.onNotice(message.message ?? '');
    else if (message.type === 'error') this.#message = message.message ?? undefined;
    else if (message.type === 'exit') this.#code = message.code ?? undefined;
    else if (message.type === 'ack') {
      this.#outstanding -= message.bytes ?? 0;
      this.#flush();
    }
  }

  type(bytes: Uint8Array<ArrayBuffer>) {
    for (let from = 0; from < bytes.length; from += chunk) this.#waiting.push(bytes.subarray(from, from + chunk));
    this.#flush();
  }

  resize(columns: number, rows: number) {
    if (this.#ready) this.#tell({ type: 'resize', columns, rows });
  }

  close() {
    this.#left = true;
    this.#socket?.close();
  }

  #flush() {
    while (this.#ready && this.#waiting[0] && this.#outstanding + this.#waiting[0].length <= inputWindow && this.#socket?.readyState === WebSocket.OPEN) {
      const next = this.#waiting.shift()!;
      this.#outstanding += next.length;
      this.#socket.send(next);
    }
  }

  #tell(message: TerminalMessage) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
