import { useEffect, useRef, useState } from 'react';
import { Button } from '@mantine/core';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal as Xterm } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import type { Write } from '../../api/client';
import type { ApiError } from '../../api/errors';
import { useOrg } from '../../api/hooks';
import type { TerminalTicket } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Status } from '../../ui/Bits';
import { ErrorNote } from '../../ui/Errors';
import { type Ending, TerminalSocket } from './socket';
import classes from './terminals.module.css';

interface Props {
  ticket: Write<TerminalTicket>;
  label: string;
  note: string;
}

interface Ended {
  why: Ending;
  message?: string;
  code?: number;
  error?: ApiError;
}

export default function TerminalScreen({ ticket, label, note }: Props) {
  const { terminal: t } = useTexts();
  const [round, setRound] = useState(0);
  const [open, setOpen] = useState(false);
  const [ended, setEnded] = useState<Ended>();
  const again = () => { setEnded(undefined); setOpen(false); setRound((n) => n + 1); };
  return (
    <section aria-label={label}>
      <div className={classes.bar}>
        <Status tone={ended ? 'idle' : open ? 'good' : 'busy'}>{ended ? t.ended : open ? t.open : t.opening}</Status>
        <span className="dim">{note}</span>
        <span className={classes.grow} />
        <span className="dim">{t.copyHint}</span>
        {ended && <Button variant="default" onClick={again}>{t.again}</Button>}
      </div>
      <Live key={`${ticket.path} ${round}`} ticket={ticket} label={label} onOpen={() => setOpen(true)} onEnd={setEnded} />
      {ended && (
        <div className={classes.end} role="status">
          {ended.error ? <ErrorNote error={ended.error} /> : (
            <>{t.why[ended.why](ended.code ?? 0)}{ended.message && <span className={classes.detail}>{ended.message}</span>}</>
          )}
        </div>
      )}
    </section>
  );
}

function Live({ ticket, label, onOpen, onEnd }: { ticket: Write<TerminalTicket>; label: string; onOpen: () => void; onEnd: (ended: Ended) => void }) {
  const org = useOrg();
  const box = useRef<HTMLDivElement>(null);
  // What is asked for does not change while it is open.
  const asked = useRef({ ticket, label, onOpen, onEnd, org });
  useEffect(() => {
    const { current: now } = asked;
    const screen = new Xterm({
      fontSize: 13,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mantine-font-family-monospace'),
      cursorBlink: false,
      scrollback: 10_000,
      theme: { background: '#0e1217', foreground: '#d5d9de', cursor: '#d5d9de', selectionBackground: '#3d4651' },
      // A program in there does not get to open pages.
      linkHandler: { activate: () => undefined },
    });
    const fit = new FitAddon();
    screen.loadAddon(fit);
    screen.open(box.current!);
    screen.textarea?.setAttribute('aria-label', now.label);
    fit.fit();
    let over = false;
    const socket = new TerminalSocket(now.ticket, { org: now.org }, {
      columns: screen.cols,
      rows: screen.rows,
      onOpen: () => {
        now.onOpen();
        screen.focus();
        socket.resize(screen.cols, screen.rows);
      },
      onBytes: (bytes, shown) => screen.write(bytes, shown),
      onNotice: (text) => screen.write(text),
      onEnd: (why, detail) => {
        over = true;
        screen.options.disableStdin = true;
        now.onEnd({ why, ...detail });
      },
    });
    const words = new TextEncoder();
    screen.onData((text) => socket.type(words.encode(text)));
    screen.onBinary((text) => socket.type(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    screen.onResize(({ cols, rows }) => socket.resize(cols, rows));
    screen.attachCustomKeyEventHandler((event) => {
      if (event.type !== 'keydown' || !event.ctrlKey || !event.shiftKey || event.code !== 'KeyC') return true;
      event.preventDefault();
      if (screen.hasSelection()) void navigator.clipboard?.writeText(screen.getSelection());
      return false;
    });
    const sizes = new ResizeObserver(() => { if (!over) fit.fit(); });
    sizes.observe(box.current!);
    return () => {
      sizes.disconnect();
      socket.close();
      screen.dispose();
    };
  }, []);
  return <div ref={box} className={classes.screen} />;
}
