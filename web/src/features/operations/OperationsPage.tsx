import { useUrlState } from '../../nav';
import { Filter, SearchBox, Toolbar } from '../../ui/Toolbar';
import { Page } from '../shell/Page';
import { operationStates } from './OperationParts';
import { OperationsTable } from './OperationsTable';

const kinds = [
  'instance.provision', 'instance.start', 'instance.stop', 'instance.restart', 'instance.modules', 'instance.set_domain', 'instance.delete',
  'database.create', 'database.duplicate', 'database.restore', 'database.serve', 'database.rename', 'database.neutralize', 'database.drop',
  'backup.take', 'backup.verify', 'backup.restore', 'backup.copy', 'backup.keep', 'backup.delete', 'template.prepare', 'server.validate', 'server.remove',
  'topology.deploy', 'topology.change', 'topology.repair', 'topology.switch_over', 'topology.destroy', 'client.suspend', 'client.resume', 'client.delete',
].map((value) => ({ value, label: value }));

export default function OperationsPage() {
  const q = useUrlState('q');
  const state = useUrlState('state');
  const kind = useUrlState('kind');
  return (
    <Page title="Operations" lead="Work that takes time: it survives a restart and ends finished or undone.">
      <Toolbar>
        <SearchBox label="Search operations" state={q} />
        <Filter label="State" state={state} options={operationStates} />
        <Filter label="Kind" state={kind} options={kinds} width={180} />
      </Toolbar>
      <OperationsTable query={{ q: q[0], state: state[0], kind: kind[0] }} />
    </Page>
  );
}
