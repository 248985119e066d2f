import { useEffect, useMemo, useRef, useState } from 'react';
import { ActionIcon, Button, TextInput, Tooltip } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconDownload, IconPlayerPause, IconPlayerPlay, IconSearch } from '@tabler/icons-react';
import type { StreamState } from '../api/sse';
import { useTexts } from '../texts/texts';
import { Copy, Status } from './Bits';
import { plain, spans } from './ansi';
import { saveText } from './download';
import classes from './ui.module.css';

interface Props {
  lines: string[];
  /** How the stream is; leave it out for a log that does not go on. */
  live?: StreamState['status'];
  /** Of the file to download. */
  name: string;
  empty: string;
  height?: number;
}

const lineHeight = 20;
const spare = 20;

/** A log of any length: only the lines in sight are drawn. Follows its end until one scrolls up. */
export function LogView({ lines, live, name, empty, height = 460 }: Props) {
  const { portal: t } = useTexts();
  const box = useRef<HTMLDivElement>(null);
  const [follow, setFollow] = useState(true);
  const [top, setTop] = useState(0);
  const lastTop = useRef(0);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const hits = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return wanted ? lines.flatMap((line, index) => (plain(line).toLowerCase().includes(wanted) ? [index] : [])) : [];
  }, [lines, text]);
  const current = hits[Math.min(at, hits.length - 1)];

  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines.length, follow]);

  function goTo(index: number) {
    const next = hits.length ? (index + hits.length) % hits.length : 0;
    setAt(next);
    const line = hits[next];
    if (line === undefined || !box.current) return;
    setFollow(false);
    box.current.scrollTop = line * lineHeight - height / 2;
  }

  const first = Math.max(0, Math.floor(top / lineHeight) - spare);
  const visible = lines.slice(first, first + Math.ceil(height / lineHeight) + 2 * spare);
  return (
    <div>
      <div className={classes.toolbar} style={{ marginBottom: 8 }}>
        <TextInput
          size="xs" w={220} type="search" aria-label={t.searchLog} placeholder={t.searchLog} leftSection={<IconSearch size={14} aria-hidden />}
          value={text} onChange={(event) => { setText(event.currentTarget.value); setAt(0); }}
          onKeyDown={(event) => { if (event.key === 'Enter') { event.preventDefault(); goTo(at + (event.shiftKey ? -1 : 1)); } }}
        />
        {text && (
          <>
            <span className="dim num" style={{ fontSize: 12 }} role="status">{hits.length ? t.hit(Math.min(at, hits.length - 1) + 1, hits.length) : t.none}</span>
            <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t.matchBefore} onClick={() => goTo(at - 1)}><IconChevronUp size={15} aria-hidden /></ActionIcon>
            <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t.matchNext} onClick={() => goTo(at + 1)}><IconChevronDown size={15} aria-hidden /></ActionIcon>
          </>
        )}
        <span className="grow" />
        {live && live !== 'ended' && (
          <span style={{ fontSize: 12 }}><Status tone={live === 'open' ? 'good' : 'idle'}>{live === 'open' ? t.live : live === 'waiting' ? t.again : t.connecting}</Status></span>
        )}
        {live && live !== 'ended' && (
          <Button variant="default" size="compact-sm" leftSection={follow ? <IconPlayerPause size={13} aria-hidden /> : <IconPlayerPlay size={13} aria-hidden />} onClick={() => setFollow(!follow)}>
            {follow ? t.pause : t.follow}
          </Button>
        )}
        <Copy text={() => lines.map(plain).join('\n')} label={t.copyLog} />
        <Tooltip label={t.download}>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t.download} onClick={() => saveText(`${name}.log`, lines.map(plain).join('\n'))}><IconDownload size={15} aria-hidden /></ActionIcon>
        </Tooltip>
      </div>
      <div
        ref={box} className={classes.log} style={{ ['--log-height' as string]: `${height}px` }} tabIndex={0} role="log" aria-label={t.logName} aria-live="off"
        onScroll={(event) => {
          const element = event.currentTarget;
          setTop(element.scrollTop);
          // Only going up by hand pauses: new lines move the end away before the box is moved after it.
          if (element.scrollTop < lastTop.current - 1) setFollow(false);
          else if (element.scrollHeight - element.scrollTop - element.clientHeight < lineHeight) setFollow(true);
          lastTop.current = element.scrollTop;
        }}
      >
        {lines.length === 0 && <div className={classes.logEmpty}>{empty}</div>}
        <div style={{ height: lines.length * lineHeight, position: 'relative' }}>
          {/* Moved by a transform: what changes its place as lines come is no shift of the page. */}
          <div style={{ position: 'absolute', transform: `translateY(${first * lineHeight}px)`, minWidth: '100%' }}>
            {visible.map((line, offset) => {
              const index = first + offset;
              return (
                <div key={index} className={classes.logLine} data-hit={index === current || undefined} data-level={levelOf(line)}>
                  <span className={classes.logNumber}>{index + 1}</span>
                  <span>{spans(line).map((span, position) => <span key={position} style={span.bold ? { fontWeight: 600 } : undefined}>{span.text}</span>)}</span>
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

function levelOf(line: string): string | undefined {
  if (/\b(ERROR|CRITICAL|FATAL)\b/.test(line)) return 'bad';
  if (/\bWARN(ING)?\b/.test(line)) return 'warn';
  return undefined;
}
