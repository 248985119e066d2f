import { Page } from '../shell/Page';

export default function ApiKeysPage() {
  return <Page title="ApiKeysPage">{null}</Page>;
}
