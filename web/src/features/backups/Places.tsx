import { useState } from 'react';
import { Button, Switch, Stack, TextInput } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useList, useRefusal, useSend } from '../../api/hooks';
import type { BackupTargetTest, BackupTargetView, SaveBackupTarget } from '../../api/types';
import { useUrlState } from '../../nav';
import { Action, Section, Status, Tag, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { bytes, plural } from '../../ui/format';
import { done, failed } from '../../ui/toast';
import { EmptyState } from '../../ui/Bits';
import { Page } from '../shell/Page';
import { Recovery } from './Recovery';
import classes from './backups.module.css';

/** Where backups are kept besides the installation's own directory. */
export function Places({ tabs }: { tabs: { value: string; label: string }[] }) {
  const refusal = useRefusal('manage:backups');
  const sort = useUrlState('sort');
  const list = useList(api.backupTargets(), { every: () => 30_000 });
  const [editing, setEditing] = useState<BackupTargetView | 'new'>();
  const [removing, setRemoving] = useState<BackupTargetView>();
  const [testing, setTesting] = useState<string>();
  const remove = useSend((row: BackupTargetView) => api.deleteBackupTarget(row.id), { onDone: () => { setRemoving(undefined); done('The place is removed.'); } });
  const test = useSend((row: BackupTargetView) => api.testBackupTarget(row.id), { onDone: (answer) => { setTesting(undefined); if (answer.ok) done(outcome(answer)); }, onError: (error) => { setTesting(undefined); failed(error); } });
  const add = <Action refusal={refusal} onClick={() => setEditing('new')}>Add a place</Action>;
  const columns: Column<BackupTargetView>[] = [
    { key: 'name', header: 'Name', sort: (row) => row.name, render: (row) => <span className="nowrap"><b style={{ fontWeight: 500 }}>{row.name}</b>{row.isDefault && <> <Tag>default</Tag></>}{row.appendOnly && <> <Tag>append only</Tag></>}</span> },
    { key: 'where', header: 'Bucket', wrap: true, render: (row) => <div style={{ padding: '4px 0' }}><span className="mono">{row.bucket}{row.prefix && `/${row.prefix}`}</span><div className="dim break" style={{ fontSize: 12 }}>{row.endpoint}{row.region && `, ${row.region}`}</div></div> },
    { key: 'backups', header: 'Backups', align: 'right', sort: (row) => row.backups, render: (row) => row.backups },
    { key: 'bytes', header: 'Used', align: 'right', sort: (row) => row.bytes, render: (row) => bytes(row.bytes) },
    { key: 'test', header: 'Last test', wrap: true, render: (row) => <LastTest target={row} /> },
    {
      key: 'actions', header: 'Actions', actions: true, render: (row) => !refusal && (
        <>
          <Button variant="subtle" size="compact-xs" loading={test.busy && testing === row.id} aria-label={`Test connection of ${row.name}`} onClick={() => { setTesting(row.id); test.send(row); }}>Test connection</Button>
          <Button variant="subtle" size="compact-xs" aria-label={`Edit ${row.name}`} onClick={() => setEditing(row)}>Edit</Button>
          <Button variant="subtle" size="compact-xs" c="var(--oc-bad)" aria-label={`Delete ${row.name}`} onClick={() => { remove.reset(); setRemoving(row); }}>Delete</Button>
        </>
      ),
    },
  ];
  const byDefault = list.rows?.find((row) => row.isDefault);
  return (
    <Page title="Backups" lead="Where backups are kept. All but a list of contents is encrypted before it leaves this installation." tabs={tabs} actions={add}>
      {list.rows && !byDefault && <p role="note" className={classes.warning}>Without a default place, backups lie in this installation’s own directory and are gone with its machine. Add a bucket and make it the default.</p>}
      <Section title="Buckets">
        <DataTable label="Backup places" noun="place" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={<EmptyState title="No buckets yet">A bucket of any S3-compatible store, on other machines than your servers.</EmptyState>} />
      </Section>
      <Section title="This installation" note={byDefault ? `Its own directory, for backups that are told to be kept there. Others go to ${byDefault.name}.` : 'Its own directory, for all that are not told to be kept elsewhere.'}>{null}</Section>
      <Recovery refusal={refusal} />
      {editing && !refusal && <PlaceDialog target={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />}
      {removing && (
        <Confirm title={`Delete ${removing.name}`} verb="Delete place" danger busy={remove.busy} error={remove.error} onConfirm={() => remove.send(removing)} onClose={() => setRemoving(undefined)}>
          {removing.backups > 0 ? `${plural(removing.backups, 'backup')} are kept there: delete them first.` : 'Its address and its key are forgotten. The bucket itself stays.'}
        </Confirm>
      )}
    </Page>
  );
}

const outcome = (answer: BackupTargetTest) => `${answer.message} ${answer.milliseconds} ms.`;

function LastTest({ target }: { target: BackupTargetView }) {
  if (!target.testedAt) return <span className="dim">never</span>;
  return (
    <div style={{ padding: '4px 0', minWidth: 150 }}>
      <Status tone={target.testError ? 'bad' : 'good'}>{target.testError ? 'Failed' : 'Works'}</Status> <span className="dim"><When at={target.testedAt} /></span>
      {target.testError && <div style={{ fontSize: 12 }}>{target.testError}</div>}
    </div>
  );
}

function PlaceDialog({ target, onClose }: { target?: BackupTargetView; onClose: () => void }) {
  const [values, setValues] = useState<SaveBackupTarget>({ name: target?.name ?? '', endpoint: target?.endpoint ?? '', region: target?.region ?? '', bucket: target?.bucket ?? '', prefix: target?.prefix ?? '', accessKey: target?.accessKey ?? '', secretKey: '', isDefault: target?.isDefault ?? false, appendOnly: target?.appendOnly ?? false });
  const body = { ...values, region: values.region?.trim() || undefined, prefix: values.prefix?.trim() || undefined, secretKey: values.secretKey || undefined };
  const save = useSend(() => (target ? api.updateBackupTarget(target.id, body) : api.createBackupTarget(body)), { onDone: (saved) => { done(`${saved.name} works and is saved.`); onClose(); } });
  const fields = save.error?.fields ?? {};
  const text = (name: 'name' | 'endpoint' | 'region' | 'bucket' | 'prefix' | 'accessKey' | 'secretKey', label: string, more: { placeholder?: string; description?: string; type?: string; focus?: boolean } = {}) => (
    <TextInput size="sm" label={label} description={more.description} placeholder={more.placeholder} type={more.type} data-autofocus={more.focus} autoComplete={more.type === 'password' ? 'new-password' : 'off'} spellCheck={false} value={values[name] ?? ''} onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })} error={fields[name]} />
  );
  const missing = !values.name.trim() ? 'Give the place a name.' : !values.endpoint.trim() ? 'Give the address of the store.' : !values.bucket.trim() ? 'Give the bucket.' : !values.accessKey.trim() || (!target && !values.secretKey) ? 'Give the access key and its secret.' : undefined;
  return (
    <Dialog onClose={onClose} title={target ? `Edit ${target.name}` : 'Add a place'} size="lg">
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (!missing && !save.busy) save.send(undefined); }}>
        <Stack gap="sm">
          {text('name', 'Name', { placeholder: 'offsite', focus: true })}
          {text('endpoint', 'Address of the store', { placeholder: 'https://s3.eu-central-1.amazonaws.com' })}
          <div className={classes.two}>{text('bucket', 'Bucket', { placeholder: 'acme-backups' })}{text('region', 'Region', { placeholder: 'eu-central-1' })}</div>
          {text('prefix', 'Folder in the bucket', { placeholder: 'odoo' })}
          <div className={classes.two}>{text('accessKey', 'Access key')}{text('secretKey', 'Secret key', { type: 'password', placeholder: target ? 'unchanged' : undefined })}</div>
          <Switch size="sm" label="Default place" description="Backups go there unless they are told otherwise, those of clients without a default of their own too." checked={values.isDefault} onChange={(event) => setValues({ ...values, isDefault: event.currentTarget.checked })} />
          <Switch size="sm" label="Delete nothing there" description="For a key that may not delete, so that whoever gets into this installation cannot either. What is kept no longer goes out of the list, and from the bucket by the bucket’s own rules." checked={values.appendOnly} onChange={(event) => setValues({ ...values, appendOnly: event.currentTarget.checked })} />
          <ErrorNote error={save.error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Action type="submit" loading={save.busy} refusal={missing}>Test and save</Action></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
