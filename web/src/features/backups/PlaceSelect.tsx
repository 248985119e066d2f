import { Select } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useList } from '../../api/hooks';
import { useTexts } from '../../texts/texts';

/** Where a backup goes; null is the default place. */
export function PlaceSelect({ value, onChange, error }: { value: string | null; onChange: (value: string | null) => void; error?: string }) {
  const { backups: t } = useTexts();
  const { rows = [] } = useList(api.backupTargets());
  return (
    <Select
      size="sm" label={t.place} placeholder={t.defaultPlace} clearable error={error} value={value} onChange={onChange}
      data={[...rows.map((target) => ({ value: target.id, label: target.name })), { value: 'local', label: t.ownPlace }]}
    />
  );
}
