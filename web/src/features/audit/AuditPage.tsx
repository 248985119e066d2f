import { Page } from '../shell/Page';

export default function AuditPage() {
  return <Page title="AuditPage">{null}</Page>;
}
