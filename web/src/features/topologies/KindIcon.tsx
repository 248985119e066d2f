import { IconActivity, IconArchive, IconArrowsSplit, IconBolt, IconBucket, IconCube, IconDatabase, IconFolders, IconHexagons, IconQuestionMark, IconSwitchHorizontal, type Icon } from '@tabler/icons-react';

const icons: Record<string, Icon> = {
  loadBalancer: IconArrowsSplit, odoo: IconCube, postgres: IconDatabase, pgbouncer: IconSwitchHorizontal, etcd: IconHexagons, redis: IconBolt, filestore: IconFolders, s3: IconBucket, backup: IconArchive, monitor: IconActivity,
};

export function KindIcon({ type, size = 16 }: { type: string; size?: number }) {
  const Symbol = icons[type] ?? IconQuestionMark;
  return <Symbol size={size} stroke={1.7} aria-hidden />;
}
