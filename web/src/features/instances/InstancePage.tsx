import { Page } from '../shell/Page';

export default function InstancePage() {
  return <Page title="InstancePage">{null}</Page>;
}
