import { Page } from '../shell/Page';

export default function AgencyPage() {
  return <Page title="AgencyPage">{null}</Page>;
}
