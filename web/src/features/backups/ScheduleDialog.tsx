import { useState } from 'react';
import { Button, Checkbox, NumberInput, Select, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useEdit, useSend } from '../../api/hooks';
import type { BackupScheduleView, InstanceView } from '../../api/types';
import { useLanguage } from '../../texts/texts';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote, Overwrite } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { done, failed } from '../../ui/toast';
import { cronWords, presets } from './cron';
import { PlaceSelect } from './PlaceSelect';
import classes from './backups.module.css';

const zones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone.includes('/'))];

function ownZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zones.includes(zone) ? zone : 'UTC';
}

export default function ScheduleDialog({ instance, schedule, onClose }: { instance: InstanceView; schedule?: BackupScheduleView; onClose: () => void }) {
  const { language, texts: { backups: t, common } } = useLanguage();
  const [enabled, setEnabled] = useState(schedule?.enabled ?? true);
  const [cron, setCron] = useState<string>(schedule?.cron ?? presets.nightly);
  const [timeZone, setZone] = useState(schedule?.timeZone ?? ownZone());
  const [target, setTarget] = useState<string | null>(schedule?.target?.id ?? null);
  const [copyTarget, setCopyTarget] = useState<string | null>(schedule?.copyTarget ? (schedule.copyTarget.name === 'local' ? 'local' : schedule.copyTarget.id) : null);
  const [verify, setVerify] = useState(schedule?.verify ?? true);
  const [keep, setKeep] = useState({ keepDaily: schedule?.keepDaily ?? 7, keepWeekly: schedule?.keepWeekly ?? 4, keepMonthly: schedule?.keepMonthly ?? 3 });
  const [alarmAfterHours, setAlarm] = useState(schedule?.alarmAfterHours ?? 26);
  const [reportEvery, setReportEvery] = useState<'never' | 'day' | 'week' | 'month'>(schedule?.reportEvery ?? 'never');
  const [reportTo, setReportTo] = useState<string[]>(schedule?.reportTo ?? []);
  const save = useEdit(schedule && api.backupSchedule(instance.id), () => api.saveBackupSchedule(instance.id, { enabled, cron: cron.trim(), timeZone, target, copyTarget, verify, ...keep, alarmAfterHours, reportEvery: reportEvery === 'never' ? undefined : reportEvery, reportTo }), { onDone: () => { done(t.saved); onClose(); } });
  const remove = useSend(() => api.deleteBackupSchedule(instance.id), { onDone: () => { done(t.removed); onClose(); }, onError: failed });
  const fields = save.error?.fields ?? {};
  const preset = Object.entries(presets).find(([, text]) => text === cron.trim())?.[0] ?? 'own';
  const words = cronWords(cron, t, language);
  const number = (name: keyof typeof keep, label: string, min: number, max: number) => (
    <NumberInput size="sm" label={label} min={min} max={max} allowDecimal={false} value={keep[name]} onChange={(value) => setKeep({ ...keep, [name]: Number(value) })} error={fields[name]} />
  );
  return (
    <Dialog onClose={onClose} title={`${t.schedule}: ${instance.name}`} size="lg">
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (!save.busy) save.send(undefined); }}>
        <Stack gap="sm">
          <Switch size="sm" label={t.isOn} checked={enabled} onChange={(event) => setEnabled(event.currentTarget.checked)} data-autofocus />
          <div className={classes.two}>
            <Select size="sm" label={t.preset} allowDeselect={false} value={preset} data={[...Object.keys(presets), 'own'].map((value) => ({ value, label: t.presets[value as keyof typeof t.presets] }))} onChange={(value) => { if (value && value !== 'own') setCron(presets[value as keyof typeof presets]); }} />
            <Select size="sm" label={t.zone} searchable allowDeselect={false} limit={80} data={zones.includes(timeZone) ? zones : [timeZone, ...zones]} value={timeZone} onChange={(value) => setZone(value ?? 'UTC')} error={fields.timeZone} />
          </div>
          <TextInput size="sm" label={t.cron} description={words === cron ? t.cronNote : `${words}. ${t.cronNote}`} spellCheck={false} value={cron} onChange={(event) => setCron(event.currentTarget.value)} error={fields.cron} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} />
          <div>
            <div className={classes.three}>{number('keepDaily', t.keepDaily, 1, 366)}{number('keepWeekly', t.keepWeekly, 0, 104)}{number('keepMonthly', t.keepMonthly, 0, 120)}</div>
            <Text size="xs" className="dim" mt={4}>{t.keepNote}</Text>
          </div>
          <div className={classes.two}>
            <PlaceSelect value={target} onChange={setTarget} error={fields.target} />
            <PlaceSelect value={copyTarget} onChange={setCopyTarget} error={fields.copyTarget} label={t.secondPlace} placeholder={t.noSecondPlace} />
          </div>
          <div className={classes.two}>
            <Text size="xs" className="dim" style={{ alignSelf: 'end' }}>{t.secondPlace}: {t.secondPlaceNote}</Text>
            <NumberInput size="sm" label={t.alarm} suffix="" min={1} max={2400} allowDecimal={false} value={alarmAfterHours} onChange={(value) => setAlarm(Number(value))} error={fields.alarmAfterHours} />
          </div>
          <div className={classes.two}>
            <Select size="sm" label={t.report} allowDeselect={false} value={reportEvery} data={(['never', 'day', 'week', 'month'] as const).map((value) => ({ value, label: t.reports[value] }))} onChange={(value) => setReportEvery(value as typeof reportEvery)} />
            <TagsInput size="sm" label={t.reportTo} placeholder={reportTo.length ? undefined : t.reportToHint} splitChars={[',', ' ', ';']} acceptValueOnBlur maxTags={20} disabled={reportEvery === 'never'} value={reportTo} onChange={setReportTo} error={fields.reportTo} />
          </div>
          <Checkbox size="xs" label={t.verifyEach} description={t.verifyEachNote} checked={verify} onChange={(event) => setVerify(event.currentTarget.checked)} />
          <ErrorNote error={save.error}><Overwrite busy={save.busy} onClick={save.overwrite && (() => save.overwrite?.(undefined))} /></ErrorNote>
          <FormActions>
            {schedule && <Button variant="subtle" c="var(--oc-bad)" mr="auto" loading={remove.busy} onClick={() => remove.send(undefined)}>{t.remove}</Button>}
            <Button variant="default" onClick={onClose}>{common.cancel}</Button>
            <Button type="submit" loading={save.busy}>{common.save}</Button>
          </FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
