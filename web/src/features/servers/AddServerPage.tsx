import { Page } from '../shell/Page';

export default function AddServerPage() {
  return <Page title="AddServerPage">{null}</Page>;
}
