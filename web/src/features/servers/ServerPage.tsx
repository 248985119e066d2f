import { Page } from '../shell/Page';

export default function ServerPage() {
  return <Page title="ServerPage">{null}</Page>;
}
