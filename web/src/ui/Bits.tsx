import type { ReactNode } from 'react';
import { ActionIcon, Button, type ButtonProps, Skeleton, Text, Title, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useLanguage, useTexts } from '../texts/texts';
import { ago, exact } from './format';
import classes from './ui.module.css';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle';

/** A state as a dot and a word: the word carries the meaning, the colour only helps. */
export function Status({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={classes.status} data-tone={tone}><span className={classes.dot} data-tone={tone} aria-hidden />{children}</span>;
}

export function Tag({ children, tone }: { children: ReactNode; tone?: 'warn' | 'bad' }) {
  return <span className={classes.tag} data-tone={tone}>{children}</span>;
}

export function Tags({ items, most = 99, none = '–' }: { items: readonly string[]; most?: number; none?: string }) {
  if (items.length === 0) return <span className="dim">{none}</span>;
  return (
    <span className={classes.tags}>
      {items.slice(0, most).map((item) => <Tag key={item}>{item}</Tag>)}
      {items.length > most && <Tooltip label={items.slice(most).join(', ')}><span><Tag>+{items.length - most}</Tag></span></Tooltip>}
    </span>
  );
}

export function When({ at, none = '–' }: { at: string | undefined | null; none?: string }) {
  const { language, texts } = useLanguage();
  if (!at) return <span className="dim">{none}</span>;
  return <time dateTime={at} title={exact(at, language === 'en' ? undefined : language)} className="nowrap">{ago(at, texts.time)}</time>;
}

/** `page`: it is all there is on the page, and its title is the page's. */
export function EmptyState({ icon, title, children, action, page }: { icon?: ReactNode; title: string; children?: ReactNode; action?: ReactNode; page?: boolean }) {
  return (
    <div className={classes.empty}>
      {icon}
      {page ? <Title order={1} fz="md">{title}</Title> : <Text fw={600} size="md">{title}</Text>}
      {children && <Text size="sm" className="dim" component="p" m={0}>{children}</Text>}
      {action && <div style={{ marginTop: 10 }}>{action}</div>}
    </div>
  );
}

export function Section({ title, note, actions, children }: { title: string; note?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section}>
      <div className={classes.sectionHead}>
        <div><Title order={2}>{title}</Title>{note && <p>{note}</p>}</div>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** Names and values side by side; a value of undefined is left out. */
export function Facts({ items, min, columns }: { items: [string, ReactNode][]; min?: number; columns?: string }) {
  return (
    <dl className={classes.facts} style={{ ['--facts-min' as string]: min && `${min}px`, gridTemplateColumns: columns }}>
      {items.filter(([, value]) => value !== undefined).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

export function FactsSkeleton({ count = 8 }: { count?: number }) {
  return <Facts items={Array.from({ length: count }, (_, index) => [' '.repeat(index + 1), <Skeleton key={index} height={12} width="60%" my={4} />])} />;
}

/** A long text is made when it is asked for. */
export function Copy({ text, label: given }: { text: string | (() => string); label?: string }) {
  const { common } = useTexts();
  const { copied, copy } = useClipboard({ timeout: 1500 });
  const label = given ?? common.copy;
  return (
    <Tooltip label={copied ? common.copied : label}>
      <ActionIcon variant="subtle" color="gray" size="sm" onClick={() => copy(typeof text === 'string' ? text : text())} aria-label={label}>
        {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}

export function Copyable({ text, label, mono = true }: { text: string; label?: string; mono?: boolean }) {
  return <span className={classes.copy}><span className={mono ? 'mono break' : 'break'}>{text}</span><Copy text={text} label={label} /></span>;
}

export function CodeBlock({ text, label }: { text: string; label: string }) {
  return <div className={classes.code}><pre>{text}</pre><Copy text={text} label={label} /></div>;
}

export function Meter({ used, of, label, text }: { used: number; of: number; label: string; text: ReactNode }) {
  const share = of > 0 ? Math.min(1, used / of) : 0;
  const tone = share >= 0.95 ? 'bad' : share >= 0.8 ? 'warn' : undefined;
  return (
    <span className={classes.meter}>
      <span className="num">{text}</span>
      <span className={classes.track} data-tone={tone} role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)}>
        <span style={{ display: 'block', width: `${share * 100}%` }} />
      </span>
    </span>
  );
}

/** A button that says why it cannot be pressed, rather than being absent. */
export function Action({ refusal, children, ...rest }: ButtonProps & { refusal?: string; onClick?: () => void; children: ReactNode; type?: 'submit' | 'button' }) {
  if (!refusal) return <Button {...rest}>{children}</Button>;
  return (
    <Tooltip label={refusal}>
      <Button {...rest} data-disabled aria-disabled onClick={(event: React.MouseEvent) => event.preventDefault()}>{children}</Button>
    </Tooltip>
  );
}
