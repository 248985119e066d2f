import { Page } from '../shell/Page';

export default function ServersPage() {
  return <Page title="ServersPage">{null}</Page>;
}
