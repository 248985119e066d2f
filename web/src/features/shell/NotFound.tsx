import { Center } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { LinkButton } from '../../nav';
import { paths } from '../../paths';
import { product } from '../../theme/product';
import { EmptyState } from '../../ui/Bits';

export function NotFound() {
  return (
    <Center mih="50vh">
      <title>{`Not found · ${product.name}`}</title>
      <EmptyState page icon={<IconMapOff size={28} stroke={1.5} aria-hidden />} title="There is no such page" action={<LinkButton to={paths.root} variant="default">Go to the start</LinkButton>}>
        The address may be mistyped, or what it showed was removed.
      </EmptyState>
    </Center>
  );
}
