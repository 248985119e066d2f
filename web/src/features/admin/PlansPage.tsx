import { Page } from '../shell/Page';

export default function PlansPage() {
  return <Page title="PlansPage">{null}</Page>;
}
