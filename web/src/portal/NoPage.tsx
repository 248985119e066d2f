import { Center } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { LinkButton } from '../nav';
import { useTexts } from '../texts/texts';
import { EmptyState } from '../ui/Bits';
import { usePortal } from './portal';

export function NoPage() {
  const { portal: t } = useTexts();
  const portal = usePortal();
  return (
    <Center component="main" mih="60vh">
      <title>{`${t.notFound} · ${portal?.productName ?? ''}`}</title>
      <EmptyState page icon={<IconMapOff size={28} stroke={1.5} aria-hidden />} title={t.notFound} action={<LinkButton to="/" variant="default">{t.toHome}</LinkButton>}>{t.notFoundNote}</EmptyState>
    </Center>
  );
}
