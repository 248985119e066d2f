import { Page } from '../shell/Page';

export default function TemplatePage() {
  return <Page title="TemplatePage">{null}</Page>;
}
