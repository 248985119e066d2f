import { Page } from '../shell/Page';

export default function SettingsPage() {
  return <Page title="SettingsPage">{null}</Page>;
}
