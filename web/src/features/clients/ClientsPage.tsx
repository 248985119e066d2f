import { Page } from '../shell/Page';

export default function ClientsPage() {
  return <Page title="ClientsPage">{null}</Page>;
}
