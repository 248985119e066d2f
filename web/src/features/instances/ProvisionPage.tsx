import { Page } from '../shell/Page';

export default function ProvisionPage() {
  return <Page title="ProvisionPage">{null}</Page>;
}
