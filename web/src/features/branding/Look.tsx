import { useId, type ReactNode } from 'react';
import { Anchor, Button, ColorInput, ColorSwatch, FileButton, Select, Textarea, TextInput } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList, useSend } from '../../api/hooks';
import { Section } from '../../ui/Bits';
import { failed } from '../../ui/toast';
import type { Draft, Field } from './BrandingPage';
import classes from './branding.module.css';

export function Look({ draft }: { draft: Draft }) {
  return (
    <>
      <Section title="Name and logo">
        <div className={classes.fields}>
          <Line draft={draft} field="productName" label="Name of the portal" note="In titles, mails and where there is no logo." />
          <Picture draft={draft} field="logoUrl" label="Logo" />
          <Picture draft={draft} field="logoDarkUrl" label="Logo on dark" dark />
          <Picture draft={draft} field="faviconUrl" label="Icon" note="In the browser's tab: square, 32 pixels or more." />
        </div>
      </Section>
      <Section title="Colors and type">
        <div className={classes.fields}>
          <div className={classes.pair}>
            <Color draft={draft} field="primaryColor" label="Primary" />
            <Color draft={draft} field="accentColor" label="Accent" />
            <Color draft={draft} field="primaryColorDark" label="Primary on dark" />
            <Color draft={draft} field="accentColorDark" label="Accent on dark" />
          </div>
          <Font draft={draft} />
        </div>
      </Section>
      <Section title="Sign-in and footer">
        <div className={classes.fields}>
          <Picture draft={draft} field="loginBgUrl" label="Background of sign-in" />
          <Picture draft={draft} field="loginBgDarkUrl" label="Background of sign-in on dark" dark />
          <Line draft={draft} field="footerText" label="Footer" rows={2} placeholder="Powered by Agency Inc." />
          <Line draft={draft} field="supportUrl" label="Help" note="Where people find you: https://… or mailto:…" placeholder="mailto:help@agency.com" />
        </div>
      </Section>
    </>
  );
}

/** A field with what is wrong with it, and the way back to what is inherited. */
export function FieldOf({ draft, field, label, note, children }: { draft: Draft; field: Field; label: string; note?: string; children: (id: string) => ReactNode }) {
  const id = useId();
  const warnings = draft.view.warnings.filter((warning) => warning.field === field && warning.line == null);
  return (
    <div className={classes.field}>
      <div className={classes.fieldHead}>
        <label htmlFor={id}>{label}</label>
        {draft.isSet(field) && !draft.locked && <Anchor component="button" type="button" fz={12} aria-label={`${draft.client ? 'Inherit' : 'Reset'} ${label}`} onClick={() => draft.set(field, null)}>{draft.client ? 'Inherit' : 'Reset'}</Anchor>}
        {!draft.isSet(field) && draft.client && <span className={classes.note}>inherited</span>}
      </div>
      {children(id)}
      {note && <span className={classes.note}>{note}</span>}
      {draft.error(field) && <span style={{ fontSize: 12, color: 'var(--mantine-color-error)' }}>{draft.error(field)}</span>}
      {warnings.map((warning) => (
        <div key={warning.code + warning.message} className={classes.warning} role="note">
          <span>{warning.message}</span>
          {warning.suggestion && !draft.locked && (
            <Button size="compact-xs" variant="default" onClick={() => draft.set(field, warning.suggestion ?? null)}>
              {warning.suggestion.startsWith('#') && <span className={classes.swatch} style={{ background: warning.suggestion }} aria-hidden />}Use {warning.suggestion}
            </Button>
          )}
        </div>
      ))}
    </div>
  );
}

export function Line({ draft, field, label, note, placeholder, rows }: { draft: Draft; field: Field; label: string; note?: string; placeholder?: string; rows?: number }) {
  const inherited = draft.view.inherited[field] ?? placeholder;
  return (
    <FieldOf draft={draft} field={field} label={label} note={note}>
      {(id) => rows
        ? <Textarea id={id} size="xs" rows={rows} disabled={draft.locked} placeholder={inherited ?? undefined} value={draft.value(field)} onChange={(event) => draft.set(field, event.currentTarget.value)} />
        : <TextInput id={id} size="xs" disabled={draft.locked} spellCheck={false} placeholder={inherited ?? undefined} value={draft.value(field)} onChange={(event) => draft.set(field, event.currentTarget.value)} />}
    </FieldOf>
  );
}

