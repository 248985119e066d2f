import { Page } from '../shell/Page';

export default function InstancesPage() {
  return <Page title="InstancesPage">{null}</Page>;
}
