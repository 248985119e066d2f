import { useState } from 'react';
import { Button, Stack } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useList, useSend } from '../../api/hooks';
import type { WebhookDeliveryView, WebhookView } from '../../api/types';
import { Action, CodeBlock, EmptyState, Status, When } from '../../ui/Bits';
import { type Column, DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { words } from '../../ui/format';
import { done } from '../../ui/toast';
import { toneOf } from './tone';

/** What a webhook was sent, and how it went. */
export default function Deliveries({ webhook, refusal, onClose }: { webhook: WebhookView; refusal?: string; onClose: () => void }) {
  const list = useList(api.webhookDeliveries(webhook.id), { every: (rows) => (rows?.some((row) => row.state === 'pending') ? 2_000 : false) });
  const [shown, setShown] = useState<WebhookDeliveryView>();
  const replay = useSend((row: WebhookDeliveryView) => api.replayWebhookDelivery(webhook.id, row.id), { onDone: () => done('It is sent again.') });
  const test = useSend(() => api.testWebhook(webhook.id), { onDone: () => done('A test is on its way.') });
  const columns: Column<WebhookDeliveryView>[] = [
    { key: 'event', header: 'Event', render: (row) => <span className="mono">{row.event}</span> },
    { key: 'state', header: 'State', render: (row) => <Status tone={toneOf(row)}>{words(row.state)}</Status> },
    { key: 'answer', header: 'Answer', wrap: true, render: (row) => row.error ?? row.responseStatus ?? <span className="dim">–</span> },
    { key: 'attempts', header: 'Attempts', align: 'right', render: (row) => row.attempts },
    { key: 'at', header: 'When', align: 'right', render: (row) => <When at={row.createdAt} /> },
    {
      key: 'actions', header: 'Actions', actions: true, render: (row) => (
        <>
          <Button variant="subtle" size="compact-xs" onClick={() => setShown(row)} aria-label={`Show ${row.event}`}>Show</Button>
          {!refusal && <Button variant="subtle" size="compact-xs" onClick={() => replay.send(row)} aria-label={`Send ${row.event} again`}>Send again</Button>}
        </>
      ),
    },
  ];
  return (
    <Dialog onClose={onClose} size="xl" title={`Deliveries of ${webhook.name}`}>
      <Stack gap="sm">
        <ErrorNote error={replay.error ?? test.error} />
        {shown && <CodeBlock text={JSON.stringify(JSON.parse(shown.body), null, 2)} label="Copy message" />}
        <DataTable label="Deliveries" list={list} columns={columns} rowKey={(row) => row.id} empty={<EmptyState title="Nothing was sent yet" />} />
        <FormActions><Action variant="default" refusal={refusal} loading={test.busy} onClick={() => test.send(undefined)}>Send a test</Action><Button onClick={onClose}>Close</Button></FormActions>
      </Stack>
    </Dialog>
  );
}
