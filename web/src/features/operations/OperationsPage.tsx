import { Page } from '../shell/Page';

export default function OperationsPage() {
  return <Page title="OperationsPage">{null}</Page>;
}
