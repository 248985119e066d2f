import { useUrlState } from '../../nav';
import { Filter, SearchBox, Toolbar } from '../../ui/Toolbar';
import { Page } from '../shell/Page';
import { operationKinds } from './operationKinds';
import { operationStates } from './OperationParts';
import { OperationsTable } from './OperationsTable';

const kinds = operationKinds.map((value) => ({ value, label: value }));

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
