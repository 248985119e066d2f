import { Page } from '../shell/Page';

export default function RolePage() {
  return <Page title="RolePage">{null}</Page>;
}
