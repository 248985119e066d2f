import { Page } from '../shell/Page';

export default function ClientPage() {
  return <Page title="ClientPage">{null}</Page>;
}
