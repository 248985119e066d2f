import { Center, Loader } from '@mantine/core';
import { useTexts } from '../texts/texts';

export function Loading() {
  const { common } = useTexts();
  return (
    <Center mih="40vh" role="status" aria-label={common.loading} data-loading>
      <Loader size="sm" color="gray" />
    </Center>
  );
}
