import { useState } from 'react';
import { Button, FileInput, Group, Stack, Text } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useRead, useSend } from '../../api/hooks';
import type { RecoverySheet } from '../../api/types';
import { Action, Facts, Section, Status, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { Dialog } from '../../ui/Dialog';
import { saveBlob } from '../../ui/download';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { plural } from '../../ui/format';
import { done } from '../../ui/toast';
import { PlaceSelect } from './PlaceSelect';

/** What opens the backups where this installation is gone. */
export function Recovery({ refusal }: { refusal?: string }) {
  const { data } = useRead(api.recoveryState(), { every: () => 30_000 });
  const [asking, setAsking] = useState<'sheet' | 'recover'>();
  const make = useSend(() => api.makeRecoverySheet(), {
    onDone: (sheet) => {
      saveBlob(`recovery-sheet-${new Date().toISOString().slice(0, 10)}.json`, new Blob([JSON.stringify(sheet, null, 2)], { type: 'application/json' }));
      setAsking(undefined);
      done(`The sheet has ${plural(sheet.keys.length, 'key')}. Keep it where neither this installation nor the backups are.`);
    },
  });
  return (
    <Section
      title="If this installation is lost" note="A recovery sheet and a bucket are enough to restore the backups on a new installation."
      actions={<Group gap={8} style={{ flexShrink: 0 }}><Action variant="default" refusal={refusal} onClick={() => setAsking('recover')}>Recover from a sheet</Action><Action refusal={refusal ?? (data?.keys === 0 ? 'Take a backup first: there is no key yet.' : undefined)} onClick={() => { make.reset(); setAsking('sheet'); }}>Make a recovery sheet</Action></Group>}
    >
      {data && data.keys > 0 && (
        <Facts min={170} items={[
          ['Keys', String(data.keys)],
          ['On no sheet yet', data.missing > 0 ? <Status key="m" tone="warn">{`${data.missing}: make a new sheet`}</Status> : <Status key="m" tone="good">None</Status>],
          ['Last sheet', <When key="l" at={data.lastSheetAt} none="never" />],
        ]} />
      )}
      {asking === 'sheet' && (
        <Confirm title="Make a recovery sheet" verb="Download the sheet" busy={make.busy} error={make.error} onConfirm={() => make.send(undefined)} onClose={() => setAsking(undefined)}>
          The sheet holds the keys of your backups and of your clients’, and where they are. Who has it and one of those places can read them all. That you made it stands in the audit log.
        </Confirm>
      )}
      {asking === 'recover' && <RecoverDialog onClose={() => setAsking(undefined)} />}
    </Section>
  );
}

function RecoverDialog({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [target, setTarget] = useState<string | null>(null);
  const [broken, setBroken] = useState<string>();
  const recover = useSend((sheet: RecoverySheet) => api.recoverBackups({ sheet, target: target ?? '' }));
  const result = recover.answer;
  async function begin() {
    setBroken(undefined);
    try {
      recover.send(JSON.parse((await file?.text()) ?? '') as RecoverySheet);
    } catch {
      setBroken('This is no recovery sheet.');
    }
  }
  if (result)
    return (
      <Dialog onClose={onClose} title="Recover from a sheet">
        <Stack gap="sm">
          <Text size="sm" role="status">{`${plural(result.found, 'backup')} lie there: ${result.recovered} are in the list now, ${result.known} were already, and ${result.closed} are not opened by this sheet.`}</Text>
          <Text size="sm" className="dim">Restore each as a new instance; it is read back before.</Text>
          <FormActions><Button onClick={onClose}>Close</Button></FormActions>
        </Stack>
      </Dialog>
    );
  return (
    <Dialog onClose={onClose} title="Recover from a sheet">
      <form noValidate onSubmit={(event) => { event.preventDefault(); if (file && target && !recover.busy) void begin(); }}>
        <Stack gap="sm">
          <Text size="sm">Add the bucket as a place first. What the sheet opens there comes into the list of backups; nothing is replaced.</Text>
          <FileInput size="sm" label="Recovery sheet" placeholder="Choose a file" accept="application/json,.json" value={file} onChange={setFile} error={broken ?? recover.error?.fields.sheet} />
          <PlaceSelect value={target} onChange={setTarget} error={recover.error?.fields.target} label="Place" placeholder="Where the backups are" />
          <ErrorNote error={recover.error} />
          <FormActions><Button variant="default" onClick={onClose}>Cancel</Button><Button type="submit" disabled={!file || !target} loading={recover.busy}>Look for backups</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}
