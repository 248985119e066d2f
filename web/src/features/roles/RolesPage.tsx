import { Page } from '../shell/Page';

export default function RolesPage() {
  return <Page title="RolesPage">{null}</Page>;
}
