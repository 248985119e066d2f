import { Center, Loader } from '@mantine/core';

export function Loading() {
  return (
    <Center mih="40vh" role="status" aria-label="Loading">
      <Loader size="sm" color="gray" />
    </Center>
  );
}
