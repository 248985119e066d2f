import { Page } from '../shell/Page';

export default function OperationPage() {
  return <Page title="OperationPage">{null}</Page>;
}
