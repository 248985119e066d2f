import { Page } from '../shell/Page';

export default function TemplatesPage() {
  return <Page title="TemplatesPage">{null}</Page>;
}
