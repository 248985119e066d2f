import { Page } from '../shell/Page';

export default function TemplateFormPage() {
  return <Page title="TemplateFormPage">{null}</Page>;
}
