import { TextInput } from '@mantine/core';
import { useUrlState } from '../../nav';
import { Filter, SearchBox, Toolbar } from '../../ui/Toolbar';
import { words } from '../../ui/format';
import { Page } from '../shell/Page';
import { AuditTable } from './AuditTable';

const types = ['organization', 'client', 'member', 'invitation', 'role', 'api_key', 'session', 'server', 'template', 'instance', 'operation'].map((value) => ({ value, label: words(value) }));

export default function AuditPage() {
  const q = useUrlState('q');
  const objectType = useUrlState('objectType');
  const [objectId] = useUrlState('objectId');
  const [from, setFrom] = useUrlState('from');
  const [until, setUntil] = useUrlState('to');
  const day = (text: string, end: boolean) => (text ? new Date(`${text}T${end ? '23:59:59.999' : '00:00:00'}`).toISOString() : undefined);
  return (
    <Page title="Audit log" lead="Who changed what, when and from where. Entries are never changed.">
      <Toolbar>
        <SearchBox label="Search action, person or object" state={q} />
        <Filter label="Object" state={objectType} options={types} />
        <TextInput size="xs" type="date" aria-label="From" value={from} max={until || undefined} onChange={(event) => setFrom(event.currentTarget.value)} />
        <span className="dim">to</span>
        <TextInput size="xs" type="date" aria-label="To" value={until} min={from || undefined} onChange={(event) => setUntil(event.currentTarget.value)} />
      </Toolbar>
      <AuditTable filtered={Boolean(q[0] || objectType[0] || objectId || from || until)} query={{ q: q[0], objectType: objectType[0], objectId, from: day(from, false), to: day(until, true) }} />
    </Page>
  );
}
