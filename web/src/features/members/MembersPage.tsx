import { Page } from '../shell/Page';

export default function MembersPage() {
  return <Page title="MembersPage">{null}</Page>;
}