const swatches = ['#0d6c80', '#2563eb', '#7c3aed', '#be185d', '#b91c1c', '#c2410c', '#15803d', '#334155'];

function Color({ draft, field, label }: { draft: Draft; field: Field; label: string }) {
  const otherwise = draft.view[field] ?? draft.view.inherited[field];
  return (
    <FieldOf draft={draft} field={field} label={label}>
      {(id) => <ColorInput id={id} size="xs" disabled={draft.locked} withEyeDropper={false} swatches={swatches} swatchesPerRow={8} placeholder={otherwise ?? 'by the light one'} leftSection={<ColorSwatch size={18} color={draft.value(field) || otherwise || 'transparent'} />} value={draft.value(field)} onChange={(value) => { if (!value || /^#[0-9a-f]{6}$/i.test(value)) draft.set(field, value.toLowerCase()); }} />}
    </FieldOf>
  );
}

function Picture({ draft, field, label, note, dark }: { draft: Draft; field: Field; label: string; note?: string; dark?: boolean }) {
  const upload = useSend((file: File) => api.uploadImage(file), { quiet: true, onDone: (kept) => draft.set(field, kept.url), onError: failed });
  const image = draft.view.images[field];
  return (
    <FieldOf draft={draft} field={field} label={label} note={note}>
      {(id) => (
        <>
          <div className={classes.row}>
            <TextInput id={id} size="xs" disabled={draft.locked} spellCheck={false} placeholder={draft.view.inherited[field] ?? 'https://'} value={draft.value(field)} onChange={(event) => draft.set(field, event.currentTarget.value)} />
            <FileButton onChange={(file) => file && upload.send(file)} accept="image/png,image/jpeg,image/webp,image/svg+xml,image/x-icon" disabled={draft.locked} inputProps={{ 'aria-label': `File for ${label}` }}>
              {(button) => <Button {...button} variant="default" loading={upload.busy} disabled={draft.locked} leftSection={<IconUpload size={13} aria-hidden />} aria-label={`Upload ${label}`}>Upload</Button>}
            </FileButton>
          </div>
          {image && <span className={classes.thumb} data-dark={dark || undefined}><img src={image.url} alt={`${label} as it is served`} /></span>}
        </>
      )}
    </FieldOf>
  );
}

function Font({ draft }: { draft: Draft }) {
  const fonts = useList(api.fonts());
  const upload = useSend((file: File) => api.uploadFont(file, file.name.replace(/[-_.].*$/, '').slice(0, 60) || 'Own'), { onDone: (font) => draft.set('fontFamily', font.family), onError: failed });
  const names = fonts.rows?.map((font) => font.family) ?? [];
  const value = draft.value('fontFamily');
  return (
    <FieldOf draft={draft} field="fontFamily" label="Typeface" note="Served from here: a visitor's browser asks nobody else. Your own as WOFF2.">
      {(id) => (
        <div className={classes.row}>
          <Select id={id} size="xs" disabled={draft.locked} clearable clearButtonProps={{ 'aria-label': 'Inherit the typeface' }} placeholder={draft.view.inherited.fontFamily ?? 'Inter'} data={value && !names.includes(value) ? [...names, value] : names} value={value || null} onChange={(next) => draft.set('fontFamily', next)} />
          <FileButton onChange={(file) => file && upload.send(file)} accept=".woff2,font/woff2" disabled={draft.locked} inputProps={{ 'aria-label': 'Font file' }}>
            {(button) => <Button {...button} variant="default" loading={upload.busy} disabled={draft.locked} leftSection={<IconUpload size={13} aria-hidden />} aria-label="Upload typeface">Upload</Button>}
          </FileButton>
        </div>
      )}
    </FieldOf>
  );
}
