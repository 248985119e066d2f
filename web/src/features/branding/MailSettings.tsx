import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { SenderView } from '../../api/types';
import { Action, Facts, Section, Status, When } from '../../ui/Bits';
import { failed } from '../../ui/toast';
import { words } from '../../ui/format';
import { DnsRecords } from '../portal-domains/DnsRecords';
import type { Draft } from './BrandingPage';
import { Line } from './Look';

export function MailSettings({ draft }: { draft: Draft }) {
  return (
    <>
      <Section title="Sender">
        <div style={{ maxWidth: 480 }}>
          <Line draft={draft} field="fromEmail" label="From" placeholder="support@agency.com" note="Mails to clients come from this address as soon as its domain allows it; until then answers go there." />
        </div>
      </Section>
      {draft.view.sender && !draft.changed('fromEmail') && <Sender sender={draft.view.sender} locked={draft.locked} client={draft.client || undefined} own={!draft.client || draft.isSet('fromEmail')} />}
    </>
  );
}

function Sender({ sender, locked, client, own }: { sender: SenderView; locked: boolean; client?: string; own: boolean }) {
  const check = useSend(() => api.checkSender(client), { onError: failed });
  const state = (value: string) => <Status tone={value === 'pass' ? 'good' : value === 'fail' ? 'bad' : 'idle'}>{value === 'pass' ? 'Right' : words(value)}</Status>;
  return (
    <Section title="Does its domain allow it?" note={sender.explanation} actions={own && <Action variant="default" loading={check.busy} refusal={locked ? 'Your role does not include manage:agency.' : undefined} onClick={() => check.send(undefined)}>Look again</Action>}>
      <Facts items={[
        ['Mails go out from', sender.verified ? sender.fromEmail : 'the address of this installation'],
        ['Domain is yours', state(sender.ownership ?? 'pending')],
        ['SPF', state(sender.spf)],
        ['DMARC', state(sender.dmarc)],
        ['Last look', <When key="w" at={sender.checkedAt} none="not yet" />],
      ]} />
    </Section>
  );
}

/** As wide as the page: names and values of records are long. */
export function SenderRecords({ draft }: { draft: Draft }) {
  const sender = draft.view.sender;
  if (!sender?.records.length || draft.changed('fromEmail')) return null;
  return (
    <div style={{ marginTop: 20 }}>
      <Section title="Records to set" note="Set them where the DNS of the domain is kept.">
        <DnsRecords records={sender.records.map((record) => ({ ...record, seen: record.seen ?? [], found: record.ok }))} />
      </Section>
    </div>
  );
}
