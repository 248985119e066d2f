import { useEffect, useState } from 'react';
import { Button, Radio, Select, Stack, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useAllowed, useList, useSend } from '../../api/hooks';
import type { BackupView, OperationView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { named, slugOf, slugPattern } from '../../ui/format';
import classes from './backups.module.css';

interface Props {
  backup: BackupView;
  /** People of a client choose no server: they see none. */
  isPortal?: boolean;
  onStarted: (operation: OperationView) => void;
  onClose: () => void;
}

export function CopyDialog({ backup, isPortal, onStarted, onClose }: Props) {
  const { backups: t, common } = useTexts();
  const choosesServer = useAllowed('view:servers') && !isPortal;
  const [neutralize, setNeutralize] = useState(true);
  const [values, setValues] = useState(() => ({ name: t.stagingName(backup.instanceName), slug: slugOf(t.stagingName(backup.instanceName)) }));
  const [serverId, setServer] = useState<string | null>(null);
  const servers = useList(api.servers(), { enabled: choosesServer });
  const body = { name: values.name.trim(), slug: values.slug || undefined, serverId: serverId ?? undefined, neutralize };
  const plan = useSend((asked: { neutralize: boolean; serverId?: string }) => api.planCopy(backup.id, { name: 'copy', ...asked }), { quiet: true });
  const copy = useSend(() => api.copyBackup(backup.id, body), { onDone: onStarted });
  const look = plan.send;
  useEffect(() => look({ neutralize, serverId: serverId ?? undefined }), [look, neutralize, serverId]);
  function choose(kind: string) {
    const live = kind === 'live';
    setNeutralize(!live);
    // A name of one's own stays.
    if ([t.stagingName(backup.instanceName), t.restoredName(backup.instanceName)].includes(values.name)) setValues(named(values, live ? t.restoredName(backup.instanceName) : t.stagingName(backup.instanceName)));
  }
  const findings = plan.answer && !plan.answer.possible ? plan.answer.findings : [];
  const fields = { ...plan.error?.fields, ...copy.error?.fields };
  const ready = values.name.trim() && (!values.slug || slugPattern.test(values.slug)) && findings.length === 0;
  return (
    <Dialog onClose={onClose} title={t.copyTitle}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (ready && !copy.busy) copy.send(undefined); }}>
        <Stack gap="sm">
          <Radio.Group label={t.kind} value={neutralize ? 'staging' : 'live'} onChange={choose}>
            <Stack gap={8} mt={6}>
              <Radio size="xs" value="staging" label={t.staging} description={t.stagingNote} />
              <Radio size="xs" value="live" label={t.live} description={t.liveNote} />
            </Stack>
          </Radio.Group>
          <TextInput size="sm" label={t.nameOf} data-autofocus value={values.name} onChange={(event) => setValues(named(values, event.currentTarget.value))} error={fields.name} />
          <TextInput size="sm" label={t.slug} description={t.slugNote} spellCheck={false} value={values.slug} onChange={(event) => setValues({ ...values, slug: event.currentTarget.value })} error={fields.slug} />
          {choosesServer && <Select size="sm" label={t.server} placeholder={t.sameServer} clearable searchable data={servers.rows?.map((server) => ({ value: server.id, label: server.name })) ?? []} value={serverId} onChange={setServer} error={fields.serverId} />}
          {findings.length > 0 && <div role="alert" className={classes.warning} style={{ margin: 0 }}><b>{t.against}</b><ul className={classes.findings}>{findings.map((finding) => <li key={finding}>{finding}</li>)}</ul></div>}
          <ErrorNote error={copy.error ?? plan.error} />
          <FormActions><Button variant="default" onClick={onClose}>{common.cancel}</Button><Button type="submit" loading={copy.busy} disabled={!ready}>{t.copyVerb}</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
